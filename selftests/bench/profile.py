#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""profile.py [--module] MODULE.ko KALLSYMS COUNTS: a table of functions from
what profile.c has counted.

COUNTS has the sections of two runs of one case, without and with what is looked
at. The last section of each is compared.
"""

import argparse
import collections
import re
import subprocess

from symbols import Symbols

LEAST = 0.5     # instructions added to a packet that are worth a line


def read_sections(path):
    """A list of (packets, {address: count})."""
    sections = []
    with open(path, encoding='ascii') as lines:
        for line in lines:
            first, second = line.split()
            if first == 'section':
                sections.append((int(second), {}))
            else:
                sections[-1][1][int(first, 16)] = int(second)
    return sections


def without(sections, symbols):
    """The last section before the module's first."""
    for number, (_, counts) in enumerate(sections):
        if any(symbols.is_ours(address) for address in counts):
            return sections[number - 1]
    return sections[len(sections) // 2 - 1]


def by_function(section, symbols):
    packets, counts = section
    functions = collections.Counter()
    for address, count in counts.items():
        functions[symbols.name(address)] += count / packets
    return functions


def table(before, after):
    added = {name: after[name] - before[name] for name in before | after}
    print(f"{'added':>9} {'with':>9} {'without':>9}  function")
    for name in sorted(added, key=lambda name: (-added[name], -after[name])):
        if abs(added[name]) >= LEAST:
            print(f'{added[name]:+9.1f} {after[name]:9.1f} {before[name]:9.1f}  {name}')
    print(f'{sum(added.values()):+9.1f} {sum(after.values()):9.1f} '
          f'{sum(before.values()):9.1f}  all')
    print(f"{sum(count for name, count in added.items() if '[nf_skype]' in name):+9.1f}"
          f'{"":20}  all of the module')


def annotate(module, section, symbols):
    """Every instruction of the module that was executed, with its count."""
    packets, counts = section
    found = collections.defaultdict(dict)
    for address, count in counts.items():
        if symbols.is_ours(address):
            name = symbols.name(address).split()[0]
            found[name][address - symbols.start(address)] = count / packets
    text = subprocess.run(['objdump', '-dr', '--no-show-raw-insn', module], check=True,
                          capture_output=True, text=True).stdout
    name, start = None, 0
    for line in text.splitlines():
        if match := re.match(r'([0-9a-f]+) <(.+)>:$', line):
            start, name = int(match[1], 16), match[2]
            if name in found:
                print(f'\n{name}: {sum(found[name].values()):.1f}')
        elif name in found and (match := re.match(r'\s*([0-9a-f]+):\t(.*)', line)):
            count = found[name].get(int(match[1], 16) - start)
            if count is not None:
                print(f'{count:9.2f}  {match[2]}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--module', action='store_true')
    parser.add_argument('ko')
    parser.add_argument('kallsyms')
    parser.add_argument('counts')
    arguments = parser.parse_args()

    symbols = Symbols(arguments.kallsyms)
    sections = read_sections(arguments.counts)
    before, after = without(sections, symbols), sections[-1]
    print(f'\nInstructions per packet, means of {after[0]} packets')
    table(by_function(before, symbols), by_function(after, symbols))
    if arguments.module:
        annotate(arguments.ko, after, symbols)


if __name__ == '__main__':
    main()
