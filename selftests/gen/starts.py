#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Starts of every version, and what login they come to (sections 1 to 4)."""

import wire
from actors import Client, dead, probe_many
from model import UNSET, Expect
from registry import scenario


@scenario("start-1.2")
def start_12(sc):
    """Complete start of v1.2: probes, super node, login, version check.

    Order as in 4.2's capture of 2006: unanswered probes, one full probe,
    partial probes, more probes (the id chain reaches more than 8 peers), the
    super node connection to a node that answered, login, version check.

    Sections 1.1, 3 and 4.3.
    """
    client = Client(sc)
    client.silent_probe(client.node(True))
    client.retransmitted_probe(client.node())
    client.full_probe(client.node(True), positive=False)
    good = client.node()
    client.partial_probe(good)
    client.other_answer(client.node())
    probe_many(client, sc.rng.randrange(8, 14))
    flow = client.supernode(good, talk=3)
    client.session(flow)
    client.login(client.node(True))
    client.version_check((sc.net.outside(), 80))
    client.endpoint(supernode=False)


@scenario("start-0.97")
def start_097(sc):
    """First start of v0.97: bootstrap nodes, super node, advertisements.

    Sections 1.1 and 1.2.
    """
    client = Client(sc, "0.97")
    nodes = [client.node(True) for _ in range(4)]
    for node in nodes:
        client.partial_probe(node)
    client.full_probe(client.node())
    client.session(client.blind_supernode(nodes[0]))
    client.login((sc.net.outside(), 80))
    where = (sc.net.outside(), 80)
    client.version_check(where, installed=True)
    client.version_check(where)
    if not sc.net.v6:
        client.advertise()
        client.endpoint(supernode=False)


@scenario("start-1.4")
def start_14(sc):
    """Start of v1.4 after F's table: sizes alone, on a node that is known.

    Sections 1.1, 1.2 and 3.
    """
    client = Client(sc)
    client.full_probe(client.node(True), positive=False)
    good = client.node()
    client.partial_probe(good)
    probe_many(client, 4)
    client.session(client.blind_supernode(good))
    client.login(client.node(True))
    client.version_check((sc.net.outside(), 80))
    if not sc.net.v6:
        client.advertise()


@scenario("start-2.0")
def start_20(sc):
    """Start of v2.0: probes of 22 to 37 bytes, one more pair before T2.

    Sections 1.1 and 2.1.
    """
    client = Client(sc, "2.x")
    client.full_probe(client.node(True), positive=False)
    nodes = [client.node() for _ in range(3)]
    for node in nodes:
        client.partial_probe(node)
    client.partial_probe(client.node(), size=sc.rng.choice((30, 31)))
    client.session(client.blind_supernode(nodes[0], rounds=2), changes=1)
    first = wire.Stream(sc.rng).first(sc.rng.randrange(30, 60))
    flow = client.blind_supernode(nodes[1], first, rounds=2)
    flow.expect.grade = ["certain"]         # KS holds in its T1
    flow.expect.reasons = {"ks", "t2-t3-t4"}
    flow.expect.optional = {"t1", "supernode-known"}
    sc.sessions[-1]["supernode"].append(
        {"addr": nodes[1][0], "port": nodes[1][1]})
    client.login((sc.net.outside(), 443))


@scenario("start-2.5")
def start_25(sc):
    """Start of v2.5: probes pass; own port and 443 do not, 80 does.

    Section 1.1.
    """
    client = Client(sc, "2.x")
    good = client.node()
    client.full_probe(good)
    probe_many(client, 3, low_d=False)
    dead(client, good)
    dead(client, (good[0], 443))
    client.version = "2.5"
    client.session(client.supernode_80(good[0], known=not sc.net.v6), via="80")
    if sc.net.v6:
        sc.sessions.clear()
    client.login((sc.net.outside(), 80))


