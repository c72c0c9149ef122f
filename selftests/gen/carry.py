#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Datagrams through the gateway, and whether they arrive.

    carry.py [--count N] [--every SECONDS] CLIENT:PORT SERVER:PORT...

From namespace client to namespace server and back, N times with each SERVER.
Prints for each which way let how many through, "up N down N". Nothing in these
datagrams looks like Skype; what becomes of them depends on their flow alone.
"""

import argparse
import select
import socket
import sys
import time

from trial import enter

WAIT = 0.4                              # seconds for a datagram to arrive


def end_of(text):
    """(address, port) of ADDRESS:PORT."""
    address, port = text.rsplit(":", 1)
    return address.strip("[]"), int(port)


def bound(namespace, where):
    """A UDP socket of a namespace."""
    enter(namespace)
    kind = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    sock = socket.socket(kind, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(where)
    return sock


def arrives(sender, receiver, to, text):
    """Send; True when it comes, False when it does not."""
    try:
        sender.sendto(text, to)
    except OSError:                     # a rule's answer to an earlier one
        return False
    end = time.monotonic() + WAIT
    while select.select([receiver], [], [], max(end - time.monotonic(), 0))[0]:
        if receiver.recvfrom(2048)[0] == text:
            return True
    return False


def carry(client, server, sock, other, args):
    """Both ways, so often as was asked for; prints the counts."""
    up = down = 0
    for number in range(args.count):
        text = b"%d: port %d" % (number, server[1])     # too short for voice
        up += arrives(sock, other, server, text)
        down += arrives(other, sock, client, b"back " + text)
        time.sleep(args.every)
    print("up %d down %d" % (up, down), flush=True)


def main():
    """All servers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--every", type=float, default=0.0)
    parser.add_argument("client", type=end_of)
    parser.add_argument("server", type=end_of, nargs="+")
    args = parser.parse_args()
    sock = bound("client", args.client)
    for server in args.server:
        other = bound("server", server)
        carry(args.client, server, sock, other, args)
        other.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
