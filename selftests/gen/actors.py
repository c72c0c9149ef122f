#!/usr/bin/python3
"""Hosts that talk: each method adds one flow (or a few) to the scenario."""

import wire
from model import Expect, nothing

GUESS = {"0.97": ["0.97", "1.x", "unknown"], "1.x": ["1.x", "unknown"],
         "2.x": ["2.x", "unknown"], "5.5+": ["5.5+", "unknown"]}
BOOTSTRAP_PORT = 33033


class Client:
    """A Skype client: one address, one listening port, one id counter."""

    def __init__(self, scenario, version="1.x", index=0, outside=False):
        self.sc = scenario
        self.rng = scenario.rng
        self.version = version
        net = scenario.net
        self.side = "server" if outside else "client"
        self.addr = net.outside() if outside else net.inside(index)
        self.port = net.port()
        self.ident = self.first_id()
        self.nodes = set()              # probed positively, (address, port)

    def first_id(self):
        """Section 1.1: arbitrary; sometimes just before the wrap-around."""
        if self.rng.random() < 0.15:
            return 0xFFF0 + self.rng.randrange(16)
        while True:
            first = self.rng.randrange(0x10000)
            if not 0x2E00 <= first < 0x3100:    # stay clear of the BER guard
                return first

    def next_id(self, step=2):
        """Section 1.1: one counter, +2 for every request."""
        self.ident = (self.ident + step) & 0xFFFF
        return self.ident

    @property
    def where(self):
        """The endpoint: address and listening port."""
        return self.addr, self.port

    def node(self, bootstrap=False):
        """A node that this scenario has not used yet."""
        net = self.sc.net
        return (net.outside(),
                BOOTSTRAP_PORT if bootstrap else net.port(high=65000))

    # -- UDP ------------------------------------------------------------------

    def ask(self, node, name="probe", step=2, size=None, **options):
        """A flow with U1 in it; returns (flow, U1)."""
        ident = self.next_id(step)
        if size is None:
            size = wire.u1_size(self.rng, self.version)
        request = wire.u1(self.rng, ident, size)
        flow = self.sc.flow(name, "udp", self.where, node, inside=self.side,
                            role="probe", **options)
        flow.c("U1", request, **{"is": "u1", "id": ident, "size": size})
        return flow, request

    def answer(self, flow, request, positive=True, low_d=False, size=None,
               **options):
        """U4: accept (18) or decline (51 or 53; these may be of type ?d)."""
        if size is None:
            size = 18 if positive else self.rng.choice((51, 53))
        data = wire.u4(self.rng, request, size, low_d and not positive)
        flow.s("U4+" if positive else "U4-", data,
               **{"is": "u4", "id": int.from_bytes(data[:2], "big"),
                  "positive": positive}, **options)
        if positive:
            self.nodes.add(flow.server)

    def nack(self, flow, request, low=7):
        """U2; the public address is patched by whoever really sends it."""
        public = self.sc.net.public_of(self.addr)
        ident = int.from_bytes(request[:2], "big")
        data = wire.u2(self.rng, ident, public, low)
        kind = "u2" if low == 7 else "echo5"
        flow.s("U2", data, public_at=3 if low == 7 else None,
               **{"is": kind, "id": ident, "public": public})
        return data

    def resend(self, flow, request, nack):
        """U3."""
        data = wire.u3(self.rng, request, nack, flow.server[0])
        flow.c("U3", data, **{"is": "u3", "right": True})

    def full_probe(self, node, positive=True, **options):
        """U1 U2 U3 U4 (IPv6 has no place in U2: there U1 U4)."""
        flow, request = self.ask(node, "full-probe", **options)
        if not self.sc.net.v6:
            self.resend(flow, request, self.nack(flow, request))
        self.answer(flow, request, positive)
        return flow

    def partial_probe(self, node, positive=True, **options):
        """U1 U4."""
        low_d = options.pop("low_d", False)
        size = options.pop("answer_size", None)
        flow, request = self.ask(node, "partial-probe", **options)
        self.answer(flow, request, positive, low_d, size)
        return flow

    def lone_nack(self, node, low=7, **options):
        """U1 U2, and the client gives up."""
        flow, request = self.ask(node, "nack", **options)
        self.nack(flow, request, low)
        return flow

    def silent_probe(self, node, **options):
        """U1, unanswered."""
        return self.ask(node, "silent-probe", **options)[0]

    # -- TCP ------------------------------------------------------------------

    def tcp(self, name, node, **options):
        """An empty TCP flow from a fresh port."""
        return self.sc.flow(name, "tcp", (self.addr, self.sc.net.port()), node,
                            inside=self.side, **options)

    def middle(self, low=60, high=300):
        """Bytes between handshake messages, of no handshake message's size."""
        return wire.opaque(self.rng, self.rng.randrange(low, high))

    def server_first(self):
        """The node's first message: (bytes, whether KS holds in it).

        Section 4.2: KS needs 24 bytes. v1.x nodes answered with 37 or 73.
        """
        size = self.rng.choice((37, 73, self.rng.randrange(16, 24)))
        stream = wire.Stream(self.rng, self.rng.randrange(0x10000),
                             self.rng.choice((1, 3, 0x0F)))
        return stream.first(size), size >= 24

    def handshake(self, flow, accepted=True):
        """T1 .. T4 of v1.x with T1T2's relations; fills in the expectation."""
        stream = wire.Stream(self.rng)
        flow.c("T1", stream.t1())
        reply, ks = self.server_first()
        flow.s("reply", reply)
        size = self.rng.choice(wire.T2_SIZES)
        flow.c("T2", stream.t2(size, self.next_id(0)))
        flow.s("T3" if accepted else "T3 refuses",
               wire.t3(self.rng, accepted))
        if accepted:
            flow.c("T4", wire.t4(self.rng))
        reasons = {"t1t2", "t2-t3-t4" if accepted else "t3-refused"}
        if ks:
            reasons.add("ks")
        flow.expect = Expect(
            cls=["supernode" if accepted else "signal"], grade=["certain"],
            reasons=reasons, optional={"t1", "supernode-known"},
            version=GUESS["1.x"],
            decided_at=5 if accepted else (2 if ks else 3))
        return flow

    def supernode(self, node, accepted=True, talk=2, **options):
        """A super node connection of v1.x."""
        flow = self.tcp("supernode" if accepted else "refused", node,
                        role="supernode" if accepted else "refused", **options)
        self.handshake(flow, accepted)
        if accepted:
            self.chatter(flow, talk)
            flow.close_delay = 0.5
        return flow

    def chatter(self, flow, rounds):
        """What follows on an open super node connection."""
        for _ in range(rounds):
            flow.c("data", wire.rand(self.rng, self.rng.randrange(10, 14)), 0.1)
            flow.s("data", wire.rand(self.rng, self.rng.randrange(40, 90)))

    def session(self, flow, via="direct", changes=0, state=None):
        """Expect a session that `flow` started."""
        entry = {"client": {"addr": flow.client[0]},
                 "supernode": {"addr": flow.server[0],
                               "port": flow.server[1]},
                 "via": via, "changes": changes}
        if state:
            entry["state"] = state
        self.sc.sessions.append(entry)

    def login(self, server, answer="ok", late=False, **options):
        """L1 L2 L3 L4 with the login server (section 2.3)."""
        flow = self.tcp("login", server, role="login", **options)
        flow.c("L1", wire.L1)
        flow.s("L2", wire.L2)
        if late:
            flow.c("L1", wire.L1)
            flow.c("L3 late", wire.l3_late(self.rng))
        else:
            flow.c("L3", wire.l3(self.rng))
        build, reason = {"ok": (wire.l4_ok, {"l4-ok"}),
                         "refused": (wire.l4_refused, {"l4-refused"}),
                         "contacts": (wire.l4_contacts, set())}[answer]
        flow.s("L4 " + answer, build(self.rng))
        flow.expect = Expect(
            cls=["login"], grade=["certain"], decided_at=2,
            reasons={"l1-l2", "l3-late" if late else "l3"} | reason)
        return flow

    def version_check(self, server, installed=False, **options):
        """The request in clear text of section 2.4."""
        flow = self.tcp("version-check", server, role="update", **options)
        flow.c("version check", wire.version_check(
            self.rng, self.version, installed))
        flow.s("HTTP answer", wire.version_answer(self.rng))
        flow.expect = Expect(
            cls=["update"], grade=["certain"], decided_at=1,
            reasons={"update-installed" if installed else "update-check"},
            version=GUESS[self.version])
        return flow

    def endpoint(self, grade="certain", **more):
        """Expect this client's endpoint entry."""
        self.sc.endpoints.append(
            dict({"addr": self.addr, "port": self.port, "grade": grade},
                 **more))


def plain_tcp(scenario, name, port, client=None, **options):
    """An empty TCP flow that is not Skype's, expected to be nothing."""
    net = scenario.net
    flow = scenario.flow(name, "tcp", (client or net.inside(), net.port()),
                         (net.outside(), port), **options)
    flow.expect = nothing()
    return flow


def plain_udp(scenario, name, port, client=None, cport=None, **options):
    """An empty UDP flow that is not Skype's, expected to be nothing."""
    net = scenario.net
    flow = scenario.flow(name, "udp",
                         (client or net.inside(), cport or net.port()),
                         (net.outside(), port), **options)
    flow.expect = nothing()
    return flow
