#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Super nodes, sessions, and what a proven endpoint does (sections 1 to 5)."""

import wire
from actors import Client, dead, probe_many
from model import Expect, nothing
from registry import scenario


# -- super nodes -------------------------------------------------------------

@scenario("supernode-refused")
def supernode_refused(sc):
    """Two nodes refuse (T3 = 339), the third accepts."""
    client = Client(sc)
    client.full_probe(client.node(True), positive=False)
    nodes = [client.node() for _ in range(3)]
    for node in nodes:
        client.partial_probe(node)
    client.supernode(nodes[0], accepted=False)
    client.supernode(nodes[1], accepted=False, close="client")
    client.session(client.supernode(nodes[2]))


@scenario("only-refused")
def only_refused(sc):
    """Every node refuses: there is no session."""
    client = Client(sc)
    client.full_probe(client.node())
    for node in sorted(client.nodes):
        client.supernode(node, accepted=False)
    client.supernode(client.node(), accepted=False)


@scenario("supernode-change")
def supernode_change(sc):
    """A second super node while the first is up, a third after both closed.

    Sections 2.1 and 3.
    """
    client = Client(sc)
    client.full_probe(client.node(), positive=False)
    nodes = [client.node() for _ in range(3)]
    for node in nodes:
        client.partial_probe(node)
    one = client.supernode(nodes[0], talk=4)
    two = client.supernode(nodes[1], after=(one.name, 5))
    one.c("data", wire.rand(sc.rng, 12), after=(two.name, 5))
    three = client.supernode(nodes[2], after=one.name, start=5.0, close="rst")
    client.session(one, two, three, changes=2)
    return client


@scenario("session-end", pcap_only=True)
def session_end(sc):
    """The same; a minute after the last close the session has ended.

    Section 3.
    """
    supernode_change(sc)
    client = Client(sc, index=1)
    client.exchange("later", client.node(), wire.other_udp(sc.rng, 40),
                    start=70.0)
    sc.flows[-1].expect = nothing()
    sc.sessions[-1]["state"] = "ended"


@scenario("keep-alive", pcap_only=True)
def keep_alive(sc):
    """Ten quiet minutes: keep-alives every 60 s (v0.97) or 120 s (v1.4).

    Section 2.5.
    """
    for index, (version, gap) in enumerate((("0.97", 60.0), ("1.x", 120.0))):
        client = Client(sc, version, index)
        flow = client.supernode(client.node(), after=None)
        for _ in range(int(600 / gap)):
            flow.c("keep-alive", wire.keep_alive(sc.rng), gap)
            flow.s("keep-alive", wire.keep_alive(sc.rng))
        client.session(flow)


@scenario("early-data", pcap_only=True)
def early_data(sc):
    """Bytes in the SYN|ACK that the client does not acknowledge are none.

    The node's first message comes behind them all the same. Section 5.
    """
    for index in range(3):
        client = Client(sc, index=index)
        client.session(client.supernode(client.node(), after=None,
                                        early=wire.rand(sc.rng, 100)))


@scenario("shared-address")
def shared_address(sc):
    """Two clients behind one address share a session."""
    flows = []
    for _ in range(2):
        client = Client(sc)
        good = client.node()
        client.full_probe(good)
        flows.append(client.supernode(good, talk=4))
    flows[1].after = (flows[0].name, 5)
    sc.flow_named("full-probe-2").after = "full-probe"
    client.session(*flows, changes=1)


@scenario("only-443")
def only_443(sc):
    """No UDP, no high ports: v1.4 and v2.0 find super nodes over 443.

    Section 2.2.
    """
    for index, version in enumerate(("1.x", "2.x")):
        client = Client(sc, version, index)
        for _ in range(3):
            client.silent_probe(client.node(True), start=0.5)
        good = client.node(True)
        dead(client, good)
        client.session(client.supernode_443(good[0]), via="443")
        client.login((sc.net.outside(), 443))


@scenario("only-443-random")
def only_443_random(sc):
    """R1 with a random challenge: certain with R2, likely without.

    Sections 4.2 and 5.
    """
    client = Client(sc)
    one = client.supernode_443(sc.net.outside(), padded=False)
    two = client.supernode_443(sc.net.outside(), padded=False, answer=False)
    client.session(one, two, via="443", changes=1)


@scenario("only-80-v1.4")
def only_80_v14(sc):
    """Only port 80 is open: v1.4.

    Section 2.2.
    """
    only_80(sc, "1.x")


@scenario("only-80-v2.0")
def only_80_v20(sc):
    """Only port 80 is open: v2.0.

    Section 2.2.
    """
    only_80(sc, "2.x")


@scenario("only-80-v2.5")
def only_80_v25(sc):
    """Only port 80 is open: v2.5, suspect without other evidence.

    Sections 2.2 and 5.
    """
    client = Client(sc, "2.5")
    client.supernode_80(sc.net.outside())


@scenario("only-80-v2.5-evidence")
def only_80_v25_evidence(sc):
    """Only port 80 is open: v2.5 after a version check, so likely.

    Section 2.2.
    """
    client = Client(sc, "2.x")
    client.version_check((sc.net.outside(), 80))
    client.version = "2.5"
    client.session(client.supernode_80(sc.net.outside(), known=True),
                   via="80")


