# SPDX-License-Identifier: GPL-2.0
# Completion of skypectl for bash: the tool itself knows its words.

_skypectl()
{
	mapfile -t COMPREPLY < <(skypectl complete "$COMP_CWORD" \
		"${COMP_WORDS[@]}" 2>/dev/null)
}
# with no words from the tool, file names
complete -o default -F _skypectl skypectl
