#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Scenarios by name: importing this module makes all of them known."""

import inspect

import fallback                                             # noqa: F401
import live                                                 # noqa: F401
import near                                                 # noqa: F401
import ordinary                                             # noqa: F401
import roles                                                # noqa: F401
import starts                                               # noqa: F401
from model import Scenario
from oracle import UdpOracle
from registry import REGISTRY


def build(name, seed=1, **net):
    """Build a scenario and write the expectations of its UDP flows."""
    function = REGISTRY[name]
    result = Scenario(name, seed, **net)
    for key, value in function.options.items():
        setattr(result, key, value)
    if result.v4_only and result.net.v6:
        raise ValueError("%s has no IPv6 form" % name)
    function(result)
    UdpOracle(result)
    return result


def title(name):
    """The first line of a scenario's docstring."""
    return inspect.getdoc(REGISTRY[name]).splitlines()[0]
