#!/bin/bash
# selftest/layers.sh - breaks each rule of layers.sh once, and wants it to notice
. "$(dirname "$0")/../lib.sh"
good_tree "$meta/fixtures/tree"
check=("$meta/layers.sh" TREE)
map=src/README.md

accepts "${check[@]}"
# Not an include, not an atomic: what stands in comments and strings.
rejects 'layers: 1 violation' "sed -i 's|.os/clock.h., ||' $map; printf '/* #include \"sched/turn.h\" */\n// __atomic_x\n' \
    >> src/os/clock.h" "${check[@]}"

rejects 'README.md:1: is missing' "rm $map" "${check[@]}"
rejects 'has no table' "sed -i '/may include/d' $map" "${check[@]}"
rejects '`src/sched` has no row' "sed -i '/^| .src.sched/d' $map" "${check[@]}"
rejects '`src` has no row' "echo > src/loose.h" "${check[@]}"
rejects '`src/work` is no folder' "sed -i 's/^| .src.sched.*/&\n| \`src\/work\` | jobs | \`sched\` |/' $map" "${check[@]}"
rejects '`below` is no folder of src' "sed -i 's/\`os\`, \`queue\`/\`below\`/' $map" "${check[@]}"

rejects 'clock.c:5: src/os includes "queue/cell.h"' \
    "echo > src/queue/cell.h; sed -i '5i #include \"queue/cell.h\"' src/os/clock.c" "${check[@]}"
rejects 'src/sched includes "os/clock.h"' "sed -i '/^| .src.sched/s/\`os\`, //' $map" "${check[@]}"
rejects '"../os/clock.h" is no header' "sed -i 's/\"os/\"..\/os/' src/sched/turn.c" "${check[@]}"
rejects '"clock.h" is no header' "sed -i 's/\"os.clock/\"clock/' src/os/clock.c" "${check[@]}"
rejects '"os/clock.c" is no header' "sed -i 's/os.clock.h/os\/clock.c/' src/sched/turn.c" "${check[@]}"
rejects 'write <weft/cell.h>' "sed -i 's/<weft.cell.h>/\"weft\/cell.h\"/' src/queue/cell.c" "${check[@]}"
rejects 'write "os/clock.h"' "sed -i 's/\"os.clock.h\"/<os\/clock.h>/' src/os/clock.c" "${check[@]}"
rejects 'src/base includes <weft/cell.h>' "echo '#include <weft/cell.h>' >> src/base/atomics.h" "${check[@]}"
for header in pthread.h sched.h unistd.h signal.h time.h sys/syscall.h sys/mman.h linux/futex.h; do
    rejects "<$header> outside src/os" "echo '#  include <$header>' >> src/queue/cell.c" "${check[@]}"
done
rejects '<urcu/urcu-bp.h> outside' "echo '#include <urcu/urcu-bp.h>' >> src/queue/cell.c" "${check[@]}"
rejects '<urcu.h> outside' "echo '#include <urcu.h>' >> src/sched/turn.h" "${check[@]}"
rejects '<stdatomic.h> outside' "echo '#include <stdatomic.h>' >> src/queue/cell.c" "${check[@]}"
for word in __atomic_load_n __sync_synchronize atomic_thread_fence _Atomic; do
    rejects "turn.c:[0-9]*: $word outside" "echo 'int x = $word(0); /* why */' >> src/sched/turn.c" "${check[@]}"
done
rejects 'version.h:[0-9]*: __atomic_load_n outside' "echo 'int y = __atomic_load_n(0);' >> include/weft/version.h" "${check[@]}"
rejects 'turn.h:[0-9]*: includes "sched/next.h" in a cycle' "echo '#include \"sched/turn.h\"' > src/sched/next.h
    echo '#include \"sched/next.h\"' >> src/sched/turn.h; echo '\`sched/next.h\`' >> $map" "${check[@]}"
rejects 'public header includes os/clock.h' "echo '#include \"os/clock.h\"' >> include/weft/cell.h" "${check[@]}"
rejects 'public header includes pthread.h' "echo '#include <pthread.h>' >> include/weft/cell.h" "${check[@]}"

rejects 'examples/item.c:1: "os/clock.h" is none of its own' "sed -i '1i #include \"os/clock.h\"' examples/item.c" "${check[@]}"
rejects 'stress/cell.c:1: <os/clock.h> is internal' "sed -i '1i #include <os/clock.h>' tests/stress/cell.c" "${check[@]}"
rejects 'support/seed.h:1: <os/clock.h> is internal' "echo '#include <os/clock.h>' > tests/support/seed.h" "${check[@]}"
rejects 'cell.c:1: "support/../../src/os/clock.h" is none' "sed -i '1i #include \"support/../../src/os/clock.h\"' tests/stress/cell.c" \
    "${check[@]}"
rejects 'item.c:1: "support/seed.h" is none of its own' "sed -i '1i #include \"support/seed.h\"' examples/item.c" "${check[@]}"
rejects 'a/b.c:1: "../../src/os/clock.h" is none of its own' "mkdir -p benchmarks/a
    echo '#include \"../../src/os/clock.h\"' > benchmarks/a/b.c" "${check[@]}"
rejects 'test_turn.c:1: a unit test includes sched/turn.c' "sed -i '1s/turn.h/turn.c/' tests/unit/test_turn.c" "${check[@]}"

rejects 'has no line for `sched/turn.c`' "sed -i 's/, .sched.turn.c.//' $map" "${check[@]}"
rejects 'README.md:[0-9]*: `os/gone.c` is no file' "echo '- \`os/gone.c\`' >> $map" "${check[@]}"
rejects 'no C file below src' "rm -r src/*/*.[ch]" "${check[@]}"
selftest_end
