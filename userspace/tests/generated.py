#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Holds `skypectl classify` against the expectations of every scenario.

    generated.py SKYPECTL [--seeds N] [SCENARIO...]

Each scenario is written as a capture for N seeds (20), over IPv4 and, where it
has an IPv6 form, over IPv6; link type, file format and repeated segments change
from seed to seed, because no verdict may depend on them. Prints TAP, then
"N passed, N failed".
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                "../../selftests/gen"))

import compare                                              # noqa: E402
import describe                                             # noqa: E402
import pcap                                                 # noqa: E402
import scenario                                             # noqa: E402

V6 = {"client": "2001:db8:1::7", "servers": "2001:db8:2::/64"}
LINKS = sorted(pcap.LINK_TYPES)
AT_ONCE = 40                            # captures for one run of the tool


def variants(names, seeds):
    """(label, scenario, writer's options) of everything to be tried."""
    for name in names:
        for seed in range(1, seeds + 1):
            options = {"link": LINKS[seed % len(LINKS)], "ng": seed % 3 == 0,
                       "retransmitted": 0.2 if seed % 4 == 0 else 0.0}
            yield ("%s/%d" % (name, seed), scenario.build(name, seed), options)
            try:
                six = scenario.build(name, seed, **V6)
            except ValueError:          # speaks of IPv4 addresses only
                continue
            yield "%s/%d/v6" % (name, seed), six, options


def classify(tool, paths):
    """The answers for some captures, in their order."""
    run = subprocess.run([tool, "-j", "classify"] + paths,
                         stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)["files"]


def wrong(tool, some, folder):
    """Yield (label, what differs) for some variants."""
    paths = []
    for number, (_, sc, options) in enumerate(some):
        paths.append(os.path.join(folder, "%d.pcap" % number))
        pcap.write_scenario(sc, paths[-1], **options)
    for (label, sc, _), answer in zip(some, classify(tool, paths)):
        answer["complete"] = True
        want = json.loads(json.dumps(describe.as_dict(sc)))
        yield label, list(compare.expected(want, answer))


def main():
    """All scenarios; one line of TAP each, with the seeds that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_intermixed_args()
    passed = failed = 0
    names = args.names or list(scenario.REGISTRY)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            tried, bad = 0, []
            plan = list(variants([name], args.seeds))
            for at in range(0, len(plan), AT_ONCE):
                for label, lines in wrong(args.tool, plan[at:at + AT_ONCE],
                                          folder):
                    tried += 1
                    if lines:
                        bad.append((label, lines))
            passed += not bad
            failed += bool(bad)
            print("%sok %d - generated: %s, %d captures" % (
                "not " if bad else "", passed + failed, name, tried))
            for label, lines in bad[:5]:
                for line in lines[:10]:
                    print("# %s: %s" % (label, line))
            if len(bad) > 5:
                print("# and %d captures more" % (len(bad) - 5))
    print("1..%d" % (passed + failed))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
