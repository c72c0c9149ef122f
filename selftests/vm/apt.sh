# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# apt.sh, to be sourced: apt with a private configuration, so that other
# releases' packages can be fetched without touching the running system.

# uri NAME: where this machine gets Debian's archive NAME (debian, debian-security).
apt_uri()
{
	local uri

	# shellcheck disable=SC2016	# apt expands it
	uri=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
		grep -E "/$1/?\$" | head -n 1) || true
	echo "${uri:-http://deb.debian.org/$1}"
}

# apt_private FOLDER SUITE: prepare a private apt for one suite and read its list.
apt_private()
{
	local suite=$2 archive=debian
	apt_root=$1

	mkdir -p "$apt_root/state/lists/partial" "$apt_root/cache/archives/partial"
	: >"$apt_root/state/status"
	[ "$suite" = "${suite%-security}" ] || archive=debian-security
	printf 'deb [signed-by=%s] %s %s main\n' \
		/usr/share/keyrings/debian-archive-keyring.gpg \
		"$(apt_uri $archive)" "$suite" >"$apt_root/sources.list"
	apt_options=(
		-qq
		-o "Dir::Etc::SourceList=$apt_root/sources.list"
		-o "Dir::Etc::SourceParts=/dev/null"
		-o "Dir::Etc::Preferences=/dev/null"
		-o "Dir::Etc::PreferencesParts=/dev/null"
		-o "Dir::State=$apt_root/state" -o "Dir::State::status=$apt_root/state/status"
		-o "Dir::Cache=$apt_root/cache"
		-o "APT::Architecture=amd64" -o "APT::Architectures=amd64"
		-o "APT::Sandbox::User=root" -o "Acquire::Languages=none"
		-o "Acquire::Retries=3"
	)
	apt-get "${apt_options[@]}" update
}

# apt_private_fetch FOLDER PACKAGE...: download packages, and those of their
# dependencies that belong to the kernel too.
apt_private_fetch()
{
	local folder=$1
	local -a packages
	shift

	mapfile -t packages < <(apt-cache "${apt_options[@]}" depends --recurse --important "$@" |
		grep -E '^linux-' | grep -v -E -e '-unsigned$' -e '^linux-(base(-amd64)?$|compiler)' | sort -u)
	(cd "$folder" && apt-get "${apt_options[@]}" download "${packages[@]}")
}
