#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Many scenarios in one capture, each with hosts of its own.

Time is what a batch makes of it:

    fast    packets follow each other at once: time decides nothing
    pace    as planned, but a silence is never longer than SILENCE: rates count
    hours   as planned, in pieces, between which a long time passes at once
"""

import ipaddress
import itertools

import compare
import pcap
import scenario

STEP = 0.0002                           # seconds between packets in haste
SILENCE = 0.6                           # seconds, longer than voice ever pauses
LONG = 20.0                             # seconds that nobody waits for
CLIENTS = ipaddress.ip_address("10.0.0.1")
SERVERS = ipaddress.ip_network("100.64.0.0/10")
CLIENTS_V6 = ipaddress.ip_address("fd00::1")
SERVERS_V6 = ipaddress.ip_network("2001:db8::/48")


def place(index, v6=False):
    """Eight inside addresses and 254 outside ones of the index-th scenario."""
    client, net, plen = ((CLIENTS_V6, SERVERS_V6, 120) if v6
                         else (CLIENTS, SERVERS, 24))
    base = net.network_address + index * 256
    return {"client": str(client + index * 8), "servers": "%s/%d" % (base, plen)}


def kind_of(sc):
    """How much its time matters."""
    if any(m.realtime for f in sc.flows for m in f.messages):
        return "pace"
    return "hours" if sc.pcap_only else "fast"


class Batch:
    """Scenarios that are played together."""

    def __init__(self, kind):
        self.kind = kind
        self.records = []               # (time, frame)
        self.owners = {}                # key of a flow -> its scenario's name

    def add(self, sc):
        """One more; all begin at the same time."""
        for flow in sc.flows:
            key = compare.key_of({
                "proto": flow.proto,
                "client": dict(zip(("addr", "port"), flow.client)),
                "server": dict(zip(("addr", "port"), flow.server))})
            self.owners[key] = sc.name
        plan = [(packet.time, pcap.frame("ethernet", packet, data))
                for packet, data in pcap.ip_packets(pcap.packets(sc))]
        if self.kind == "fast":         # one after the other
            self.records += plan
        else:
            self.records += squeezed(plan) if self.kind == "pace" else plan
            self.records.sort(key=lambda record: record[0])

    def timed(self):
        """The records at the times at which they are played."""
        if self.kind == "fast":
            return [(number * STEP, data)
                    for number, (_, data) in enumerate(self.records)]
        return self.records

    def write(self, base):
        """Write base.pcap, and its pieces; returns [(first, last, path)],
        in seconds."""
        records = self.timed()
        pcap.write(base + ".pcap", records)
        if self.kind != "hours":
            return [(0.0, 0.0, base + ".pcap")]
        pieces = []
        for part in split(records):
            path = "%s.%d.pcap" % (base, len(pieces))
            pieces.append((part[0][0], part[-1][0], path))
            pcap.write(path, part)
        return pieces


def squeezed(records):
    """The same without long silences."""
    now = before = records[0][0] if records else 0.0
    out = []
    for time, data in records:
        now += min(time - before, SILENCE)
        before = time
        out.append((now, data))
    return out


def split(records):
    """Parts between which there is a long silence."""
    part = []
    for record in records:
        if part and record[0] - part[-1][0] > LONG:
            yield part
            part = []
        part.append(record)
    if part:
        yield part


def batches(names, seeds, together, v6=False):
    """All scenarios for all seeds: yields (kind, [(name, seed)]), where
    `together` says how many seeds of a kind make a batch."""
    kinds = {}
    for name in names:
        try:
            sc = scenario.build(name, 1, **place(0, v6))
        except ValueError:              # it has no IPv6 form
            continue
        kinds.setdefault(kind_of(sc), []).append(name)
    for kind, group in kinds.items():
        for first in range(0, len(seeds), together[kind]):
            some = seeds[first:first + together[kind]]
            yield kind, list(itertools.product(group, some))


def build(kind, pairs, v6=False):
    """The batch of some (name, seed)."""
    batch = Batch(kind)
    for index, (name, seed) in enumerate(pairs):
        batch.add(scenario.build(name, seed, **place(index, v6)))
    return batch
