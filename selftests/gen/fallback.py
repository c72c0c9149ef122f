#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A client that falls back (section 2.2; F section 4, C 4.2.1).

Every `fallback-*` scenario plans all ways that a client of that version knows:
UDP to a node, the node's own port, 443, 80 (v0.97: 80 before 443), then the
next node; then the login server on its ports, then the login through nodes.
Played as a scenario it goes all of these ways in turn. `skypegen fallback`
plays it as a client does: it stops at the first way that works, takes the next
one when a message is lost, and tells at which message each attempt died.

    skypegen play server fallback-1.4 --seed 3        outside
    skypegen fallback fallback-1.4 --seed 3           inside
"""

import json
import sys

import wire
from actors import Client
from model import Expect
from play import Side
from registry import scenario

NODES = 3
WAYS = {"0.97": ("own", "80", "443")}
DEFAULT_WAYS = ("own", "443", "80")


# -- the plan ----------------------------------------------------------------

class Plan:
    """Adds the attempts of one version to a scenario."""

    def __init__(self, sc, version):
        self.sc = sc
        self.client = Client(sc, version)
        self.version = version
        self.own = {"5.5+": self.client.ks, "2.x": self.ks_supernode}.get(
            version, self.client.supernode)

    def build(self):
        """All attempts, in the order in which a client makes them."""
        self.mark(self.client.version_check((self.sc.net.outside(), 80)),
                  None, "update")
        nodes = [self.client.node(index == 0) for index in range(NODES)]
        for index, node in enumerate(nodes):
            for flow in self.udp(node):
                self.mark(flow, index, "udp")
            for way in WAYS.get(self.version, DEFAULT_WAYS):
                self.mark(self.tcp(node, way), index, way)
        for port in (33033, 443, 80):
            where = (self.sc.net.outside(), port)
            self.mark(self.client.login(where, late=self.late()),
                      None, "login-%d" % port)
        for index, node in enumerate(nodes):
            self.mark(self.relayed(node), index, "relayed")
        flows = [f for f in self.sc.flows if f.role == "supernode"]
        if flows:
            self.client.session(*flows, changes=len(flows) - 1)
            self.sc.sessions[-1]["via"] = ["direct", "443", "80"]

    def mark(self, flow, node, way):
        """Note which attempt a flow is."""
        flow.attempt = (node, way)

    def late(self):
        """The login of 2015?"""
        return self.version == "5.5+"

    def udp(self, node):
        """The probe; v5.5 sends many that nobody answers.

        Who asks a second node has not got through to the first one, so it does
        not know its public address yet: every probe is a full one.
        """
        client = self.client
        if self.late():
            for _ in range(5):
                yield client.silent_probe(client.node(), start=0.02)
        else:
            yield client.full_probe(node)

    def tcp(self, node, way):
        """One TCP connection to a node."""
        client = self.client
        if way == "own":
            return self.own(node)
        if self.late():
            return (client.imitation_443 if way == "443"
                    else lambda host: client.ks((host, 80)))(node[0])
        if way == "443":
            return client.supernode_443(node[0])
        if self.version != "2.x":
            return client.supernode_80(node[0], known=True)
        # every second node sees the v2.5 form
        client.version = self.sc.rng.choice(("2.x", "2.5"))
        flow = client.supernode_80(node[0], known=True)
        client.version = self.version
        return flow

    def ks_supernode(self, node):
        """v2.0 with a padded T1 (KS)."""
        first = wire.Stream(self.sc.rng).first(self.sc.rng.randrange(30, 60))
        flow = self.client.blind_supernode(node, first, rounds=2)
        flow.expect.grade = ["certain"]
        flow.expect.reasons = {"ks", "t2-t3-t4"}
        flow.expect.optional = {"t1", "supernode-known"}
        return flow

    def relayed(self, node):
        """L3 and L4 through a node, the connection's first message."""
        flow = self.client.tcp("relayed", node, role="login")
        build = wire.l3_late if self.late() else wire.l3
        flow.c("L3", build(self.sc.rng))
        flow.s("L4 ok", wire.l4_ok(self.sc.rng))
        flow.expect = Expect(
            cls=["login"], grade=["certain"], decided_at=1,
            reasons={"l3-late" if self.late() else "l3", "l4-ok"})
        return flow


