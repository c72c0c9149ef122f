#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Near misses: one step beside a rule of signatures.md, from outside.

UDP expectations come from the oracle, which knows each message's meaning; a
message that is wrong on purpose has none. TCP flows here are expected to be
nothing, or to stay where the last right message left them.
"""

import ordinary
import wire
from actors import Client, plain_tcp, plain_udp
from model import Expect, at_most_suspect, nothing
from registry import scenario

FAR = 40                        # an id step that no chain goes along with


def number(data):
    """The id of a datagram."""
    return int.from_bytes(data[:2], "big")


# -- UDP: NACK and resend, section 1.1 ---------------------------------------

@scenario("near-nack", v4_only=True)
def near_nack(sc):
    """NACKs with a wrong id, size or type, and a right-looking resend.

    Section 4.3.
    """
    rng = sc.rng

    def wrong_id(data):
        return wire.spoil(rng, data, rng.randrange(2))

    def shorter(data):
        return data[:-1]

    def longer(data):
        return data + wire.rand(rng, 1)

    def wrong_type(data):
        return data[:2] + bytes([wire.nibbled(rng, 6)]) + data[3:]

    for wrong in (wrong_id, shorter, longer, wrong_type):
        client = Client(sc)
        flow, request = client.ask(client.node())
        nack = wire.u2(rng, number(request), client.addr)
        flow.s("U2 " + wrong.__name__.replace("_", " "), wrong(nack))
        client.resend(flow, request, nack)


@scenario("near-resend", v4_only=True)
def near_resend(sc):
    """Resends with one wrong field: the NACK stays likely, never certain.

    Sections 4.1, 4.3 and 5.
    """
    rng = sc.rng
    fields = {"id": (0, 2), "challenge": (4, 8), "address": (8, 12),
              "crc": (12, 16), "one": (3, 4)}
    for field, (start, end) in fields.items():
        resend_with(sc, field, lambda data, at=(start, end): wire.spoil(
            rng, data, rng.randrange(*at)))
    resend_with(sc, "type", lambda data: data[:2] + bytes(
        [wire.nibbled(rng, 4)]) + data[3:])
    resend_with(sc, "shorter", lambda data: data[:-1])
    resend_with(sc, "longer", lambda data: data + wire.rand(rng, 1))


def resend_with(sc, name, wrong):
    """A full probe whose U3 is wrong."""
    client = Client(sc)
    flow, request = client.ask(client.node(), "resend-" + name)
    nack = client.nack(flow, request)
    right = wire.u3(sc.rng, request, nack, flow.server[0])
    flow.c("U3 wrong", wrong(right), **{"is": "u3", "right": False})
    client.answer(flow, request)


# -- UDP: answers, pairs and echo servers ------------------------------------

@scenario("near-u4")
def near_u4(sc):
    """Answers of almost the right size or type are no U4.

    Section 4.3.
    """
    client = Client(sc)
    for size in (17, 19, 50, 52, 54):
        flow, request = client.ask(client.node(), step=FAR)
        flow.s("U4 size", wire.u4(sc.rng, request, max(size, 18))[:size])
    for kind in (0x01, 0x03, 0x12):
        flow, request = client.ask(client.node(), step=FAR)
        data = wire.u4(sc.rng, request)
        flow.s("U4 type", data[:2] + bytes([kind]) + data[3:])
    flow, request = client.ask(client.node(), step=FAR)
    data = wire.u4(sc.rng, request)
    flow.s("U4 guard", data[:4] + b"\0\0" + data[6:])


@scenario("near-echo")
def near_echo(sc):
    """Echo servers: answers with the request's own id are no evidence.

    Section 5.
    """
    client = Client(sc)
    nodes = [client.node() for _ in range(6)]
    for index, node in enumerate(nodes):
        flow, request = client.ask(node, step=FAR)
        if index % 2:
            data = request
        else:
            data = wire.data_message(sc.rng, number(request), 18)
        flow.s("echo", data, **{"is": "u4", "id": number(data),
                                "positive": True})
        flow.expect = Expect(cls=["none", "probe"], optional={"u1"},
                             grade=["none", "suspect"], decided_at=None)
    # and they are no super nodes
    blind(sc, client, nodes[0])


def blind(sc, client, node, **sizes):
    """T1 to T4 by size alone, towards a node that nothing is known of."""
    flow = client.tcp("sizes", node)
    rng = sc.rng
    flow.c("T1", wire.opaque(rng, 14))
    flow.s("reply", client.small())
    flow.c("T2", wire.rand(rng, sizes.get("t2", rng.choice(wire.T2_SIZES))))
    flow.s("T3", wire.rand(rng, sizes.get("t3", 500)))
    flow.c("T4", wire.rand(rng, sizes.get("t4", rng.choice(wire.T4_SIZES))))
    flow.expect = nothing()
    return flow


@scenario("near-pairs")
def near_pairs(sc):
    """U1-U4 pairs with two peers only, and lone pairs of many clients.

    Sections 4.3 and 5.
    """
    client = Client(sc)
    for _ in range(2):
        client.partial_probe(client.node(), step=FAR)
    for _ in range(4):
        other = Client(sc)
        other.partial_probe(other.node())


@scenario("near-public", v4_only=True)
def near_public(sc):
    """NACKs with different public addresses prove no endpoint.

    Section 4.3.
    """
    client = Client(sc)
    for public in ("203.0.113.5", "203.0.113.77"):
        flow, request = client.ask(client.node(), "nack", step=FAR)
        client.nack(flow, request, public=public)
    flow = client.exchange("other", client.node(), wire.other_udp(sc.rng, 40))
    flow.expect = nothing("the endpoint is not proven")


@scenario("near-third-host", v4_only=True)
def near_third_host(sc):
    """A node names a third host as public address: nothing sticks to it.

    Section 5.
    """
    client = Client(sc)
    third = sc.net.inside(2)
    for _ in range(2):
        flow, request = client.ask(client.node(), "nack", step=FAR)
        client.nack(flow, request, public=third)
    for port in (client.port, sc.net.port()):
        flow = plain_udp(sc, "third", sc.net.port(), third, port)
        flow.c("other", wire.other_udp(sc.rng, 40))
        flow.s("other", wire.other_udp(sc.rng, 60))


# -- UDP: chains, section 5 --------------------------------------------------

def chain(client, steps):
    """Silent probes with these id steps."""
    for step in steps:
        client.silent_probe(client.node(), step=step, start=0.02)


@scenario("near-chain-7")
def near_chain_7(sc):
    """Ids that climb to seven peers only.

    Section 4.3.
    """
    chain(Client(sc), [2] * 7)


@scenario("near-chain-steps")
def near_chain_steps(sc):
    """Odd, large and backward steps break chains before the eighth peer."""
    for breaks in (1, 3, 17, 18, FAR, 0xFFFE):
        chain(Client(sc), [2] * 7 + [breaks] + [2] * 6)


@scenario("near-chain-ports")
def near_chain_ports(sc):
    """One counter, but every request from another source port.

    Section 4.3.
    """
    client = Client(sc)
    for _ in range(12):
        client.port = sc.net.port()
        client.silent_probe(client.node())


@scenario("near-guards")
def near_guards(sc):
    """Chains of datagrams that the guards of 4.3 refuse."""
    rng = sc.rng

    def short(ident):
        return ident + b"\x02" + wire.rand(rng, 14)

    def zeros(ident):
        at = rng.randrange(3, 10)
        data = bytearray(ident + b"\x02" + wire.rand(rng, 15))
        data[at:at + 2] = b"\0\0"
        return bytes(data)

    def kind(ident):
        return ident + b"\x12" + wire.rand(rng, 15)

    for refused in (short, zeros, kind):
        client = Client(sc)
        for _ in range(12):
            flow = plain_udp(sc, refused.__name__, sc.net.port(), client.addr,
                             client.port, start=0.02)
            flow.c("refused", refused(client.next_id().to_bytes(2, "big")))
    ordinary.snmp(sc, 12)
    ordinary.radius(sc, 12)


@scenario("chain-gaps")
def chain_gaps(sc):
    """The other side of the rule: even steps up to 16 do not break a chain."""
    client = Client(sc)
    chain(client, [2] * 5 + [4, 16, 8] + [2] * 3)


@scenario("near-flood")
def near_flood(sc):
    """Many outside addresses send one probe each and get no answer."""
    host = Client(sc)
    ordinary.dns(sc, 1)
    for index in range(40):
        other = Client(sc, outside=True)
        if index >= 20:                 # ids that climb, but not one's own
            other.ident = (host.ident + 2 * index) & 0xFFFF
        other.silent_probe(host.where, start=0.01)


@scenario("near-unasked", v4_only=True)
def near_unasked(sc):
    """NACKs, resends and answers that nobody asked for, of all ids.

    They are sent to one port of a host from many addresses, spoofed or not, to
    get it marked. Its other flows stay what they are. Section 5.
    """
    rng = sc.rng
    host = Client(sc)
    ordinary.dns(sc, 1)
    for index in range(12):
        stranger = Client(sc, outside=True)
        request = wire.u1(rng, (host.ident + 2 * index) & 0xFFFF, 18)
        nack = wire.u2(rng, number(request), host.addr)
        for what, data in (("U2", nack),
                           ("U3", wire.u3(rng, request, nack, host.addr))):
            flow = sc.flow("unasked", "udp", stranger.where, host.where,
                           inside="server", start=0.01)
            flow.c(what + " unasked", data)
            flow.expect = nothing()
            stranger.port = sc.net.port()
    flow = host.exchange("other", host.node(), wire.other_udp(rng, 40))
    flow.expect = nothing("nobody proved the port")


# -- TCP: the super node handshake, sections 2.1 and 5 -----------------------

@scenario("near-node")
def near_node(sc):
    """Right sizes towards nodes that were never probed positively."""
    client = Client(sc)
    silent, negative, unknown = [client.node() for _ in range(3)]
    client.silent_probe(silent, step=FAR)
    client.partial_probe(negative, positive=False, step=FAR)
    for node in (silent, negative, unknown):
        blind(sc, client, node)


@scenario("near-spoofed-node")
def near_spoofed_node(sc):
    """One unasked datagram like a positive answer makes no super node."""
    client = Client(sc)
    ordinary.dns(sc, 1)
    stranger = Client(sc, outside=True)
    stranger.silent_probe(client.where)
    blind(sc, client, stranger.where)


@scenario("near-sizes")
def near_sizes(sc):
    """A known node, but T2, T3 or T4 is off by one."""
    client = Client(sc)
    for sizes in ({"t2": 21}, {"t2": 30}, {"t3": 57}, {"t4": 3}, {"t4": 5},
                  {"t4": 14}, {"t4": 18}):
        client.port = sc.net.port()             # a lone pair each: no proof
        node = client.node()
        client.partial_probe(node, step=FAR)
        blind(sc, client, node, **sizes).expect = at_most_suspect()


@scenario("near-t1t2")
def near_t1t2(sc):
    """T1 and T2 with one of the three relations broken, unknown node.

    Section 4.2.
    """
    rng = sc.rng
    for broken in ((0,), (8,), (6, 7)):
        client = Client(sc)
        stream = wire.Stream(rng)
        flow = client.tcp("t1t2", client.node())
        flow.c("T1", stream.t1())
        flow.s("reply", client.small())
        flow.c("T2 wrong", wire.spoil(
            rng, stream.t2(rng.choice(wire.T2_SIZES), 4711),
            rng.choice(broken)))
        flow.s("T3", wire.t3(rng))
        flow.c("T4", wire.t4(rng))
        flow.expect = nothing()


@scenario("near-ks")
def near_ks(sc):
    """First messages with one byte of KS off, or one byte too short.

    Section 4.2.
    """
    client = Client(sc, "5.5+")
    for position in range(7):
        data = wire.Stream(sc.rng).first(sc.rng.randrange(24, 60))
        first_message(client, "ks", wire.spoil(sc.rng, data, 16 + position))
    first_message(client, "short", wire.Stream(sc.rng).first(23))


def first_message(client, name, data, port=None):
    """A flow that begins with this and is expected to be nothing."""
    node = client.node()
    flow = client.tcp("near-" + name, (node[0], port or node[1]))
    flow.c(name, data)
    flow.s("reply", client.small())
    flow.c("data", wire.rand(client.rng, 60))
    flow.expect = nothing()
    return flow


@scenario("near-dh")
def near_dh(sc):
    """DH with a short or broken run, or a second message of 7 or 9 bytes.

    Section 4.2.
    """
    rng = sc.rng
    client = Client(sc, "5.5+")
    whole = wire.dh(rng, 20)
    cases = [(wire.dh(rng, 2), 8), (wire.dh(rng, 1), 8), (whole, 7),
             (wire.dh(rng, 9), 9),
             (wire.spoil(rng, wire.dh(rng, 20), -1), 8),
             (wire.spoil(rng, wire.dh(rng, 20), 48), 8),
             (wire.spoil(rng, wire.dh(rng, 63), rng.randrange(49, 110)), 8)]
    for first, second in cases:
        flow = client.tcp("near-dh", client.node())
        flow.c("first", first)
        flow.s("reply", client.middle(48, 58))
        flow.c("second", wire.rand(rng, second))
        flow.s("second", wire.rand(rng, 8))
        flow.expect = nothing()


# -- TCP: ports 443 and 80, section 2.2 --------------------------------------

@scenario("near-r1")
def near_r1(sc):
    """R1 with one byte off, or one byte short or long."""
    client = Client(sc)
    for position in (0, 1, 10, 31, 32, 48, 55):
        first_message(client, "r1",
                      wire.spoil(sc.rng, wire.r1(sc.rng), position), 443)
    first_message(client, "r1-short", wire.r1(sc.rng)[:-1], 443)
    first_message(client, "r1-long", wire.r1(sc.rng) + b"\x55", 443)


@scenario("near-r1-challenge")
def near_r1_challenge(sc):
    """R1 with a random challenge, or a broken run: likely, not certain.

    Sections 4.2 and 5.
    """
    client = Client(sc)
    broken = wire.spoil(sc.rng, wire.r1(sc.rng), 71)
    for data in (wire.r1(sc.rng, padded=False), broken):
        flow = client.signal("r1", (sc.net.outside(), 443), data, {"r1"},
                             grade="likely")
        flow.s("reply", client.small())


@scenario("near-r1-sizes")
def near_r1_sizes(sc):
    """R1 with a random challenge, then sizes that only other ports allow."""
    rng = sc.rng
    for t2, t4 in ((22, 4), (28, 15), (25, 17), (25, 5)):
        client = Client(sc)
        flow = client.signal("r1", (sc.net.outside(), 443),
                             wire.r1(rng, padded=False), {"r1"}, {"t1"},
                             grade="likely")
        flow.s("reply", client.small())
        flow.c("R3", wire.opaque(rng, 14))
        flow.s("reply", client.small())
        flow.c("T2", wire.rand(rng, t2))
        flow.s("T3", wire.rand(rng, 400))
        flow.c("T4", wire.rand(rng, t4))


@scenario("r2")
def r2_alone(sc):
    """R2 is proof by itself; one byte off it is nothing."""
    client = Client(sc)
    flow = client.signal("first", (sc.net.outside(), 443),
                         wire.opaque(sc.rng, 60), {"r2"}, decided_at=2)
    flow.s("R2", wire.r2(sc.rng))
    for position in (0, 11, 40, 78):
        flow = client.tcp("near-r2", (sc.net.outside(), 443))
        flow.c("first", wire.opaque(sc.rng, 60))
        flow.s("R2 wrong", wire.spoil(sc.rng, wire.r2(sc.rng), position))
        flow.expect = nothing()


@scenario("near-tls")
def near_tls(sc):
    """Genuine TLS 1.0: also in an SSLv2 record of 72 bytes, other ciphers.

    Section 2.3.
    """
    rng = sc.rng
    for _ in range(3):
        flow = plain_tcp(sc, "sslv2-hello", 443)
        kinds = [b"\0\0\x04", b"\0\0\x05", b"\0\0\x0a", b"\x01\0\x80",
                 b"\x07\0\xc0", b"\x03\0\x80", b"\0\0\x09", b"\x06\0\x40",
                 b"\0\0\x64", b"\0\0\x62", b"\0\0\x03", b"\0\0\x06",
                 b"\x02\0\x80", b"\x04\0\x80", b"\0\0\x2f"]
        rng.shuffle(kinds)
        flow.c("ClientHello", bytes.fromhex("80460103 01002d0000 0010")
               + b"".join(kinds) + wire.rand(rng, 16))
        flow.s("ServerHello", ordinary.tls_record(
            0x16, 0x0301, ordinary.hello(2, wire.rand(rng, 70))))
        flow.c("R3 size", wire.rand(rng, 14))
        flow.s("reply", wire.rand(rng, 20))
        flow.c("T2 size", wire.rand(rng, 25))
        flow.s("T3 size", wire.rand(rng, 600))
        flow.c("T4 size", wire.rand(rng, 4))
    ordinary.tls(sc, 0x0301)
    ordinary.tls(sc, 0x0301, 33033)


@scenario("near-80")
def near_80(sc):
    """HTTP whose nibbles and sizes match; nibbles whose sizes do not."""
    rng = sc.rng
    client = Client(sc)
    flow = plain_tcp(sc, "http-nibbles", 80, client.addr)
    flow.c("GET", b"GET /pub/files/x")                  # 16 bytes, v1.4's rule
    flow.s("none", wire.rand(rng, 20))
    flow.c("R3 size", wire.rand(rng, 14))
    flow.s("reply", wire.rand(rng, 20))
    flow.c("T2 size", wire.rand(rng, 25))
    flow.s("T3 size", wire.rand(rng, 600))
    flow.c("T4 size", wire.rand(rng, 4))
    flow.expect = at_most_suspect("HTTP on port 80")
    for t2, t3, t4 in ((28, 600, 4), (22, 600, 4), (25, 57, 4), (25, 600, 17),
                       (25, 600, 5)):
        flow = client.tcp("nibbles", (sc.net.outside(), 80))
        flow.c("R1", wire.r1_80_v1(rng))
        flow.s("R2", client.small())
        flow.c("R3", wire.opaque(rng, 14))
        flow.s("reply", client.small())
        flow.c("T2", wire.rand(rng, t2))
        flow.s("T3", wire.rand(rng, t3))
        flow.c("T4", wire.rand(rng, t4))
        flow.expect = at_most_suspect()
    flow = client.tcp("not-80", (sc.net.outside(), 8080))
    flow.c("R1", wire.r1_80_v1(rng))
    flow.s("R2", client.small())
    flow.c("R3", wire.opaque(rng, 14))
    client.sizes_handshake(flow, narrow=True)
    flow.expect = nothing("the nibble rules are for port 80 only")


# -- login and version check, sections 2.3 and 2.4 ---------------------------

@scenario("near-login")
def near_login(sc):
    """L1 or L2 alone or wrong, L3 with a broken seam."""
    rng = sc.rng
    client = Client(sc)
    alert = bytes.fromhex("15030100020228")
    for first, answer in ((wire.L1, alert), (wire.L1, wire.L1),
                          (wire.L1, b"\x17\x03\x01\x00\x01"),
                          (wire.L1, wire.L2[:4]),
                          (b"\x16\x03\x01\x00\x01", wire.L2),
                          (wire.L2, wire.L1),
                          (wire.L1 + b"\0", wire.L2),
                          (wire.opaque(rng, 20), wire.L2)):
        flow = client.tcp("near-login", client.node())
        flow.c("first", first)
        flow.s("answer", answer)
        flow.c("data", wire.rand(rng, 100))
        flow.expect = at_most_suspect()
    good = wire.l3(rng)
    late = wire.l3_late(rng)
    for data in (wire.spoil(rng, good, 5), wire.spoil(rng, good, 14),
                 wire.spoil(rng, good, 210), wire.spoil(rng, good, 213),
                 good[:210], good[:209] + b"\x77" + good[209:],
                 wire.spoil(rng, late, 5), wire.spoil(rng, late, 12)):
        first_message(client, "l3", data).expect = at_most_suspect()


@scenario("near-update")
def near_update(sc):
    """Version checks without Host, with another one, or another path."""
    rng = sc.rng
    client = Client(sc)
    right = wire.version_check(rng, "1.x", absolute=False)
    cases = [wire.version_check(rng, "1.x", host=False, absolute=False),
             b"GET /ui/0/97/en/installed HTTP/1.1\r\n"
             b"Host: ui.example.org\r\n\r\n",
             b"GET /ui/0/97/en/installed HTTP/1.1\r\n"
             b"X-Note: ui.skype.com\r\n\r\n",
             b"GET /ui/0/97/en/installed HTTP/1.1\r\n"
             b"Host: ui.skype.com.example.org\r\n\r\n",
             b"GET /index.html HTTP/1.1\r\nHost: ui.skype.com\r\n\r\n",
             b"GET /download/skype HTTP/1.1\r\nHost: www.skype.com\r\n"
             b"User-Agent: Skype 1.2\r\n\r\n",
             b"POST" + right[3:], right.replace(b"/ui/", b"/uj/")]
    for data in cases:
        flow = plain_tcp(sc, "near-update", 80, client.addr)
        flow.c("request", data)
        flow.s("answer", wire.version_answer(rng))
        flow.expect = at_most_suspect()


# -- voice, sections 1.2 and 5 -----------------------------------------------

@scenario("near-voice")
def near_voice(sc):
    """RTP, games and IAX beside a proven endpoint, on other ports."""
    client = Client(sc)
    client.full_probe(client.node())
    flow = client.supernode(client.node())
    client.session(flow)
    for build in (ordinary.rtp, ordinary.game):
        build(sc, client=client.addr).after = flow.name
    ordinary.quic(sc)


@scenario("near-voice-slow")
def near_voice_slow(sc):
    """A proven endpoint's traffic below voice pace, or one way: peer only."""
    rng = sc.rng
    client = Client(sc)
    client.full_probe(client.node())
    start = sc.flows[-1].name
    one_way = sc.flow("one-way", "udp", client.where, client.node(),
                      after=start)
    one_way.c("data", wire.other_udp(rng, 60))
    one_way.s("data", wire.other_udp(rng, 60))
    slow = sc.flow("slow", "udp", client.where, client.node(), after=start)
    big = sc.flow("big", "udp", client.where, client.node(), after=start)
    for index in range(200):
        one_way.c("data", wire.other_udp(rng, 80), 0.02, realtime=True)
        sender = ("client", "server")[index % 2]
        if index < 80:                          # 10 a second each way
            slow.add(sender, "data", wire.other_udp(rng, 60), 0.05,
                     realtime=True)
        big.add(sender, "data", wire.other_udp(rng, 400), 0.02, realtime=True)
