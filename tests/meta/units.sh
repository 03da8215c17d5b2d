#!/bin/bash
# units.sh ROOT - checks that every source file has its unit tests, and that they are found by their names.
#
# src/x/y.c is tested by tests/unit/test_y.c, which tests/unit/CMakeLists.txt lists as y, and whose suites are
# called y or y_something. A file of tests that is not listed would never run.
. "$(dirname "$0")/lib.sh"
cd "$1"
sources=$(find src -mindepth 2 -name '*.c' | sort)
tests=$(find tests/unit -name 'test_*.c' | sort)
[ -n "$sources" ] && [ -n "$tests" ] || die "no source files or no tests/unit/test_*.c"
list=tests/unit/CMakeLists.txt

{
    for file in $sources; do
        name=$(basename "$file" .c)
        [ -f "tests/unit/test_$name.c" ] || echo "$file:1: has no tests, write tests/unit/test_$name.c"
    done
    for file in $tests; do
        name=$(basename "$file" .c)
        name=${name#test_}
        grep -v '^ *#' "$list" | grep -qwF -- "$name" || echo "$list:1: does not list $name, so $file never runs"
        split_c "$file" | awk -F'\t' -v name="$name" '
        match($3, /^(Test|TestSuite|Theory|ParameterizedTest|TheoryDataPoints|ParameterizedTestParameters) *\(/) {
            tests++
            suite = substr($3, RSTART + RLENGTH)
            if ($3 ~ /^Theory *\(/)
                sub(/^\([^)]*\), */, "", suite)
            if ($3 ~ /^ParameterizedTest *\(/)
                sub(/^[^,]*, */, "", suite)
            sub(/[ ,)].*/, "", suite)
            if (suite != name && index(suite, name "_") != 1)
                print $1 ":" $2 ": the suite " suite " is in test_" name ".c, call it " name " or " name "_..."
        }
        END { if (!tests) print FILENAME $1 ":1: has no Test(" name ", ...), write one or remove the file" }'
    done
} | verdict units
