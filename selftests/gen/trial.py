#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Plays scenarios through the gateway and holds its verdicts against them.

    trial.py [--seed N] [--v6] [--speed X] [--together N] [--keep FOLDER]
             [--no-verdicts] [SCENARIO...]

For namespaces client, gw and server as lib.sh makes them, with the module
enabled in gw. Scenarios are played two at a time, by hosts of their own, and
the gateway forgets everything before the next two. Prints a line of TAP for
each, without a number, and what differs. FOLDER gets the expectations as they
were played, a file each. --no-verdicts: only that every flow goes through.
"""

import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import compare                                              # noqa: E402
import describe                                             # noqa: E402
import play                                                 # noqa: E402
import scenario                                             # noqa: E402

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
# Inside hosts and outside prefix of the scenarios that are played together.
PLACES = (("10.1.0.2", "198.51.100.0/24"), ("10.1.0.6", "192.0.2.0/24"))
PLACES_V6 = (("2001:db8:1::2", "2001:db8:100::/65"),
             ("2001:db8:1::6", "2001:db8:100:0:8000::/65"))
SLOW = 5.0                              # seconds, worth a word
OBJECTS = ("flow", "endpoint", "session", "supernode")


def enter(name):
    """Go into a network namespace, and die with whoever started us."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with open("/run/netns/" + name, encoding="ascii") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + name)


class Child:
    """One side of a scenario, in a process and a namespace of its own."""

    def __init__(self, side, sc, **options):
        reader, writer = os.pipe()
        wait, self.begin = os.pipe()

        def hold():
            if side == "client":
                print("ready", flush=True)
            os.read(wait, 1)

        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            os.close(reader)
            os.dup2(writer, 1)
            status = 2
            try:
                enter(side)
                status = play.play(side, sc, hold=hold, **options) or 0
            finally:
                sys.stdout.flush()
                os._exit(status)
        os.close(writer)
        os.close(wait)
        self.out = os.fdopen(reader, encoding="utf-8")

    def ready(self):
        """True when all its sockets are bound."""
        return self.out.readline().strip() == "ready"

    def go(self):
        """Both sides are ready."""
        os.write(self.begin, b"!")
        os.close(self.begin)

    def result(self):
        """What is left of its words, as JSON; None when there is none."""
        words = self.out.read()
        os.waitpid(self.pid, 0)
        return json.loads(words) if words.strip() else None

    def stop(self):
        """A server's end."""
        os.kill(self.pid, signal.SIGTERM)
        return self.result()


def skypectl(*words):
    """The gateway's answer."""
    run = subprocess.run(("skypectl", "-N", "gw", "-j") + words,
                         stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)


def forget():
    """Let the gateway forget all connections and hosts."""
    subprocess.run(("nsenter", "--net=/run/netns/gw", "conntrack", "-F"),
                   stderr=subprocess.DEVNULL, check=True)
    for name in OBJECTS[1:]:
        skypectl(name, "flush")


def is_of(entry, hosts):
    """Is a host of this scenario in a flow, endpoint, session or super node?"""
    ends = [entry] + [entry[k] for k in ("client", "server") if k in entry]
    return any(end.get("addr") in hosts for end in ends)


def found_for(answers, sc):
    """The part of the gateway's answers that one scenario is about."""
    sides = describe.addresses(sc)
    hosts = sides["inside"] + sides["outside"]
    return {"%ss" % name: [entry for entry in answers[name]["%ss" % name]
                           if is_of(entry, hosts)] for name in OBJECTS}


def played(want, summary):
    """Expectations at the ports that were used; yields flows that died."""
    ends = {f["name"]: f for f in summary["flows"]}
    for flow in want["flows"]:
        seen = ends[flow["name"]]
        if seen["result"] != "done":
            yield "%s: %s at %s (%s) %s" % (
                flow["name"], seen["result"], seen.get("died_at"),
                seen.get("died_what"), seen.get("error", ""))
        elif flow["inside"] == "client" and "client" in seen:
            flow["client"] = seen["client"]


def keep(folder, sc, want):
    """Write the expectations at the ports that were used."""
    if folder:
        path = os.path.join(folder, "%s.%d.json" % (sc.name, sc.seed))
        with open(path, "w", encoding="utf-8") as file:
            json.dump(want, file, indent=1)


def run(scenarios, args):
    """Play some scenarios together; yield (scenario, what is wrong)."""
    forget()
    servers = [Child("server", sc) for sc in scenarios]
    clients = [Child("client", sc, speed=args.speed) for sc in scenarios]
    if not all([side.ready() for side in servers + clients]):
        raise RuntimeError("a player did not start")
    for side in servers + clients:
        side.go()
    summaries = [client.result() for client in clients]
    answers = {name: skypectl(name, "show") for name in OBJECTS}
    for server in servers:
        server.stop()
    for sc, summary in zip(scenarios, summaries):
        if summary is None:
            yield sc, ["the player died"]
            continue
        want = json.loads(json.dumps(describe.as_dict(sc)))
        wrong = list(played(want, summary))
        keep(args.keep, sc, want)
        if args.verdicts:
            wrong += compare.expected(want, found_for(answers, sc))
        yield sc, wrong


def build(names, seed, places):
    """The scenarios by name, each at one of the places in turn."""
    for name in names:
        client, servers = places[0]
        try:
            sc = scenario.build(name, seed, client=client, servers=servers)
        except ValueError as error:
            print("# %s: %s" % (name, error))
            continue
        if sc.pcap_only:
            print("# %s: is played as a capture only" % name)
            continue
        places = places[1:] + places[:1]
        yield sc


def main():
    """All scenarios that can be played over sockets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--v6", action="store_true")
    parser.add_argument("--speed", type=float, default=4.0)
    parser.add_argument("--together", type=int, default=2)
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("--no-verdicts", dest="verdicts", action="store_false")
    args = parser.parse_args()
    bad = 0
    line = list(build(args.names or scenario.REGISTRY, args.seed,
                      PLACES_V6 if args.v6 else PLACES))
    for at in range(0, len(line), args.together):
        started = time.monotonic()
        for sc, wrong in run(line[at:at + args.together], args):
            bad += bool(wrong)
            print("%sok - %s/%d: %d flows %s" % (
                "not " if wrong else "", sc.name, sc.seed, len(sc.flows),
                "as expected" if args.verdicts else "go through"), flush=True)
            for text in wrong:
                print("# " + text)
        if time.monotonic() - started > SLOW:
            print("# took %.1f s" % (time.monotonic() - started))
    return 1 if bad or not line else 0


if __name__ == "__main__":
    sys.exit(main())
