#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""differential.py PLAYER FOLDER [CAPTURES]: one classifier in two places, compared.

For namespaces replay and gw as lib.sh makes them, with the module enabled in gw;
PLAYER is the replay of gen/later. Every scenario of the generator, with SEEDS
seeds (20), or else every capture under CAPTURES, is played into the gateway; its
flows and sessions are held against those of `skypectl classify`. FOLDER is for
files in between. Prints a line of TAP for each scenario or capture, without
a number, and what differs.

Many are played together, each with hosts of its own (gen/batch.py, gen/pile.py),
and no time is spent where none is needed (gen/later). Which packet completes a
rate depends on when exactly each one comes, so that is not compared.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "gen")]

import batch                                                # noqa: E402
import compare                                              # noqa: E402
import ethernet                                             # noqa: E402
import pile                                                 # noqa: E402
import scenario                                             # noqa: E402
import trial                                                # noqa: E402

SEEDS = list(range(1, int(os.environ.get("SEEDS") or 20) + 1))
SEEDS_V6 = [1]
# Seeds in one batch: what the flow table keeps apart, and a guest can pace.
TOGETHER = {"fast": 5, "pace": 5, "hours": 20}
LATER = "/sys/module/later/parameters/milliseconds"
CHANGE = 60                             # seconds until a session has ended
PATIENCE = 20                           # seconds that a worker may need for that


class Gateway:
    """What the kernel sees of captures that are played into it."""

    def __init__(self, player):
        self.player = player
        self.lost = 0                   # milliseconds at once, in the latest capture

    @staticmethod
    def skip(seconds):
        """Let time pass at once."""
        with open(LATER, "w", encoding="ascii") as file:
            file.write("%d" % (seconds * 1000))

    def replay(self, path):
        """Play a capture, in its order."""
        run = subprocess.run(
            ("ip", "netns", "exec", "replay", "taskset", "-c", "0",
             self.player, "r0", path), stdout=subprocess.PIPE, check=True)
        self.lost = max(self.lost, int(run.stdout.split()[0]))

    def sees(self, pieces, wanted):
        """Flows and sessions after a capture in pieces; a worker ends sessions,
        and is given time until they are those that are wanted."""
        trial.forget()
        flows, sessions = {}, {}
        end, ended, self.lost = 0.0, time.monotonic(), 0
        for first, last, path in pieces:
            # a slow machine has spent some of the pause looking at flows
            self.skip(max(first - end - (time.monotonic() - ended), 0))
            self.replay(path)
            end, ended = last, time.monotonic()
            self.look(flows, sessions)
        self.skip(CHANGE + 10)
        end = time.monotonic() + PATIENCE
        self.look({}, sessions)
        while (any(same_sessions(wanted, sessions.values()))
               and time.monotonic() < end):
            time.sleep(0.2)
            self.look({}, sessions)
        return list(flows.values()), list(sessions.values())

    @staticmethod
    def look(flows, sessions):
        """What there is now is the latest of its key."""
        found = trial.skypectl("flow", "show")["flows"]
        for flow in sorted(found, key=lambda flow: flow["first"] or 0):
            flows[compare.key_of(flow)] = flow
        for session in trial.skypectl("session", "show")["sessions"]:
            sessions[session["client"]["addr"]] = session


def offline_sees(path):
    """Flows and sessions of `skypectl classify`."""
    run = subprocess.run(("skypectl", "-j", "classify", path),
                         stdout=subprocess.PIPE, check=True)
    found = json.loads(run.stdout)["files"][0]
    return found["flows"], found["sessions"]


def without_clock(flows):
    """Flows without what depends on a packet's exact time."""
    for flow in flows:
        if "voice-rate" in flow["reasons"]:
            flow.update(decided_at=None, packets=None, bytes=None)
    return flows


def by_owner(owners, flows, wrong):
    """Flows by the scenario or capture that they are of."""
    found = {}
    for flow in without_clock(flows):
        owner = owners.get(compare.key_of(flow))
        if owner is None:
            wrong.setdefault("", []).append(
                "%s is nobody's" % compare.name_of(flow))
        found.setdefault(owner, []).append(flow)
    return found


def same_sessions(offline, kernel):
    """Yield what differs; the kernel knows the last one of each client."""
    def table(sessions):
        return {s["client"]["addr"]: {key: s[key] for key in (
            "supernode", "via", "state", "changes", "version")}
                for s in sorted(sessions, key=lambda s: s["start"])}

    one, two = table(offline), table(kernel)
    for client in sorted(set(one) | set(two)):
        if one.get(client) != two.get(client):
            yield "session of %s: offline %s, kernel %s" % (
                client, json.dumps(one.get(client)),
                json.dumps(two.get(client)))


