#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""ethernet.py IN OUT: a capture's IP packets as whole Ethernet frames, to replay.

Reads pcap and pcapng of any of the link types below; writes pcap. VLAN tags go,
packets cut short by the snap length are filled with zeros and IPv4 header
checksums are put right, so that a kernel takes each packet it is given. Times
and order stay. Prints how many packets were written.
"""

import struct
import sys

IP = (0x0800, 0x86dd)
VLAN = (0x8100, 0x88a8, 0x9100)
HEADER = bytes.fromhex("020000000001020000000002")


def pcap(data):
    """Yield (link type, seconds, bytes) of a pcap file."""
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    unit = 1e9 if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e6
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xffff
    place = 24
    while place + 16 <= len(data):
        whole, part, length, _ = struct.unpack_from(order + "IIII", data, place)
        place += 16
        if place + length > len(data):
            return
        yield link, whole + part / unit, data[place:place + length]
        place += length


def resolution(options, order):
    """Ticks a second, from the options of an interface block."""
    while len(options) >= 4:
        code, length = struct.unpack_from(order + "HH", options)
        if code == 9:
            tick = options[4]
            return 2.0 ** (tick & 0x7f) if tick & 0x80 else 10.0 ** tick
        if code == 0:
            break
        options = options[4 + (length + 3 & ~3):]
    return 1e6


def pcapng(data):
    """Yield (link type, seconds, bytes) of a pcapng file."""
    order, links, place = "<", [], 0
    while place + 12 <= len(data):
        if data[place:place + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[place + 8:place + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        kind, length = struct.unpack_from(order + "II", data, place)
        if length < 12 or place + length > len(data):
            return
        body = data[place + 8:place + length - 4]
        if kind == 1:
            links.append((struct.unpack_from(order + "H", body)[0],
                          resolution(body[8:], order)))
        elif kind == 6:
            number, high, low, size = struct.unpack_from(order + "IIII", body)
            link, unit = links[number]
            yield link, (high << 32 | low) / unit, body[20:20 + size]
        elif kind == 3 and links:
            yield links[0][0], 0.0, body[4:]
        place += length


def guess(packet):
    """An IP packet without a link header: its type by its version."""
    return (IP[packet[0] >> 4 == 6], packet) if packet else (0, b"")


def untag(kind, packet):
    """Behind VLAN tags."""
    while kind in VLAN and len(packet) >= 4:
        kind, packet = struct.unpack_from(">H", packet, 2)[0], packet[4:]
    return kind, packet


def network(link, frame):
    """(Ethernet type, IP packet) of a frame, or (0, b'')."""
    if link == 1 and len(frame) >= 14:
        return untag(struct.unpack_from(">H", frame, 12)[0], frame[14:])
    if link == 113 and len(frame) >= 16:
        return untag(struct.unpack_from(">H", frame, 14)[0], frame[16:])
    if link == 276 and len(frame) >= 20:
        return untag(struct.unpack_from(">H", frame)[0], frame[20:])
    if link in (12, 14, 101, 228, 229):
        return guess(frame)
    if link in (0, 108) and len(frame) >= 4:
        return guess(frame[4:])
    return 0, b""


def whole(kind, packet):
    """The packet at the length its header claims, with a right header."""
    if kind == 0x0800 and len(packet) >= 20 and packet[0] >> 4 == 4:
        size = struct.unpack_from(">H", packet, 2)[0] or len(packet)
        head = (packet[0] & 15) * 4
        if head < 20 or head > len(packet) or size < head:
            return b""
        packet = bytearray(packet[:size].ljust(size, b"\0"))
        struct.pack_into(">H", packet, 2, size)
        struct.pack_into(">H", packet, 10, 0)
        total = sum(struct.unpack(">%dH" % (head // 2), packet[:head]))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        struct.pack_into(">H", packet, 10, ~total & 0xffff)
        return bytes(packet)
    if kind == 0x86dd and len(packet) >= 40 and packet[0] >> 4 == 6:
        size = 40 + struct.unpack_from(">H", packet, 4)[0]
        return packet[:size].ljust(size, b"\0")
    return b""


def convert(source, target):
    """Convert one file; returns the number of packets and the seconds they span."""
    with open(source, "rb") as file:
        data = file.read()
    reader = pcapng if data[:4] == b"\x0a\x0d\x0d\x0a" else pcap
    times = []
    with open(target, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for link, time, frame in reader(data):
            kind, packet = network(link, frame)
            packet = whole(kind, packet)
            if not packet:
                continue
            frame = HEADER + struct.pack(">H", kind) + packet
            micro = round(time * 1e6)
            out.write(struct.pack("<IIII", micro // 1000000, micro % 1000000,
                                  len(frame), len(frame)) + frame)
            times.append(time)
    return len(times), max(times, default=0) - min(times, default=0)


if __name__ == "__main__":
    print(convert(*sys.argv[1:3])[0])
