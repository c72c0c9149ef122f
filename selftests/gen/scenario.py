#!/usr/bin/python3
"""The scenarios by name: Skype starts, calls, roles (sections 1 to 3).

A scenario function gets an empty Scenario and fills it. Its docstring's first
line is what `skypegen list` shows.
"""

import inspect

from actors import Client
from model import Scenario
from oracle import UdpOracle

REGISTRY = {}


def scenario(name, **options):
    """Decorator: register a scenario function under a name."""
    def register(function):
        function.options = options
        REGISTRY[name] = function
        return function
    return register


def build(name, seed=1, **net):
    """Build a scenario and write the expectations of its UDP flows."""
    function = REGISTRY[name]
    result = Scenario(name, seed, **net)
    for key, value in function.options.items():
        setattr(result, key, value)
    function(result)
    UdpOracle(result)
    return result


def title(name):
    """The first line of a scenario's docstring."""
    return inspect.getdoc(REGISTRY[name]).splitlines()[0]


@scenario("start-1.2")
def start_12(sc):
    """Complete start of a v1.2 client: probes, super node, login, version check.

    Order as in 4.2's capture of 2006: unanswered probes, one full probe,
    partial probes, more probes (the id chain reaches more than 8 peers), the
    super node connection to a node that answered, login, version check.
    """
    client = Client(sc)
    client.silent_probe(client.node(True))
    client.silent_probe(client.node())
    client.full_probe(client.node(True), positive=False)
    good = client.node()
    client.partial_probe(good)
    for _ in range(sc.rng.randrange(8, 14)):
        client.partial_probe(client.node(), positive=sc.rng.random() < 0.6,
                             low_d=sc.rng.random() < 0.2)
    flow = client.supernode(good, talk=3)
    client.session(flow)
    client.login(client.node(True))
    client.version_check((sc.net.outside(), 80))
    client.endpoint("likely" if sc.net.v6 else "certain", supernode=False)
