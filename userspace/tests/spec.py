#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The uapi header and the netlink spec say the same.

    spec.py

Compares include/uapi/linux/nf_skype.h with include/nf_skype.yaml: every command,
attribute and constant has the same number in both and every attribute the type
that its comment in the header names.  Reads the subset of YAML that specs use.
Prints TAP; skips when there is no spec.
"""

import os
import re
import sys

INCLUDE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../../include")
HEADER = os.path.join(INCLUDE, "uapi/linux/nf_skype.h")
SPEC = os.path.join(INCLUDE, "nf_skype.yaml")
SKIP = 4


# YAML: nested lists and maps by indentation, scalars, [a, b], block scalars

def strip_comment(line):
    """A line without its comment."""
    return re.sub(r"(^|\s)#.*$", "", line).rstrip()


def lines_of(text):
    """Pairs of indentation and content; block scalars become one line."""
    result, block = [], None
    for raw in text.splitlines():
        indent = len(raw) - len(raw.lstrip())
        if block is not None and (not raw.strip() or indent > block):
            continue
        block = None
        line = strip_comment(raw)
        if not line.strip() or line.strip() == "---":
            continue
        if re.search(r":\s*[|>][+-]?$", line):
            block = indent + (2 if is_item(line.lstrip()) else 0)
            line = re.sub(r"[|>][+-]?$", "text", line)
        result.append((indent, line.strip()))
    return result


def scalar(text):
    """A value: number, list in brackets, or string."""
    text = text.strip()
    if re.fullmatch(r"\d+|0x[0-9a-fA-F]+", text):
        return int(text, 0)
    if text.startswith("[") and text.endswith("]"):
        return [scalar(part) for part in text[1:-1].split(",") if part.strip()]
    return text.strip("'\"")


def is_item(line):
    """Whether a line begins an item of a list."""
    return line == "-" or line.startswith("- ")


def parse_block(lines, at, indent):
    """The list or map that begins at line @at; returns it and what follows."""
    if is_item(lines[at][1]):
        return parse_list(lines, at, indent)
    return parse_map(lines, at, indent)


def parse_list(lines, at, indent):
    """Items that begin with a dash."""
    items = []
    while at < len(lines) and lines[at][0] == indent and is_item(lines[at][1]):
        rest = lines[at][1][1:].strip()
        inner = indent + 2
        if re.match(r"[\w-]+:(\s|$)", rest):
            lines[at] = (inner, rest)
            item, at = parse_map(lines, at, inner)
        elif rest:
            item, at = scalar(rest), at + 1
        else:
            item, at = parse_block(lines, at + 1, lines[at + 1][0])
        items.append(item)
    return items, at


def parse_map(lines, at, indent):
    """Lines 'key: value', or a key with a block below it."""
    result = {}
    while at < len(lines) and lines[at][0] == indent and \
            not is_item(lines[at][1]):
        key, _, value = lines[at][1].partition(":")
        at += 1
        if value.strip():
            result[key] = scalar(value)
            while at < len(lines) and lines[at][0] > indent:
                at += 1     # a folded string
        elif at < len(lines) and (lines[at][0] > indent or (
                lines[at][0] == indent and is_item(lines[at][1]))):
            result[key], at = parse_block(lines, at, lines[at][0])
        else:
            result[key] = None
    return result, at


def parse_yaml(text):
    """The whole document."""
    lines = lines_of(text)
    result, at = parse_block(lines, 0, 0)
    if at != len(lines):
        raise ValueError("not understood: %s" % (lines[at],))
    return result


# What both say, as {constant: (number, type or None)}

def header_constants(text):
    """Constants of the header's enums, with the type a comment begins with."""
    result = {}
    for body in re.findall(r"enum \w+ \{(.*?)\n\};", text, re.S):
        number = 0
        for name, comment in re.findall(
                r"^\s*(\w+),?[ \t]*(?:/\*(.*?)\*/)?", body, re.M):
            kind = re.match(r"\s*(u8|u16|u32|u64|be16|string|nest|binary)\b",
                            comment)
            if not re.search(r"(^__|_UNSPEC$|_PAD$)", name):
                result[name] = (number, kind.group(1) if kind else None)
            number += 1
    return result


def constant(prefix, name):
    """The C name of something in the spec."""
    return (prefix + str(name)).upper().replace("-", "_")


def spec_type(attribute):
    """The type of an attribute in the header's words."""
    kind = attribute.get("type")
    if kind in ("nest", "indexed-array", "nest-type-value", "array-nest"):
        return "nest"
    if kind == "u16" and attribute.get("byte-order") == "big-endian":
        return "be16"
    return kind


def numbered(entries, first):
    """Pairs of number and entry: a value, or one more than the one before."""
    number = first - 1
    for entry in entries:
        entry = entry if isinstance(entry, dict) else {"name": entry}
        number = entry.get("value", number + 1)
        yield number, entry


def set_prefix(family, attributes):
    """What the constants of an attribute set begin with."""
    return attributes.get("name-prefix") or \
        "%s-a-%s-" % (family, attributes["name"])


def spec_constants(spec):
    """Constants that the spec implies."""
    family, result = spec["name"], {}
    for definition in spec.get("definitions") or []:
        if definition.get("type") not in ("enum", "flags"):
            continue
        prefix = definition.get("name-prefix") or \
            "%s-%s-" % (family, definition["name"])
        for number, entry in numbered(definition["entries"],
                                      definition.get("value-start", 0)):
            result[constant(prefix, entry["name"])] = (number, None)
    for attributes in spec["attribute-sets"]:
        if "subset-of" in attributes:
            continue
        prefix = set_prefix(family, attributes)
        for number, entry in numbered(attributes["attributes"], 1):
            if entry.get("type") not in ("pad", "unused"):
                result[constant(prefix, entry["name"])] = (number,
                                                           spec_type(entry))
    operations = spec["operations"]
    prefix = operations.get("name-prefix") or "%s-cmd-" % family
    for number, entry in numbered(operations["list"], 1):
        result[constant(prefix, entry["name"])] = (number, None)
    return result


def compare(header, spec):
    """One result for each name in either: what it is about, what is wrong."""
    for name in sorted(set(header) | set(spec)):
        if name not in spec:
            # words of the classifier (classes, ...) may be in the spec alone
            yield name, "is not in the spec"
        elif name not in header:
            if "_A_" in name or "_CMD_" in name:
                yield name, "is not in the header"
        elif header[name][0] != spec[name][0]:
            yield name, "header %s, spec %s" % (header[name][0], spec[name][0])
        elif header[name][1] and spec[name][1] and \
                header[name][1] != spec[name][1]:
            yield name, "header %s, spec %s" % (header[name][1], spec[name][1])
        else:
            yield name, None


def main():
    """All names."""
    if not os.path.exists(SPEC):
        print("1..0 # SKIP there is no include/nf_skype.yaml")
        return SKIP
    with open(HEADER, encoding="utf-8") as file:
        header = header_constants(file.read())
    with open(SPEC, encoding="utf-8") as file:
        spec = spec_constants(parse_yaml(file.read()))
    results = list(compare(header, spec))
    for number, (name, wrong) in enumerate(results, 1):
        print("%s %d - %s" % ("not ok" if wrong else "ok", number, name))
        if wrong:
            print("# %s" % wrong)
    print("1..%d" % len(results))
    return any(wrong for _, wrong in results) or not results


if __name__ == "__main__":
    sys.exit(main())
