#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Hosts that talk: each method adds one flow (or a few) to the scenario."""

import wire
from model import Expect, nothing

GUESS = {"0.97": ["0.97", "1.x", "unknown"], "1.x": ["1.x", "unknown"],
         "2.x": ["2.x", "unknown"], "5.5+": ["5.5+", "unknown"]}
BOOTSTRAP_PORT = 33033
TURN = 4                        # voice messages of one side before the other's


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

    # -- UDP -----------------------------------------------------------------

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

    def nack(self, flow, request, low=7, public=None):
        """U2; its address is what the sender sees, unless told otherwise."""
        patched = 3 if low == 7 and not public else None
        public = public or self.sc.net.public_of(self.addr)
        ident = int.from_bytes(request[:2], "big")
        data = wire.u2(self.rng, ident, public, low)
        flow.s("U2", data, public_at=patched,
               **{"is": "u2" if low == 7 else "echo5", "id": ident,
                  "public": public})
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

    def other_answer(self, node, **options):
        """U1, and 26 bytes as another command's answer (sections 1.1, 4.3)."""
        flow, request = self.ask(node, "other-answer", **options)
        flow.s("26 bytes", wire.u4(self.rng, request, 26,
                                   self.rng.random() < 0.5))
        return flow

    def retransmitted_probe(self, node, **options):
        """Section 4.3, "same id and CRC, new IV": the request once more."""
        flow, request = self.ask(node, "retransmitted", **options)
        flow.c("U1 again", wire.again(self.rng, request), 1.0)
        return flow

    # -- TCP -----------------------------------------------------------------

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

    def supernode(self, node, accepted=True, talk=2, pause=0.1, **options):
        """A super node connection of v1.x."""
        flow = self.tcp("supernode" if accepted else "refused", node,
                        role="supernode" if accepted else "refused", **options)
        self.handshake(flow, accepted)
        if accepted:
            self.chatter(flow, talk, pause)
            flow.close_delay = 0.5
        return flow

    def chatter(self, flow, rounds, pause=0.1):
        """What follows on an open super node connection."""
        for _ in range(rounds):
            size = self.rng.randrange
            flow.c("data", wire.rand(self.rng, size(10, 14)), pause)
            flow.s("data", wire.rand(self.rng, size(40, 90)))

    def sizes_handshake(self, flow, narrow=False, accepted=True):
        """T2 T3 T4 by size alone, behind what the flow has; returns T4's n."""
        flow.c("T2", wire.t2_opaque(self.rng, narrow))
        flow.s("T3" if accepted else "T3 refuses",
               wire.t3(self.rng, accepted))
        if accepted:
            flow.c("T4", wire.t4(self.rng, narrow))
        return len(flow.messages)

    def blind_supernode(self, node, first=None, rounds=1, **options):
        """A connection without any proof in it: only sizes, section 2.1.

        With `rounds` = 2 it is v2.0's, which exchanges one more pair. Its
        grade is `likely` when the node is known (section 5).
        """
        flow = self.tcp("supernode", node, role="supernode", **options)
        if first is None:
            size = 14 if rounds == 1 else self.rng.randrange(15, 22)
            first = wire.opaque(self.rng, size)
        flow.c("T1", first)
        flow.s("reply", self.small())
        for _ in range(rounds - 1):
            flow.c("second", self.middle())
            flow.s("reply", self.small())
        decided = self.sizes_handshake(flow)
        self.chatter(flow, 2)
        flow.expect = Expect(
            cls=["supernode"], grade=["likely"], decided_at=decided,
            reasons={"supernode-known", "t2-t3-t4"}, optional={"t1"})
        return flow

    def small(self):
        """A server's message that is never a T3."""
        return wire.opaque(self.rng, self.rng.randrange(18, 24))

    def third(self):
        """R3 (14 bytes in v1.4, varies in v2.0) and, mostly, an answer.

        Section 2.2 puts T2 right behind R3; section 2.1 has a nameless
        message of the node before T2. Both are drawn.
        """
        size = (self.rng.randrange(30, 60) if self.version[0] == "2"
                else 14)
        return (wire.opaque(self.rng, size),
                self.small() if self.rng.random() < 0.75 else None)

    def supernode_443(self, host, padded=None, answer=True, **options):
        """R1 R2 R3, then T2 T3 T4 on port 443 (section 2.2)."""
        if padded is None:
            padded = self.rng.random() < 0.5
        flow = self.tcp("supernode-443", (host, 443), role="supernode",
                        **options)
        flow.c("R1", wire.r1(self.rng, padded))
        flow.s("R2" if answer else "no R2",
               wire.r2(self.rng) if answer else self.small())
        self.via_web(flow)
        reasons = {"r1", "t2-t3-t4"}
        if padded:
            reasons.add("r1-padding")
        elif answer:
            reasons.add("r2")
        flow.expect = Expect(
            cls=["supernode"], reasons=reasons, optional={"r2", "t1",
                                                          "supernode-known"},
            grade=["certain" if padded or answer else "likely"],
            decided_at=flow.t4)
        return flow

    def supernode_80(self, host, known=False, **options):
        """R1 R2 R3, then T2 T3 T4 on port 80 (section 2.2).

        `known`: this client has other evidence (decides for v2.5 only).
        """
        build, reason = {
            "2.x": (wire.r1_80_v2, {"r1-80-v2"}),
            "2.5": (wire.r1_80_v25, set()),
        }.get(self.version, (wire.r1_80_v1, {"r1-80-v1"}))
        flow = self.tcp("supernode-80", (host, 80), role="supernode",
                        **options)
        flow.c("R1", build(self.rng))
        flow.s("R2", self.small())
        self.via_web(flow)
        likely = bool(reason) or known
        flow.expect = Expect(
            cls=["supernode"], grade=["likely" if likely else "suspect"],
            reasons=reason | {"t2-t3-t4"},
            optional={"t1", "supernode-known", "r1-80-v1"},
            decided_at=flow.t4)
        if not likely:
            flow.expect.cls = ["supernode", "signal"]
        return flow

    def via_web(self, flow):
        """The common rest of a 443 or 80 handshake."""
        third, answer = self.third()
        flow.c("R3", third)
        if answer:
            flow.s("reply", answer)
        flow.t4 = self.sizes_handshake(flow, narrow=True)
        self.chatter(flow, 2)

    def session(self, *flows, via="direct", changes=0, state=None):
        """Expect one session; any of the flows may be its super node."""
        entry = {"client": {"addr": flows[0].client[0]}, "via": via,
                 "supernode": [{"addr": f.server[0], "port": f.server[1]}
                               for f in flows],
                 "changes": changes}
        if state:
            entry["state"] = state
        self.sc.sessions.append(entry)

    def signal(self, name, node, first, reasons, optional=(), decided_at=1,
               grade="certain", **options):
        """A connection with a proof in its first message and no handshake."""
        flow = self.tcp(name, node, role="signal", **options)
        flow.c(name, first)
        flow.expect = Expect(cls=["signal"], grade=[grade],
                             reasons=set(reasons), optional=set(optional),
                             decided_at=decided_at)
        return flow

    def ks(self, node, **options):
        """KS of section 4.2, then the exchange that 2015 saw."""
        size = self.rng.randrange(24, 90)
        flow = self.signal(
            "ks", node, wire.Stream(
                self.rng, self.rng.randrange(0x10000),
                self.rng.choice((1, 3, 0x0F))).first(size), {"ks"}, **options)
        flow.s("reply", self.server_first()[0])
        flow.c("data", wire.rand(self.rng, self.rng.choice((13, 17))))
        return flow

    def dh(self, node, steps, **options):
        """DH of section 4.2: certain from 5 steps on, likely with 3 or 4."""
        flow = self.signal("dh", node, wire.dh(self.rng, steps), {"dh"},
                           grade="certain" if steps >= 5 else "likely",
                           decided_at=3, **options)
        flow.s("reply", wire.opaque(self.rng, self.rng.randrange(48, 52)))
        flow.c("second", wire.rand(self.rng, 8))
        flow.s("second", wire.rand(self.rng, 8))
        flow.c("data", wire.rand(self.rng, self.rng.randrange(36, 60)))
        return flow

    def imitation_443(self, host, **options):
        """R1 with padding, R2, then KS as the client's second message."""
        flow = self.signal("r1", (host, 443), wire.r1(self.rng),
                           {"r1", "r1-padding"}, {"r2", "ks"}, **options)
        if self.rng.random() < 0.5:
            flow.s("R2", wire.r2(self.rng))
        flow.c("KS", wire.Stream(self.rng).first(self.rng.randrange(24, 90)))
        flow.s("reply", self.middle(30, 58))
        return flow

    # -- calls ---------------------------------------------------------------

    def voice(self, peer, seconds=4.5, hold=0.0, **options):
        """A call: voice both ways for some seconds, then on hold."""
        flow = self.sc.flow("voice", "udp", self.where, peer,
                            inside=self.side, role="voice", **options)
        self.pace(flow, wire.voice, seconds)
        self.voice_expect(flow, {"endpoint", "voice-rate"})
        gap = 0.33 if self.version == "0.97" else 3.0
        for number in range(int(hold / gap)):
            flow.add(("client", "server")[number % 2], "hold",
                     wire.hold(self.rng), gap)
        return flow

    def pace(self, flow, build, seconds):
        """Section 1.2: 140 (v0.97) or 85 messages a second, both together.

        In turns of some messages, so that players that take turns keep the
        pace on a slow machine, too.
        """
        rate = 140 if self.version == "0.97" else 85
        for number in range(int(seconds * rate)):
            flow.add(("client", "server")[number // TURN % 2], "voice",
                     build(self.rng, self.version), 1 / rate, realtime=True)

    def voice_expect(self, flow, reasons):
        """Found within 3 seconds of the first voice packet (and a grain)."""
        rate = 140 if self.version == "0.97" else 85
        flow.expect = Expect(
            cls=["voice"], grade=["likely", "certain"], reasons=reasons,
            optional={"t1"}, decided_max=int(3.5 * rate))

    def voice_tcp(self, node, seconds=4.5, **options):
        """Voice of a client behind UDP filters, through a relay node.

        The node's first message makes the connection Skype's (KS): on TCP
        there is no port whose evidence could.
        """
        flow = self.tcp("voice-tcp", node, role="voice", **options)
        flow.c("start", wire.Stream(self.rng).t1())
        flow.s("start", wire.Stream(self.rng, 7, 3).first(
            self.rng.choice((37, 73))))
        self.pace(flow, wire.voice_tcp, seconds)
        self.voice_expect(flow, {"ks", "voice-rate"})
        flow.expect.grade = ["certain"]
        return flow

    def call_signalling(self, callee, **options):
        """Section 2.5: starts with 14-byte messages both ways."""
        flow = self.tcp("call", callee, role="call", **options)
        for _ in range(2):
            flow.c("call", wire.opaque(self.rng, 14))
            flow.s("call", wire.opaque(self.rng, 14))
        flow.c("call", self.middle())
        flow.s("call", self.middle())
        return flow

    def exchange(self, name, node, request, answer=None, **options):
        """Other UDP of this endpoint; the oracle grades it."""
        flow = self.sc.flow(name, "udp", self.where, node, inside=self.side,
                            role=name, **options)
        flow.c(name, request)
        if answer:
            flow.s("answer", answer)
        return flow

    def search(self):
        """Section 1.2: requests to 8 nodes, then to 16 (v0.97: 4, then 8)."""
        for _ in range(4 + 8 if self.version == "0.97" else 8 + 16):
            size = self.rng.randrange(30, 200)
            self.exchange("search", self.node(), wire.search_request(self.rng),
                          wire.other_udp(self.rng, size))

    def advertise(self, count=22):
        """Section 1.2: at the end of the login, 11 bytes come back."""
        for _ in range(count):
            self.exchange("advertisement", self.node(),
                          wire.advertisement(self.rng),
                          wire.other_udp(self.rng, 11))

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

    def endpoint(self, **more):
        """Say more of this client's entry than the oracle, which grades it."""
        self.sc.endpoints.append(
            dict({"addr": self.addr, "port": self.port}, **more))


def probe_many(client, count, low_d=True):
    """Partial probes, positive and negative, to nodes of all kinds."""
    rng = client.rng
    for _ in range(count):
        client.partial_probe(client.node(), positive=rng.random() < 0.6,
                             low_d=low_d and rng.random() < 0.2)


def dead(client, node, **options):
    """A TCP connection that nobody answers."""
    flow = client.tcp("unanswered", node, dead=True, role="unanswered",
                      **options)
    flow.expect = nothing("SYN only")
    return flow


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
