#!/usr/bin/python3
"""seeds.py FOLDER: write what the fuzzers begin with to FOLDER/corpus-NAME.

Captures and frames come from selftests/gen; conversations (core) and policies
are written down here, attributes (codec) are put together here.
"""

import os
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SKYPEGEN = os.path.join(HERE, "../../selftests/gen/skypegen")
LONGEST = 16384

# Scenarios that are short, and the faults that captures have
CAPTURES = [
    ("start-1.2", []), ("start-1.2", ["--v6"]), ("start-1.2", ["--ng"]),
    ("start-1.2", ["--link", "raw"]), ("start-1.2", ["--link", "null"]),
    ("start-1.2", ["--link", "sll"]), ("start-1.2", ["--link", "sll2"]),
    ("start-1.2", ["--link", "vlan"]), ("start-1.2", ["--link", "qinq"]),
    ("start-1.2", ["--mss", "100"]), ("start-1.2", ["--snaplen", "70"]),
    ("start-1.2", ["--reorder", "0.2", "--retransmit", "0.2"]),
    ("start-1.2", ["--fragment", "24"]), ("start-0.97", []),
    ("start-2.0", []), ("start-5.5", ["--v6", "--mss", "60"]),
    ("only-443", []), ("only-80-v1.4", []), ("only-80-v2.0", []),
    ("login-refused", []), ("relayed-login", []), ("version-check", []),
    ("session-end", []), ("chain-gaps", []), ("public-address", []),
    ("dh", []), ("ks", []), ("r2", []),
]
LINKS = {1: 0, 113: 1, 276: 2, 0: 3, 101: 5}  # as in frame.c


def captures(folder):
    for number, (scenario, options) in enumerate(CAPTURES):
        path = os.path.join(folder, "%02d-%s" % (number, scenario))
        subprocess.run([SKYPEGEN, "pcap", scenario, *options, "-o", path],
                       check=True)
        with open(path, "r+b") as out:
            out.truncate(min(LONGEST, os.path.getsize(path)))
        yield path