@scenario("start-5.5")
def start_55(sc):
    """Start of v5.5: unanswered probes, imitated TLS, KS, DH, later login.

    Sections 1.1 and 4.2.
    """
    client = Client(sc, "5.5+")
    for _ in range(sc.rng.randrange(20, 40)):
        client.silent_probe(client.node(sc.rng.random() < 0.1), start=0.02)
    for _ in range(3):
        client.imitation_443(sc.net.outside())
        client.ks(client.node(sc.rng.random() < 0.3))
    for steps in (63, sc.rng.randrange(5, 63), 5):
        client.dh(client.node(), steps)
    client.login(client.node(), late=True)


@scenario("dh")
def dh_steps(sc):
    """DH with 3 and 4 steps of padding is likely, from 5 on certain.

    Sections 4.2 and 5.
    """
    client = Client(sc, "5.5+")
    for steps in (3, 4, 5, 6, 63):
        client.dh(client.node(), steps)


@scenario("ks")
def ks_sizes(sc):
    """KS in either direction, from 24 bytes on, on ports of all kinds.

    Sections 4.1 and 4.2.
    """
    client = Client(sc, "5.5+")
    rng = sc.rng
    for port in (80, 443, 33033, sc.net.port(), sc.net.port()):
        first = wire.Stream(rng, rng.randrange(0x10000),
                            rng.choice((1, 3, 0x0F)))
        node = (sc.net.outside(), port)
        if port == 443:
            client.imitation_443(node[0])
            continue
        flow = client.signal("ks", node, first.first(rng.choice((24, 25, 40))),
                             {"ks"}, {"r1-80-v1", "r1-80-v2"})
        flow.s("reply", client.small())
    for port in (33033, sc.net.port()):
        # only the node's first message is long enough
        first = wire.Stream(rng, rng.randrange(0x10000), 3)
        flow = client.signal("short", (sc.net.outside(), port),
                             wire.Stream(rng).first(rng.randrange(16, 24)),
                             {"ks"}, decided_at=2)
        flow.s("ks", first.first(rng.choice((24, 37, 73))))
        flow.c("data", wire.rand(rng, 13))


# -- login -------------------------------------------------------------------

@scenario("login-refused")
def login_refused(sc):
    """Logins that fail, one that succeeds, and a contact list server.

    Section 2.3.
    """
    client = Client(sc)
    for port in (33033, 443, 80):
        client.login((sc.net.outside(), port), "refused")
    client.login((sc.net.outside(), 33033), "contacts")
    client.login((sc.net.outside(), 33033), "ok")
    client.login((sc.net.outside(), sc.net.port()), "refused", late=True)


@scenario("relayed-login")
def relayed_login(sc):
    """L3 and L4 without L1 and L2, through other nodes.

    Sections 2.3 and 5.
    """
    client = Client(sc)
    for late in (False, True):
        flow = client.tcp("relayed", client.node(), role="login")
        flow.c("L3", wire.l3_late(sc.rng) if late else wire.l3(sc.rng))
        flow.s("L4 ok", wire.l4_ok(sc.rng))
        flow.expect = Expect(cls=["login"], grade=["certain"], decided_at=1,
                             reasons={"l3-late" if late else "l3", "l4-ok"})
    flow = client.supernode(client.node(), talk=1)
    flow.c("L3", wire.l3(sc.rng))
    flow.s("L4 ok", wire.l4_ok(sc.rng))
    client.session(flow)
    # section 5 puts login before supernode, but lets inspection end earlier
    flow.expect.cls = ["login", "supernode"]
    flow.expect.optional |= {"l3", "l4-ok"}
    flow.expect.decided_at = UNSET


@scenario("version-check")
def version_checks(sc):
    """Version checks of all versions, both URI forms, both requests.

    Sections 2.4 and 4.2.
    """
    for version in wire.UPDATE_PATHS:
        client = Client(sc, version)
        for installed in (False, True):
            for _ in range(2):
                client.version_check((sc.net.outside(), 80), installed)
