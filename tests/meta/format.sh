#!/bin/bash
# format.sh ROOT - checks that the C files are formatted as .clang-format says.
#
# Versions of clang-format differ in what they make of the same rules, so the check asks for one, that of Debian
# 12; without it, it is skipped.
version=14
. "$(dirname "$0")/lib.sh"
cd "$1"
[ -f .clang-format ] || die ".clang-format:1: is missing"
formatter=$(command -v "clang-format-$version" || command -v clang-format) || skip "clang-format is not installed"
"$formatter" --version | grep -q " version $version\." || skip "this is not clang-format $version"
code=$(tree_files | grep '\.[ch]$') || die "$PWD: no C file"

"$formatter" --dry-run $code 2>&1 | awk -F: '/: (warning|error): / && !($1 in seen) {
    seen[$1] = 1
    print $1 ":" $2 ": is the first line that is not formatted, run clang-format -i on the file"
}' | verdict format
