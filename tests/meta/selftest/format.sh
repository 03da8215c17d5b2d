#!/bin/bash
# selftest/format.sh - breaks the format once, and wants format.sh to notice
. "$(dirname "$0")/../lib.sh"
good_tree "$meta/fixtures/tree"
cp "$meta/../../.clang-format" "$scratch/good"
check=("$meta/format.sh" TREE)

bash "$meta/format.sh" "$scratch/good" >/dev/null || [ $? != 77 ] || skip "there is no clang-format to test with"
accepts "${check[@]}"
rejects 'clock.c:9: is the first line that is not' "sed -i '10s/^ */  /' src/os/clock.c" "${check[@]}"
rejects 'item.h:1: is the first line that is not' "echo '#define   ITEM 7' > examples/item.h" "${check[@]}"
rejects '.clang-format:1: is missing' "rm .clang-format" "${check[@]}"
selftest_end
