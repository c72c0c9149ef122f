# SPDX-License-Identifier: GPL-2.0
# Completion of skypectl for bash: the tool itself knows its words.

_skypectl()
{
	local line=$COMP_LINE word words=() i at=0

	# bash splits "--netns=name" at the "="; blanks alone separate words here
	for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
		word=${COMP_WORDS[i]}
		if ((i == 0)) || [[ $line == [[:blank:]]* ]]; then
			words+=("$word")
		else
			words[-1]+=$word
		fi
		line=${line#"${line%%[![:blank:]]*}"}
		line=${line#"$word"}
		((i > COMP_CWORD)) || at=$((${#words[@]} - 1))
	done
	mapfile -t COMPREPLY < <(skypectl complete "$at" "${words[@]}" 2>/dev/null)
}
# with no words from the tool, file names
complete -o default -F _skypectl skypectl
