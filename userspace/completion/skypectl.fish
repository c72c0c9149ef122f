# SPDX-License-Identifier: GPL-2.0
# Completion of skypectl for fish: the tool itself knows its words.

function __skypectl_words
    set -l words (commandline -opc) (commandline -ct)
    skypectl complete (math (count $words) - 1) $words 2>/dev/null
end
complete -c skypectl -a '(__skypectl_words)'
