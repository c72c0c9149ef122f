#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Traffic of other programs: nothing of it may be taken for Skype.

Messages are genuine in what a classifier looks at (headers, lengths, order);
bodies are drawn. Where a protocol happens to look like a Skype message of
section 4.3 (SNMP, RADIUS), it is here on purpose.
"""

import struct

import wire
from actors import plain_tcp, plain_udp
from registry import scenario

HOSTS = (b"example.org", b"news.example.net", b"mail.example.com")


def not_02(data):
    """Keep random first datagrams from looking like a lone U1 (suspect)."""
    return data[:2] + (b"\x03" if data[2] == 2 else data[2:3]) + data[3:]


# -- UDP ---------------------------------------------------------------------

def dns(sc, count=3):
    """A and AAAA queries with answers."""
    for _ in range(count):
        rng = sc.rng
        flow = plain_udp(sc, "dns", 53)
        name = b"".join(bytes([len(p)]) + p
                        for p in rng.choice(HOSTS).split(b".")) + b"\0"
        ident = wire.rand(rng, 2)
        question = name + struct.pack("!HH", rng.choice((1, 28)), 1)
        flow.c("query", ident + bytes.fromhex("01000001000000000000")
               + question)
        flow.s("answer", ident + bytes.fromhex("81800001000100000000")
               + question + b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4)
               + wire.rand(rng, 4))


def ntp(sc):
    """One exchange."""
    flow = plain_udp(sc, "ntp", 123, cport=123)
    flow.c("request", b"\x23" + bytes(39) + wire.rand(sc.rng, 8))
    flow.s("answer", b"\x24\x01\x03\xe8" + wire.rand(sc.rng, 44))


def ber(tag, body):
    """A BER value with a short length."""
    return bytes([tag, len(body)]) + body


def snmp(sc, devices=10):
    """SNMPv1 polls: `30 len 02 01`, whose third byte is that of a probe."""
    port = sc.net.port()
    for _ in range(devices):
        oid = ber(0x06, bytes.fromhex("2b06010201010300"))
        for_value = [ber(0x05, b""), ber(0x43, wire.rand(sc.rng, 4))]
        flow = plain_udp(sc, "snmp", 161, cport=port)
        ident = wire.rand(sc.rng, 4)
        for sender, tag, value in (("client", 0xA0, for_value[0]),
                                   ("server", 0xA2, for_value[1])):
            bind = ber(0x30, ber(0x30, oid + value))
            pdu = ber(tag, ber(0x02, ident) + ber(0x02, b"\0")
                      + ber(0x02, b"\0") + bind)
            flow.add(sender, "snmp", ber(
                0x30, ber(0x02, b"\0") + ber(0x04, b"public") + pdu))


def radius(sc, count=10):
    """Access-Requests above 511 bytes: their length starts with 0x02."""
    port = sc.net.port()
    for ident in range(count):
        flow = plain_udp(sc, "radius", 1812, cport=port)
        size = sc.rng.randrange(512, 700)
        flow.c("request", bytes([1, 2 * ident]) + struct.pack("!H", size)
               + wire.rand(sc.rng, size - 4))
        flow.s("accept", bytes([2, 2 * ident]) + struct.pack("!H", 20)
               + wire.rand(sc.rng, 16))


def stun(sc, count=3):
    """Binding requests."""
    for _ in range(count):
        flow = plain_udp(sc, "stun", 3478)
        tail = bytes.fromhex("2112a442") + wire.rand(sc.rng, 12)
        flow.c("request", b"\x00\x01\x00\x00" + tail)
        flow.s("answer", b"\x01\x01\x00\x0c" + tail
               + bytes.fromhex("002000080001") + wire.rand(sc.rng, 6))


def quic(sc):
    """Initial packets of 1200 bytes, then short ones."""
    flow = plain_udp(sc, "quic", 443)
    rng = sc.rng
    flow.c("initial", b"\xc3\0\0\0\1\x08" + wire.rand(rng, 1194))
    flow.s("initial", b"\xc1\0\0\0\1\0\x08" + wire.rand(rng, 1193))
    for _ in range(10):
        sizes = rng.randrange(30, 200), rng.randrange(100, 1200)
        flow.c("short", b"\x41" + wire.rand(rng, sizes[0]))
        flow.s("short", b"\x52" + wire.rand(rng, sizes[1]))


def iax(sc, seconds=4.0):
    """IAX2: NEW, ACCEPT, then mini frames at voice pace."""
    rng = sc.rng
    flow = plain_udp(sc, "iax", 4569, cport=4569)
    flow.c("NEW", bytes.fromhex("800100000000000500000601")
           + wire.rand(rng, 40))
    flow.s("ACCEPT", bytes.fromhex("800280010000000600010607")
           + wire.rand(rng, 6))
    for number in range(int(seconds * 50)):
        stamp = struct.pack("!H", number * 20 & 0xFFFF)
        flow.c("mini", b"\x00\x01" + stamp + wire.rand(rng, 33), 0.01,
               realtime=True)
        flow.s("mini", b"\x00\x02" + stamp + wire.rand(rng, 33), 0.01,
               realtime=True)


def rtp(sc, client=None, cport=None, seconds=4.0):
    """A call of another kind: 50 datagrams a second each way, G.729."""
    rng = sc.rng
    flow = plain_udp(sc, "rtp", sc.net.port() & ~1, client, cport)
    ids = [wire.rand(rng, 4), wire.rand(rng, 4)]
    sequence = rng.randrange(0x0300, 0xF000)
    for number in range(int(seconds * 50)):
        for side, sender in enumerate(("client", "server")):
            head = struct.pack("!BBHI", 0x80, 18, sequence + number,
                               number * 160)
            flow.add(sender, "rtp", head + ids[side] + wire.rand(rng, 20),
                     0.01, realtime=True)
    return flow


def sip(sc):
    """REGISTER and INVITE."""
    flow = plain_udp(sc, "sip", 5060)
    for verb, answer in ((b"REGISTER", b"200 OK"),
                         (b"INVITE", b"180 Ringing")):
        body = b" sip:bob@example.org SIP/2.0\r\n" \
            b"Via: SIP/2.0/UDP 192.0.2.7\r\n" \
            b"CSeq: 1 " + verb + b"\r\nContent-Length: 0\r\n\r\n"
        flow.c(verb.decode(), verb + body)
        flow.s("answer", b"SIP/2.0 " + answer + b"\r\nCSeq: 1 " + verb
               + b"\r\nContent-Length: 0\r\n\r\n")


def utp(sc, seconds=3.5):
    """uTP data and state packets."""
    rng = sc.rng
    flow = plain_udp(sc, "utp", 6881)
    ident = struct.pack("!H", rng.randrange(0x0300, 0xF000))
    flow.c("syn", b"\x41\x00" + ident + wire.rand(rng, 16))
    flow.s("state", b"\x21\x00" + ident + wire.rand(rng, 16))
    for _ in range(int(seconds * 25)):
        flow.c("data", b"\x01\x00" + ident + wire.rand(rng, 96), 0.02,
               realtime=True)
        flow.s("state", b"\x21\x00" + ident + wire.rand(rng, 46), 0.02,
               realtime=True)


def game(sc, client=None, seconds=3.5):
    """A shooter: 30 small datagrams a second each way."""
    rng = sc.rng
    flow = plain_udp(sc, "game", 27015, client)
    for number in range(int(seconds * 30)):
        head = struct.pack("<II", number + 0x01030000, number)
        flow.c("move", head + wire.rand(rng, rng.randrange(30, 60)), 0.016,
               realtime=True)
        flow.s("state", head + wire.rand(rng, rng.randrange(60, 112)), 0.016,
               realtime=True)
    return flow


def echo(sc, count=5):
    """An echo server, RFC 862."""
    for _ in range(count):
        flow = plain_udp(sc, "echo", 7)
        data = not_02(wire.rand(sc.rng, sc.rng.randrange(18, 60)))
        flow.c("ping", data)
        flow.s("pong", data)


# -- TCP ---------------------------------------------------------------------

def http(sc, port=80):
    """GET, with an answer of some segments."""
    flow = plain_tcp(sc, "http", port)
    path = sc.rng.choice((b"", b"index.html", b"a/b/c?d=e"))
    flow.c("GET", b"GET /%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: test\r\n\r\n"
           % (path, sc.rng.choice(HOSTS)))
    flow.s("200", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"
           + wire.rand(sc.rng, 900))
    return flow


def extension(kind, body):
    """A TLS extension."""
    return struct.pack("!HH", kind, len(body)) + body


def tls_record(kind, version, body):
    """A genuine TLS record."""
    return struct.pack("!BHH", kind, version, len(body)) + body


def hello(kind, body):
    """A handshake message of up to 65535 bytes."""
    return struct.pack("!BBH", kind, 0, len(body)) + body


def tls(sc, version, port=443):
    """A genuine handshake of TLS 1.0, 1.2 or 1.3 (0x0301, 0x0303, 0x0304)."""
    rng = sc.rng
    flow = plain_tcp(sc, "tls%x" % version, port)
    wire_version = min(version, 0x0303)
    ciphers = struct.pack("!6H", 0x1301, 0xC02F, 0xC013, 0x002F, 0x0035,
                          0x0005)
    if version == 0x0301:
        ciphers = ciphers[4:]
    name = rng.choice(HOSTS)
    sni = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name
    extensions = extension(0, sni)
    if version == 0x0304:
        share = struct.pack("!HHH", 36, 29, 32) + wire.rand(rng, 32)
        extensions += extension(43, b"\x02\x03\x04") + extension(51, share)
    body = struct.pack("!H", wire_version) + wire.rand(rng, 32) \
        + b"\x20" + wire.rand(rng, 32) \
        + struct.pack("!H", len(ciphers)) + ciphers + b"\x01\x00" \
        + struct.pack("!H", len(extensions)) + extensions
    flow.c("ClientHello", tls_record(0x16, 0x0301, hello(1, body)))
    answer = struct.pack("!H", wire_version) + wire.rand(rng, 32) + b"\x20" \
        + wire.rand(rng, 32) + b"\x00\x2f\x00"
    flow.s("ServerHello", tls_record(0x16, wire_version, hello(2, answer)))
    flow.s("Certificate", tls_record(
        0x16, wire_version, hello(11, wire.rand(rng, 1100))))
    flow.c("ClientKeyExchange", tls_record(
        0x16, wire_version, hello(16, wire.rand(rng, 130))))
    for sender in ("client", "server"):
        flow.add(sender, "ChangeCipherSpec", tls_record(
            0x14, wire_version, b"\x01") + tls_record(
            0x16, wire_version, wire.rand(rng, 40)))
    for _ in range(3):
        flow.c("data", tls_record(0x17, wire_version, wire.rand(
            rng, rng.randrange(30, 400))))
        flow.s("data", tls_record(0x17, wire_version, wire.rand(
            rng, rng.randrange(30, 1200))))
    return flow


def smtp(sc):
    """A server that speaks first."""
    flow = plain_tcp(sc, "smtp", 25)
    for line, answer in (("", "220 mail.example.org ESMTP"),
                         ("EHLO client.example.net", "250 mail.example.org"),
                         ("QUIT", "221 bye")):
        if line:
            flow.c("line", line.encode() + b"\r\n")
        flow.s("line", answer.encode() + b"\r\n")


def ssh(sc):
    """Banners and a key exchange."""
    flow = plain_tcp(sc, "ssh", 22)
    flow.s("banner", b"SSH-2.0-OpenSSH_9.2\r\n")
    flow.c("banner", b"SSH-2.0-OpenSSH_9.6\r\n")
    for size, sender in ((1000, "client"), (900, "server"), (48, "client"),
                         (500, "server"), (16, "client"), (44, "client"),
                         (44, "server")):
        flow.add(sender, "packet", struct.pack("!IBB", size, 6, 20)
                 + wire.rand(sc.rng, size - 6))


def irc(sc):
    """Small lines both ways; sizes of all kinds."""
    flow = plain_tcp(sc, "irc", 6667)
    flow.c("line", b"NICK tester1\r\n")         # 14 bytes, like a T1
    flow.s("line", b":irc.example.org 001 tester1 :Welcome to IRC\r\n")
    flow.c("line", b"JOIN #some-channel-x\r\n")
    flow.s("line", b":irc.example.org 332 tester1 #some-channel-x :"
           + b"t" * 80 + b"\r\n")
    flow.c("line", b"PING :x\r\nPONG :y\r\n"[:15])


def mix(sc):
    """Some of everything, quickly: to run next to a Skype client."""
    dns(sc)
    http(sc)
    tls(sc, 0x0301)
    tls(sc, 0x0303)
    tls(sc, 0x0304)
    sip(sc)
    stun(sc, 1)
    ntp(sc)


@scenario("ordinary")
def ordinary(sc):
    """Traffic of other programs: nothing may be recognised.

    Section 5.
    """
    mix(sc)
    http(sc, 8080)
    snmp(sc)
    radius(sc)
    quic(sc)
    smtp(sc)
    ssh(sc)
    irc(sc)
    echo(sc)
    start = sc.flows[-1].name
    for build in (rtp, iax, utp, game):
        build(sc)
        sc.flows[-1].after = start


@scenario("ordinary-mix")
def ordinary_mix(sc):
    """The short form: DNS, HTTP, TLS, SIP, STUN, NTP and 4 s of RTP.

    Section 5.
    """
    mix(sc)
    rtp(sc)
