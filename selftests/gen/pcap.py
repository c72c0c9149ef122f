#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Writes a scenario as a capture file, with the faults that captures have.

Frames are made in three steps, each a plain list: `Packet`s (a scenario's
timeline as IP packets), faults (split, repeat, reorder, fragment), and records
(link header, snap length, pcap or pcapng).
"""

import dataclasses
import ipaddress
import random
import struct

LINK_TYPES = {"ethernet": 1, "raw": 101, "null": 0, "sll": 113, "sll2": 276,
              "vlan": 1, "qinq": 1}
EPOCH = 1156506000.0
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT_MAC = bytes.fromhex("020000000001")
SERVER_MAC = bytes.fromhex("020000000002")


# -- headers -----------------------------------------------------------------

def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_header(src, dst, proto, length, ident=0, offset=0, more=False):
    """An IPv4 or IPv6 header for `length` bytes behind it."""
    src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if src.version == 6:
        return struct.pack("!IHBB", 6 << 28, length, proto, 64) \
            + src.packed + dst.packed
    flags = offset // 8 | (0x2000 if more else 0)
    if not more and not offset:
        flags |= 0x4000
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, ident, flags,
                       64, proto, 0, src.packed, dst.packed)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:]


def l4_checksum(src, dst, proto, segment):
    """The checksum over the pseudo header and the segment."""
    src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if src.version == 6:
        pseudo = src.packed + dst.packed + struct.pack(
            "!IHBB", len(segment), 0, 0, proto)
    else:
        pseudo = src.packed + dst.packed + struct.pack(
            "!BBH", 0, proto, len(segment))
    return checksum(pseudo + segment)


def udp_segment(src, dst, payload):
    """UDP header and payload; src and dst are (address, port)."""
    head = struct.pack("!HHHH", src[1], dst[1], 8 + len(payload), 0)
    value = l4_checksum(src[0], dst[0], 17, head + payload) or 0xFFFF
    return head[:6] + struct.pack("!H", value) + payload


def tcp_segment(src, dst, seq, ack, flags, payload=b"", options=b""):
    """TCP header and payload; src and dst are (address, port)."""
    words = 5 + len(options) // 4
    head = struct.pack("!HHIIBBHHH", src[1], dst[1], seq, ack, words << 4,
                       flags, 29200, 0, 0) + options
    value = l4_checksum(src[0], dst[0], 6, head + payload)
    return head[:16] + struct.pack("!H", value) + head[18:] + payload


# -- scenario to packets -----------------------------------------------------

@dataclasses.dataclass
class Packet:
    """An IP packet in time; payload is the transport's."""

    time: float
    src: tuple
    dst: tuple
    proto: int                          # 6 or 17
    segment: bytes
    payload: int = 0                    # bytes of payload in the segment
    outbound: bool = True               # from the inside


class TcpWriter:
    """Turns one TCP flow's messages into segments with handshake and end."""

    def __init__(self, flow, rng, mss=1460):
        self.flow = flow
        self.mss = mss
        self.seq = {"client": rng.getrandbits(32),
                    "server": rng.getrandbits(32)}
        self.packets = []

    def emit(self, time, sender, flags, payload=b"", options=b""):
        """One segment."""
        other = "server" if sender == "client" else "client"
        src, dst = getattr(self.flow, sender), getattr(self.flow, other)
        ack = self.seq[other] if flags & ACK else 0
        segment = tcp_segment(src, dst, self.seq[sender], ack, flags, payload,
                              options)
        self.packets.append(Packet(time, src, dst, 6, segment, len(payload),
                                   sender == self.flow.inside))
        step = len(payload) + bool(flags & (SYN | FIN))
        self.seq[sender] = (self.seq[sender] + step) & 0xFFFFFFFF

    def open(self, time):
        """SYN, SYN|ACK, ACK; or three SYNs that nobody answers."""
        mss = struct.pack("!BBH", 2, 4, 1460)
        if self.flow.dead:
            for late in (0.0, 3.0, 9.0):
                before = self.seq["client"]
                self.emit(time + late, "client", SYN, options=mss)
                self.seq["client"] = before
            return
        self.emit(time, "client", SYN, options=mss)
        before = self.seq["server"]
        self.emit(time + self.flow.rtt * 0.9, "server", SYN | ACK,
                  self.flow.early, mss)
        self.seq["server"] = (before + 1) & 0xFFFFFFFF
        self.emit(time + self.flow.rtt, "client", ACK)

    def message(self, time, message):
        """One message in segments of MSS; PSH on the last; acknowledged."""
        other = "server" if message.sender == "client" else "client"
        data = message.data
        for at in range(0, len(data), self.mss):
            last = at + self.mss >= len(data)
            self.emit(time, message.sender, ACK | (PSH if last else 0),
                      data[at:at + self.mss])
            time += 0.0001
        self.emit(time, other, ACK)

    def end(self, time):
        """FIN both ways, or one RST."""
        if self.flow.close == "rst":
            self.emit(time, "server", RST | ACK)
            return
        first = self.flow.close
        other = "server" if first == "client" else "client"
        self.emit(time, first, FIN | ACK)
        self.emit(time + self.flow.rtt / 2, other, FIN | ACK)
        self.emit(time + self.flow.rtt, first, ACK)


