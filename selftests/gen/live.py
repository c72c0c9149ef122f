#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Sessions in real time: how a super node connection may go (section 3, 10-11).

Each client has one session and a way of its own to lose it; sessions.sh takes
care of what no player can do (a connection that is forgotten without a word).
"""

from actors import Client
from registry import scenario

# What becomes of a client's super node connection, by the client's index.
WAYS = ("client", "rst", None, "server")

# Rounds that it goes on before: the first two are watched for voice to the end.
TALK = (300, 300, 2, 2)


@scenario("session-ways")
def session_ways(sc):
    """Sessions closed by FIN, by RST, never, and followed by a change."""
    for index, close in enumerate(WAYS):
        client = Client(sc, index=index)
        nodes = [client.node(), client.node()]
        for node in nodes:
            client.full_probe(node, after=None)
        flow = client.supernode(nodes[0], close=close, talk=TALK[index],
                                pause=0.02, after=None, start=1.0)
        flows = [flow]
        if close == "server":
            flows.append(client.supernode(nodes[1], close=None, start=8.0))
        client.session(*flows, changes=len(flows) - 1)
