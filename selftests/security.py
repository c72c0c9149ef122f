#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What security.sh and permissions.sh need bytes for, without a library.

    security.py commands            each command of the netlink family once, and
                                    listening: "NAME yes", "NAME no" (not
                                    permitted) or "NAME" and another error
    security.py replies [N]         all replies, twice, N times if they must:
                                    equal bytes, no address of the kernel, nothing
                                    that was not written; TAP without numbers
    security.py listen              "ready"; then, when no more events come,
                                    "heard=FLOWS overruns=N seconds=N"
    security.py forge SPEC...       send packets that their source never sent:
                                    udp,FROM:PORT,TO:PORT,HEX
                                    tcp,FROM:PORT,TO:PORT,FLAGS,SEQ,ACK,HEX
                                    icmp,FROM,TO,CODE,PROTO,FROM:PORT,TO:PORT,HEX
    security.py flood u1|syn N TO:PORT [FILE MAC]
                                    so many requests from as many addresses; or a
                                    capture of them for tcpreplay, to this MAC

What is forged has the IP id 0xbeef, to be counted by.
"""

import errno
import ipaddress
import os
import random
import re
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
HEADER = os.path.join(HERE, "../include/uapi/linux/nf_skype.h")

NETLINK_GENERIC, SOL_NETLINK, ADD_MEMBERSHIP = 16, 270, 1
EXT_ACK, GENL_ID_CTRL, GETFAMILY = 11, 16, 3
REQUEST, ACK, DUMP = 1, 4, 0x300
ERROR, DONE = 2, 3
NESTED, TYPE = 0x8000, 0x3fff
CTRL_ID, CTRL_NAME, CTRL_GROUPS, GROUP_NAME, GROUP_ID = 1, 2, 7, 1, 2
POLICY, MODE, EVENT = 3, 1, 9


def attribute(kind, data):
    """An attribute with its padding."""
    return (struct.pack("HH", 4 + len(data), kind) + data
            + b"\0" * (-len(data) % 4))


def attributes(data):
    """Yield (type, value, padding) of a run of attributes."""
    while len(data) >= 4:
        size, kind = struct.unpack_from("HH", data)
        if not 4 <= size <= len(data):
            raise ValueError("attribute of %d in %d bytes" % (size, len(data)))
        end = size + -size % 4
        yield kind, data[4:size], data[size:end]
        data = data[end:]
    if data:
        raise ValueError("%d bytes behind the last attribute" % len(data))


def commands():
    """(name, number, is a dump) of every request, as the header has them."""
    with open(HEADER, encoding="ascii") as file:
        body = re.search(r"enum nf_skype_cmd \{(.*?)\}", file.read(), re.S)[1]
    words = re.findall(r"^\tNF_SKYPE_CMD_(\w+),(?:\s*/\* (\w+))?", body, re.M)
    return [(name, number, kind == "dump")
            for number, (name, kind) in enumerate(words)
            if kind in ("do", "dump")]


class Netlink:
    """A socket that speaks to the family."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        self.sock.settimeout(10)
        self.sequence = 0
        reply = self.ask(GENL_ID_CTRL, GETFAMILY,
                         attribute(CTRL_NAME, b"nf_skype\0"))[0]
        if not reply:
            sys.exit("security.py: nf_skype is not loaded")
        for kind, value, _ in attributes(reply[0][20:]):
            if kind == CTRL_ID:
                self.family = struct.unpack("H", value)[0]
            elif kind & TYPE == CTRL_GROUPS:
                for _, group, _ in attributes(value):
                    found = {k: v for k, v, _ in attributes(group)}
                    self.group = struct.unpack("I", found[GROUP_ID])[0]

    def message(self, family, command, data=b"", flags=ACK):
        """A request."""
        self.sequence += 1
        return struct.pack("IHHIIBBH", 20 + len(data), family, REQUEST | flags,
                           self.sequence, 0, command, 1, 0) + data

    def ask(self, family, command, data=b"", flags=ACK):
        """Returns (messages, error number); errors are messages, too."""
        self.sock.send(self.message(family, command, data, flags))
        messages = []
        while True:
            block = self.sock.recv(1 << 17)
            while block:
                size, kind, _, sequence = struct.unpack_from("IHHI", block)
                one, block = block[:size], block[size + -size % 4:]
                if sequence != self.sequence:
                    continue
                messages.append(one)
                if kind in (ERROR, DONE):
                    code = struct.unpack_from("i", one, 16)[0] \
                        if size >= 20 else 0
                    return messages, -code

    def command(self, number, dump, data=b""):
        """A command of the module."""
        return self.ask(self.family, number, data, DUMP if dump else ACK)

    def join(self):
        """Listen to events; returns the error number."""
        try:
            self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, self.group)
        except OSError as error:
            return error.errno
        return 0


