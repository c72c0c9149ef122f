#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The traffic generator makes what signatures.md says: its own tests, as TAP.

    generator.py SKYPECTL

What the other tests expect rests on it, so it is tested first by arithmetic of
another hand (selftests/gen/test_gen.py).
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                "../../selftests/gen"))

import test_gen                                             # noqa: E402


class Tap(unittest.TestResult):
    """A line for each test; a test's parts count once."""

    def startTest(self, test):
        super().startTest(test)
        self.before = len(self.failures) + len(self.errors)

    def stopTest(self, test):
        super().stopTest(test)
        wrong = (self.failures + self.errors)[self.before:]
        skipped = [why for which, why in self.skipped if which is test]
        name = test.id().replace("test_gen.", "").replace(".test_", ": ")
        print("%sok %d - %s%s" % (
            "not " if wrong else "", self.testsRun, name.replace("_", " "),
            " # SKIP " + skipped[0] if skipped else ""))
        for _, text in wrong:
            print("# " + text.rstrip().replace("\n", "\n# "))


def main():
    """All of them."""
    result = Tap()
    unittest.defaultTestLoader.loadTestsFromModule(test_gen).run(result)
    print("1..%d" % result.testsRun)
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
