#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What section 5 of signatures.md says about the UDP flows of a scenario.

The oracle never reads a payload. It follows the *meaning* of each message as
the scenario's author tagged it (what='U1', id=..., public=...), in order of
time, and writes the expectation of every UDP flow that has none yet.
"""

from model import Expect

CHAIN_PEERS = 8
GRADES = ("none", "suspect", "likely", "certain")


class Chain:
    """Section 5, "Chain": ids that climb by 2 to new peers."""

    def __init__(self):
        self.last = None
        self.peers = set()
        self.best = 0

    def first_datagram(self, ident, peer):
        """Account for one; True when this is the one that makes eight."""
        before = len(self.peers)
        step = None if self.last is None else (ident - self.last) % 0x10000
        if step == 0:
            return False
        if step == 2:
            self.peers.add(peer)
        elif step is None or step % 2 or step > 16:
            self.peers = {peer}
        self.last = ident
        self.best = max(self.best, len(self.peers))
        return before < CHAIN_PEERS <= len(self.peers)


class Endpoint:
    """Section 5, "Endpoint": one address and UDP port."""

    def __init__(self):
        self.chain = Chain()
        self.proven = 0                 # 0, or a grade's rank
        self.public = {}                # public address -> peers
        self.pairs = set()
        self.requests = 0
        self.peers = set()

    def prove(self, rank):
        """Raise the endpoint's grade."""
        self.proven = max(self.proven, rank)


class Verdict:
    """The growing verdict of one UDP flow."""

    def __init__(self):
        self.cls = "none"
        self.rank = 0                   # by the flow's own messages
        self.seen = 0                   # own or its endpoint's
        self.reasons = set()
        self.optional = set()
        self.any_of = set()
        self.decided_at = None
        self.unsure = False             # signatures.md leaves the grade open
        self.request = None             # the tags of U1
        self.nack = None
        self.proof = False              # this flow proved its endpoint

    def settle(self, number, cls, rank):
        """Note the packet at which class and grade changed last."""
        if (cls, rank) == (self.cls, self.seen):
            return
        self.cls, self.seen = cls, max(rank, self.seen)
        if self.seen >= 2:
            self.decided_at = number

    def expect(self):
        """The finished expectation."""
        grade = [GRADES[self.seen]]
        if self.unsure and self.seen < 2:
            grade = ["suspect", "likely"]
        result = Expect(cls=[self.cls], grade=grade, reasons=self.reasons,
                        any_of=self.any_of - self.reasons,
                        optional=self.optional - self.reasons)
        if not self.unsure:
            result.decided_at = self.decided_at
        if self.cls == "none":
            result.open_reasons = True
            result.decided_at = None
        return result