def answer(code):
    """As the table has it."""
    if code in (errno.EPERM, errno.EACCES):
        return "no"
    return errno.errorcode.get(code, str(code)) if code else "yes"


def verb_commands():
    """Every command with the least that it takes."""
    netlink = Netlink()
    for name, number, dump in commands():
        data = attribute(POLICY | NESTED, b"") if name == "POLICY_SET" else b""
        print(name, answer(netlink.command(number, dump, data)[1]))
    print("events", answer(netlink.join()))


# -- replies ------------------------------------------------------------------

def stir(byte):
    """Leave memory of all sizes behind that is full of a byte."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    for size in list(range(16, 4096, 48)) + [8000, 16000, 32000] * 4:
        ours.send(bytes([byte]) * size)
        theirs.recv(size)
    ours.close()
    theirs.close()


def collect(netlink):
    """All replies by name: what it reads, and what it refuses."""
    found = {}
    for name, number, dump in commands():
        if name.endswith("_GET"):
            found[name] = netlink.command(number, dump)[0]
    numbers = {name: number for name, number, _ in commands()}
    for name, kind, data in (
            ("POLICY_SET", POLICY, b"\1"), ("POLICY_SET", 0x3ff, b"abc"),
            ("ENABLE", MODE, b"\7"), ("ENABLE", MODE, b""),
            ("FLOW_GET", 12, b"12345"), ("STATUS_GET", MODE, b"\1")):
        what = "refusal of %s with %d: %s" % (name, kind, data.hex())
        data = attribute(kind, data)
        messages, code = netlink.command(numbers[name], name == "FLOW_GET", data)
        if not code:
            print("not ok - %s takes attribute %d" % (name, kind))
        found[what] = messages
    return {name: [bare(message) for message in messages]
            for name, messages in found.items()}


def bare(message):
    """Without port and sequence number, which are new each time."""
    kind = struct.unpack_from("H", message, 4)[0]
    if kind == ERROR:                   # the request's header is in it
        return message[:8] + message[16:28] + message[36:]
    return message[:8] + message[16:]


def leaves(data):
    """(value, padding) of every attribute that is no nest."""
    for kind, value, padding in attributes(data):
        if kind & NESTED:
            yield from leaves(value)
        else:
            yield value, padding


def complaints(message):
    """What is wrong with the bytes of a reply (its header is cut)."""
    kind = struct.unpack_from("H", message, 4)[0]
    body = message[8:]
    # little endian, at any place: 0xffff8... to 0xffffffff........
    for at in range(len(body) - 7):
        word = struct.unpack_from("<Q", body, at)[0]
        if 0xffff800000000000 <= word < 0xffffffffffffffff:
            yield "%#x at %d" % (word, at)
    # what the debug kernels leave in memory, and what stir() did
    for byte in (b"\x5a", b"\x6b", b"\xaa", b"\xa5", b"\xc3"):
        if byte * 3 in body:
            yield "three times %s" % byte.hex()
    if kind in (ERROR, DONE):
        return
    for _, padding in leaves(body[4:]):
        if padding.strip(b"\0"):
            yield "padding %s" % padding.hex()


def verb_replies(tries="6"):
    """Twice the same, and nothing in it that was not put there."""
    netlink = Netlink()
    before = {}
    for number in range(int(tries)):
        stir((0xa5, 0xc3)[number % 2])
        now = collect(netlink)
        if now == before:
            break
        before = now
    for name, messages in sorted(now.items()):
        same = messages == before.get(name)
        print("%s - %s: %d messages, the same again" % (
            "ok" if same and messages else "not ok", name, len(messages)))
    wrong = ["%s: %s" % (name, what) for name, messages in now.items()
             for message in messages for what in complaints(message)]
    print("%s - no address of the kernel, and no byte that was not written"
          % ("not ok" if wrong else "ok"))
    for what in wrong[:20]:
        print("#", what)
    size = sum(len(m) for messages in now.values() for m in messages)
    print("# %d bytes in %d messages" % (
        size, sum(len(messages) for messages in now.values())))


# -- events -------------------------------------------------------------------

def verb_listen():
    """Count events until nothing has come for 10 seconds after the first."""
    ear = Netlink()
    ear.sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)     # SO_RCVBUFFORCE
    if ear.join():
        sys.exit("security.py: cannot listen")
    print("ready", flush=True)
    ear.sock.settimeout(30)
    heard, overruns, first, last = 0, 0, 0, 0
    try:
        while True:
            block = ear.sock.recv(1 << 17)
            name = dict((k, v) for k, v, _ in attributes(block[20:]))[EVENT]
            last = time.monotonic()
            first = first or last
            ear.sock.settimeout(10)
            overruns += name == b"overrun\0"
            heard += name == b"flow\0"
    except OSError:
        pass
    print("heard=%d overruns=%d seconds=%d" % (heard, overruns, last - first))


# -- packets ------------------------------------------------------------------

def checksum(data):
    """The Internet's."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(source, target, proto, body):
    """An IPv4 packet; the kernel fills in the rest of the header."""
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0xbeef, 0, 64,
                       proto, 0, socket.inet_aton(source),
                       socket.inet_aton(target)) + body