def only_80(sc, version):
    """Probes and other ports are dead, then port 80."""
    client = Client(sc, version)
    for _ in range(3):
        client.silent_probe(client.node(True), start=0.5)
    good = client.node(True)
    dead(client, good)
    dead(client, (good[0], 443))
    client.session(client.supernode_80(good[0]), via="80")
    client.login((sc.net.outside(), 80))


@scenario("udp-blocked")
def udp_blocked(sc):
    """UDP is filtered: up to 30 lonely probes, then TCP to a node.

    Section 1.1.
    """
    client = Client(sc)
    for _ in range(sc.rng.randrange(20, 31)):
        client.silent_probe(client.node(True), start=0.2)
    flow = client.supernode(client.node(True))
    client.session(flow)
    client.login(client.node(True))
    client.endpoint(supernode=False)


@scenario("supernode-role")
def supernode_role(sc):
    """An inside host answers others' probes and accepts their handshakes."""
    host = Client(sc)
    host.full_probe(host.node())
    probe_many(host, 8, low_d=False)
    for _ in range(3):
        other = Client(sc, outside=True)
        other.partial_probe(host.where)
        flow = other.supernode(host.where)
        flow.expect.optional.add("endpoint")
        other.session(flow)
    host.endpoint(supernode=True)


# -- what a proven endpoint does ---------------------------------------------

def settled(sc, version="1.x"):
    """A client whose endpoint is proven."""
    client = Client(sc, version)
    client.full_probe(client.node())
    if sc.net.v6:
        probe_many(client, 8, low_d=False)
    return client


@scenario("search")
def search(sc):
    """A user search: 8 nodes, then 16.

    Sections 1.2 and 5.
    """
    client = settled(sc)
    client.search()


@scenario("call-1.4")
def call_14(sc):
    """A call of v1.4: signalling over TCP, voice over UDP, both reachable.

    Sections 1.2, 2.5 and 5.
    """
    client = settled(sc)
    callee = client.node()
    flow = client.call_signalling(callee)
    flow.expect = Expect(cls=["signal", "none"], open_reasons=True)
    client.voice(callee)


@scenario("call-0.97")
def call_097(sc):
    """A call of v0.97: 67 bytes, 140 datagrams a second.

    Section 1.2.
    """
    client = settled(sc, "0.97")
    client.voice(client.node())


@scenario("call-in")
def call_in(sc):
    """A call from outside: signalling to the endpoint's TCP port, voice.

    Section 2.5.
    """
    client = settled(sc)
    caller = Client(sc, outside=True)
    flow = caller.call_signalling(client.where)
    flow.expect = Expect(cls=["signal"], open_reasons=True,
                         grade=["suspect", "likely", "certain"])
    caller.voice(client.where)


@scenario("call-hold")
def call_hold(sc):
    """A call that is put on hold keeps its class.

    Section 1.2.
    """
    client = settled(sc)
    client.voice(client.node(), hold=30.0)
    old = Client(sc, "0.97", index=1)
    old.full_probe(old.node())
    if sc.net.v6:
        probe_many(old, 8)
    old.voice(old.node(), hold=5.0)


@scenario("call-tcp")
def call_tcp(sc):
    """Both ends behind UDP filters: voice over TCP through a relay node.

    Section 2.5.
    """
    for index, version in enumerate(("1.x", "0.97")):
        client = Client(sc, version, index)
        flow = client.supernode(client.node())
        client.session(flow)
        voice = client.voice_tcp(client.node(), after=(flow.name, 7))
        flow.c("data", wire.rand(sc.rng, 12),
               after=(voice.name, len(voice.messages)))


@scenario("conference")
def conference(sc):
    """Three talk: the inside host mixes, two voice flows of one endpoint.

    Section 1.2.
    """
    client = settled(sc)
    start = sc.flows[-1].name
    client.voice(client.node(), after=start)
    client.voice(client.node(), after=start)


@scenario("two-clients")
def two_clients(sc):
    """Two inside hosts, each with its own endpoint and session."""
    for index in range(2):
        client = Client(sc, index=index)
        good = client.node()
        client.full_probe(good)
        client.session(client.supernode(good))


@scenario("late-proof")
def late_proof(sc):
    """Earlier flows of a chain are an endpoint's from their next packet on."""
    client = Client(sc)
    early = [client.ask(client.node(), start=0.02) for _ in range(7)]
    eighth = client.silent_probe(client.node())
    # their answers come after the eighth request
    for flow, request in early[:4]:
        client.answer(flow, request, after=(eighth.name, 1))
    for (flow, _), later in zip(early[:7], early[1:]):
        sc.flow_named(later[0].name).after = (flow.name, 1)
    eighth.after = (early[-1][0].name, 1)
    client.endpoint(chain=8)


@scenario("public-address", v4_only=True)
def public_address(sc):
    """NACKs of different peers with one public address prove the endpoint.

    Sections 1.1, 4.1 and 5.
    """
    client = Client(sc)
    for _ in range(3):
        client.lone_nack(client.node(), step=40)
    client.lone_nack(client.node(), low=5, step=40)
    client.exchange("other", client.node(), wire.other_udp(sc.rng, 40))


@scenario("endpoint-expired", pcap_only=True)
def endpoint_expired(sc):
    """30 minutes after the last evidence a port is any port again."""
    client = settled(sc)
    client.exchange("other", client.node(), wire.other_udp(sc.rng, 40),
                    start=29 * 60.0)
    client.exchange("other", client.node(), wire.other_udp(sc.rng, 40),
                    start=32 * 60.0)
    sc.flows[-1].expect = nothing("evidence has expired")
