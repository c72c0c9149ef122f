# SPDX-License-Identifier: GPL-2.0
"""The guest's functions by address, from its /proc/kallsyms."""

import bisect


class Symbols:
    """Functions, and to which module they belong."""

    def __init__(self, path):
        symbols = []
        with open(path, encoding='ascii') as lines:
            for line in lines:
                address, kind, name, *module = line.split()
                if kind in 'tTwW':
                    symbols.append((int(address, 16), ' '.join([name, *module])))
        symbols.sort()
        self.addresses = [address for address, _ in symbols]
        self.names = [name for _, name in symbols]

    def name(self, address):
        return self.names[bisect.bisect_right(self.addresses, address) - 1]

    def start(self, address):
        return self.addresses[bisect.bisect_right(self.addresses, address) - 1]

    def is_ours(self, address):
        return self.name(address).endswith('[nf_skype]')
