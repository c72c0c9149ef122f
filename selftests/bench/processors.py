#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""processors.py [--json FILE] FOLDER: what processors.sh has found out, in TAP
and as a table. FOLDER has accesses and kallsyms (sharing.c), and times (guest.sh).
"""

import argparse
import collections
import json
import statistics
import sys

from symbols import Symbols


class Accesses:
    """What sharing.c has written."""

    def __init__(self, path):
        self.packets = {}
        self.stores = collections.Counter()     # (instruction, line, cpu)
        self.loads = collections.Counter()
        self.users = collections.defaultdict(set)       # line: cpus
        self.writers = collections.defaultdict(set)
        with open(path, encoding='ascii') as lines:
            for line in lines:
                kind, *fields = line.split()
                if kind == 'packets':
                    self.packets[int(fields[0])] = int(fields[1])
                else:
                    self.add(*fields)

    def add(self, instruction, line, cpu, kind, count):
        key = int(instruction, 16), int(line, 16), int(cpu)
        self.users[key[1]].add(key[2])
        if kind == 'w':
            self.stores[key] += int(count)
            self.writers[key[1]].add(key[2])
        else:
            self.loads[key] += int(count)

    def shared(self, kind, ours):
        """Per packet: by function, accesses to lines that another processor has
        written, or, of stores, has used."""
        found = collections.Counter()
        for (instruction, line, cpu), count in getattr(self, kind).items():
            others = self.users if kind == 'stores' else self.writers
            if others[line] - {cpu}:
                found[ours(instruction)] += count / sum(self.packets.values())
        return found


def sharing(accesses, symbols):
    """The module's stores, then those of all that meet the other processor's."""
    packets = sum(accesses.packets.values())
    print(f'# packets forwarded: {accesses.packets}')
    sites = collections.defaultdict(lambda: [0, set(), False])
    for (instruction, line, cpu), count in accesses.stores.items():
        if symbols.is_ours(instruction):
            site = sites[instruction]
            site[0] += count / packets
            site[1].add(line)
            site[2] |= bool(accesses.users[line] - {cpu})
    print("# the module's stores, per packet:")
    for instruction, (count, lines, shared) in sorted(sites.items()):
        print(f'#  {count:6.2f}  {symbols.name(instruction).split()[0]}'
              f'+{instruction - symbols.start(instruction):#x}, {len(lines)} cache lines, '
              f"{'SHARED' if shared else 'each of one processor only'}")

    print('# stores to lines that the other processor uses, per packet:')
    stores = accesses.shared('stores', symbols.name)
    for name, count in stores.most_common(10):
        print(f'#  {count:6.2f}  {name}')
    loads = accesses.shared('loads', symbols.name)
    bad_stores = {name: count for name, count in stores.items() if '[nf_skype]' in name}
    bad_loads = {name: count for name, count in loads.items() if '[nf_skype]' in name}

    failed = 0
    for number, (what, good) in enumerate((
            ('both processors have forwarded packets of settled flows',
             len(accesses.packets) == 2 and min(accesses.packets.values()) > 1000),
            ('of every packet the module was told', sum(
                count for count, _, _ in sites.values()) >= 1),
            ('it writes no cache line that the other processor uses', not bad_stores),
            ('it reads none that the other processor writes', not bad_loads)), 1):
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {what}")
    print('1..4')
    print(f'# {4 - failed} passed, {failed} failed')
    return not failed


def times(path):
    """{conntrack, observe: [what a packet costs beside another, in rounds]}"""
    cost = collections.defaultdict(list)
    with open(path, encoding='ascii') as lines:
        for line in lines:
            row, case, _, _, median, *_ = line.split('\t')
            if case.endswith('-settled'):
                cost[row].append(int(median))
    ratios = collections.defaultdict(list)
    for row in cost:
        what, number, how = row.split('-')
        if how == 'pair':
            alone = statistics.mean(cost[f'{what}-{number}-alone'])
            ratios[what].append(statistics.mean(cost[row]) / alone)
    return ratios


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--json')
    parser.add_argument('folder')
    arguments = parser.parse_args()

    good = sharing(Accesses(f'{arguments.folder}/accesses'),
                   Symbols(f'{arguments.folder}/kallsyms'))
    ratios = times(f'{arguments.folder}/times')
    print('#\n# time of a packet while the other processor forwards too, '
          'times that of one alone\n# (median of the rounds, lowest to highest):')
    for what, values in ratios.items():
        print(f'#  {what:10} {statistics.median(values):.2f} '
              f'({min(values):.2f} to {max(values):.2f})')
    if arguments.json:
        with open(arguments.json, 'w', encoding='utf-8') as file:
            json.dump({'schema': 1, 'no_sharing': good, 'beside_another': ratios}, file, indent=1)
            file.write('\n')
    return not good


if __name__ == '__main__':
    sys.exit(main())
