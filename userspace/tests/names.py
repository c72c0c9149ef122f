#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Every word that a user meets stands in the manual pages, and there is one version.

    names.py SKYPECTL

Words are read from kmod/core/verdict.h, kmod/event.c, the spec of the netlink family
and the tool's help.  Prints TAP.
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VERDICT = os.path.join(HERE, "../../kmod/core/verdict.h")
EVENT = os.path.join(HERE, "../../kmod/event.c")
SPEC = os.path.join(HERE, "../../include/nf_skype.yaml")
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


def attributes_of(spec, nest):
    """The members of a JSON object: what the module says, but lengths and padding."""
    body = re.search(r"name-prefix: nf-skype-a-%s-\n(.*?)\n  -\n" % nest, spec,
                     re.S).group(1)
    names = re.findall(r"^        name: (\S+)$", body, re.M)
    return {name.replace("-", "_") for name in names
            if name != "pad" and not name.endswith("-len")}


def list_of(page, section):
    """The names of a list of a manual page."""
    text = page.partition("\n.Ss %s\n" % section)[2].partition("\n.El\n")[0]
    return set(re.findall(r"^\.It (\S+)$", text, re.M))


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
    spec = read(SPEC)
    policy = attributes_of(spec, "policy") - {"rule"} | {"rules"}
    for section, names in (
            ("Status", attributes_of(spec, "status")),
            ("Policy", policy), ("Rule", attributes_of(spec, "rule")),
            ("Events", set(re.findall(r'(?:tell|start)\((?:sn, )?"([^"]+)"',
                                      read(EVENT))))):
        results.append((names and names == list_of(control, section),
                        "skypectl(8) has the list %s" % section,
                        names ^ list_of(control, section)))
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
