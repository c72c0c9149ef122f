#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Hold classify against captures that others made.

    captures.py SKYPECTL DIR

DIR has the captures in skype/ and other/ (they are not part of this tree).
What is expected stands in the measurements behind signatures.md, section 4.
Prints TAP, then "N passed, N failed".
"""

import json
import os
import subprocess
import sys

GOOD = ("likely", "certain")


class Tap:
    """Results as TAP."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, true, what, found=None):
        """One result; @found is shown when it failed."""
        number = self.passed + self.failed + 1
        print("%s %d - %s" % ("ok" if true else "not ok", number, what))
        if not true and found is not None:
            print("# found: %s" % (found,))
        self.passed += bool(true)
        self.failed += not true

    def finish(self):
        """Plan and total; returns the exit status."""
        print("1..%d" % (self.passed + self.failed))
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed else 0


def classify(tool, path):
    """The object of one capture, or None."""
    run = subprocess.run([tool, "-j", "classify", path],
                         stdout=subprocess.PIPE, check=False)
    if run.returncode:
        return None
    return json.loads(run.stdout)["files"][0]


def flows(capture, **want):
    """Flows whose members have the wanted values."""
    return [f for f in capture["flows"]
            if all(f[key] == value for key, value in want.items())]


def graded(found, *grades):
    """Those of some flows that have one of these grades."""
    return [f for f in found if f["grade"] in grades]


def endpoint_flows(found, end):
    """UDP flows of an address and port, whoever opened them."""
    return [f for f in found
            if f["proto"] == "udp" and end in (f["client"], f["server"])]


def check_2006(tap, capture):
    """Client 1.2 of 2006: one whole start."""
    probes = flows(capture, proto="udp", **{"class": "probe"})
    full = [f for f in graded(probes, "certain")
            if {"u2-echo", "u3-resend"} <= set(f["reasons"])]
    tap.check(len(full) == 1, "2006: one full probe is certain", len(full))
    if full:
        more = endpoint_flows(graded(capture["flows"], "likely"),
                              full[0]["client"])
        tap.check(len(more) >= 27,
                  "2006: 27 more UDP flows of its port are likely", len(more))
    sessions = capture["sessions"]
    tap.check(len(sessions) == 1, "2006: one super node session", sessions)
    for name in ("login", "update"):
        found = graded(flows(capture, **{"class": name}), "certain")
        tap.check(len(found) == 1, "2006: one %s is certain" % name, found)


def check_2015(tap, capture):
    """Windows clients of 2015: unanswered probes, and TCP."""
    probes = flows(capture, proto="udp", **{"class": "probe"})
    clients = {json.dumps(f["client"]) for f in graded(probes, *GOOD)}
    tap.check(len(clients) == 1, "2015: one endpoint probes", clients)
    if clients:
        mine = endpoint_flows(probes, json.loads(min(clients)))
        likely = graded(mine, "likely")
        tap.check(len(mine) == 144, "2015: 144 flows of its port are probe",
                  len(mine))
        tap.check(len(likely) == 137,
                  "2015: 137 of them, from the chain's eighth on, are likely",
                  len(likely))
    certain = graded(flows(capture, proto="tcp"), "certain")
    tap.check(len(certain) >= 81, "2015: 81 TCP flows are certain",
              len(certain))


def check_nothing(tap, capture, name):
    """A capture without Skype."""
    found = graded(capture["flows"], *GOOD)
    tap.check(not found, "nothing in %s is likely" % name,
              [(f["class"], f["grade"], f["reasons"]) for f in found])


CHECKS = {
    "skype/client-1.2-2006-second-start.pcap": check_2006,
    "skype/skype.pcap": check_2015,
}
NOTHING = ["skype/skype-conference-call.pcap"]


def captures_in(folder):
    """Captures of a folder, by name."""
    return sorted(os.path.join("other", name) for name in os.listdir(folder)
                  if name.endswith((".pcap", ".pcapng", ".cap")))


def main():
    """All captures."""
    if len(sys.argv) != 3:
        sys.exit("Usage: captures.py SKYPECTL DIR")
    tool, folder = sys.argv[1:]
    tap = Tap()
    nothing = NOTHING + captures_in(os.path.join(folder, "other"))
    for name in list(CHECKS) + nothing:
        capture = classify(tool, os.path.join(folder, name))
        if capture is None:
            tap.check(False, "%s can be read" % name)
        elif name in CHECKS:
            CHECKS[name](tap, capture)
        else:
            check_nothing(tap, capture, name)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