def transport(source, target, proto, header, at, data):
    """Header and data with the checksum at its place."""
    body = header + data
    pseudo = (socket.inet_aton(source) + socket.inet_aton(target)
              + struct.pack("!HH", proto, len(body)))
    value = struct.pack("!H", checksum(pseudo + body) or 0xffff)
    return body[:at] + value + body[at + 2:]


def end_of(text):
    """(address, port)"""
    address, port = text.rsplit(":", 1)
    return address, int(port)


def udp(source, target, data):
    """A datagram."""
    (a, p), (b, q) = end_of(source), end_of(target)
    header = struct.pack("!HHHH", p, q, 8 + len(data), 0)
    return a, b, 17, transport(a, b, 17, header, 6, data)


def tcp(source, target, flags, seq, ack, data):
    """A segment; flags as in "RA"."""
    (a, p), (b, q) = end_of(source), end_of(target)
    bits = sum(1 << "FSRPA".index(flag) for flag in flags)
    header = struct.pack("!HHIIBBHHH", p, q, seq & 0xffffffff,
                         ack & 0xffffffff, 0x50, bits, 8192, 0, 0)
    return a, b, 6, transport(a, b, 6, header, 16, data)


def icmp(source, target, code, inner):
    """Destination unreachable, quoting a packet."""
    quoted = ip(*inner)
    quoted = quoted[:10] + struct.pack("!H", checksum(quoted[:20])) + quoted[12:]
    body = struct.pack("!BBHI", 3, code, 0, 0) + quoted
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    return source, target, 1, body


def parse(spec):
    """A packet as the command line has it."""
    kind, *words = spec.split(",")
    if kind == "udp":
        return udp(words[0], words[1], bytes.fromhex(words[2]))
    if kind == "tcp":
        return tcp(words[0], words[1], words[2], int(words[3], 0),
                   int(words[4], 0), bytes.fromhex(words[5]))
    inner = udp(words[4], words[5], bytes.fromhex(words[6])) \
        if words[3] == "udp" else \
        tcp(words[4], words[5], "PA", 1, 1, bytes.fromhex(words[6]))
    return icmp(words[0], words[1], int(words[2]), inner)


def raw_socket():
    """Takes whole packets."""
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def verb_forge(*specs):
    """Packets, one after the other."""
    sock = raw_socket()
    for spec in specs:
        packet = parse(spec)
        sock.sendto(ip(*packet), (packet[1], 0))


def requests(kind, count, target):
    """Each from an address of its own (10.64.0.0/10) with an id of its own."""
    rng = random.Random(1)
    first = int(ipaddress.ip_address("10.64.0.1"))
    for number in range(count):
        source = "%s:%d" % (ipaddress.ip_address(first + number),
                            rng.randrange(1025, 65536))
        if kind == "u1":
            data = bytearray(rng.randrange(1, 256) for _ in range(18))
            data[2] = 2
            yield udp(source, target, bytes(data))
        else:
            yield tcp(source, target, "S", rng.getrandbits(32), 0, b"")


def verb_flood(kind, count, target, path=None, mac=None):
    """Send them, or write them down."""
    packets = requests(kind, int(count), target)
    if not path:
        sock = raw_socket()
        for packet in packets:
            sock.sendto(ip(*packet), (packet[1], 0))
        return
    ethernet = bytes.fromhex(mac.replace(":", "")) + b"\2\0\0\0\0\1\x08\0"
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for packet in packets:
            data = bytearray(ethernet + ip(*packet))
            data[16:18] = struct.pack("!H", len(data) - 14)
            data[24:26] = struct.pack("!H", checksum(bytes(data[14:34])))
            file.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)


def main():
    """One verb."""
    if len(sys.argv) < 2 or "verb_" + sys.argv[1] not in globals():
        sys.exit(__doc__)
    globals()["verb_" + sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
