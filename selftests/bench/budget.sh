#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# budget.sh [-k KERNEL]: does a packet cost more than it may? One boot, in TAP.
# The figures are numbers of instructions, not times, so this may fail a build.

set -eu

here=$(dirname "$(readlink -f "$0")")
exec "$here/bench.sh" "$@" -n 1 -t conntrack many observe offload accept mark drop busy full
