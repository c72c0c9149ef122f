#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The neutral description of a scenario: flows, timed messages, expectations.

Nothing here knows a protocol. A scenario is a list of flows; a flow is a list
of messages; `timeline()` gives every message its time, so that a pcap and a
player on real sockets follow one plan.
"""

import dataclasses
import ipaddress
import random

UNSET = object()                # an expectation that signatures.md leaves open


@dataclasses.dataclass
class Message:
    """One payload. `sender` is 'client' or 'server' of its flow."""

    sender: str
    what: str                           # name in signatures.md, or a word
    data: bytes
    delay: float = 0.0                  # seconds after the message before it
    tags: dict = dataclasses.field(default_factory=dict)    # for the oracle
    after: tuple = None                 # (flow name, n): not before that one
    public_at: int = None               # here stands the client's IPv4 address
                                        # as the sender of this message sees it
    realtime: bool = False              # pace matters: never sped up


@dataclasses.dataclass
class Expect:
    """What section 5 of signatures.md says about one flow.

    Lists name the values that are right; None or UNSET asserts nothing.
    reasons must all be there, of `any_of` at least one; others only if in
    `optional` (or `open_reasons`).
    """

    cls: list = None
    grade: list = None
    reasons: set = dataclasses.field(default_factory=set)
    any_of: set = dataclasses.field(default_factory=set)
    optional: set = dataclasses.field(default_factory=set)
    open_reasons: bool = False
    version: list = None
    decided_at: object = UNSET          # a number, or None for undecided
    decided_max: int = None
    note: str = ""

    def as_dict(self):
        """For JSON: a key that is missing is not asserted."""
        out = {}
        if self.cls is not None:
            out["class"] = self.cls
        if self.grade is not None:
            out["grade"] = self.grade
        if not self.open_reasons:
            out["reasons"] = sorted(self.reasons)
            out["any_of"] = sorted(self.any_of)
            out["optional"] = sorted(self.optional)
        elif self.reasons:
            out["reasons"] = sorted(self.reasons)
        if self.version is not None:
            out["version"] = self.version
        if self.decided_at is not UNSET:
            out["decided_at"] = self.decided_at
        if self.decided_max is not None:
            out["decided_max"] = self.decided_max
        if self.note:
            out["note"] = self.note
        return out


NOTHING = ["none"]


def nothing(note=""):
    """The expectation of a flow that must not be recognised."""
    return Expect(cls=NOTHING, grade=NOTHING, open_reasons=True,
                  decided_at=UNSET, note=note)


def at_most_suspect(note=""):
    """A flow that may look like Skype, but must never be acted on."""
    return Expect(grade=["none", "suspect"], open_reasons=True, note=note)


@dataclasses.dataclass
class Flow:
    """One UDP or TCP flow. `inside` is the side behind the gateway."""

    name: str
    proto: str                          # 'udp' or 'tcp'
    client: tuple                       # (address, port): who opens it
    server: tuple
    inside: str = "client"
    start: float = 0.05                 # seconds after `after`, or absolute
    after: object = None                # a flow's name (when it has ended) or
                                        # (name, n) (when message n has passed)
    messages: list = dataclasses.field(default_factory=list)
    close: str = "server"               # 'client', 'server', 'rst' or None
    close_delay: float = 0.05
    expect: Expect = None               # None: the UDP oracle writes it
    role: str = ""                      # 'probe', 'supernode', 'login', ...
    dead: bool = False                  # TCP: nobody listens, SYN unanswered
    early: bytes = b""                  # pcap: data in the SYN|ACK, not taken
    rtt: float = 0.04
    t4: int = None                      # the number of T4, where there is one
    attempt: tuple = None               # (node's number, way), see fallback.py

    def add(self, sender, what, data, delay=0.002, **options):
        """Append a message; unknown options become tags for the oracle."""
        known = {k: options.pop(k) for k in
                 ("after", "public_at", "realtime") if k in options}
        self.messages.append(
            Message(sender, what, data, delay, options, **known))
        return self.messages[-1]

    def c(self, what, data, delay=0.002, **options):
        """A message of the client."""
        return self.add("client", what, data, delay, **options)

    def s(self, what, data, delay=0.002, **options):
        """A message of the server."""
        return self.add("server", what, data, delay, **options)


class Net:
    """Addresses: inside hosts count up, outside ones are drawn."""

    def __init__(self, rng, client="192.0.2.7", servers="198.51.100.0/24",
                 public=None):
        self.rng = rng
        self.first = ipaddress.ip_address(client)
        self.public = public
        self.network = ipaddress.ip_network(servers)
        self.used = set()
        self.ports = set()

    @property
    def v6(self):
        """True when the flows are IPv6 (then no NACK can exist)."""
        return self.network.version == 6

    def inside(self, index=0):
        """The index-th host behind the gateway."""
        return str(self.first + index)

    def public_of(self, address):
        """What an outside host sees of an inside one in a pcap."""
        return self.public or address

    def outside(self):
        """A fresh address outside."""
        while True:
            span = min(self.network.num_addresses - 2, 0xFFFE)
            number = self.rng.randrange(1, span + 1)
            if number not in self.used:
                self.used.add(number)
                return str(self.network.network_address + number)
            if len(self.used) >= span:
                raise ValueError("out of addresses in %s" % self.network)

    def port(self, low=1025, high=32768):
        """A fresh port; below what kernels use for themselves."""
        while True:
            port = self.rng.randrange(low, high)
            if port not in self.ports and port not in TAKEN:
                self.ports.add(port)
                return port


# Ports that other programs or the ordinary scenario speak on.
TAKEN = {1194, 1433, 1812, 1813, 1900, 3128, 3306, 3478, 4500, 4569, 5004,
         5060, 5061, 5353, 6881, 8080, 27015, 33033, 35990}


@dataclasses.dataclass
class Event:
    """One message at its time on the wire, at the gateway."""

    time: float
    flow: Flow
    n: int                              # from 1
    message: Message


class Scenario:
    """Flows, what they should be taken for, and what that adds up to."""

    def __init__(self, name, seed=1, **net):
        self.name = name
        self.seed = seed
        self.rng = random.Random("%s/%s" % (name, seed))
        self.net = Net(self.rng, **net)
        self.flows = []
        self.endpoints = []             # the oracle adds grades
        self.unproven = []              # endpoints of lonely probes
        self.sessions = []
        self.supernodes = []            # nodes that answered positively
        self.pcap_only = False          # its delays are too long to play
        self.v4_only = False            # its messages carry IPv4 addresses

    def flow(self, name, proto, client, server, **options):
        """Add a flow; by default it follows the one added before."""
        if not self.flows and options.get("inside") == "server":
            raise ValueError("the inside must open the first flow")
        if "after" not in options and self.flows:
            options["after"] = self.flows[-1].name
        base = name
        count = 1
        while any(f.name == name for f in self.flows):
            count += 1
            name = "%s-%d" % (base, count)
        options.setdefault("rtt", self.rng.randrange(20, 120) / 1000)
        flow = Flow(name, proto, client, server, **options)
        self.flows.append(flow)
        return flow

    def flow_named(self, name):
        """A flow by its name."""
        return next(f for f in self.flows if f.name == name)

    def timeline(self):
        """Every message with its time, in order of time."""
        return Timeline(self).events


class Timeline:
    """Times from delays, round trips and dependencies."""

    def __init__(self, scenario):
        self.flows = {f.name: f for f in scenario.flows}
        self.known = {}
        self.opened = {}
        self.events = [
            Event(self.at(f, n), f, n, m)
            for f in scenario.flows for n, m in enumerate(f.messages, 1)]
        order = {f.name: i for i, f in enumerate(scenario.flows)}
        self.events.sort(key=lambda e: (e.time, order[e.flow.name], e.n))

    def open_at(self, flow):
        """When the flow's first packet (SYN or datagram) passes."""
        if flow.name not in self.opened:
            self.opened[flow.name] = self.before(flow.after) + flow.start
        return self.opened[flow.name]

    def before(self, after):
        """When the thing that a flow waits for is over."""
        if not after:
            return 0.0
        if isinstance(after, tuple):
            return self.at(self.flows[after[0]], after[1])
        return self.end_at(self.flows[after])

    def end_at(self, flow):
        """When the flow's last packet passes."""
        if flow.dead:
            return self.open_at(flow) + 9.0
        last = self.at(flow, len(flow.messages))
        if flow.proto == "tcp" and flow.close:
            last += flow.close_delay + flow.rtt
        return last

    def at(self, flow, number):
        """When message `number` passes; 0 is the end of the opening."""
        handshake = flow.rtt if flow.proto == "tcp" else 0.0
        times = self.known.get(flow.name)
        if times is None:
            times = self.known[flow.name] = [self.open_at(flow) + handshake]
        while len(times) <= number:
            times.append(self.following(flow, len(times), times[-1]))
        return times[number]

    def following(self, flow, number, time):
        """The time of message `number`, the one before it being at `time`."""
        message = flow.messages[number - 1]
        time += message.delay
        if not message.realtime and self.turns(flow, number):
            time += flow.rtt / 2
        if message.after:
            name, other = message.after
            time = max(time, self.at(self.flows[name], other) + 0.001)
        return time

    @staticmethod
    def turns(flow, number):
        """True when this message answers the one before it."""
        before = flow.messages[number - 2].sender if number > 1 else "client"
        return flow.messages[number - 1].sender != before
