#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Skype's messages, byte by byte, as section numbers of signatures.md say.

Every builder takes a random.Random as its first argument, so that one seed
gives one stream of bytes; whatever signatures.md leaves open is drawn from it.
Byte positions in the comments count from 0, as in the code.
"""

import ipaddress

# Section 2.2: the fixed part of the imitated ClientHello (R1) ...
R1_PREFIX = bytes.fromhex(
    "80460103 01002d00 00001000 00050000 0400000a 00000900 00640000 62000008"
    "00000300 00060100 800700c0 03008006 00400200 80040080")
# ... and of the ServerHello that answers it (R2).
R2_PREFIX = bytes.fromhex(
    "16030100 4a020000 46030140 1be48602 ade029e1 7774e544 b9c99cb4 31315e02"
    "dd779d15 4a9609ba 5da87020 1ca0e4f6 4c6351ae 2f8e4ee1 e6766a0a 88d5d8c5"
    "5cae98c5 e481f22a 69bf9058 000500")

# Section 2.3: login.
L1 = bytes.fromhex("1603010000")
L2 = bytes.fromhex("1703010000")
L3_START = bytes.fromhex("16030100cd 41030009804004 08c001")
L3_SEAM = bytes.fromhex("000c01 17030100")
L3_LATE = bytes.fromhex("42cdefe740d72f1d")

T3_REFUSED = 339                       # section 2.1
T2_SIZES = range(22, 30)               # on the node's own port
T2_SIZES_NARROW = range(23, 28)        # on 443 and 80, section 2.2
T4_SIZES = (4, 15, 16, 17)
T4_SIZES_NARROW = (4, 15, 16)


# -- small things ------------------------------------------------------------

def rand(rng, count):
    """count random bytes"""
    return rng.getrandbits(8 * count).to_bytes(count, "big") if count else b""


def pad_next(value):
    """The padding generator of section 4.1."""
    return (0xCD * value + 0x71) & 0xFF


def padding(rng, count):
    """A run of the padding generator from a random start."""
    out = bytearray()
    value = rng.randrange(256)
    for _ in range(count):
        out.append(value)
        value = pad_next(value)
    return bytes(out)


def other_byte(rng, value):
    """A byte that differs from value."""
    return value ^ rng.randrange(1, 256)


def spoil(rng, data, position):
    """A copy of data with one byte made wrong."""
    out = bytearray(data)
    out[position] = other_byte(rng, out[position])
    return bytes(out)


def ipv4(address):
    """The four bytes of an IPv4 address."""
    return ipaddress.IPv4Address(address).packed


def nibbled(rng, low):
    """A type byte: random high nibble, given low one (section 4.1)."""
    return rng.randrange(16) << 4 | low


# -- UDP, sections 1.1, 4.1 and 4.3 ------------------------------------------

def passes_guards(data):
    """Section 4.3: what a datagram of type 0x02 must satisfy."""
    size = len(data)
    if size < 18 or data[2] != 0x02:
        return False
    if data[0] == 0x30 and data[1] == size - 2:
        return False
    if int.from_bytes(data[2:4], "big") == size:
        return False
    return data[3:11].count(0) < 2


def data_message(rng, ident, size):
    """`id(2) 0x02 IV(4) CRC(4) ciphertext`, section 4.1; passes the guards."""
    while True:
        data = ident.to_bytes(2, "big") + b"\x02" + rand(rng, size - 3)
        if passes_guards(data):
            return data
        if data[0] == 0x30 and data[1] == size - 2:
            raise ValueError("this id and size look like BER")


def u1_size(rng, version):
    """Sections 1.1 and 4.3: 18, or 22..37 from v2.0 on."""
    return 18 if version in ("0.97", "1.x") else rng.randrange(22, 38)


def u1(rng, ident, size=18):
    """The probe's request."""
    return data_message(rng, ident, size)


def again(rng, request):
    """The same request with a new IV (section 4.3)."""
    while True:
        data = (request[:3] + rand(rng, 4) + request[7:11]
                + rand(rng, len(request) - 11))
        if passes_guards(data) and data[3:7] != request[3:7]:
            return data


def u2(rng, ident, public, low=7):
    """NACK: echoes the id, tells the client its public address."""
    return (ident.to_bytes(2, "big") + bytes([nibbled(rng, low)])
            + ipv4(public) + rand(rng, 4))


def u3(rng, request, nack, server):
    """Resend of `request` after `nack`: cookies and the node's address."""
    return (request[:2] + bytes([nibbled(rng, 3), 0x01]) + nack[7:11]
            + ipv4(server) + request[7:11] + rand(rng, len(request) - 11))


