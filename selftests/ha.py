#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Calls and sessions that stay open, with both ends in here: ha.sh, security.sh.

Reads commands, one a line, and answers each with one line:

    plan                who talks to whom, as "NAME=ADDRESS" of each flow's server
    play NAME [COUNT]   a flow, message by message, from where it was left, so many
                        or all that are left; how many arrived so far, of how many
    where NAME          "CLIENT:PORT SERVER:PORT"
    talk SECONDS NAME... voice both ways, all calls at once; for each call what
                        arrived in the last second, "NAME up DATAGRAMS down DATAGRAMS"
    data NAME           a segment each way; "up 1 down 0" and so on
    reset NAME          the client aborts: one segment for sure, whatever was lost

Client addresses are bound in namespace client, the others in namespace server.
"""

import os
import select
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "gen"))

import wire                                                 # noqa: E402
from actors import Client                                   # noqa: E402
from model import Scenario                                  # noqa: E402
from talk import bind_freely, family                        # noqa: E402
from trial import enter                                     # noqa: E402

WAIT = 2.0                      # seconds for a message to arrive
RATE = 85                       # voice datagrams a second, both ways together


def bound(namespace, kind, where):
    """A socket of a namespace."""
    enter(namespace)
    sock = socket.socket(family(where[0]), kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bind_freely(sock, where)
    return sock


def received(sock, wanted, wait=WAIT):
    """What has come, until it is `wanted` bytes or no more comes in time."""
    data, end = b"", time.monotonic() + wait
    while len(data) < wanted:
        left = end - time.monotonic()
        if left <= 0 or not select.select([sock], [], [], left)[0]:
            break
        data += sock.recv(4096) or b"?" * wanted
    return data


class Datagrams:
    """A UDP flow: both its sockets, connected, for clients share a port."""

    def __init__(self, flow):
        self.client = bound("client", socket.SOCK_DGRAM, flow.client)
        self.server = bound("server", socket.SOCK_DGRAM, flow.server)
        self.client.connect(flow.server)
        self.known = False

    def send(self, side, data):
        """Returns the other side's socket."""
        try:
            (self.client if side == "client" else self.server).send(data)
        except OSError:                 # the server does not know the client
            pass
        return self.server if side == "client" else self.client

    def arrives(self, side, data):
        """Send and see."""
        other = self.send(side, data)
        if self.known or side == "server":
            return self.comes(other, data)
        if not select.select([other], [], [], WAIT)[0]:
            return False
        got, peer = other.recvfrom(4096)
        other.connect(peer)             # as it looks from outside
        self.known = True
        return got == data

    @staticmethod
    def comes(sock, data):
        """True when it does; what others have forged may come before."""
        end = time.monotonic() + WAIT
        while select.select([sock], [], [], max(end - time.monotonic(), 0))[0]:
            try:
                if sock.recv(4096) == data:
                    return True
            except OSError:             # an ICMP error of an earlier one
                continue
        return False


class Stream:
    """A TCP flow."""

    def __init__(self, flow):
        listener = bound("server", socket.SOCK_STREAM, flow.server)
        listener.listen(1)
        self.client = bound("client", socket.SOCK_STREAM, flow.client)
        self.client.connect(flow.server)
        self.server = listener.accept()[0]
        for sock in (self.client, self.server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def arrives(self, side, data):
        """Send and see."""
        mine, other = self.client, self.server
        if side == "server":
            mine, other = other, mine
        mine.sendall(data)
        return received(other, len(data)) == data


class Network:
    """The flows by name, and what is open of them."""

    def __init__(self):
        self.flows, self.open, self.passed = {}, {}, {}
        self.sc = Scenario("ha", client="10.1.0.2", servers="198.51.100.0/24")
        for index, name in enumerate(("marked", "dropped")):
            self.client(Client(self.sc, index=index), name)
        ordinary = Client(self.sc, index=2)
        self.flows["ordinary"] = ordinary.voice(ordinary.node())
        web = self.flows["web"] = ordinary.tcp("web", (self.sc.net.outside(), 80))
        web.c("request", b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
        web.s("reply", b"HTTP/1.1 204 No Content\r\n\r\n")
        six = Scenario("ha", client="2001:db8:1::2",
                       servers="2001:db8:100::/64")
        client = Client(six)
        self.flows["session-six"] = client.supernode(client.node(), talk=0)

    def client(self, client, name):
        """A client with an endpoint, a session and a call."""
        node = client.node()
        self.flows["probe-" + name] = client.full_probe(node)
        self.flows["session-" + name] = client.supernode(node, talk=0)
        self.flows["call-" + name] = client.voice(client.node())

    def line(self, name):
        """The open flow of this name."""
        if name not in self.open:
            flow = self.flows[name]
            kind = Datagrams if flow.proto == "udp" else Stream
            self.open[name] = kind(flow)
        return self.open[name]

    def plan(self):
        """The servers' addresses."""
        return " ".join("%s=%s" % (name, flow.server[0])
                        for name, flow in self.flows.items())

    def where(self, name):
        """Both ends."""
        flow = self.flows[name]
        return "%s:%d %s:%d" % (flow.client + flow.server)

    def play(self, name, count="1000"):
        """Until a message does not arrive."""
        line, messages = self.line(name), self.flows[name].messages
        for message in messages[self.passed.get(name, 0):][:int(count)]:
            data = message.data
            if message.public_at is not None:
                seen = socket.inet_aton(line.server.getpeername()[0])
                at = message.public_at
                data = data[:at] + seen + data[at + 4:]
            if not line.arrives(message.sender, data):
                break
            self.passed[name] = self.passed.get(name, 0) + 1
        return "%d of %d" % (self.passed.get(name, 0), len(messages))

    def talk(self, seconds, *names):
        """Voice at its pace; never waits for anything to arrive."""
        calls = [self.line(name) for name in names]
        for call in calls:
            call.known or call.arrives("client", wire.voice(self.sc.rng, "1.x"))
        counts = {}
        ticks = int(float(seconds) * RATE)
        start = time.monotonic()
        for tick in range(ticks):
            time.sleep(max(start + tick / RATE - time.monotonic(), 0))
            for call in calls:
                call.send(("client", "server")[tick % 2],
                          wire.voice(self.sc.rng, "1.x"))
            counts = self.drained(calls, counts, tick >= ticks - RATE)
        time.sleep(0.3)
        counts = self.drained(calls, counts, True)
        return ", ".join("%s up %d down %d" % (
            name, counts.get(call.server, 0), counts.get(call.client, 0))
            for name, call in zip(names, calls))

    @staticmethod
    def drained(calls, counts, count):
        """Take what has arrived; count it, or not."""
        ends = [end for call in calls for end in (call.client, call.server)]
        while True:
            ready = select.select(ends, [], [], 0)[0]
            if not ready:
                return counts
            for end in ready:
                try:
                    end.recv(4096)
                except OSError:
                    continue
                counts[end] = counts.get(end, 0) + count

    def data(self, name):
        """A segment each way."""
        line = self.line(name)
        up = line.arrives("client", b"a segment of the client")
        down = line.arrives("server", b"and one of the node")
        return "up %d down %d" % (up, down)

    def reset(self, name):
        """Without a word of the server."""
        now = struct.pack("ii", 1, 0)
        sock = self.line(name).client
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        sock.close()
        return "done"


def main():
    """Command after command."""
    network = Network()
    for words in sys.stdin:
        verb, *names = words.split()
        print(getattr(network, verb)(*names), flush=True)


if __name__ == "__main__":
    main()
