#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Plays a scenario over real sockets, each side in its own namespace.

Both sides build the same scenario from name and seed. The inside host runs
`play.py client`, the hosts outside run `play.py server`, which says "ready" on
stdout and serves any number of runs until it is told to stop (flows that the
outside opens itself are played in the first run only). The outside must own
the scenario's addresses; this gives it all at once:

    ip route add local 198.51.100.0/24 dev lo
    ip route add local 2001:db8:2::/64 dev lo

The client exits with 0 when every flow went to its end, with 1 otherwise, and
prints one JSON object that says at which message each flow died.
"""

import json
import os
import signal
import socket
import sys
import time

from loop import Board, Loop
from talk import READ, TcpTalk, UdpTalk, bare, bind_freely, family

STALL = 1.0                     # seconds beyond patience without any progress


class Side:
    """All flows of a scenario, seen from inside or from outside."""

    def __init__(self, scenario, inside, speed=1.0, patience=3.0, hold=None):
        self.scenario = scenario
        self.loop = Loop()
        self.board = Board()
        self.options = {"speed": speed, "patience": patience}
        self.inside = inside
        self.hold = hold or (lambda: None)      # called when all is bound
        self.talks = {}                 # flow name -> its latest Talk
        self.udp = {}                   # local endpoint -> socket
        self.listeners = {}             # local endpoint -> socket
        self.peers = {}                 # (local, peer) -> UdpTalk
        self.started = time.monotonic()

    # -- who does what -------------------------------------------------------

    def role(self, flow):
        """Which side of the flow we are."""
        return "client" if (flow.inside == "client") == self.inside \
            else "server"

    def own(self, flow):
        """Our endpoint of the flow."""
        return getattr(flow, self.role(flow))

    def passive(self, proto, local):
        """Flows that others open to this endpoint."""
        return [f for f in self.scenario.flows
                if f.proto == proto and self.role(f) == "server"
                and f.server == local and not f.dead]

    def prepare(self):
        """Bind all that listens, plan all that we open."""
        for flow in self.scenario.flows:
            own = self.own(flow)
            if flow.proto == "udp":
                self.udp_socket(own)
            elif self.role(flow) == "server" and not flow.dead:
                self.listen(own)
        for flow in self.scenario.flows:
            if self.role(flow) == "client":
                self.plan(flow)

    def plan(self, flow):
        """Open the flow when what it follows is over."""
        def start():
            delay = max(flow.start / self.options["speed"], 0.001)
            self.loop.later(delay, lambda: self.open(flow))
        self.board.when(flow.after, start)

    # -- opening -------------------------------------------------------------

    def talk(self, kind, flow, **options):
        """A new Talk, registered under its flow's name."""
        talk = kind(flow, self.role(flow), self.loop, self.board,
                    **self.options, **options)
        self.talks[flow.name] = talk
        return talk

    def open(self, flow):
        """Our first packet."""
        if flow.proto == "tcp":
            self.talk(TcpTalk, flow).connect()
            return
        sock = self.udp_socket(flow.client)
        talk = self.talk(UdpTalk, flow, sock=sock, peer=flow.server)
        self.peers[flow.client, flow.server] = talk
        talk.begin()

    def udp_socket(self, local):
        """The socket of a local endpoint; many flows share it."""
        if local not in self.udp:
            sock = socket.socket(family(local[0]), socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            bind(sock, local)
            self.udp[local] = sock
            self.loop.watch(sock, READ,
                            lambda s, _e: self.datagram(s, local))
        return self.udp[local]

    def datagram(self, sock, local):
        """A datagram for one of our endpoints."""
        try:
            data, peer = sock.recvfrom(65536)
        except OSError:                 # an ICMP error of an earlier send
            return
        peer = bare(peer)
        talk = self.peers.get((local, peer))
        if talk is None or (talk.side == "server" and (
                talk.result or data == talk.flow.messages[0].data)):
            talk = self.arrival(sock, local, peer, data) or talk
        if talk:
            talk.received(data)

    def arrival(self, sock, local, peer, data):
        """The first datagram of a flow that another host opened."""
        for flow in self.passive("udp", local):
            if flow.messages[0].data == data:
                talk = self.talk(UdpTalk, flow, sock=sock, peer=peer)
                self.peers[local, peer] = talk
                return talk
        return None

    def listen(self, local):
        """A listening TCP socket."""
        if local in self.listeners:
            return
        sock = socket.socket(family(local[0]), socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        bind(sock, local)
        sock.listen(64)
        self.listeners[local] = sock
        self.loop.watch(sock, READ, lambda s, _e: self.accept(s, local))

    def accept(self, sock, local):
        """A connection; its first bytes tell which flow it is."""
        try:
            conn, _ = sock.accept()
        except OSError:
            return
        conn.setblocking(False)
        flows = self.passive("tcp", local)
        if flows[0].messages[0].sender == "server":
            self.adopt(conn, flows[0], b"")
            return
        self.loop.watch(conn, READ, lambda s, _e: self.first_bytes(s, flows))

    def first_bytes(self, conn, flows):
        """Choose the flow that begins like this."""
        try:
            data = conn.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        for flow in flows:
            first = flow.messages[0].data
            if data and (first.startswith(data) or data.startswith(first)):
                self.adopt(conn, flow, data)
                return
        self.loop.forget(conn)
        conn.close()

    def adopt(self, conn, flow, data):
        """The connection belongs to this flow."""
        talk = self.talk(TcpTalk, flow, sock=conn)
        talk.buffer = data
        talk.opened()

    # -- the end -------------------------------------------------------------

    def summary(self):
        """The JSON report."""
        flows = []
        for flow in self.scenario.flows:
            talk = self.talks.get(flow.name)
            if talk:
                entry = talk.summary()
            else:
                entry = {"name": flow.name, "proto": flow.proto,
                         "role": flow.role, "result": "never opened",
                         "passed": 0, "messages": len(flow.messages)}
            if flow.dead and entry["result"] == "died":
                entry["result"] = "done"        # as planned
            flows.append(entry)
        done = sum(f["result"] == "done" for f in flows)
        roles = {f["role"] for f in flows
                 if f["result"] == "done" and f["role"]}
        return {"schema": 1, "scenario": self.scenario.name,
                "seed": self.scenario.seed,
                "side": "client" if self.inside else "server",
                "seconds": round(time.monotonic() - self.started, 3),
                "done": done, "died": len(flows) - done,
                "succeeded": sorted(roles), "flows": flows}

    def close(self):
        """All sockets."""
        for talk in self.talks.values():
            if isinstance(talk, TcpTalk):
                talk.shut()
        for sock in list(self.udp.values()) + list(self.listeners.values()):
            self.loop.forget(sock)
            sock.close()


def bind(sock, local):
    """Bind, or say what is missing."""
    try:
        bind_freely(sock, local)
    except OSError as error:
        sys.exit("Error: cannot bind to %s port %d: %s (see skypegen "
                 "addresses)" % (local + (error.strerror,)))


class Player(Side):
    """The client's side: ends by itself."""

    def __init__(self, scenario, limit=120.0, linger=0.0, **options):
        super().__init__(scenario, True, **options)
        self.limit, self.linger = limit, linger
        self.progress = (0, time.monotonic())

    def run(self):
        """Play; returns the summary."""
        self.prepare()
        self.hold()
        self.loop.later(self.limit, self.loop.stop)
        self.tick()
        self.loop.run()
        if self.linger:
            time.sleep(self.linger)
        report = self.summary()
        self.close()
        return report

    def tick(self):
        """Stop when all has ended; give up on what never comes."""
        names = [f.name for f in self.scenario.flows]
        left = [n for n in names if n not in self.board.ended]
        if not left:
            self.loop.stop()
            return
        seen = len(self.board.passed) + len(self.board.ended)
        if seen != self.progress[0] or self.waits_for_time():
            self.progress = seen, time.monotonic()
        quiet = time.monotonic() - self.progress[1]
        if quiet > self.options["patience"] + STALL:
            self.board.end(left[0])
        self.loop.later(0.05, self.tick)

    def waits_for_time(self):
        """True while one of our own timers will bring something."""
        return any(entry[2] and entry[2] != self.tick
                   and entry[2] != self.loop.stop
                   for entry in self.loop.timers)


class Server(Side):
    """The outside hosts: serve until told to stop."""

    def __init__(self, scenario, limit=600.0, **options):
        super().__init__(scenario, False, **options)
        self.limit = limit

    def run(self):
        """Serve; returns the summary."""
        self.prepare()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.loop.stop())
        self.loop.later(self.limit, self.loop.stop)
        print("ready", flush=True)
        self.hold()
        self.loop.run()
        report = self.summary()
        self.close()
        return report


def settle_down(side):
    """Each side on a processor of its own: what one sends stays in order, and
    neither keeps the other waiting."""
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processors[0 if side == "client" else -1]})


def play(side, scenario, **options):
    """Run one side and print its summary; returns the exit status."""
    settle_down(side)
    if scenario.pcap_only:
        raise ValueError("%s is too slow to play; write a pcap"
                         % scenario.name)
    report = (Player if side == "client" else Server)(
        scenario, **options).run()
    json.dump(report, sys.stdout, indent=1)
    print(flush=True)
    return 1 if side == "client" and report["died"] else 0
