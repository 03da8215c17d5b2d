#!/bin/bash
# selftest/units.sh - breaks each rule of units.sh once, and wants it to notice
. "$(dirname "$0")/../lib.sh"
good_tree "$meta/fixtures/tree"
check=("$meta/units.sh" TREE)
unit=tests/unit/test_turn.c

accepts "${check[@]}"
rejects 'src/sched/turn.c:1: has no tests' "rm $unit" "${check[@]}"
rejects 'does not list turn' "sed -i 's/clock turn/clock return/' tests/unit/CMakeLists.txt" "${check[@]}"
rejects 'does not list turn' "sed -i 's/clock turn/clock/; 1i # turn' tests/unit/CMakeLists.txt" "${check[@]}"
rejects 'test_turn.c:5: the suite cell is in' "sed -i 's/Test(turn/Test(cell/' $unit" "${check[@]}"
rejects 'the suite turning is in' "echo 'ParameterizedTest(struct p *p, turning, right)' >> $unit" "${check[@]}"
rejects 'the suite turning is in' "echo 'Theory((int a, int b), turning, right)' >> $unit" "${check[@]}"
rejects 'test_turn.c:1: has no Test(turn' "sed -i 's/^Test.*/void nothing(void)/' $unit" "${check[@]}"
selftest_end
