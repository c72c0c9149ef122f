#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""One flow, spoken over a real socket by one of its two sides."""

import array
import errno
import fcntl
import ipaddress
import selectors
import socket
import struct
import termios
import time

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
IPV6_FREEBIND = 78              # linux/in6.h; Python has no name for it
SPEED_FLOOR = 0.001             # seconds between two messages of one side
BEHIND = 0.5                    # seconds of a pace that may be made up for


def family(address):
    """The socket family of an address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def bind_freely(sock, local):
    """Bind; for IPv6 a local route to the address is not enough."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    sock.bind(local)


def bare(where):
    """(address, port) of a socket address, without IPv6's extras."""
    return where[0], where[1]


class Talk:
    """Walks through a flow's messages: sends its own, checks the other's."""

    def __init__(self, flow, side, loop, board, speed=1.0, patience=3.0):
        self.flow = flow
        self.side = side
        self.loop = loop
        self.board = board
        self.speed = speed
        self.patience = patience
        self.position = 0               # messages that passed
        self.timer = None
        self.due = None                 # when the latest message of a pace was
        self.peer = None                # (address, port) as seen
        self.local = None
        self.result = None              # 'done' or 'died'
        self.error = ""
        self.public = None              # what a NACK told the client
        self.on_end = None

    # -- what both protocols share -------------------------------------------

    def pause(self, seconds):
        """A delay of the plan in real seconds."""
        return max(seconds / self.speed, SPEED_FLOOR)

    def wait_before(self, message):
        """Seconds until a message's time. A pace is kept on the average: who
        is late hurries, but does not make up for a long stop in a burst."""
        if not message.realtime:
            self.due = None
            return self.pause(message.delay)
        now = time.monotonic()
        if self.due is None:
            self.due = now
        self.due = max(self.due + message.delay, now - BEHIND)
        return max(self.due - now, 0)

    def begin(self):
        """The flow is open: go."""
        self.turn()

    def turn(self):
        """Wait for the other side, or for the time of the own message."""
        self.loop.cancel(self.timer)
        if self.position == len(self.flow.messages):
            self.finish()
            return
        message = self.flow.messages[self.position]
        wait = self.wait_before(message)
        if message.sender != self.side:
            here = self.position
            self.board.when(message.after, lambda: self.await_other(here))
            return
        self.timer = self.loop.later(wait, self.when_free)

    def await_other(self, position):
        """Nothing holds the other side's message up any more: be patient."""
        if self.result or self.position != position:
            return
        wait = self.patience + self.flow.messages[position].delay
        self.timer = self.loop.later(wait, self.starve)     # its speed, not ours

    def when_free(self):
        """The delay is over; other flows may have to come first."""
        message = self.flow.messages[self.position]
        self.board.when(message.after, self.speak)

    def speak(self):
        """Send the message whose turn it is."""
        if self.result:
            return
        message = self.flow.messages[self.position]
        data = message.data
        if message.public_at is not None:
            seen = ipaddress.ip_address(self.peer[0]).packed
            at = message.public_at
            data = data[:at] + seen + data[at + 4:]
        try:
            self.send(data)
        except OSError as error:
            self.die(error.strerror)
            return
        self.step()

    def step(self):
        """One message has passed."""
        self.position += 1
        self.board.note(self.flow.name, self.position)
        self.turn()

    def same(self, message, data):
        """Is this the message that the plan says?"""
        at = message.public_at
        if at is None:
            return data == message.data
        self.public = str(ipaddress.ip_address(data[at:at + 4]))
        return (data[:at] + data[at + 4:]
                == message.data[:at] + message.data[at + 4:])

    def starve(self):
        """The other side said nothing for too long."""
        self.die("no answer")

    def die(self, why):
        """The flow ends here."""
        self.end("died", why)

    def end(self, result, why=""):
        """Done or died; tell the board."""
        if self.result:
            return
        self.loop.cancel(self.timer)
        self.result, self.error = result, why
        self.shut()
        self.board.end(self.flow.name)
        if self.on_end:
            self.on_end(self)

    def died_at(self):
        """The first message that is not known to have passed."""
        return None if self.result == "done" else self.position + 1

    def summary(self):
        """For the JSON report."""
        at = self.died_at()
        messages = self.flow.messages
        what = None
        if at is not None:
            names = ["SYN"] + [m.what for m in messages] + ["close"]
            what = names[at]
        client = self.local if self.side == "client" else self.peer
        client = client or self.flow.client
        return {"name": self.flow.name, "proto": self.flow.proto,
                "role": self.flow.role,
                "client": {"addr": client[0], "port": client[1]},
                "server": {"addr": self.flow.server[0],
                           "port": self.flow.server[1]},
                "result": self.result or "open",
                "passed": self.position, "messages": len(messages),
                "died_at": at, "died_what": what,
                "error": self.error, "public": self.public}