def differences(owners, offline, kernel):
    """What differs, by owner; sessions are the whole batch's."""
    wrong = {}
    one = by_owner(owners, offline[0], wrong)
    two = by_owner(owners, kernel[0], wrong)
    for owner in set(one) | set(two):
        lines = list(compare.same_flows(one.get(owner, []),
                                        two.get(owner, [])))
        if lines:
            wrong.setdefault(owner, []).extend(lines)
    lines = list(same_sessions(offline[1], kernel[1]))
    if lines:
        wrong.setdefault("", []).extend(lines)
    return wrong, one, two


class Tally:
    """What comes of each scenario or capture over all batches."""

    def __init__(self):
        self.count, self.flows, self.wrong = {}, {}, {}

    def note(self, names, wrong, one):
        """One batch, in which each name stood so often."""
        for name in names:
            self.count[name] = self.count.get(name, 0) + 1
        for name, flows in one.items():
            self.flows[name] = self.flows.get(name, 0) + len(flows)
        for name, lines in wrong.items():
            self.wrong.setdefault(name, []).extend(lines)

    def report(self):
        """A line for each; and one for what is nobody's."""
        for name, count in self.count.items():
            lines = self.wrong.get(name, [])
            print("%sok - %s: %d flows%s" % (
                "not " if lines else "", name, self.flows.get(name, 0),
                ", %d times" % count if count > 1 else ""))
            for text in lines[:20]:
                print("# " + text)
        lines = self.wrong.get("", [])
        print("%sok - sessions are the same, and all flows are somebody's"
              % ("not " if lines else ""))
        for text in lines[:20]:
            print("# " + text)


# -- scenarios -------------------------------------------------------------------

def prepare(kind, pairs, v6, base):
    """In a process of its own: a batch and its offline verdicts."""
    made = batch.build(kind, pairs, v6)
    pieces = made.write(base)
    return made.owners, pieces, offline_sees(base + ".pcap")


def remove(base, pieces):
    """The files of a batch."""
    for path in {base + ".pcap"} | {path for _, _, path in pieces}:
        os.unlink(path)


def scenarios(player, folder):
    """All scenarios with all seeds."""
    tally, gateway = Tally(), Gateway(player)
    plan = [(kind, pairs, False) for kind, pairs in
            batch.batches(scenario.REGISTRY, SEEDS, TOGETHER)]
    plan += [(kind, pairs, True) for kind, pairs in
             batch.batches(scenario.REGISTRY, SEEDS_V6, TOGETHER, True)]
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        bases = [os.path.join(folder, "batch%d" % n) for n in range(len(plan))]
        jobs = [pool.submit(prepare, *some, base)
                for some, base in zip(plan, bases)]
        for (kind, pairs, v6), base, job in zip(plan, bases, jobs):
            owners, pieces, offline = job.result()
            started = time.monotonic()
            kernel = gateway.sees(pieces, offline[1])
            wrong, one, _ = differences(owners, offline, kernel)
            print("# %s%s, %d of them: %d flows, %.1f s, %d ms lost at once" % (
                kind, ", IPv6" if v6 else "", len(pairs), len(owners),
                time.monotonic() - started, gateway.lost), flush=True)
            remove(base, pieces)
            tally.note([name for name, _ in pairs], wrong, one)
    tally.report()
    few = [name for name in scenario.REGISTRY
           if tally.count.get(name, 0) < len(SEEDS)]
    print("%sok - every scenario with %d seeds" % (
        "not " if few else "", len(SEEDS)))
    for name in few:
        print("# %s" % name)


# -- captures of others ----------------------------------------------------------

def captures(player, folder, others):
    """All captures, as many at once as have no flow in common."""
    tally, gateway = Tally(), Gateway(player)
    base = os.path.join(folder, "pile")
    seen = {}
    for some in pile.piles(others):
        pile.write(some.packets, base + ".pcap")
        offline = offline_sees(base + ".pcap")
        kernel = gateway.sees([(0.0, 0.0, base + ".pcap")], offline[1])
        wrong, one, two = differences(some.owners, offline, kernel)
        tally.note(some.names, wrong, one)
        for name in some.names:
            seen[name] = {"flows": two.get(name, []), "sessions": kernel[1]}
        print("# %d captures, %d packets" % (len(some.names),
                                             len(some.packets)), flush=True)
    tally.report()
    pile.judge(seen)


def main(player, folder, others=None):
    """All scenarios, or all captures."""
    if others:
        captures(player, folder, others)
    else:
        scenarios(player, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
