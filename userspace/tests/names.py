#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Every word that a user meets stands in the manual pages, and there is one version.

    names.py SKYPECTL

Words are read from kmod/core/verdict.h and from the tool's help.  Prints TAP.
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VERDICT = os.path.join(HERE, "../../kmod/core/verdict.h")
MAN = os.path.join(HERE, "../man")


def read(path):
    """The text of a file."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def names_of(header, macro):
    """The names that an X-macro list gives."""
    body = re.search(r"#define %s\(X\)((?:.*\\\n)*.*\n)" % macro, header)
    return re.findall(r'X\(\w+,\s*\\?\s*"([^"]+)"', body.group(1))


def page_has(page, word):
    """Whether a word stands in the source of a manual page."""
    return re.search(r"(^|[\s(])%s($|[\s,.:;)])" % re.escape(word), page,
                     re.M) is not None


def commands_of(tool):
    """Pairs of object and command in the tool's help."""
    text = subprocess.run([tool, "-h"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    lines = re.findall(r"^  ([a-z]+)(?: ([a-z]+))?", text, re.M)
    return [pair for pair in lines if pair[0] != "complete"]


def main():
    """All words."""
    header = read(VERDICT)
    concepts = read(os.path.join(MAN, "nf_skype.7"))
    control = read(os.path.join(MAN, "skypectl.8"))
    results = []
    for macro in ("SKYPE_CLASSES", "SKYPE_GRADES", "SKYPE_VERSIONS",
                  "SKYPE_REASONS"):
        names = names_of(header, macro)
        missing = [name for name in names if not page_has(concepts, name)]
        results.append((names and not missing,
                        "nf_skype(7) has the words of %s" % macro, missing))
    versions = {subprocess.run([sys.argv[1], "-V"], stdout=subprocess.PIPE, text=True,
                               check=True).stdout.split()[-1],
                re.search(r'MODULE_VERSION\("(.*)"\)',
                          read(os.path.join(HERE, "../../kmod/main.c"))).group(1),
                re.search(r'PACKAGE_VERSION="(.*)"',
                          read(os.path.join(HERE, "../../dkms.conf"))).group(1)}
    results.append((len(versions) == 1, "tool, module and dkms.conf are of one version",
                    sorted(versions)[1:]))
    for pair in commands_of(sys.argv[1]):
        missing = [word for word in pair if word and
                   not page_has(control, word)]
        results.append((not missing, "skypectl(8) has %s" % " ".join(pair),
                        missing))
    for number, (good, what, missing) in enumerate(results, 1):
        print("%s %d - %s" % ("ok" if good else "not ok", number, what))
        if missing:
            print("# missing: %s" % missing)
    print("1..%d" % len(results))
    return not all(good for good, _, _ in results)


if __name__ == "__main__":
    sys.exit(main())
