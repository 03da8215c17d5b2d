#!/bin/bash
# text.sh ROOT - checks what every file of the tree has in common.
#
# No notes of things left to do, no trailing blanks, no path of one developer's machine; in C no tabs, no line
# above 120 columns. Each header and source of the library opens with `<path> - <what it is>`, and a source file's
# first include is its own header, so that this header is compiled without the help of others.
. "$(dirname "$0")/lib.sh"
cd "$1"
files=$(tree_files | grep -v '^tests/meta/selftest/')
code=$(grep '\.[ch]$' <<<"$files") || die "$PWD: no C file"
library=$(grep -E '^(src|include)/.*\.[ch]$' <<<"$files" | grep -v '^src/[^/]*$') || die "$PWD: no file of the library"

# Prints each match in the text files among those on standard input as a violation.
matches() {
    tr '\n' '\0' | xargs -0 grep -HInE "$1" -- | awk -F: -v what="$2" '{ print $1 ":" $2 ": " what }' || true
}

heads() {
    local file path
    for file in $library; do
        path=${file#src/}
        path=${path#include/}
        sed -n 1,2p "$file" | tr '\n' '|' | grep -qE "^/\*\| \* ${path//./\\.} - [^ ].*[^.|]\|\$" ||
            echo "$file:1: does not open with its head comment, write ' * $path - <noun phrase>' below the /*"
    done
}

own_headers() {
    local file own
    for file in $library; do
        own=$(basename "$file" .c).h
        if [[ $file != *.c ]]; then
            continue
        elif [ -f "${file%.c}.h" ]; then
            own='"'$(sed 's|^src/||; s|c$|h|' <<<"$file")'"'
        elif [ -f "include/weft/$own" ]; then
            own="<weft/$own>"
        else
            continue
        fi
        grep -nE -m1 '^# *include' "$file" | grep -qF -- "$own" ||
            echo "$file:$(grep -nE -m1 '^# *include' "$file" | cut -d: -f1): the first include is not $own, put it before all others"
    done
}

{
    matches '(^|[^[:alnum:]_])(TO''DO|FIX''ME|XX''X|HA''CK)([^[:alnum:]_]|$)' 'a note of work to do, do it or open an issue' <<<"$files"
    matches '[[:blank:]]$' 'a trailing blank, remove it' <<<"$files"
    matches '(^|[^[:alnum:]_.})*~-])/(home|root|Users)/' "a path of one developer's machine, name it relative to the tree" <<<"$files"
    matches $'\t' 'a tab, indent with four blanks' <<<"$code"
    matches '^.{121}' 'a line of more than 120 columns, break it' <<<"$code"
    heads
    own_headers
} | verdict text
