#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""report.py [--json FILE] [--tap] RUN...: from the lines of guest.sh, one file a
run, to a table, to JSON, or to a verdict in TAP on what the module may cost.

A figure is the median of its run's packets, less that of the same packets with
connection tracking alone. Of several runs the middle one is shown, with the
distance between the lowest and the highest.
"""

import argparse
import collections
import json
import statistics
import sys

BASE = 'conntrack'
BASES = {'full': 'many'}    # of a row with more connections than the others

ROWS = {
    'hook': 'a hook that does nothing',
    'nft': '8 nft rules (skype-rules.nft)',
    'ipp2p': 'xt_ipp2p',
    'observe': 'nf_skype',
    'offload': 'nf_skype, offload on',
    'accept': 'nf_skype, a rule accepts',
    'mark': 'nf_skype, a rule marks',
    'drop': 'nf_skype, a rule drops',
    'busy': 'nf_skype, endpoints proven',
    'full': 'nf_skype, flow table full',
    'flowtable': 'nf_skype and an nft flowtable',
}

STARTS = ['start-0.97', 'start-1.2', 'start-1.4', 'start-2.0', 'start-2.5', 'start-5.5']
SCALE = [1000, 4096, 16384, 65536, 262144]      # connections

# title in two lines, key in JSON, figure
COLUMNS = [
    ('settled', 'UDP', 'settled', lambda run, row: run.delta(row, 'settled')),
    ('settled', 'TCP', 'tcp', lambda run, row: run.delta(row, 'tcp')),
    ('first', 'of a flow', 'new', lambda run, row: run.delta(row, 'new.01')),
    ('candi-', 'date', 'candidate', lambda run, row: run.delta(row, 'candidate')),
    ('a start,', 'mean', 'start-mean', lambda run, row: run.mean(row, 'start-1.2')),
    ('any start,', 'most', 'start-most', lambda run, row: run.most(row, STARTS)),
    ('Skype', 'UDP', 'skype', lambda run, row: run.delta(row, 'skype')),
    ('Skype', 'TCP', 'skype-tcp', lambda run, row: run.delta(row, 'skype-tcp')),
]


def limit(what, most, case, *rows):
    """A figure of the budget: the worst of the rows."""
    return what, most, lambda run: max(run.delta(row, case) for row in rows)


# what, how many instructions at most, figure
BUDGET = [
    limit('a packet of a settled UDP flow', 55, 'settled', 'observe', 'accept', 'drop'),
    limit('a packet of a young UDP flow', 55, 'young', 'observe', 'accept', 'drop'),
    limit('a packet of a settled TCP flow', 55, 'tcp', 'observe', 'accept', 'drop'),
    limit('a packet of a settled flow, tables full or endpoints proven', 55, 'settled',
          'full', 'busy'),
    limit('a packet of a settled UDP flow, offload on', 40, 'settled', 'offload'),
    limit('a packet of a settled TCP flow, offload on', 40, 'tcp', 'offload'),
    limit('a packet of a Skype UDP flow', 90, 'skype', 'observe'),
    limit('a packet of a Skype UDP flow that a rule accepts', 90, 'skype', 'accept'),
    limit('a packet of a Skype UDP flow that a rule marks', 90, 'skype', 'mark'),
    limit('a packet of a Skype UDP flow that a rule drops', 90, 'skype', 'drop'),
    limit('a packet of a super node connection', 90, 'skype-tcp', 'observe'),
    limit('a packet of a super node connection that a rule accepts', 90, 'skype-tcp', 'accept'),
    limit('a packet of a super node connection that a rule marks', 90, 'skype-tcp', 'mark'),
    limit('a packet of a super node connection that a rule drops', 90, 'skype-tcp', 'drop'),
    limit('a packet that is watched for voice pace', 300, 'skype-watched', 'observe', 'accept',
          'mark'),
    limit('a packet of a super node connection that is watched for voice pace', 300,
          'skype-tcp-watched', 'observe', 'accept', 'mark'),
    limit('the first packet of a flow, no candidate', 150, 'new.01', 'observe', 'accept', 'drop'),
    limit('the first packet of a flow, no candidate, offload on', 150, 'new.01', 'offload'),
    limit('the first packet of a flow, no candidate, flow table full', 150, 'new.01', 'full'),
    limit('the first packet of a flow, no candidate, endpoints proven', 150, 'new.01', 'busy'),
    limit('the first packet of a flow, candidate', 500, 'candidate', 'observe'),
    limit('the first packet of a flow, candidate, policy in force', 500, 'candidate',
          'accept', 'drop'),
    limit('the first packet of a flow, candidate, endpoints proven', 500, 'candidate', 'busy'),
    ('a packet of a Skype start, on average', 300,
     lambda run: run.mean('observe', 'start-1.2')),
    ('a packet of a Skype start, policy in force, on average', 300,
     lambda run: run.mean('accept', 'start-1.2')),
    ('any packet of any version\'s start', 1500,
     lambda run: run.most('observe', STARTS)),
    ('any packet of any version\'s start, policy in force', 1500,
     lambda run: run.most('accept', STARTS)),
    ('any packet of a chain or a look-alike', 1500,
     lambda run: run.most('observe', ['chain', 'lookalike'])),
    ('a full flow table instead of an empty one, settled', 100,
     lambda run: run.delta('full', 'settled') - run.delta('observe', 'settled')),
    ('a full flow table instead of an empty one, no candidate', 100,
     lambda run: run.delta('full', 'new.01') - run.delta('observe', 'new.01')),
    ('a full flow table instead of an empty one, candidate', 100,
     lambda run: run.delta('full', 'candidate') - run.delta('observe', 'candidate')),
    ('a full flow table instead of an empty one, start, on average', 100,
     lambda run: run.mean('full', 'start-1.2') - run.mean('observe', 'start-1.2')),
]

# Where a goal is not reached yet, the budget test holds what is: 5 % above what
# was measured last. A Skype flow's place in its set of the flow table follows from
# an address, and each place costs 4 instructions more than the one before it. A
# figure that comes down takes its line with it.
REACHED = {
    'a packet of a Skype UDP flow': 94,
    'a packet of a Skype UDP flow that a rule accepts': 94,
    'a packet of a Skype UDP flow that a rule marks': 94,
    'a packet of a super node connection': 98,
    'a packet of a super node connection that a rule accepts': 98,
    'a packet of a super node connection that a rule marks': 98,
    'a packet that is watched for voice pace': 485,
    'a packet of a super node connection that is watched for voice pace': 570,
    'a packet of a Skype start, on average': 530,
    'a packet of a Skype start, policy in force, on average': 590,
}

# The same, of the rows that only the bench has.
SCALES = [
    ('a packet of a settled flow, 1,000 to 262,144 connections', 55,
     lambda run: max(run.scale(flows) for flows in SCALE)),
    ('most less least of these, in per cent of the packet', 5,
     lambda run: 100 * (max(run.get('scale-observe', f'settled-{flows}') for flows in SCALE) /
                        min(run.get('scale-observe', f'settled-{flows}') for flows in SCALE) - 1)),
]


class Run:
    """The figures of one boot of the guest."""

    def __init__(self, lines):
        self.rows = collections.defaultdict(dict)
        self.notes = []
        for line in lines:
            if line.startswith('#'):
                self.notes.append(line[1:].strip())
                continue
            row, case, packets, *figures = line.rstrip('\n').split('\t')
            self.rows[row][case] = dict(zip(
                ('packets', 'p10', 'median', 'p90', 'max'), map(int, [packets, *figures])))

    def get(self, row, case):
        return self.rows[row][case]['median']

    def base(self, row, case):
        """What connection tracking alone takes."""
        base = BASES.get(row, BASE)
        return self.get(base if case in self.rows[base] else BASE, case)

    def delta(self, row, case):
        return self.get(row, case) - self.base(row, case)

    def scale(self, flows):
        """What the module adds when there are so many connections."""
        case = f'settled-{flows}'
        return self.get('scale-observe', case) - self.get('scale-conntrack', case)

    def deltas(self, row, case):
        """Those of a sequence, a median for each of its steps."""
        steps = [step for step in self.rows[BASE] if step.startswith(case + '.')]
        return [self.delta(row, step) for step in steps]

    def mean(self, row, case):
        return statistics.mean(self.deltas(row, case))

    def most(self, row, cases):
        return max(max(self.deltas(row, case)) for case in cases)


def of_runs(runs, figure):
    """Middle, lowest and highest of a figure; None where a run does not have it."""
    try:
        values = [figure(run) for run in runs]
    except (KeyError, ValueError, statistics.StatisticsError):
        return None
    return {'median': round(statistics.median(values)),
            'lowest': round(min(values)), 'highest': round(max(values))}


def cell(value):
    return f"{value['median']:+,}" if value else ''


def line(name, cells):
    print(f'{name:{max(map(len, ROWS.values()))}}', *(f'{text:>10}' for text in cells))


def table(runs):
    widest = 0
    base = [of_runs(runs, lambda run, case=case: run.get(BASE, case))['median']
            for case in ('settled', 'new.01')]
    print(f'Instructions per forwarded packet, medians of {len(runs)} runs. Connection tracking\n'
          f'alone takes {base[0]:,}, for the first of a flow {base[1]:,}. Added to that by\n')
    line('', [column[0] for column in COLUMNS])
    line('', [column[1] for column in COLUMNS])
    for row, name in ROWS.items():
        values = [of_runs(runs, lambda run, row=row, figure=figure: figure(run, row))
                  for *_, figure in COLUMNS]
        if any(values):
            line(name, map(cell, values))
        widest = max([widest, *(value['highest'] - value['lowest'] for value in values if value)])
    print(f'\nThe runs differ by {widest} at most.')
    scale = [of_runs(runs, lambda run, flows=flows: run.scale(flows)) for flows in SCALE]
    if all(scale):
        print('A settled flow among', ', '.join(
            f"{flows:,}: {value['median']:+}" for flows, value in zip(SCALE, scale)))
    for note in sorted({note for run in runs for note in run.notes}):
        print(f'\n{note}')
    print()


def budget(runs, tap):
    """Judge by the highest of all runs: the figures hardly differ."""
    failed = 0
    figures = BUDGET if tap else BUDGET + SCALES
    for number, (what, most, figure) in enumerate(figures, 1):
        value = of_runs(runs, figure)
        allowed = max(most, REACHED.get(what, 0)) if tap else most
        good = value is not None and value['highest'] <= allowed
        failed += not good
        found = f"{value['highest']:+}" if value else 'not measured'
        if tap:
            goal = f'; the goal is +{most}' if allowed > most else ''
            print(f"{'ok' if good else 'not ok'} {number} - {what}: {found}, "
                  f'at most +{allowed}{goal}')
        else:
            print(f"{'holds   ' if good else 'EXCEEDED'} {what}: {found}, at most +{most}")
    if tap:
        print(f'1..{len(figures)}')
        print(f'# {len(figures) - failed} passed, {failed} failed')
    return not failed


def to_json(runs):
    rows = {}
    for row in runs[0].rows:
        cases = rows[row] = {}
        for case in runs[0].rows[row]:
            values = [run.rows[row].get(case) for run in runs]
            if None not in values:
                cases[case] = {
                    'instructions': of_runs(runs, lambda run: run.get(row, case)),
                    'added': of_runs(runs, lambda run: run.delta(row, case)),
                    'runs': values,
                }
    return {
        'schema': 1,
        'runs': len(runs),
        'added': {row: {key: of_runs(runs, lambda run: figure(run, row))
                        for *_, key, figure in COLUMNS} for row in ROWS},
        'scale': {flows: of_runs(runs, lambda run: run.scale(flows)) for flows in SCALE},
        'budget': [{'what': what, 'most': most, 'found': of_runs(runs, figure)}
                   for what, most, figure in BUDGET + SCALES],
        'rows': rows,
        'notes': sorted({note for run in runs for note in run.notes}),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--json')
    parser.add_argument('--tap', action='store_true')
    parser.add_argument('runs', nargs='+')
    arguments = parser.parse_args()

    runs = []
    for name in arguments.runs:
        with open(name, encoding='utf-8') as lines:
            runs.append(Run(lines))
    if arguments.json:
        with open(arguments.json, 'w', encoding='utf-8') as file:
            json.dump(to_json(runs), file, indent=1)
            file.write('\n')
    if not arguments.tap:
        table(runs)
    return not budget(runs, arguments.tap)


if __name__ == '__main__':
    sys.exit(main())
