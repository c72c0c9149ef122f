#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Captures of others, put behind one another so that few replays take them all.

Captures are piled up as long as no two have a flow in common and the pile does
not last longer than an unanswered datagram is remembered. A capture with Skype
in it stands alone, because there the numbers count. Times are those of a replay
in haste, offline and in the kernel alike.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."),
                os.path.join(HERE, "../../userspace/tests")]

import captures                                             # noqa: E402
import compare                                              # noqa: E402
import ethernet                                             # noqa: E402

ALONE = "skype" + os.sep
PACKETS = 20000                         # in one pile
STEP = 0.0002                           # seconds from one to the next
HEAD = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)


class Pile:
    """Captures that are played one after the other."""

    def __init__(self):
        self.names, self.packets, self.owners = [], [], {}

    def takes(self, name, packets, keys):
        """Is there room for one more?"""
        return not self.names or (
            not name.startswith(ALONE) and not self.names[0].startswith(ALONE)
            and len(self.packets) + len(packets) <= PACKETS
            and not any(key in self.owners for key in keys))

    def add(self, name, packets, keys):
        """One more."""
        self.names.append(name)
        self.packets += packets
        self.owners.update(dict.fromkeys(keys, name))



def write(packets, path):
    """A capture of packets that follow one another in haste."""
    with open(path, "wb") as file:
        file.write(HEAD)
        for number, frame in enumerate(packets):
            micro = round((1e9 + number * STEP) * 1e6)
            file.write(struct.pack("<IIII", micro // 1000000, micro % 1000000,
                                   len(frame), len(frame)) + frame)


def frames(path):
    """The IP packets of a capture as whole Ethernet frames."""
    with open(path, "rb") as file:
        data = file.read()
    reader = ethernet.pcapng if data[:4] == b"\x0a\x0d\x0d\x0a" \
        else ethernet.pcap
    for link, _, frame in reader(data):
        kind, packet = ethernet.network(link, frame)
        packet = ethernet.whole(kind, packet)
        if packet:
            yield ethernet.HEADER + struct.pack(">H", kind) + packet


def keys_of(contents):
    """For each capture the keys of its flows."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for packets in contents:
            paths.append(os.path.join(folder, "%d.pcap" % len(paths)))
            write(packets, paths[-1])
        run = subprocess.run(["skypectl", "-j", "classify"] + paths,
                             stdout=subprocess.PIPE, check=True)
    for answer in json.loads(run.stdout)["files"]:
        yield {compare.key_of(flow) for flow in answer["flows"]}


def found_in(folder):
    """All captures under a folder: (name there, path)."""
    for place, _, files in sorted(os.walk(folder)):
        for file in sorted(files):
            if file.endswith((".pcap", ".pcapng", ".cap")):
                path = os.path.join(place, file)
                yield os.path.relpath(path, folder), path


def piles(folder):
    """All captures under a folder, in as few piles as that takes."""
    found = [(name, list(frames(path))) for name, path in found_in(folder)]
    out = []
    for (name, packets), keys in zip(found, keys_of([p for _, p in found])):
        pile = next((p for p in out if p.takes(name, packets, keys)), None)
        if pile is None:
            pile = Pile()
            out.append(pile)
        pile.add(name, packets, keys)
    return out


class Tap(captures.Tap):
    """Lines without a number."""

    def check(self, true, what, found=None):
        print("%sok - in the kernel, %s" % ("" if true else "not ", what))
        if not true and found is not None:
            print("# found: %s" % (found,))


def judge(seen):
    """Hold what the kernel saw of each capture against what is known of it."""
    tap = Tap()
    for name, capture in sorted(seen.items()):
        if name in captures.CHECKS:
            captures.CHECKS[name](tap, capture)
        elif name in captures.NOTHING or not name.startswith(ALONE):
            captures.check_nothing(tap, capture, name)
    for name in list(captures.CHECKS) + captures.NOTHING:
        if name not in seen:
            tap.check(False, "%s is there" % name)
