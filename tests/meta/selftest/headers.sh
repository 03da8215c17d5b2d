#!/bin/bash
# selftest/headers.sh - breaks each rule of headers.sh once, and wants it to notice
. "$(dirname "$0")/../lib.sh"
good_tree "$meta/fixtures/tree"
check=("$meta/headers.sh" TREE)
cell=include/weft/cell.h

accepts "${check[@]}"
rejects 'cell.h:1: does not compile with .*uint64_t' "sed -i '/stdint/d' $cell" "${check[@]}"
rejects 'does not compile with .*redefin' "sed -i '/_H\$/d;\$d' $cell" "${check[@]}"
rejects 'with .*sched_getcpu' "printf '#include <sched.h>\nstatic inline int cpu(void)\n{\n    return sched_getcpu();\n}\n' \
    > include/weft/cpu.h" "${check[@]}"
rejects 'with .*extra' "echo 'extern int a;;' > include/weft/late.h" "${check[@]}"
# Good alone, and in alphabetical order; not in the other one.
rejects "include/weft:1: .* when the order is 'weft/z.h weft/" \
    "printf 'extern int z;\n#define item 1 +\n' > include/weft/z.h" "${check[@]}"
! command -v g++ clang++ >/dev/null ||
    rejects '++' "sed -i 's/uint64_t item)/uint64_t class)/' $cell" "${check[@]}"
selftest_end