class UdpOracle:
    """Runs over a scenario's timeline."""

    def __init__(self, scenario):
        self.endpoints = {}
        self.verdicts = {}
        self.supernodes = scenario.supernodes
        for event in scenario.timeline():
            if event.flow.proto == "udp":
                self.message(event.flow, event.n, event.message)
        for flow in scenario.flows:
            if flow.proto == "udp" and flow.expect is None:
                flow.expect = self.verdicts[flow.name].expect()
        self.write_endpoints(scenario)

    def write_endpoints(self, scenario):
        """Proven ones with their grade; the others must not be proven."""
        told = {(e["addr"], e["port"]): e for e in scenario.endpoints}
        scenario.endpoints = []
        for (addr, port), endpoint in self.endpoints.items():
            if endpoint.proven:
                entry = {"addr": addr, "port": port,
                         "grade": GRADES[endpoint.proven]}
                entry.update(told.pop((addr, port), {}))
                scenario.endpoints.append(entry)
            elif endpoint.requests:
                scenario.unproven.append({"addr": addr, "port": port})
        if told:
            raise AssertionError("the oracle proves no %s" % list(told))

    def endpoint(self, where):
        """The entry of an address and port."""
        return self.endpoints.setdefault(where, Endpoint())

    def message(self, flow, number, message):
        """One datagram."""
        verdict = self.verdicts.setdefault(flow.name, Verdict())
        endpoint = self.endpoint(flow.client)
        known = max(endpoint.proven, self.endpoint(flow.server).proven)
        handler = getattr(self, "see_" + message.tags.get("is", "other"))
        handler(flow, number, message, verdict, endpoint)
        proven = max(endpoint.proven, self.endpoint(flow.server).proven)
        if known >= 2 and not verdict.any_of and not verdict.proof:
            (verdict.reasons if verdict.rank < 2 else verdict.optional).add(
                "endpoint")
        rank = max(verdict.rank, 2 if proven >= 2 else 0)
        if rank:
            cls = "probe" if verdict.request else "peer"
            verdict.settle(number, cls, rank)

    def see_other(self, flow, number, message, verdict, endpoint):
        """A datagram that is no evidence by itself."""

    def see_u1(self, flow, number, message, verdict, endpoint):
        """Section 4.3, "single U1" and "id chain"."""
        if number != 1:
            return
        verdict.request = message.tags
        verdict.reasons.add("u1")
        verdict.rank = 1
        endpoint.requests += 1
        endpoint.peers.add(flow.server)
        eighth = endpoint.chain.first_datagram(message.tags["id"], flow.server)
        count = len(endpoint.chain.peers)
        if eighth and endpoint.proven >= 2:
            verdict.any_of = {"endpoint", "id-chain"}
        elif eighth:
            verdict.reasons.add("id-chain")
            verdict.optional.add("endpoint")
            verdict.rank = 2
        elif count >= CHAIN_PEERS:
            verdict.optional.add("id-chain")
        if eighth:
            endpoint.prove(2)

    def see_u2(self, flow, number, message, verdict, endpoint):
        """Section 4.3, "id echo" and "same public address"."""
        if not verdict.request or message.tags["id"] != verdict.request["id"]:
            return
        verdict.nack = message.tags
        verdict.reasons.add("u2-echo")
        verdict.rank = max(verdict.rank, 2)
        peers = endpoint.public.setdefault(message.tags["public"], set())
        if peers - {flow.server}:
            verdict.reasons.add("public-address")
            endpoint.prove(2)
        peers.add(flow.server)

    def see_echo5(self, flow, number, message, verdict, endpoint):
        """The id echo in a type 0x?5 answer: it carries no public address."""
        if verdict.request and message.tags["id"] == verdict.request["id"]:
            verdict.reasons.add("u2-echo")
            verdict.optional.add("public-address")
            verdict.rank = max(verdict.rank, 2)

    def see_u3(self, flow, number, message, verdict, endpoint):
        """Section 4.3, "NACK + resend"."""
        if not verdict.nack or not message.tags["right"]:
            return
        verdict.reasons.add("u3-resend")
        verdict.rank = 3
        verdict.proof = endpoint.proven < 2
        endpoint.prove(3)

    def see_u4(self, flow, number, message, verdict, endpoint):
        """Section 4.3, "U1 then U4"; an echoed id is no evidence."""
        tags = message.tags
        if not verdict.request or tags["id"] == verdict.request["id"]:
            return
        reason = "u4-positive" if tags["positive"] else "u4-negative"
        if verdict.nack and "u3-resend" not in verdict.reasons:
            # neither a full nor a partial probe: open
            verdict.optional.add(reason)
            return
        verdict.reasons.add(reason)
        if tags["positive"] and flow.inside == "client":
            self.supernodes.append(
                {"addr": flow.server[0], "port": flow.server[1]})
        if verdict.request["size"] == 18:
            endpoint.pairs.add(flow.server)
            if len(endpoint.pairs) >= 3:
                verdict.rank = max(verdict.rank, 2)
        elif verdict.rank < 2:
            # v2.0 sizes: are they "exact sizes" for the rule of 3 peers?
            verdict.unsure = True