def packets(scenario, mss=1460):
    """All packets of a scenario, in order of time."""
    from model import Timeline
    line = Timeline(scenario)
    out = []
    writers = {}
    for flow in scenario.flows:
        if flow.proto == "tcp":
            rng = random.Random("%s/%s" % (scenario.seed, flow.name))
            writers[flow.name] = TcpWriter(flow, rng, mss)
            writers[flow.name].open(line.open_at(flow))
    for event in line.events:
        flow, message = event.flow, event.message
        if flow.proto == "tcp":
            writers[flow.name].message(event.time, message)
            continue
        other = "server" if message.sender == "client" else "client"
        src, dst = getattr(flow, message.sender), getattr(flow, other)
        out.append(Packet(event.time, src, dst, 17,
                          udp_segment(src, dst, message.data),
                          len(message.data), message.sender == flow.inside))
    for writer in writers.values():
        flow = writer.flow
        if flow.close and not flow.dead:
            writer.end(line.end_at(flow) - flow.rtt)
        out += writer.packets
    out.sort(key=lambda p: p.time)
    return out


# -- faults ------------------------------------------------------------------

def retransmit(plan, rng, share):
    """Repeat some TCP segments with payload a little later."""
    out = list(plan)
    for packet in plan:
        if packet.proto == 6 and packet.payload and rng.random() < share:
            out.append(dataclasses.replace(packet, time=packet.time + 0.0002))
    return sorted(out, key=lambda p: p.time)


def reorder(plan, rng, share):
    """Swap some packets with their successor (the times stay in order)."""
    out = list(plan)
    for i in range(len(out) - 1):
        if rng.random() < share:
            one, two = out[i], out[i + 1]
            out[i] = dataclasses.replace(two, time=one.time)
            out[i + 1] = dataclasses.replace(one, time=two.time)
    return out


def ip_packets(plan, fragment=0):
    """IP headers; IPv4 packets above `fragment` bytes go out in pieces."""
    for number, packet in enumerate(plan):
        data = packet.segment
        v6 = ":" in packet.src[0]
        if not fragment or len(data) <= fragment or v6:
            yield packet, ip_header(packet.src[0], packet.dst[0], packet.proto,
                                    len(data), number & 0xFFFF) + data
            continue
        step = fragment & ~7
        for at in range(0, len(data), step):
            piece = data[at:at + step]
            more = at + step < len(data)
            yield packet, ip_header(packet.src[0], packet.dst[0], packet.proto,
                                    len(piece), number & 0xFFFF, at,
                                    more) + piece


# -- frames and files --------------------------------------------------------

def frame(link, packet, data):
    """The link header of one frame, in front of the IP packet."""
    v6 = data[0] >> 4 == 6
    ethertype = struct.pack("!H", 0x86DD if v6 else 0x0800)
    macs = (SERVER_MAC + CLIENT_MAC if packet.outbound
            else CLIENT_MAC + SERVER_MAC)
    kind = 4 if packet.outbound else 0
    if link == "ethernet":
        head = macs + ethertype
        return (head + data).ljust(60, b"\0")
    if link == "vlan":
        return (macs + struct.pack("!HH", 0x8100, 7) + ethertype + data)
    if link == "qinq":
        return macs + struct.pack("!HHHH", 0x88A8, 100, 0x8100, 7) \
            + ethertype + data
    if link == "null":
        # 30 is Darwin's AF_INET6, one of the three that the format knows
        return struct.pack("<I", 30 if v6 else 2) + data
    if link == "sll":
        return struct.pack("!HHH6sH", kind, 1, 6, CLIENT_MAC, 0) \
            + ethertype + data
    if link == "sll2":
        return ethertype + struct.pack("!HIHBB6sH", 0, 2, 1, kind, 6,
                                       CLIENT_MAC, 0) + data
    return data                         # raw


def block(kind, body):
    """A pcapng block."""
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body \
        + struct.pack("<I", len(body) + 12)


def write(path, records, link="ethernet", snaplen=65535, ng=False):
    """records: (time, frame). Writes pcap or pcapng."""
    linktype = LINK_TYPES[link]
    with open(path, "wb") as file:
        if ng:
            file.write(block(0x0A0D0D0A, struct.pack(
                "<IHHq", 0x1A2B3C4D, 1, 0, -1)))
            file.write(block(1, struct.pack("<HHI", linktype, 0, snaplen)))
        else:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0,
                                   snaplen, linktype))
        for time, data in records:
            kept = data[:snaplen]
            micro = int(round((EPOCH + time) * 1000000))
            if ng:
                file.write(block(6, struct.pack(
                    "<IIIII", 0, micro >> 32, micro & 0xFFFFFFFF, len(kept),
                    len(data)) + kept))
            else:
                file.write(struct.pack("<IIII", micro // 1000000,
                                       micro % 1000000, len(kept),
                                       len(data)) + kept)


def write_scenario(scenario, path, link="ethernet", ng=False, snaplen=65535,
                   mss=1460, retransmitted=0.0, reordered=0.0, fragment=0):
    """A scenario as a capture file; returns the number of frames."""
    rng = random.Random("faults/%s" % scenario.seed)
    plan = packets(scenario, mss)
    if retransmitted:
        plan = retransmit(plan, rng, retransmitted)
    if reordered:
        plan = reorder(plan, rng, reordered)
    records = [(packet.time, frame(link, packet, data))
               for packet, data in ip_packets(plan, fragment)]
    write(path, records, link, snaplen, ng)
    return len(records)