class UdpTalk(Talk):
    """A UDP flow on a socket that it shares with others."""

    def __init__(self, *args, sock=None, peer=None, **options):
        super().__init__(*args, **options)
        self.sock, self.peer = sock, peer
        self.local = bare(sock.getsockname())

    def send(self, data):
        """One datagram."""
        self.sock.sendto(data, self.peer)

    def received(self, data):
        """One datagram from the peer."""
        if self.result or self.position == len(self.flow.messages):
            return
        message = self.flow.messages[self.position]
        if message.sender == self.side:
            self.error = "spoke out of turn"
            return
        if not self.same(message, data):
            self.die("message %d differs" % (self.position + 1))
            return
        self.step()

    def finish(self):
        """All messages passed."""
        self.end("done")

    def shut(self):
        """The socket belongs to the endpoint."""


class TcpTalk(Talk):
    """A TCP flow on its own socket."""

    def __init__(self, *args, sock=None, **options):
        super().__init__(*args, **options)
        self.sock = sock
        self.buffer = b""
        self.open = False               # the handshake is over
        self.closing = False

    # -- opening -------------------------------------------------------------

    def connect(self):
        """The client's side: bind to the planned port and connect."""
        self.peer = self.flow.server
        self.sock = socket.socket(family(self.peer[0]), socket.SOCK_STREAM)
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.start_connect(self.flow.client)
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EADDRINUSE):
                self.die(error.strerror)
                return
            self.retry_connect()
            return
        self.await_connect()

    def start_connect(self, source):
        """Bind and begin to connect."""
        bind_freely(self.sock, source)
        code = self.sock.connect_ex(self.peer)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, errno.errorcode.get(code, "connect"))

    def retry_connect(self):
        """The planned port still lives in TIME_WAIT: take any other."""
        self.sock.close()
        self.sock = socket.socket(family(self.peer[0]), socket.SOCK_STREAM)
        self.sock.setblocking(False)
        try:
            self.start_connect((self.flow.client[0], 0))
        except OSError as error:
            self.die(error.strerror)
            return
        self.await_connect()

    def await_connect(self):
        """Wait until the connection stands."""
        self.local = bare(self.sock.getsockname())
        self.loop.watch(self.sock, WRITE, self.connected)
        self.timer = self.loop.later(self.patience, self.starve)

    def connected(self, sock, _events):
        """The handshake is over, or failed."""
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.die(errno.errorcode.get(code, str(code)))
            return
        self.opened()

    def opened(self):
        """Both sides: the connection stands."""
        self.open = True
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local = bare(self.sock.getsockname())
        self.peer = bare(self.sock.getpeername())
        self.loop.watch(self.sock, READ, self.readable)
        self.begin()
        self.digest()

    # -- messages ------------------------------------------------------------

    def send(self, data):
        """One message; the sizes here always fit the socket's buffer."""
        if self.sock.send(data) != len(data):
            raise OSError(errno.ENOBUFS, "socket buffer full")

    def readable(self, _sock, _events):
        """Bytes, the end, or an error."""
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            self.ended(error.strerror)
            return
        if not data:
            self.ended("closed")
            return
        self.buffer += data
        self.digest()

    def digest(self):
        """Cut whole messages off the buffer."""
        while self.buffer and not self.result:
            if self.position == len(self.flow.messages):
                return
            message = self.flow.messages[self.position]
            size = len(message.data)
            if message.sender == self.side or len(self.buffer) < size:
                return
            data, self.buffer = self.buffer[:size], self.buffer[size:]
            if not self.same(message, data):
                self.die("message %d differs" % (self.position + 1))
                return
            self.step()

    def died_at(self):
        """Like Talk's, but what is not acknowledged has not passed; 0: SYN."""
        if self.result == "died" and not self.open:
            return 0
        return self.unacked or super().died_at()

    # -- the end -------------------------------------------------------------

    unacked = None

    def die(self, why):
        """Look first how much the other side never acknowledged."""
        self.unacked = self.first_unacked()
        super().die(why)

    def first_unacked(self):
        """The number of the own message that never got through, or None."""
        pending = array.array("i", [0])
        try:
            fcntl.ioctl(self.sock.fileno(), termios.TIOCOUTQ, pending)
        except OSError:
            return None
        left, number = pending[0], None
        for n in range(self.position, 0, -1):
            message = self.flow.messages[n - 1]
            if left > 0 and message.sender == self.side:
                left -= len(message.data)
                number = n
        return number

    def finish(self):
        """All messages passed: close, or wait for the other side to."""
        if self.closing:
            return
        self.closing = True
        closer = "server" if self.flow.close == "rst" else self.flow.close
        if closer is None:
            self.result = "done"        # stays open until the program ends
            self.board.end(self.flow.name)
            if self.on_end:
                self.on_end(self)
            return
        delay = self.pause(self.flow.close_delay)
        if closer == self.side:
            self.timer = self.loop.later(delay, self.close_first)
        else:
            self.timer = self.loop.later(delay + self.patience, self.starve)

    def close_first(self):
        """Our FIN or RST; then the other side's."""
        if self.flow.close == "rst":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
            self.end("done")
            return
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.die(error.strerror)
            return
        self.timer = self.loop.later(self.patience, self.starve)

    def ended(self, why):
        """The other side's FIN or RST."""
        if self.position == len(self.flow.messages):
            self.end("done")
        else:
            self.die(why)

    def shut(self):
        """Leave the socket."""
        self.loop.forget(self.sock)
        self.sock.close()
