#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# qemu.sh FOLDER PLUGIN OPTIONS: a QEMU with one of the plugins here, in FOLDER.
# boot.sh starts the one that it finds first.

set -eu

here=$(dirname "$(readlink -f "$0")")
qemu=$(command -v qemu-system-x86_64)
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -o "$1/$2.so" "$here/$2.c" -lpthread
cat >"$1/qemu-system-x86_64" <<END
#!/bin/sh
exec $qemu "\$@" -plugin $1/$2.so,$3
END
chmod +x "$1/qemu-system-x86_64"