def u4(rng, request, size=18, low_d=False):
    """The node's answer; its id is its own counter's, never the request's."""
    while True:
        ident = rng.randrange(0x10000)
        if ident != int.from_bytes(request[:2], "big") and ident >> 8 != 0x30:
            break
    data = data_message(rng, ident, size)
    if low_d:
        data = data[:2] + bytes([nibbled(rng, 0xD)]) + data[3:]
    return data


def other_udp(rng, size):
    """A datagram of no type that section 1.1 or 4.1 names."""
    low = rng.choice((0x0, 0x1, 0x4, 0x6, 0x8, 0x9, 0xA, 0xB, 0xC, 0xE))
    data = bytearray(rand(rng, size))
    data[2] = nibbled(rng, low)
    return bytes(data)


# -- TCP: the obfuscated stream, sections 2.1, 4.1 and 4.2 -------------------

class Stream:
    """One direction's cipher: seed, key stream, restart after 10 bytes."""

    HEAD = bytes.fromhex("00000001")    # between the sequence and the flags

    def __init__(self, rng, sequence=1, flags=1):
        self.rng = rng
        self.seed = rand(rng, 4)
        self.key = rand(rng, 2048)      # the key stream, from its first byte
        self.plain = (sequence.to_bytes(2, "big") + self.HEAD
                      + flags.to_bytes(4, "big"))

    def cipher(self, plain):
        """Encipher from the (re)start of the key stream."""
        return bytes(p ^ k for p, k in zip(plain, self.key))

    def t1(self):
        """The 14-byte first message of v1.x."""
        return self.seed + self.cipher(self.plain)

    def first(self, size):
        """A padded first message of `size` >= 16 bytes, section 4.1."""
        count = size - 16
        tail = bytes([(2 * count + 3) & 0xFF, 0x03]) + padding(self.rng, count)
        return self.t1() + self.cipher(tail)

    def t2(self, size, ident):
        """T2 of v1.x: q of section 4.2 is its plain text.

        q[0] = 2 * (size - 1), q[1..2] = an id, q[6..7] = that id - 1,
        q[8] = 0x42; signatures.md leaves the other bytes open.
        """
        plain = bytearray(rand(self.rng, size))
        plain[0] = 2 * (size - 1) & 0xFF
        plain[1:3] = ident.to_bytes(2, "big")
        plain[6:8] = ((ident - 1) & 0xFFFF).to_bytes(2, "big")
        plain[8] = 0x42
        return self.cipher(plain)


def has_ks(data):
    """Section 4.2, KS, spelled out; for refusing accidental hits."""
    if len(data) < 24:
        return False
    fixed = (0, 0, 0, 1, 0, 0, 0)
    run = [data[6 + i] ^ data[16 + i] ^ fixed[i] for i in range(7)]
    return all(pad_next(run[i]) == run[i + 1] for i in range(6))


def nibbles_v1(data):
    """Section 2.2, port 80, v1.4."""
    return len(data) >= 16 and all(
        data[i] >> 4 == data[i + 10] >> 4 for i in (4, 5))


def nibbles_v2(data):
    """Section 2.2, port 80, v2.0: as far as the size reaches."""
    last = min(len(data), 24)
    return last >= 16 and all(
        data[i - 10] >> 4 == data[i] >> 4 for i in range(15, last))


def opaque(rng, size):
    """Random bytes which hold none of the proofs of a first message."""
    while True:
        data = rand(rng, size)
        if has_ks(data) or nibbles_v1(data) or nibbles_v2(data):
            continue
        if data[:1] not in (b"\x16", b"\x17", b"\x80", b"G", b"P", b"H"):
            return data


def t3(rng, accepted=True):
    """T3: 339 bytes refuse, any other size over 57 accepts."""
    size = T3_REFUSED
    while accepted and size == T3_REFUSED:
        size = rng.choice((58, rng.randrange(59, 339),
                           rng.randrange(340, 1200)))
    return rand(rng, size)


def t4(rng, narrow=False):
    """T4: 4, 15, 16 or 17 bytes; on 443 and 80 never 17."""
    return rand(rng, rng.choice(T4_SIZES_NARROW if narrow else T4_SIZES))


def t2_opaque(rng, narrow=False):
    """T2 by size alone."""
    return rand(rng, rng.choice(T2_SIZES_NARROW if narrow else T2_SIZES))


def dh(rng, steps):
    """Section 4.2, DH: 48 bytes of key, then a run of `steps` steps."""
    return opaque(rng, 48) + padding(rng, steps + 1 if steps else 0)


# -- TCP: ports 443 and 80, section 2.2 --------------------------------------

def r1(rng, padded=True):
    """The imitated ClientHello; its challenge is padding or random bytes."""
    if padded:
        return R1_PREFIX + padding(rng, 16)
    while True:
        challenge = rand(rng, 16)
        if pad_next(challenge[0]) != challenge[1]:
            return R1_PREFIX + challenge


