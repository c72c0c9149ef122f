#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of the generator: does it make what signatures.md says?

    ./test_gen.py [-v]

The arithmetic is written here once more and differently (with positions as
signatures.md counts them), so that a slip in wire.py does not confirm itself.
"""

import ipaddress
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)

import describe                                             # noqa: E402
import oracle                                               # noqa: E402
import pcap                                                 # noqa: E402
import scenario                                             # noqa: E402
import wire                                                 # noqa: E402
from model import Timeline                                  # noqa: E402

SEEDS = range(1, 21)
SKYPEGEN = os.path.join(HERE, "skypegen")


def f_bytes(message, first, last):
    """M[first..last] of section "Terms": counted from 1, both included."""
    return message[first - 1:last]


def is_run(data):
    """Do the bytes follow g' = (0xCD * g + 0x71) mod 256 (section 4.1)?"""
    return all((205 * a + 113) % 256 == b for a, b in zip(data, data[1:]))


def xor(*parts):
    """Byte by byte, as long as the shortest."""
    out = []
    for column in zip(*parts):
        value = 0
        for byte in column:
            value ^= byte
        out.append(value)
    return bytes(out)


def every(names=None):
    """All scenarios with a few seeds."""
    for name in names or scenario.REGISTRY:
        for seed in (1, 2, 3):
            yield scenario.build(name, seed)


def flows_of(names, role):
    """Flows with a role, over all seeds."""
    for name in names:
        for seed in SEEDS:
            sc = scenario.build(name, seed)
            for flow in sc.flows:
                if flow.role == role and not flow.dead:
                    yield flow


class Padding(unittest.TestCase):
    """Section 4.1, "Padding is not random"."""

    def test_values_by_hand(self):
        """205 * 0x58 + 113 = 18153 = 70 * 256 + 0xe9, and so on."""
        for value, following in ((0, 0x71), (1, 0x3E), (0x58, 0xE9),
                                 (0xE9, 0x06), (0x06, 0x3F)):
            self.assertEqual(wire.pad_next(value), following)

    def test_all_256_values_in_one_cycle(self):
        seen, value = set(), 0
        while value not in seen:
            seen.add(value)
            value = wire.pad_next(value)
        self.assertEqual(len(seen), 256)

    def test_runs(self):
        rng = random.Random(1)
        for size in (1, 2, 16, 64):
            data = wire.padding(rng, size)
            self.assertEqual(len(data), size)
            self.assertTrue(is_run(data))


