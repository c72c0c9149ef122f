#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A small event loop (selectors and timers) and a board of what has passed."""

import heapq
import itertools
import selectors
import time


class Loop:
    """Readers, writers and timers in one thread."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.timers = []
        self.count = itertools.count()
        self.stopped = False

    def later(self, delay, function):
        """Call function after `delay` seconds; returns a handle."""
        entry = [time.monotonic() + delay, next(self.count), function]
        heapq.heappush(self.timers, entry)
        return entry

    @staticmethod
    def cancel(entry):
        """Forget a timer."""
        if entry:
            entry[2] = None

    def watch(self, sock, events, function):
        """Call function(sock, events) when the socket is ready."""
        try:
            self.selector.modify(sock, events, function)
        except KeyError:
            self.selector.register(sock, events, function)

    def forget(self, sock):
        """Stop watching a socket."""
        try:
            self.selector.unregister(sock)
        except (KeyError, ValueError):
            pass

    def stop(self):
        """Leave run()."""
        self.stopped = True

    def run(self):
        """Until stop()."""
        while not self.stopped:
            for key, events in self.selector.select(self.run_timers()):
                key.data(key.fileobj, events)
                if self.stopped:
                    return

    def run_timers(self):
        """Run what is due; returns the seconds until the next timer."""
        while self.timers and not self.stopped:
            due, _, function = self.timers[0]
            wait = due - time.monotonic()
            if function and wait > 0:
                return min(wait, 0.5)   # signals wait for the next turn
            heapq.heappop(self.timers)
            if function:
                function()
        return 0 if self.stopped else 1.0


class Board:
    """Which messages have passed and which flows have ended, as seen here."""

    def __init__(self):
        self.passed = set()
        self.ended = set()
        self.waiting = []

    def is_over(self, after):
        """Flow.after and Message.after: None, a name, or (name, n)."""
        if after is None or after in self.ended:
            return True
        return isinstance(after, tuple) and (
            after in self.passed or after[0] in self.ended)

    def when(self, after, function):
        """Call function as soon as `after` is over."""
        if self.is_over(after):
            function()
        else:
            self.waiting.append((after, function))

    def note(self, name, number):
        """A message passed."""
        self.passed.add((name, number))
        self.wake()

    def end(self, name):
        """A flow ended, one way or the other."""
        self.ended.add(name)
        self.wake()

    def wake(self):
        """Call those whose turn has come."""
        ready = [w for w in self.waiting if self.is_over(w[0])]
        self.waiting = [w for w in self.waiting if w not in ready]
        for _, function in ready:
            function()