def r2(rng):
    """The imitated ServerHello; 93 bytes in about 40 % of the cases."""
    size = 93 if rng.random() < 0.4 else rng.randrange(80, 160)
    return R2_PREFIX + rand(rng, size - len(R2_PREFIX))


def r1_80_v1(rng):
    """Port 80, v1.4: 16 bytes as section 4.1 builds them (no padding)."""
    return Stream(rng).first(16)


def r1_80_v2(rng):
    """Port 80, v2.0: only F's nibbles hold, and v1.4's size never."""
    while True:
        data = bytearray(rand(rng, rng.randrange(20, 41)))
        for i in range(15, min(len(data), 24)):
            data[i] = data[i - 10] & 0xF0 | data[i] & 0x0F
        if not has_ks(data) and data[0] >> 4 not in (1, 4, 5, 8):
            return bytes(data)


def r1_80_v25(rng):
    """Port 80, v2.5: neither nibble rule holds."""
    return opaque(rng, rng.randrange(20, 41))


# -- login, section 2.3 ------------------------------------------------------

def record(kind, body):
    """A record header as the imitation writes it: length below 256."""
    return bytes([kind, 3, 1, 0, len(body)]) + body


def l3(rng):
    """The 2006 login: two records, the second at offset 5 + 205."""
    body = L3_START[5:] + rand(rng, 207 - len(L3_START)) + L3_SEAM[:3]
    nn = rng.choice((0xC6, 0xEC, 0xC5, 0x2D, 0x2A))
    return record(0x16, body) + record(0x17, rand(rng, nn))


def l3_late(rng):
    """The 2015 login (section 4.2)."""
    first = L3_LATE + rand(rng, rng.randrange(0xC0, 0xF0))
    second = rand(rng, rng.randrange(40, 128))
    return record(0x16, first) + record(0x17, second)


def l4_ok(rng):
    """Logged in: a length over 100; later records say nothing."""
    data = record(0x17, rand(rng, rng.choice((217, 227, 101, 255))))
    if rng.random() < 0.3:
        data += record(0x17, rand(rng, rng.choice((11, 13, 14))))
    return data


def l4_refused(rng):
    """Login refused: 13, s = 18 in all."""
    return record(0x17, rand(rng, 13))


def l4_contacts(rng):
    """What contact list servers answer: 11, neither ok nor refused."""
    return record(0x17, rand(rng, 11))


# -- version check, section 2.4 ----------------------------------------------

UPDATE_PATHS = {
    "0.97": ("/ui/0/97/en/", "0.97.0.6"),
    "1.x": ("/ui/2/1.2.0.18/en/", "1.2.0.18"),
    "2.x": ("/ui/0/2.0.0.105/en/", "2.0.0.105"),
    "5.5+": ("/ui/0/5.10.0.116/en/", "5.10.0.116"),
}


def version_check(rng, version="1.x", installed=False, host=True,
                  absolute=None):
    """The request in clear text; URI form and header case are drawn."""
    path, full = UPDATE_PATHS[version]
    target = path + ("installed" if installed
                     else "getlatestversion?ver=%s" % full)
    if absolute is None:
        absolute = rng.random() < 0.5
    if absolute:
        target = "http://ui.skype.com" + target
    lines = ["GET %s HTTP/1.1" % target]
    if rng.random() < 0.5:
        lines.append("%s: Skype\u2122 %s" % ("User-Agent", full[:3])
                     if version == "0.97" else "connection: Keep-Alive")
    if host:
        lines.append("%s: ui.skype.com" % rng.choice(("Host", "host", "HOST")))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


def version_answer(rng):
    """What the update server says."""
    body = rng.choice((b"1.2.0.18\n", b"1.4.0.84\n", b"0\n"))
    return (b"HTTP/1.1 200 OK\r\nServer: Apache\r\nContent-Length: %d\r\n"
            b"Content-Type: text/html\r\n\r\n" % len(body)) + body


# -- voice and other traffic of a client, sections 1.2 and 2.5 ---------------

def voice(rng, version):
    """One voice datagram: 67 bytes (v0.97) or 40..120."""
    return other_udp(rng, 67 if version == "0.97" else rng.randrange(40, 121))


def voice_tcp(rng, version):
    """One voice segment: 69 bytes (v0.97) or 30..90."""
    return rand(rng, 69 if version == "0.97" else rng.randrange(30, 91))


def hold(rng):
    """A sign of life of a call on hold."""
    return other_udp(rng, rng.randrange(20, 30))


def search_request(rng):
    """User search: 44 and 77 bytes."""
    return other_udp(rng, rng.choice((44, 77)))


def advertisement(rng):
    """Node advertisement at the end of the login: 34 or 348 bytes."""
    return other_udp(rng, rng.choice((34, 348)))


def keep_alive(rng):
    """A small message to the super node."""
    return rand(rng, rng.choice((2, 3, 4)))
