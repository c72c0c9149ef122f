#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Holds what skypectl says against what it ought to say.

    compare.py expect EXPECTATIONS FILE...
        EXPECTATIONS is `skypegen describe --json`; FILEs are `skypectl -j` of
        flow, endpoint, session and supernode, or of classify. What a FILE says
        nothing about is not compared.

    compare.py same OFFLINE KERNEL
        The flows of `classify -j` and of `flow show -j`, field by field.

Prints what differs, a line each; exits with 1 if anything does.
"""

import json
import sys

GRADES = ("none", "suspect", "likely", "certain")
RECOGNISED = ("likely", "certain")
# What the kernel and the offline tool must agree on.
SAME = ("state", "class", "grade", "reasons", "version", "decided_at",
        "packets", "bytes")


def key_of(flow):
    """Who talks to whom, whoever is the client."""
    ends = sorted((flow[side]["addr"], flow[side]["port"])
                  for side in ("client", "server"))
    return (flow["proto"],) + tuple(ends)


def name_of(flow):
    """A flow in a few words."""
    return "%s %s:%d > %s:%d" % (
        flow["proto"], flow["client"]["addr"], flow["client"]["port"],
        flow["server"]["addr"], flow["server"]["port"])


def by_key(flows):
    """Flows by key; those of one key in order of time."""
    table = {}
    for flow in flows:
        table.setdefault(key_of(flow), []).append(flow)
    for same in table.values():
        same.sort(key=lambda flow: flow.get("first") or 0)
    return table


# -- against expectations -------------------------------------------------------

def check_reasons(expect, found):
    """Reasons that are missing or too many."""
    found = set(found)
    missing = set(expect.get("reasons", ())) - found
    if missing:
        yield "lacks %s" % " ".join(sorted(missing))
    if "optional" not in expect:
        return                          # whatever else there is
    any_of = set(expect["any_of"])
    if any_of and not any_of & found:
        yield "has none of %s" % " ".join(sorted(any_of))
    extra = found - any_of - set(expect["reasons"]) - set(expect["optional"])
    if extra:
        yield "must not have %s" % " ".join(sorted(extra))


def check_decided(expect, found):
    """The number of the deciding packet."""
    number = found["decided_at"]
    if "decided_at" in expect and number != expect["decided_at"]:
        yield "decided_at %s, want %s" % (number, expect["decided_at"])
    if "decided_max" in expect and (
            number is None or number > expect["decided_max"]):
        yield "decided_at %s, want at most %s" % (number,
                                                  expect["decided_max"])


def check_verdict(expect, found):
    """What is wrong with the verdict of one flow."""
    for field in ("class", "grade", "version"):
        if field in expect and found[field] not in expect[field]:
            yield "%s %s, want %s" % (field, found[field],
                                      " or ".join(expect[field]))
    yield from check_reasons(expect, found["reasons"])
    yield from check_decided(expect, found)


def may_be_absent(expect):
    """The kernel keeps no entry of a flow that is settled and not Skype."""
    return "none" in expect.get("grade", ("none",))


def check_flows(wanted, found, complete):
    """All flows of a scenario; `complete` when settled flows are listed too."""
    table = by_key(found)
    for flow in wanted:
        expect = flow.get("expect", {})
        label = "%s (%s)" % (flow["name"], name_of(flow))
        same = table.get(key_of(flow), [])
        if not same:
            if complete or not may_be_absent(expect):
                yield "%s: is not there" % label
            continue
        verdict = same.pop(0)
        for wrong in check_verdict(expect, verdict):
            yield "%s: %s [%s %s: %s]" % (
                label, wrong, verdict["class"], verdict["grade"],
                " ".join(verdict["reasons"]))
    for same in table.values():
        for flow in same:
            if flow["grade"] in RECOGNISED:
                yield "%s: %s %s is not in the scenario" % (
                    name_of(flow), flow["class"], flow["grade"])


def holds(want, have):
    """Does `have` agree with every member of `want`?"""
    if isinstance(want, dict):
        return isinstance(have, dict) and all(
            key in have and holds(value, have[key])
            for key, value in want.items())
    if isinstance(want, list):
        return have in want or have == want
    return want == have


def check_hosts(kind, identity, wanted, found, extra):
    """Endpoints, sessions or super nodes: each wanted one, and no others."""
    left = list(found)
    for want in wanted:
        ident = {key: want[key] for key in identity if key in want}
        same = [have for have in left if holds(ident, have)]
        right = [have for have in same if holds(want, have)]
        if right:
            left.remove(right[0])
        elif same:
            yield "%s %s: is %s" % (kind, json.dumps(want), json.dumps(same))
            left.remove(same[0])
        else:
            yield "%s %s: is not there" % (kind, json.dumps(want))
    for have in left:
        if extra(have):
            yield "%s %s: is not in the scenario" % (kind, json.dumps(have))


def expected(scenario, found):
    """Everything that differs from a scenario's expectations."""
    if "flows" in found:
        yield from check_flows(scenario["flows"], found["flows"],
                               found.get("complete", False))
    if "endpoints" in found:
        yield from check_hosts(
            "endpoint", ("addr", "port"), scenario["endpoints"],
            found["endpoints"], lambda entry: entry["grade"] in RECOGNISED)
    if "sessions" in found:
        yield from check_hosts("session", ("client",), scenario["sessions"],
                               found["sessions"], lambda entry: True)
    if "supernodes" in found:
        yield from check_hosts("supernode", ("addr", "port", "proto"),
                               scenario["supernodes"], found["supernodes"],
                               lambda entry: False)


# -- against each other -----------------------------------------------------------

def differences(offline, kernel):
    """Fields in which one flow's two verdicts differ."""
    for field in SAME:
        if offline[field] != kernel[field]:
            yield "%s: offline %s, kernel %s" % (
                field, json.dumps(offline[field]), json.dumps(kernel[field]))
    if offline["grade"] != "none" and offline["client"] != kernel["client"]:
        yield "client: offline %s, kernel %s" % (
            json.dumps(offline["client"]), json.dumps(kernel["client"]))


def same_flows(offline, kernel):
    """Every flow of both. The kernel lists no settled flow that is not Skype,
    and of flows that had the same ends one after the other the last."""
    table = by_key(kernel)
    for key, flows in by_key(offline).items():
        flow = flows[-1]
        twins = table.pop(key, [])
        if not twins:
            if flow["grade"] != "none":
                yield "%s: %s %s offline, the kernel has none" % (
                    name_of(flow), flow["class"], flow["grade"])
            continue
        for wrong in differences(flow, twins[-1]):
            yield "%s: %s" % (name_of(flow), wrong)
    for twins in table.values():
        yield "%s: only in the kernel" % name_of(twins[-1])


# -- files ----------------------------------------------------------------------------

def read(path):
    """The lists of one skypectl answer."""
    with open(path, encoding="utf-8") as file:
        answer = json.load(file)
    if "files" in answer:
        if len(answer["files"]) != 1:
            sys.exit("compare.py: %s: one capture at a time" % path)
        answer = dict(answer["files"][0], complete=True)
    return answer


def main(verb, first, *paths):
    """Compare; print what differs."""
    if verb == "same":
        wrong = same_flows(read(first)["flows"], read(paths[0])["flows"])
    else:
        found = {}
        for path in paths:
            found.update(read(path))
        with open(first, encoding="utf-8") as file:
            wrong = expected(json.load(file), found)
    count = 0
    for line in wrong:
        print(line)
        count += 1
    return 1 if count else 0


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in ("expect", "same"):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