class Probe(unittest.TestCase):
    """Section 1.1 and the guards of 4.3."""

    def setUp(self):
        self.rng = random.Random(7)

    def test_request(self):
        for ident in (0, 1, 0x3010, 0xFFFF):
            for size in [18] + list(range(22, 38)):
                if (ident >> 8, ident & 255) == (0x30, size - 2):
                    continue
                data = wire.u1(self.rng, ident, size)
                self.assertEqual(len(data), size)
                self.assertEqual(f_bytes(data, 1, 2), ident.to_bytes(2, "big"))
                self.assertEqual(f_bytes(data, 3, 3), b"\x02")
                self.assertLess(data[3:11].count(0), 2)
                self.assertNotEqual(data[2] * 256 + data[3], size)

    def test_ber_is_never_made(self):
        with self.assertRaises(ValueError):
            wire.u1(self.rng, 0x3010, 18)

    def test_exchange(self):
        """U1 U2 U3 of the table, with all echoes."""
        for size in (18, 22, 37):
            one = wire.u1(self.rng, 0x4321, size)
            two = wire.u2(self.rng, 0x4321, "203.0.113.9")
            three = wire.u3(self.rng, one, two, "198.51.100.20")
            self.assertEqual(len(two), 11)
            self.assertEqual(f_bytes(two, 1, 2), f_bytes(one, 1, 2))
            self.assertEqual(two[2] & 0x0F, 7)
            self.assertEqual(f_bytes(two, 4, 7), bytes((203, 0, 113, 9)))
            self.assertEqual(len(three), len(one) + 5)
            self.assertEqual(f_bytes(three, 1, 2), f_bytes(one, 1, 2))
            self.assertEqual(three[2] & 0x0F, 3)
            self.assertEqual(f_bytes(three, 4, 4), b"\x01")
            self.assertEqual(f_bytes(three, 5, 8), f_bytes(two, 8, 11))
            self.assertEqual(f_bytes(three, 9, 12), bytes((198, 51, 100, 20)))
            self.assertEqual(f_bytes(three, 13, 16), f_bytes(one, 8, 11))

    def test_answers(self):
        one = wire.u1(self.rng, 0x4321)
        for size, low_d in ((18, False), (51, False), (53, False), (51, True),
                            (53, True), (26, True)):
            four = wire.u4(self.rng, one, size, low_d)
            self.assertEqual(len(four), size)
            self.assertNotEqual(four[:2], one[:2])
            if low_d:
                self.assertEqual(four[2] & 0x0F, 0xD)
            else:
                self.assertEqual(four[2], 0x02)

    def test_retransmission(self):
        """4.3: the same id and CRC, a new IV."""
        for size in (18, 30):
            one = wire.u1(self.rng, 77, size)
            two = wire.again(self.rng, one)
            self.assertEqual(len(two), size)
            self.assertEqual(f_bytes(one, 1, 3), f_bytes(two, 1, 3))
            self.assertNotEqual(f_bytes(one, 4, 7), f_bytes(two, 4, 7))
            self.assertEqual(f_bytes(one, 8, 11), f_bytes(two, 8, 11))

    def test_high_nibbles_vary(self):
        kinds = {wire.u2(self.rng, 1, "192.0.2.1")[2] for _ in range(400)}
        self.assertEqual(len(kinds), 16)

    def test_ids_climb_by_two(self):
        """One counter per client, whatever the destination."""
        for name in ("start-1.2", "start-5.5", "udp-blocked"):
            for seed in SEEDS:
                ids = [m.tags["id"] for f in scenario.build(name, seed).flows
                       for m in f.messages[:1] if m.tags.get("is") == "u1"]
                steps = {(b - a) % 65536 for a, b in zip(ids, ids[1:])}
                self.assertEqual(steps, {2})

    def test_wrap_around_occurs(self):
        wraps = 0
        for seed in range(1, 60):
            ids = [m.tags["id"]
                   for f in scenario.build("udp-blocked", seed).flows
                   for m in f.messages[:1] if m.tags.get("is") == "u1"]
            wraps += any(b < a for a, b in zip(ids, ids[1:]))
        self.assertGreater(wraps, 0)


