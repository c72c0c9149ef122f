#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""differential.py FOLDER [CAPTURES]: one classifier in two places, compared.

For namespaces replay and gw as lib.sh makes them, with the module enabled in gw.
Every capture under CAPTURES, or else every scenario of the generator, is played into
the gateway, and its flows are held against those of `skypectl classify`. FOLDER
is for files in between. Prints a line of TAP for each, without a number, and
what differs.

Packets go as fast as they can; where the verdicts differ then, once more at the
pace of the capture, because time is evidence too. Which packet completes a rate
depends on when exactly each one comes, so it is not compared.
"""

import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "gen")]

import compare                                              # noqa: E402
import ethernet                                             # noqa: E402
import pcap                                                 # noqa: E402
import scenario                                             # noqa: E402
import trial                                                # noqa: E402

LONGEST = 180.0                         # seconds; no capture is awaited longer
SLOW = 5.0                              # seconds, worth a word


def replay(played, pace):
    """Play a capture into the gateway, in its order."""
    run = subprocess.run(
        ("ip", "netns", "exec", "replay", "taskset", "-c", "0", "tcpreplay",
         "-q", pace, "-i", "r0", played),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if run.returncode:
        raise RuntimeError(run.stdout.decode(errors="replace").strip())


def without_clock(flows):
    """Flows without what depends on a packet's exact time."""
    for flow in flows:
        if "voice-rate" in flow["reasons"]:
            flow.update(decided_at=None, packets=None, bytes=None)
    return flows


def differences(played, offline, pace):
    """What the kernel sees otherwise."""
    trial.forget()
    replay(played, pace)
    kernel = without_clock(trial.skypectl("flow", "show")["flows"])
    return list(compare.same_flows(offline, kernel))


def both(name, source, played):
    """One capture; prints its line."""
    started = time.monotonic()
    count, seconds = ethernet.convert(source, played)
    offline = without_clock(json.loads(subprocess.run(
        ("skypectl", "-j", "classify", played),
        stdout=subprocess.PIPE, check=True).stdout)["files"][0]["flows"])
    wrong = differences(played, offline, "--topspeed") if count else []
    if wrong and seconds > LONGEST:
        print("ok - %s # SKIP its verdicts need its own pace, and it lasts %d s"
              % (name, seconds), flush=True)
        return
    if wrong:
        print("# %s: once more, in %d s: %s" % (name, seconds, wrong[0]))
        wrong = differences(played, offline, "--multiplier=1")
    print("%sok - %s: %d packets, %d flows" % (
        "not " if wrong else "", name, count, len(offline)), flush=True)
    for text in wrong:
        print("# " + text)
    if time.monotonic() - started > SLOW:
        print("# took %.1f s" % (time.monotonic() - started))


def captures(folder):
    """All captures under a folder, with their names there."""
    for place, _, files in sorted(os.walk(folder)):
        for file in sorted(files):
            if file.endswith((".pcap", ".pcapng", ".cap")):
                path = os.path.join(place, file)
                yield os.path.relpath(path, folder), path


def scenarios(made):
    """All scenarios, each in turn as a capture at the path `made`."""
    for name in scenario.REGISTRY:
        pcap.write_scenario(scenario.build(name), made)
        yield name, made


def main(folder, others=None):
    """All scenarios, or all captures."""
    made, played = (os.path.join(folder, name)
                    for name in ("made.pcap", "played.pcap"))
    for name, path in captures(others) if others else scenarios(made):
        both(name, path, played)


if __name__ == "__main__":
    main(*sys.argv[1:])
