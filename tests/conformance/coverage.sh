#!/bin/bash
# coverage.sh COVERED PROGRAM... - checks that the files listed in COVERED are those that the programs have tests for.
#
# The file a/b/c-d.any.js is mirrored by the test b_c_d of the suite a; that of Atomics/b/c-d.js is of the suite
# Atomics_b. So neither can a file be claimed that nothing tests, nor a test be left out of the list.
set -euo pipefail
export LC_ALL=C
covered=$1
shift

wanted() {
    sed 's/\..*$//; s/-/_/g; s|^Atomics/|Atomics_|; s|/|::|; s|/|_|g' "$covered" | sort
}
has() {
    local program
    for program in "$@"; do
        "$program" --list | awk '/^[A-Za-z_]+: / { suite = substr($1, 1, length($1) - 1) } / [A-Za-z0-9_]+$/ && !/:/ { print suite "::" $NF }'
    done | sort
}

missing=$(comm -23 <(wanted) <(has "$@"))
unlisted=$(comm -13 <(wanted) <(has "$@"))
[ -z "$missing" ] || echo "$covered lists files that no test mirrors:" $missing
[ -z "$unlisted" ] || echo "$covered does not list the files of these tests:" $unlisted
echo "coverage: $(wc -l <"$covered") files"
[ -s "$covered" ] && [ -z "$missing$unlisted" ]