class Handshake(unittest.TestCase):
    """Sections 2.1, 4.1 and 4.2."""

    def test_ks(self):
        """x[i] = C[6+i] ^ C[16+i] ^ (0,0,0,1,0,0,0)[i]; then 1, 3 or 0x0f."""
        rng = random.Random(3)
        for size in list(range(24, 90)):
            for flags in (1, 3, 0x0F):
                c = wire.Stream(rng, rng.randrange(65536), flags).first(size)
                self.assertEqual(len(c), size)
                x = xor(c[6:13], c[16:23], bytes((0, 0, 0, 1, 0, 0, 0)))
                self.assertTrue(is_run(x))
                following = (205 * x[6] + 113) % 256
                self.assertEqual(c[13] ^ c[23] ^ following, flags)
                self.assertTrue(wire.has_ks(c))

    def test_no_accidental_ks(self):
        rng = random.Random(4)
        for _ in range(200):
            self.assertFalse(wire.has_ks(wire.opaque(rng, 60)))

    def test_16_byte_r1(self):
        """4.1: C[4] ^ C[14] = 3 and C[5] ^ C[15] = 2."""
        rng = random.Random(5)
        for _ in range(50):
            c = wire.r1_80_v1(rng)
            self.assertEqual(len(c), 16)
            self.assertEqual((c[4] ^ c[14], c[5] ^ c[15]), (3, 2))

    def test_t1t2(self):
        """All three relations of 4.2 in every v1.x super node connection."""
        names = ("start-1.2", "supernode-change", "udp-blocked")
        for flow in flows_of(names, "supernode"):
            t1, t2 = [m.data for m in flow.messages[:3]
                      if m.sender == "client"]
            self.assertEqual(len(t1), 14)
            self.assertEqual(t1[4] ^ t2[0], 2 * (len(t2) - 1) % 256)
            q = xor(t1[4:14], t2[:10],
                    bytes((0, 1, 0, 0, 0, 1, 0, 0, 0, 1)))
            self.assertEqual(q[8], 0x42)
            self.assertEqual(q[6] * 256 + q[7],
                             (q[1] * 256 + q[2] - 1) % 65536)

    def test_sizes(self):
        """The table of 2.1."""
        for flow in flows_of(("start-1.2", "start-1.4", "start-2.0"),
                             "supernode"):
            sizes = {m.what: len(m.data) for m in flow.messages[:7]}
            self.assertIn(sizes["T2"], range(22, 30))
            self.assertGreater(sizes["T3"], 57)
            self.assertNotEqual(sizes["T3"], 339)
            self.assertIn(sizes["T4"], (4, 15, 16, 17))

    def test_refusal(self):
        for flow in flows_of(("supernode-refused",), "refused"):
            self.assertEqual(len(flow.messages[3].data), 339)
            self.assertEqual(len(flow.messages), 4)

    def test_dh(self):
        """Bytes from 48 to the end are one run; then exactly 8 bytes."""
        for name in ("dh", "start-5.5"):
            for seed in SEEDS:
                for flow in scenario.build(name, seed).flows:
                    if not flow.name.startswith("dh"):
                        continue
                    first = flow.messages[0].data
                    steps = len(first) - 49
                    self.assertGreaterEqual(len(first), 52)
                    self.assertTrue(is_run(first[48:]))
                    second = [m.data for m in flow.messages
                              if m.sender == "client"][1]
                    self.assertEqual(len(second), 8)
                    self.assertEqual(
                        flow.expect.grade,
                        ["certain"] if steps >= 5 else ["likely"])


