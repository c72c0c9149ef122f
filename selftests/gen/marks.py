#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Holds the mark that nft saw on each packet against a scenario's expectations.

    marks.py CAPTURE EXPECTATIONS... [--shift N] [--rest VALUE] [--off]

CAPTURE is what tcpdump took from an nflog group of the gateway's forward chain,
where a rule had copied the conntrack mark into the packet's mark. EXPECTATIONS
are files of trial.py --keep. For every flow: from the packet that completes the
signature on (decided_at) class and grade stand in the state byte, before it they
do not, on a flow that is not Skype there is none, and all other bits are VALUE.
--off: the state byte is switched off, no packet has one.

Prints a line of TAP for each kind of flow, without a number.
"""

import argparse
import collections
import ipaddress
import json
import struct
import sys

CLASSES = ("none", "probe", "peer", "voice", "supernode", "signal", "login",
           "update")
GRADE_BITS = {"none": 0, "suspect": 0x20, "likely": 0x80, "certain": 0xC0}
DONE = 0x10
LINK_NFLOG = 239
NFULA_MARK, NFULA_PAYLOAD = 2, 9

Seen = collections.namedtuple("Seen", "src dst mark size seq")


def nflog(path):
    """Yield (mark, IP packet) of a capture of an nflog group."""
    with open(path, "rb") as file:
        data = file.read()
    if struct.unpack_from("<I", data, 20)[0] & 0xFFFF != LINK_NFLOG:
        sys.exit("marks.py: %s is no capture of nflog" % path)
    place = 24
    while place + 16 <= len(data):
        length = struct.unpack_from("<I", data, place + 8)[0]
        record = data[place + 16:place + 16 + length]
        place += 16 + length
        mark, packet, at = 0, b"", 4
        while at + 4 <= len(record):
            size, kind = struct.unpack_from("=HH", record, at)
            if size < 4:
                break
            value = record[at + 4:at + size]
            if kind == NFULA_MARK:
                mark = struct.unpack(">I", value)[0]
            elif kind == NFULA_PAYLOAD:
                packet = value
            at += size + 3 & ~3
        yield mark, packet


def layers(packet):
    """(source, destination, protocol, transport bytes) of an IP packet."""
    if packet[0] >> 4 == 6:
        return packet[8:24], packet[24:40], packet[6], packet[40:]
    head = (packet[0] & 15) * 4
    size = struct.unpack_from(">H", packet, 2)[0]
    return packet[12:16], packet[16:20], packet[9], packet[head:size]


def packets(path):
    """Payload packets by flow, in order; repeated TCP segments once."""
    flows, repeated = {}, set()
    for mark, packet in nflog(path):
        src, dst, proto, rest = layers(packet)
        if proto not in (6, 17):
            continue
        ports = struct.unpack_from(">HH", rest)
        head = 8 if proto == 17 else (rest[12] >> 4) * 4
        if len(rest) <= head:
            continue
        ends = ((str(ipaddress.ip_address(src)), ports[0]),
                (str(ipaddress.ip_address(dst)), ports[1]))
        seq = struct.unpack_from(">I", rest, 4)[0] if proto == 6 else None
        if proto == 6:
            if (ends, seq) in repeated:
                continue
            repeated.add((ends, seq))
        key = ("tcp" if proto == 6 else "udp",) + tuple(sorted(ends))
        flows.setdefault(key, []).append(
            Seen(ends[0], ends[1], mark, len(rest) - head, seq))
    return flows


def key_of(flow):
    """As in packets()."""
    return (flow["proto"],) + tuple(sorted(
        (flow[side]["addr"], flow[side]["port"])
        for side in ("client", "server")))


def states(expect):
    """The state bytes, done bit aside, that the finished flow may have."""
    return {GRADE_BITS[grade] | CLASSES.index(kind)
            if grade != "none" else 0
            for grade in expect.get("grade", GRADE_BITS)
            for kind in expect.get("class", CLASSES)}


def check(expect, seen, options):
    """Yield what is wrong with the marks of one flow."""
    mask = 0xFF << options.shift
    wanted = {0} if options.off else states(expect)
    decided = expect.get("decided_at")
    for number, packet in enumerate(seen, 1):
        state = (packet.mark & mask) >> options.shift & ~DONE
        what = "packet %d of %d (%d bytes): mark 0x%08x" % (
            number, len(seen), packet.size, packet.mark)
        if packet.mark & ~mask & 0xFFFFFFFF != options.rest & ~mask:
            yield "%s: other bits changed" % what
        if options.off or wanted == {0}:
            if packet.mark & mask:
                yield "%s: a state byte" % what
        elif decided and number >= decided and state not in wanted:
            yield "%s: state 0x%02x, want %s" % (
                what, state, " or ".join("0x%02x" % w for w in sorted(wanted)))
        elif decided and number < decided and state in wanted:
            yield "%s: before the proof" % what


def kind_of(expect):
    """Under which heading a flow is reported."""
    if not expect.get("decided_at"):
        return "none" if states(expect) == {0} else None
    return "%s %s" % ("/".join(expect["class"]), "/".join(expect["grade"]))


def main():
    """All flows of all expectations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture")
    parser.add_argument("expectations", nargs="+")
    parser.add_argument("--shift", type=int, default=24)
    parser.add_argument("--rest", type=lambda text: int(text, 0), default=0)
    parser.add_argument("--off", action="store_true")
    options = parser.parse_args()
    table = packets(options.capture)
    counts, wrong = {}, {}
    for path in options.expectations:
        with open(path, encoding="utf-8") as file:
            plan = json.load(file)
        for flow in plan["flows"]:
            kind = kind_of(flow["expect"])
            seen = table.get(key_of(flow), [])
            if kind is None or not seen:
                continue
            counts[kind] = counts.get(kind, 0) + 1
            for text in check(flow["expect"], seen, options):
                wrong.setdefault(kind, []).append(
                    "%s/%s: %s" % (plan["scenario"], flow["name"], text))
    for kind, count in sorted(counts.items()):
        bad = wrong.get(kind, [])
        if options.off:
            claim = "no mark is touched"
        elif kind == "none":
            claim = "never a state byte"
        else:
            claim = "the state byte is there from the completing packet on"
        print("%sok - %s, %d flows: %s" % ("not " if bad else "", kind, count,
                                           claim))
        for line in bad[:20]:
            print("# " + line)
    return 1 if wrong or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