@scenario("fallback-0.97")
def fallback_097(sc):
    """All ways of a v0.97 client to a super node and a login."""
    Plan(sc, "0.97").build()


@scenario("fallback-1.4")
def fallback_14(sc):
    """All ways of a v1.4 client to a super node and a login."""
    Plan(sc, "1.x").build()


@scenario("fallback-2.x")
def fallback_2(sc):
    """All ways of a v2.0 or v2.5 client to a super node and a login."""
    Plan(sc, "2.x").build()


@scenario("fallback-5.5")
def fallback_55(sc):
    """All ways of a v5.5 client to its nodes and a login."""
    Plan(sc, "5.5+").build()


# -- the client --------------------------------------------------------------

class FallbackClient(Side):
    """Makes one attempt after the other, as a script of attempts says."""

    def __init__(self, sc, skip=(), limit=600.0, **options):
        super().__init__(sc, True, **options)
        self.skip = set(skip)
        self.limit = limit
        self.attempts = []
        self.steps = self.script()
        self.got = {"session": None, "login": None}

    def flows(self, node, way):
        """The flows of one attempt; a skipped way has none."""
        if way in self.skip:
            return []
        return [f for f in self.scenario.flows if f.attempt == (node, way)]

    def script(self):
        """Yields flows; is sent whether each went to its end."""
        for flow in self.flows(None, "update"):
            yield flow
        yield from self.find_node()
        yield from self.log_in()

    def find_node(self):
        """UDP, own port, 443, 80 (or as the version says), next node."""
        ways = []
        for flow in self.scenario.flows:
            if flow.attempt[0] == 0 and flow.attempt[1] not in ways:
                ways.append(flow.attempt[1])
        for node in range(NODES):
            for way in ways[:-1]:               # the last is "relayed"
                for flow in self.flows(node, way):
                    done = yield flow
                    if done and way != "udp":
                        self.got["session"] = flow.name
                        return

    def log_in(self):
        """The login server's ports, then through the nodes."""
        places = [(None, "login-%d" % port) for port in (33033, 443, 80)]
        places += [(node, "relayed") for node in range(NODES)]
        for node, way in places:
            for flow in self.flows(node, way):
                done = yield flow
                if done:
                    self.got["login"] = flow.name
                    return

    def run(self):
        """Until the script is over; returns the report."""
        for flow in self.scenario.flows:
            if flow.proto == "udp":
                self.udp_socket(flow.client)
        self.loop.later(self.limit, self.loop.stop)
        self.next_step(None)
        self.loop.run()
        report = self.report()
        self.close()
        return report

    def next_step(self, done):
        """Go on with the script."""
        try:
            flow = self.steps.send(done)
        except StopIteration:
            self.loop.stop()
            return
        self.loop.later(0.001, lambda: self.open(flow))

    def open(self, flow):
        """Make an attempt; the script goes on when it has ended."""
        super().open(flow)
        talk = self.talks[flow.name]
        if talk.result:                 # died at once
            self.attempt_ended(talk)
        else:
            talk.on_end = self.attempt_ended

    def attempt_ended(self, talk):
        """Note and tell how it went."""
        entry = talk.summary()
        entry["node"], entry["way"] = talk.flow.attempt
        self.attempts.append(entry)
        told = "went through"
        if entry["result"] != "done":
            told = "died at message %s (%s): %s" % (
                entry["died_at"], entry["died_what"], entry["error"])
        print("%-12s %s:%d %s" % (entry["way"], talk.flow.server[0],
                                  talk.flow.server[1], told), file=sys.stderr)
        self.loop.later(0, lambda: self.next_step(talk.result == "done"))

    def report(self):
        """What the JSON says."""
        return {"schema": 1, "scenario": self.scenario.name,
                "seed": self.scenario.seed,
                "session": self.got["session"] is not None,
                "login": self.got["login"] is not None,
                "supernode": self.got["session"],
                "logged_in_by": self.got["login"],
                "attempts": self.attempts}


def fall_back(sc, **options):
    """Run the client; 0 when it got a session and a login, else 1."""
    report = FallbackClient(sc, **options).run()
    json.dump(report, sys.stdout, indent=1)
    print(flush=True)
    return 0 if report["session"] and report["login"] else 1
