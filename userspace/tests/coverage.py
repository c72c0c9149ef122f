#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Every row of the signature catalogue has tests that name its section.

    coverage.py SKYPECTL

selftests/gen/coverage.tsv says which; each of them exists, is run, and its words
name the section: its own text, the comment above it, or the one that opens its
file. Every scenario stands in the list. Prints TAP.
"""

import inspect
import os
import re
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
SELFTESTS = os.path.join(HERE, "../../selftests")
GEN = os.path.join(SELFTESTS, "gen")
sys.path.insert(0, GEN)

import scenario                                             # noqa: E402

SECTIONS = ("1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5", "3", "4.1", "4.2",
            "4.3", "5")


def read(path):
    """The text of a file."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def opening(text):
    """The comment that opens a C file or a script."""
    c = re.search(r"/\*.*?\*/", text[text.index("\n"):], re.S)
    lines = re.match(r"(?:#.*\n)+", text)
    return lines.group() if lines else c.group() if c else ""


def c_words(file, name):
    """A test of userspace/tests, when main() runs it."""
    text = read(os.path.join(HERE, file))
    found = re.search(r"((?:/\*(?:(?!\*/).)*\*/\n)?)static void %s\(void \*\*"
                      r"state\)\n\{.*?\n\}\n" % name, text, re.S)
    if not found or not re.search(r"(?i)test\w*\(%s[,)]" % name, text):
        return None
    return opening(text) + found.group()


def scenario_words(name):
    """A scenario of the generator, with the headline above it."""
    function = scenario.REGISTRY.get(name)
    if not function:
        return None
    module = inspect.getmodule(function)
    source = inspect.getsource(function)
    before = inspect.getsource(module).split(source)[0]
    headlines = re.findall(r"^# -- .*$", before, re.M)
    return "\n".join([module.__doc__, source] + headlines[-1:])


def script_words(name):
    """A script of selftests, which the virtual machine runs."""
    path = os.path.join(SELFTESTS, name)
    if not os.access(path, os.X_OK):
        return None
    return opening(read(path))


def words_of(test):
    """What a test says of itself; None: there is none."""
    if test.startswith("gen:"):
        return scenario_words(test[4:])
    if ":" in test:
        return c_words(*test.split(":"))
    return script_words(test)


def names_section(words, section):
    """Does the section stand there? Where sections are counted, that is:
    "sections 3 and 5", "/* 4.2 and 5: ...", "(3, 5)"."""
    if "." in section:
        return re.search(r"(?<![\w.])%s(?![\w.]*\d)" % re.escape(section),
                         words) is not None
    counts = re.findall(r"[Ss]ections? ([\d., andto]+)|/\* ([\d., and]+)[:,]"
                        r"|\(([\d., and]+)\)", words)
    return section in re.findall(r"\d(?:\.\d)?", " ".join(
        text for count in counts for text in count))


def wrong_with(test, section):
    """What is wrong with a test, or None."""
    try:
        words = words_of(test)
    except OSError as error:
        return "%s: %s" % (test, error)
    if words is None:
        return "%s: there is no such test, or it is not run" % test
    if not names_section(words, section):
        return "%s does not name section %s" % (test, section)
    return None


def main():
    """All rows."""
    rows = [line.split("\t") for line in
            read(os.path.join(GEN, "coverage.tsv")).splitlines()
            if not line.startswith("#")]
    results = []
    for section, row, tests in rows:
        wrong = [wrong_with(test, section) for test in tests.split()]
        results.append(("%s: %s" % (section, row),
                        [w for w in wrong if w] or
                        ([] if tests.split() else ["no test"])))
    missing = [s for s in SECTIONS if s not in {row[0] for row in rows}]
    results.append(("every section has rows", missing))
    named = " ".join(row[2] for row in rows).split()
    results.append(("every scenario stands in the list",
                    [n for n in scenario.REGISTRY if "gen:" + n not in named]))
    for number, (what, wrong) in enumerate(results, 1):
        print("%sok %d - %s" % ("not " if wrong else "", number, what))
        for text in wrong:
            print("# " + text)
    print("1..%d" % len(results))
    return any(wrong for _, wrong in results)


if __name__ == "__main__":
    sys.exit(main())