def frames(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != struct.pack("<I", 0xA1B2C3D4):
        return
    link, at = struct.unpack_from("<I", data, 20)[0], 24
    for _ in range(12):
        if at + 16 > len(data):
            return
        kept, size = struct.unpack_from("<II", data, at + 8)
        yield bytes([LINKS[link], min(255, size - kept)]) \
            + data[at + 16:at + 16 + kept]
        at += 16 + kept


# -- conversations: the steps of core.c ---------------------------------------

(SIZE, U1, U2, U3, U4, R1, R2, KS, T1, T2, DH, L1, L2, L3, L3_LATE, L4, GET,
 R1_80) = range(18)
NOT_PSH, FIN, RST = 0x10, 0x20, 0x40


def flow(slot, tcp=False, adopted=False, client=0, node=1, port=0, nat=False,
         inside=False, v6=False):
    return bytes([slot << 3,
                  tcp | adopted << 1 | client << 2 | nat << 4 | v6 << 5,
                  node | port << 4 | inside << 7])


def say(slot, side, piece, x=0, size=0, flags=0, ahead=0):
    return bytes([1, slot | side << 3 | flags, ahead, piece, x]) \
        + struct.pack(">H", size) + b"\0"


def pace(slot, octets, size, gap):
    return bytes([6, slot, octets, size, gap])


def silence(milliseconds):
    return bytes([15]) + struct.pack(">H", milliseconds // 50)


def lose(slot):
    return bytes([7, slot])


def probe(slot, x=1, full=False, **ends):
    steps = flow(slot, **ends) + say(slot, 0, U1, x)
    if full:
        steps += say(slot, 1, U2, 0) + say(slot, 0, U3)
    return steps + say(slot, 1, U4, 0)


def handshake(slot, opening=T1, middle=True, accepted=200, **ends):
    steps = flow(slot, tcp=True, **ends) + say(slot, 0, opening)
    if middle:
        steps += say(slot, 1, SIZE, size=73)
    return steps + say(slot, 0, SIZE, size=25) \
        + say(slot, 1, SIZE, size=accepted) + say(slot, 0, SIZE, size=16)


CONVERSATIONS = {
    "full-probe": probe(0, full=True) + pace(0, 40, 60, 20),
    "full-probe-nat": probe(0, full=True, nat=True),
    "chain": b"".join(probe(i % 8, x=i + 1, node=i + 1) for i in range(10)),
    "chain-alone": b"".join(flow(i % 8, node=i + 1) + say(i % 8, 0, U1, i + 1)
                            for i in range(12)),
    "voice": probe(0, full=True) + pace(0, 30, 67, 20)
    + pace(0, 20, 0, 20) + pace(0, 30, 80, 20),
    "voice-hole": probe(0, full=True) + pace(0, 12, 67, 20)
    + silence(40000) + pace(0, 1, 67, 20),
    "adopted": probe(0, full=True) + flow(1, adopted=True, node=3)
    + pace(1, 40, 60, 20),
    "expired": probe(0, full=True) + silence(3200000) + flow(1, node=3)
    + pace(1, 2, 60, 20),
    "session": probe(0) + handshake(1) + say(1, 0, SIZE, size=40, flags=FIN)
    + silence(70000),
    "session-change": probe(0) + handshake(1) + probe(2, node=2)
    + handshake(3, node=2) + lose(1) + say(3, 1, SIZE, size=9, flags=RST)
    + silence(61000) + handshake(4),
    "refused": probe(0) + handshake(1, accepted=339) + handshake(2),
    "only-443": handshake(1, opening=R1, port=1)
    + handshake(2, opening=R1, port=1, v6=True),
    "r2": flow(0, tcp=True, port=1) + say(0, 0, R1, 3) + say(0, 1, R2),
    "only-80": handshake(1, opening=R1_80, port=2) + handshake(2, port=2),
    "t1t2": flow(0, tcp=True) + say(0, 0, T1) + say(0, 1, SIZE, size=73)
    + say(0, 0, T2, 3) + say(0, 1, SIZE, size=587) + say(0, 0, SIZE, size=4),
    "t1t2-443": flow(0, tcp=True, port=1) + say(0, 0, R1, 3) + say(0, 0, T1)
    + say(0, 0, T2, 3) + say(0, 1, SIZE, size=587) + say(0, 0, SIZE, size=4),
    "ks": flow(0, tcp=True) + say(0, 0, KS, 7) + say(0, 1, KS, 9)
    + pace(0, 60, 60, 20),
    "ks-443": flow(0, tcp=True, port=1) + say(0, 0, R1, 1) + say(0, 0, KS, 7),
    "dh": flow(0, tcp=True) + say(0, 0, DH, 7) + say(0, 1, SIZE, size=48)
    + say(0, 0, SIZE, size=8),
    "dh-short": flow(0, tcp=True) + say(0, 0, DH, 20)
    + say(0, 1, SIZE, size=0, flags=RST),
    "login": flow(0, tcp=True, port=1) + say(0, 0, L1) + say(0, 1, L2)
    + say(0, 0, L3, 9) + say(0, 1, L4, 217),
    "login-refused": flow(0, tcp=True) + say(0, 0, L3, 9)
    + say(0, 1, L4, 13),
    "login-late": flow(0, tcp=True) + say(0, 0, L3_LATE, 9)
    + say(0, 1, L4, 11) + say(0, 0, L3) + say(0, 1, L4, 130),
    "login-in-session": probe(0) + handshake(1) + say(1, 1, L3)
    + say(1, 0, L4, 130) + say(1, 0, L3_LATE) + say(1, 1, SIZE, size=9,
                                                    flags=FIN),
    "update": b"".join(flow(i, tcp=True, port=2) + say(i, 0, GET, x)
                       + say(i, 0, SIZE, size=30)
                       for i, x in enumerate((0, 1, 7, 24, 36, 63))),
    "segments": flow(0, tcp=True) + say(0, 0, KS, 3, flags=NOT_PSH)
    + say(0, 0, SIZE, size=30, ahead=0x45) + say(0, 0, SIZE, size=30, ahead=9)
    + say(0, 1, SIZE, size=30, ahead=3) + say(0, 0, SIZE, size=30, ahead=9),
}

POLICIES = [
    "mode enforce\noffload off\nstate-byte on\n"
    "rule 10 from 10.1.0.0/16 class login,supernode action accept\n"
    "rule 20 from 10.0.0.0/8 grade certain action drop\n"
    "rule 30 class voice action mark 0x2e/0xff\ndefault accept\n",
    "# nothing\n\n",
    "mode observe\ndefault drop\noffload on\nstate-byte off\n",
    "rule 1 to 2001:db8::/32 action drop\nrule 2 to ::1 action accept\n",
    "rule 4294967295 class probe,peer,voice,supernode,signal,login,update,none"
    " grade suspect action mark 46\n",
    "rule 7 from any to 1.2.3.4 action mark 0x1/0x1 # why\r\n",
    "rule 0 action drop\n", "rule 1 action\n", "rule 1 from 1.2.3.4/33 action drop\n",
    "rule 2 action drop\nrule 2 action accept\n", "mode\n", "default mark\n",
]


def attribute(number, payload=b"", nested=False):
    head = struct.pack("=HH", 4 + len(payload), number | nested << 15)
    return head + payload + bytes(-len(payload) % 4)


def nest(number, *fields):
    return attribute(number, b"".join(
        attribute(i, value) for i, value in fields), True)


def u8(i):
    return bytes([i])


def u16(i):
    return struct.pack(">H", i)


def u32(i):
    return struct.pack("=I", i)


def u64(i):
    return struct.pack("=Q", i)


V4, V6 = bytes([192, 0, 2, 7]), bytes([0x20, 1] + 13 * [0] + [1])
RULE = attribute(5, attribute(1, u32(10)) + attribute(2, u32(0xFE))
                 + attribute(3, u8(2)) + attribute(4, V4)
                 + attribute(5, u8(24)) + attribute(6, V6)
                 + attribute(7, u8(64)) + attribute(8, u8(2))
                 + attribute(9, u32(0x2E)) + attribute(10, u32(0xFF))
                 + attribute(11, u64(1)) + attribute(12, u64(2))
                 + attribute(13, u64(3)), True)
MESSAGES = {
    "status": nest(2, (1, b"1.0\0"), (2, u8(1)), (3, u8(24)),
                   *[(i, u32(i)) for i in range(4, 10)], (10, u64(9)),
                   (11, u32(3)), (12, u8(0)), (13, u8(1))),
    "policy": attribute(3, attribute(1, u8(2)) + attribute(2, u8(0))
                        + attribute(3, u8(1)) + attribute(4, u8(0))
                        + RULE + RULE, True),
    "flow": nest(4, (1, u8(17)), (2, V4), (3, u16(35990)), (4, V6),
                 (5, u16(33033)), (6, u8(1)), (7, u8(1)), (8, u8(1)),
                 (9, u8(3)), (10, u8(2)), (11, bytes([0, 1, 2])),
                 (12, u64(4)), (13, u64(70)), (14, u32(3)), (15, u64(1)),
                 (16, u64(2)), (17, u32(0xD1000000))),
    "endpoint": nest(5, (1, V4), (2, u16(1)), (3, u8(3)), (4, u32(1)),
                     (5, u32(1)), (6, u32(1)), (7, V4), (8, u8(1)),
                     (9, u64(1)), (10, u64(2))),
    "supernode": nest(6, (1, V4), (2, u16(1)), (3, u8(6)), (4, u8(3)),
                      (5, u32(1)), (6, u64(1)), (7, u64(2))),
    "session": nest(7, (1, V4), (2, V6), (3, u16(443)), (4, u8(1)),
                    (5, u64(1)), (6, u64(2)), (7, u32(1)), (8, u8(2))),
    "counter": nest(8, (1, b"skipped/no-conntrack\0"), (2, u64(9))),
    "event": attribute(9, b"session-start\0") + attribute(1, u8(1)),
}


def main(out):
    def put(name, seed, data):
        folder = os.path.join(out, "corpus-" + name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "seed-" + seed), "wb") as file:
            file.write(data)

    folder = os.path.join(out, "captures")
    os.makedirs(folder, exist_ok=True)
    for path in captures(folder):
        name = os.path.basename(path)
        with open(path, "rb") as file:
            put("pcap", name, file.read())
        for number, frame in enumerate(frames(path)):
            put("frame", "%s-%d" % (name, number), frame)
    for name, steps in CONVERSATIONS.items():
        put("core", name, b"\0" + steps)
        put("core", name + "-later", b"\x0f" + steps)
    for number, text in enumerate(POLICIES):
        put("policy", str(number), text.encode())
    for name, data in MESSAGES.items():
        put("codec", name, data)


main(sys.argv[1])
