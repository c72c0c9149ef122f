#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A scenario as JSON (what the tests compare with) and as text."""


def flow_dict(flow):
    """One flow with its messages and expectation."""
    return {
        "name": flow.name, "proto": flow.proto, "role": flow.role,
        "client": {"addr": flow.client[0], "port": flow.client[1]},
        "server": {"addr": flow.server[0], "port": flow.server[1]},
        "inside": flow.inside, "unanswered": flow.dead,
        "messages": [{"n": n, "from": m.sender, "what": m.what,
                      "size": len(m.data)}
                     for n, m in enumerate(flow.messages, 1)],
        "expect": flow.expect.as_dict() if flow.expect else {}}


def as_dict(scenario):
    """The whole scenario; keys that are missing are not asserted."""
    return {"schema": 1, "scenario": scenario.name, "seed": scenario.seed,
            "flows": [flow_dict(f) for f in scenario.flows],
            "endpoints": scenario.endpoints, "unproven": scenario.unproven,
            "sessions": scenario.sessions,
            "supernodes": scenario.supernodes}


def addresses(scenario):
    """Addresses each side must own: {'inside': [...], 'outside': [...]}."""
    inside, outside = set(), set()
    for flow in scenario.flows:
        pair = ((flow.client, flow.server) if flow.inside == "client"
                else (flow.server, flow.client))
        inside.add(pair[0][0])
        outside.add(pair[1][0])
    return {"inside": sorted(inside), "outside": sorted(outside)}


def expect_text(expect):
    """One line for people."""
    if expect is None:
        return "?"
    word = "/".join(expect.cls or ["any"])
    word += " " + "/".join(expect.grade or ["any"])
    reasons = sorted(expect.reasons)
    if expect.any_of:
        reasons.append("(" + " or ".join(sorted(expect.any_of)) + ")")
    if reasons:
        word += ": " + " ".join(reasons)
    if isinstance(expect.decided_at, int):
        word += " at %d" % expect.decided_at
    return word


def as_text(scenario):
    """The flows in order, each with its ladder of sizes."""
    lines = []
    for flow in scenario.flows:
        lines.append("%-16s %s %s:%d > %s:%d" % (
            (flow.name, flow.proto) + flow.client + flow.server))
        shown = flow.messages[:12]
        ladder = " ".join("%s%s=%d" % (
            ">" if m.sender == "client" else "<",
            m.what.replace(" ", "-"), len(m.data)) for m in shown)
        if len(flow.messages) > len(shown):
            ladder += " ... (%d messages)" % len(flow.messages)
        lines.append("    " + (ladder or "(no answer)"))
        lines.append("    expect " + expect_text(flow.expect))
    for session in scenario.sessions:
        lines.append("session %s" % session)
    for endpoint in scenario.endpoints:
        lines.append("endpoint %s" % endpoint)
    return "\n".join(lines)