class Web(unittest.TestCase):
    """Section 2.2."""

    def setUp(self):
        self.rng = random.Random(11)

    def test_r1(self):
        data = wire.r1(self.rng)
        self.assertEqual(len(data), 72)
        self.assertEqual(len(wire.R1_PREFIX), 56)
        self.assertEqual(data[:7].hex(), "8046010301002d")
        self.assertEqual(data[52:56].hex(), "80040080")
        self.assertEqual(data[0] * 256 + data[1] - 0x8000 + 2, 72)
        self.assertTrue(is_run(data[56:]))

    def test_r1_random_challenge(self):
        for _ in range(50):
            self.assertFalse(is_run(wire.r1(self.rng, padded=False)[56:]))

    def test_r2(self):
        sizes = [len(wire.r2(self.rng)) for _ in range(400)]
        self.assertEqual(len(wire.R2_PREFIX), 79)
        self.assertEqual(wire.R2_PREFIX[:5].hex(), "160301004a")
        # gmt_unix_time: 31 January 2004
        stamp = int.from_bytes(wire.R2_PREFIX[11:15], "big")
        self.assertEqual(stamp // 86400, 12448)
        self.assertAlmostEqual(sizes.count(93) / 400, 0.4, delta=0.1)

    def test_nibbles(self):
        for _ in range(100):
            one, two = wire.r1_80_v1(self.rng), wire.r1_80_v2(self.rng)
            high = [b >> 4 for b in one]
            self.assertEqual(f_bytes(high, 5, 6), f_bytes(high, 15, 16))
            high = [b >> 4 for b in two]
            reach = min(len(two), 24)
            self.assertEqual(f_bytes(high, 6, reach - 10),
                             f_bytes(high, 16, reach))
            self.assertNotEqual(len(two), 16)
            other = wire.r1_80_v25(self.rng)
            self.assertFalse(wire.nibbles_v1(other))
            self.assertFalse(wire.nibbles_v2(other))

    def test_narrow_sizes(self):
        names = ("only-443", "only-80-v1.4", "only-80-v2.0", "only-80-v2.5")
        for flow in flows_of(names, "supernode"):
            sizes = {m.what: len(m.data) for m in flow.messages}
            self.assertIn(sizes["T2"], range(23, 28))
            self.assertIn(sizes["T4"], (4, 15, 16))


class Login(unittest.TestCase):
    """Sections 2.3, 2.4 and the login row of 4.2."""

    def setUp(self):
        self.rng = random.Random(13)

    def test_l3(self):
        for _ in range(20):
            data = wire.l3(self.rng)
            self.assertEqual(
                data[:15].hex(), "16030100cd4103000980400408c001")
            self.assertEqual(data[4], 205)
            self.assertEqual(data[207:214].hex(), "000c0117030100")
            self.assertEqual(len(data), 215 + data[214])

    def test_l3_late(self):
        for _ in range(20):
            data = wire.l3_late(self.rng)
            self.assertEqual(data[:4].hex(), "16030100")
            self.assertEqual(data[5:13].hex(), "42cdefe740d72f1d")
            self.assertEqual(data[5 + data[4]:][:4].hex(), "17030100")

    def test_l4(self):
        for _ in range(20):
            self.assertGreater(wire.l4_ok(self.rng)[4], 100)
        refused = wire.l4_refused(self.rng)
        self.assertEqual((len(refused), refused[4]), (18, 13))
        self.assertEqual(wire.l4_contacts(self.rng)[4], 11)

    def test_version_check(self):
        seen = set()
        for version in wire.UPDATE_PATHS:
            for _ in range(40):
                text = wire.version_check(self.rng, version).decode()
                first, *rest = text.split("\r\n")
                verb, target, protocol = first.split(" ")
                self.assertEqual((verb, protocol), ("GET", "HTTP/1.1"))
                seen.add(target[0])
                self.assertIn("/ui/", target)
                self.assertIn("getlatestversion?ver", target)
                self.assertIn("host: ui.skype.com",
                              [line.lower() for line in rest])
                self.assertTrue(text.endswith("\r\n\r\n"))
        self.assertEqual(seen, {"/", "h"})      # relative and absolute


class Voice(unittest.TestCase):
    """Sections 1.2, 2.5 and "Voice pace" of section 5."""

    def test_pace_and_sizes(self):
        for name, sizes in (("call-1.4", range(40, 121)), ("call-0.97", [67]),
                            ("conference", range(40, 121)),
                            ("call-tcp", list(range(30, 91)))):
            sc = scenario.build(name)
            line = Timeline(sc)
            for flow in sc.flows:
                if flow.role != "voice":
                    continue
                times = {"client": [], "server": []}
                for number, message in enumerate(flow.messages, 1):
                    if message.what == "voice":
                        self.assertIn(len(message.data), sizes)
                        times[message.sender].append(line.at(flow, number))
                for stamps in times.values():
                    lasting = stamps[-1] - stamps[0]
                    self.assertGreater(lasting, 3)
                    self.assertGreater(len(stamps) / lasting, 15)

    def test_below_pace(self):
        sc = scenario.build("near-voice-slow")
        self.assertEqual({c for f in sc.flows for c in f.expect.cls},
                         {"probe", "peer"})


class Oracle(unittest.TestCase):
    """Section 5: chains, endpoints and grades."""

    def chain(self, ids):
        """The number of peers that a chain of these ids reaches."""
        chain = oracle.Chain()
        for peer, ident in enumerate(ids):
            chain.first_datagram(ident, ("198.51.100.1", peer))
        return chain.best

    def test_chain(self):
        self.assertEqual(self.chain(range(10, 26, 2)), 8)
        self.assertEqual(self.chain(range(10, 24, 2)), 7)
        self.assertEqual(self.chain([65532, 65534, 0, 2]), 4)
        self.assertEqual(self.chain([0, 2, 4, 8, 10, 26, 28]), 5)
        self.assertEqual(self.chain([0, 2, 4, 5, 7, 9]), 3)
        self.assertEqual(self.chain([0, 2, 4, 22, 24]), 3)
        self.assertEqual(self.chain([0, 2, 2, 4]), 3)
        self.assertEqual(self.chain([8, 6, 4]), 1)

    def expect(self, name, flow, seed=1):
        """The expectation of a flow."""
        return scenario.build(name, seed).flow_named(flow).expect

    def test_full_probe(self):
        found = self.expect("start-1.2", "full-probe")
        self.assertEqual((found.cls, found.grade, found.decided_at),
                         (["probe"], ["certain"], 3))
        self.assertEqual(found.reasons,
                         {"u1", "u2-echo", "u3-resend", "u4-negative"})
        self.assertFalse(found.optional | found.any_of)

    def test_probe_before_and_after_the_proof(self):
        found = self.expect("start-1.2", "silent-probe")
        self.assertEqual((found.grade, found.decided_at), (["suspect"], None))
        found = self.expect("start-1.2", "partial-probe")
        self.assertEqual((found.grade, found.decided_at), (["likely"], 1))

    def test_eighth_of_a_chain(self):
        sc = scenario.build("start-5.5")
        chain = [f for f in sc.flows if f.role == "probe"]
        self.assertEqual({f.expect.grade[0] for f in chain[:7]}, {"suspect"})
        self.assertEqual(chain[7].expect.reasons, {"u1", "id-chain"})
        self.assertEqual({f.expect.grade[0] for f in chain[7:]}, {"likely"})
        self.assertIn("endpoint", chain[8].expect.reasons)

    def test_late_answer(self):
        found = self.expect("late-proof", "probe")
        self.assertEqual((found.grade, found.decided_at), (["likely"], 2))
        self.assertIn("endpoint", found.reasons)

    def test_public_address(self):
        self.assertNotIn("public-address",
                         self.expect("public-address", "nack").reasons)
        self.assertIn("public-address",
                      self.expect("public-address", "nack-2").reasons)

    def test_pairs(self):
        grades = [f.expect.grade[0]
                  for f in scenario.build("start-0.97").flows[:4]]
        self.assertEqual(grades, ["suspect", "suspect", "likely", "likely"])

    def test_wrong_resends_stay_likely(self):
        for seed in SEEDS:
            for flow in scenario.build("near-resend", seed).flows:
                self.assertEqual(flow.expect.grade, ["likely"])
                self.assertEqual(flow.expect.decided_at, 2)


class Scenarios(unittest.TestCase):
    """All of them."""

    def test_titles(self):
        for name in scenario.REGISTRY:
            self.assertLessEqual(len(scenario.title(name)), 79, name)

    def test_same_seed_same_bytes(self):
        for name in scenario.REGISTRY:
            one, two = scenario.build(name, 5), scenario.build(name, 5)
            self.assertEqual(describe.as_dict(one), describe.as_dict(two))
            data = [[m.data for f in sc.flows for m in f.messages]
                    for sc in (one, two, scenario.build(name, 6))]
            self.assertEqual(data[0], data[1])
            self.assertNotEqual(data[0], data[2], name)

    def test_flows_are_told_apart(self):
        for sc in every():
            ends = [(f.proto, f.client, f.server) for f in sc.flows]
            # an expired endpoint may speak to one node again
            self.assertEqual(len(ends), len(set(ends)), sc.name)
            names = [f.name for f in sc.flows]
            self.assertEqual(len(names), len(set(names)))

    def test_time_never_runs_back(self):
        for sc in every():
            last = {}
            for event in sc.timeline():
                self.assertGreaterEqual(
                    event.time, last.get(event.flow.name, 0))
                last[event.flow.name] = event.time

    def test_messages_fit_a_segment(self):
        for sc in every():
            for flow in sc.flows:
                for message in flow.messages:
                    self.assertGreater(len(message.data), 0)
                    self.assertLessEqual(len(message.data), 1300, flow.name)

    def test_every_flow_has_an_expectation(self):
        for sc in every():
            for flow in sc.flows:
                self.assertIsNotNone(flow.expect, flow.name)
                json.dumps(flow.expect.as_dict())

    def test_nothing_holds_no_proof(self):
        """TCP flows that are to be nothing hold none by accident."""
        for sc in every():
            for flow in sc.flows:
                if flow.proto == "tcp" and flow.expect.grade == ["none"]:
                    self.no_proof(flow)

    def no_proof(self, flow):
        """KS, R1 and R2 in the first messages of both directions."""
        for sender in ("client", "server"):
            data = [m.data for m in flow.messages if m.sender == sender]
            if data:
                self.assertFalse(wire.has_ks(data[0]) and len(data[0]) >= 24)
                self.assertFalse(data[0].startswith(wire.R2_PREFIX))
                self.assertFalse(len(data[0]) == 72 and
                                 data[0].startswith(wire.R1_PREFIX))

    def test_ordinary_first_datagrams(self):
        """Type 0x02 past the guards is only in flows with U1."""
        for sc in every():
            for flow in sc.flows:
                first = flow.messages and flow.messages[0]
                if flow.proto == "udp" and first.tags.get("is") != "u1":
                    self.assertFalse(wire.passes_guards(first.data),
                                     flow.name)

    def test_v6(self):
        for name, function in scenario.REGISTRY.items():
            if function.options.get("v4_only"):
                continue
            sc = scenario.build(name, 2, client="2001:db8:1::7",
                                servers="2001:db8:2::/64")
            for flow in sc.flows:
                self.assertEqual(
                    ipaddress.ip_address(flow.client[0]).version, 6)
            self.assertNotIn("u2", [m.tags.get("is") for f in sc.flows
                                    for m in f.messages])

    def test_other_addresses(self):
        sc = scenario.build("start-1.2", 1, client="10.1.0.2",
                            servers="10.9.0.0/16", public="203.0.113.1")
        found = describe.addresses(sc)
        self.assertEqual(found["inside"], ["10.1.0.2"])
        self.assertTrue(all(a.startswith("10.9.") for a in found["outside"]))
        nack = sc.flow_named("full-probe").messages[1].data
        self.assertEqual(nack[3:7], bytes((203, 0, 113, 1)))


# -- capture files -----------------------------------------------------------

def read_pcap(path):
    """(link type, [(seconds, original size, bytes)]) of a pcap file."""
    with open(path, "rb") as file:
        data = file.read()
    magic, link = struct.unpack("<I16xI", data[:24])
    assert magic == 0xA1B2C3D4
    at, records = 24, []
    while at < len(data):
        seconds, micro, size, real = struct.unpack("<IIII", data[at:at + 16])
        records.append((seconds + micro / 1e6, real, data[at + 16:][:size]))
        at += 16 + size
    return link, records


def ones_sum(data):
    """The one's complement sum; 0xffff over data with a right checksum."""
    if len(data) % 2:
        data += b"\0"
    total = sum(data[0::2]) * 256 + sum(data[1::2])
    while total > 0xFFFF:
        total = total % 65536 + total // 65536
    return total


class Pcap(unittest.TestCase):
    """Capture files, read back without pcap.py."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.path = os.path.join(self.folder, "test.pcap")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, **options):
        """A scenario's capture."""
        net = options.pop("net", {})
        sc = scenario.build(name, 1, **net)
        count = pcap.write_scenario(sc, self.path, **options)
        return sc, count

    def test_checksums_and_bytes(self):
        sc, count = self.write("start-1.2", link="raw")
        link, records = read_pcap(self.path)
        self.assertEqual((link, count), (101, len(records)))
        payload = {}
        for _, _, packet in records:
            self.assertEqual(ones_sum(packet[:20]), 0xFFFF)
            proto, segment = packet[9], packet[20:]
            pseudo = packet[12:20] + bytes((0, proto)) \
                + len(segment).to_bytes(2, "big")
            self.assertEqual(ones_sum(pseudo + segment), 0xFFFF)
            head = 8 if proto == 17 else segment[12] // 16 * 4
            key = proto, packet[12:20], segment[:4]
            payload[key] = payload.get(key, b"") + segment[head:]
        for flow in sc.flows:
            for sender, other in (("client", "server"), ("server", "client")):
                src, dst = getattr(flow, sender), getattr(flow, other)
                key = (17 if flow.proto == "udp" else 6,
                       ipaddress.ip_address(src[0]).packed
                       + ipaddress.ip_address(dst[0]).packed,
                       struct.pack("!HH", src[1], dst[1]))
                want = b"".join(m.data for m in flow.messages
                                if m.sender == sender)
                self.assertEqual(payload.get(key, b""), want, flow.name)

    def test_tcp_sequence(self):
        self.write("supernode-change", link="raw", mss=300)
        expected = {}
        for _, _, packet in read_pcap(self.path)[1]:
            if packet[9] != 6:
                continue
            segment = packet[20:]
            seq = int.from_bytes(segment[4:8], "big")
            flags, size = segment[13], len(segment) - segment[12] // 16 * 4
            self.assertLessEqual(size, 300)
            key = packet[12:20] + segment[:4]
            if not flags & 2:
                self.assertEqual(seq, expected[key])
            expected[key] = (seq + size + (flags & 1) + (flags >> 1 & 1)) \
                % 2 ** 32

    def test_snaplen(self):
        self.write("start-1.2", snaplen=60)
        for _, real, data in read_pcap(self.path)[1]:
            self.assertEqual(len(data), min(real, 60))

    def test_faults_keep_time_and_count(self):
        _, plain = self.write("start-1.2")
        _, more = self.write("start-1.2", retransmitted=0.5, reordered=0.2)
        self.assertGreater(more, plain)
        times = [r[0] for r in read_pcap(self.path)[1]]
        self.assertEqual(times, sorted(times))
        _, pieces = self.write("start-1.2", fragment=64)
        self.assertGreater(pieces, plain)

    def tshark(self, *words):
        """tshark's lines."""
        run = subprocess.run(
            ("tshark", "-n", "-r", self.path, "-o", "ip.check_checksum:TRUE",
             "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
            + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            check=True)
        return run.stdout.decode().splitlines()

    @unittest.skipUnless(shutil.which("tshark"), "no tshark")
    def test_tshark_reads_all_forms(self):
        v6 = {"client": "2001:db8:1::7", "servers": "2001:db8:2::/64"}
        cases = [{"link": link, "ng": ng} for link in pcap.LINK_TYPES
                 for ng in (False, True)]
        cases += [{"link": link, "net": v6} for link in pcap.LINK_TYPES]
        cases += [{"fragment": 64}, {"mss": 100}]
        for options in cases:
            with self.subTest(**options):
                _, count = self.write("start-1.2", **options)
                self.assertEqual(len(self.tshark()), count)
                bad = self.tshark("-Y", "ip.checksum.status == 0 or "
                                  "tcp.checksum.status == 0 or "
                                  "udp.checksum.status == 0 or "
                                  "tcp.analysis.flags")
                self.assertEqual(bad, [])
                streams = self.tshark("-Y", "tcp.flags.syn == 1 and "
                                      "tcp.flags.ack == 0")
                self.assertEqual(len(streams), 3)


# -- sockets -----------------------------------------------------------------

class Play(unittest.TestCase):
    """Both players over the loopback, on ports that need no privilege."""

    NET = ["--client", "127.1.0.7", "--servers", "127.2.0.0/24",
           "--speed", "20"]

    def serve(self, name, *words):
        """Start a server and wait until it is ready."""
        server = subprocess.Popen(
            [SKYPEGEN, "play", "server", name] + self.NET + list(words),
            stdout=subprocess.PIPE)
        self.assertEqual(server.stdout.readline(), b"ready\n")

        def stop():
            server.terminate()
            server.communicate()
        self.addCleanup(stop)
        return server

    def run_client(self, verb, name, *words):
        """(exit status, report) of a client."""
        run = subprocess.run(
            [SKYPEGEN] + verb + [name] + self.NET + list(words),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return run.returncode, json.loads(run.stdout)

    def test_scenarios(self):
        for name in ("late-proof", "supernode-refused", "supernode-role",
                     "near-resend"):
            with self.subTest(name):
                self.serve(name)
                status, report = self.run_client(["play", "client"], name)
                self.assertEqual((status, report["died"]), (0, 0))
                self.assertEqual({f["died_at"] for f in report["flows"]
                                  if "died_at" in f}, {None})

    def test_nack_tells_the_address_that_the_server_sees(self):
        self.serve("supernode-refused")
        report = self.run_client(["play", "client"], "supernode-refused")[1]
        self.assertEqual(report["flows"][0]["public"], "127.1.0.7")

    def test_nobody_answers(self):
        status, report = self.run_client(
            ["play", "client"], "late-proof", "--patience", "0.2")
        self.assertEqual(status, 1)
        first = report["flows"][0]
        self.assertEqual((first["result"], first["died_at"]), ("died", 2))

    def test_seeds_must_agree(self):
        self.serve("late-proof", "--seed", "2")
        status, _ = self.run_client(
            ["play", "client"], "late-proof", "--patience", "0.2")
        self.assertEqual(status, 1)

    @unittest.skipUnless(os.geteuid() == 0, "needs ports below 1024")
    def test_fallback(self):
        self.serve("fallback-1.4")
        for skip, way in (("", "own"), ("udp,own", "443"),
                          ("udp,own,443", "80")):
            status, report = self.run_client(
                ["fallback"], "fallback-1.4", "--skip", skip)
            self.assertEqual(status, 0)
            reached = [a for a in report["attempts"]
                       if a["name"] == report["supernode"]]
            self.assertEqual(reached[0]["way"], way)
        status, report = self.run_client(
            ["fallback"], "fallback-1.4", "--skip", "own,443,80")
        self.assertEqual((status, report["session"], report["login"]),
                         (1, False, True))


class CommandLine(unittest.TestCase):
    """skypegen itself."""

    def run_it(self, *words):
        """(status, stdout, stderr)."""
        run = subprocess.run((SKYPEGEN,) + words, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
        return run.returncode, run.stdout.decode(), run.stderr.decode()

    def test_list(self):
        _, out, _ = self.run_it("list", "--names")
        self.assertEqual(out.split(), list(scenario.REGISTRY))

    def test_describe(self):
        _, out, _ = self.run_it("describe", "start-1.2", "--json")
        self.assertEqual(json.loads(out)["scenario"], "start-1.2")
        _, out, _ = self.run_it("describe", "start-1.2")
        self.assertIn("expect supernode certain", out)

    def test_errors(self):
        for words in (("describe", "no-such"),
                      ("describe", "near-nack", "--v6"),
                      ("play", "client", "endpoint-expired"),
                      ("fallback", "start-1.2")):
            status, _, error = self.run_it(*words)
            self.assertEqual(status, 1)
            self.assertTrue(error.startswith("Error: "), error)


if __name__ == "__main__":
    unittest.main()
