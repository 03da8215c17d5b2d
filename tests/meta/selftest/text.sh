#!/bin/bash
# selftest/text.sh - breaks each rule of text.sh once, and wants it to notice
. "$(dirname "$0")/../lib.sh"
good_tree "$meta/fixtures/tree"
check=("$meta/text.sh" TREE)
clock=src/os/clock.c

accepts "${check[@]}"
for note in TODO FIXME XXX HACK; do
    rejects "clock.c:12: a note of work to do" "echo '// $note: later' >> $clock" "${check[@]}"
    rejects "README.md:[0-9]*: a note of work to do" "echo '$note' >> README.md" "${check[@]}"
done
rejects 'README.md:[0-9]*: a trailing blank' "echo 'word ' >> README.md" "${check[@]}"
for path in /Users/x /home/x '-I/home/me'; do
    rejects "run.sh:1: a path of one developer" "echo 'cd \"${path/-I/}\"/x' > run.sh" "${check[@]}"
done
rejects 'text: 1 violation' "printf '%s\n' src/work/x.c ../root/ '\$x/home/y' '\${dir}/root/' /home/me/ TODOS XXXXXX > notes" "${check[@]}"
rejects 'clock.c:12: a tab' "printf '\tint x;\n' >> $clock" "${check[@]}"
rejects 'clock.c:12: a line of more than 120' "printf '/* %116s*/\n' x >> $clock" "${check[@]}"
rejects 'text: 1 violation' "printf '/* %115s*/\n\n//%119s\n' x x >> $clock" "${check[@]}"

rejects 'clock.c:1: does not open' "sed -i 2d $clock" "${check[@]}"
rejects 'clock.c:1: does not open' "sed -i '2s/os.clock.c/clock.c/' $clock" "${check[@]}"
rejects 'clock.c:1: does not open' "sed -i '2s/ - .*/ -/' $clock" "${check[@]}"
rejects 'clock.c:1: does not open' "sed -i '1i #include <stdio.h>' $clock" "${check[@]}"
rejects 'weft/cell.h:1: does not open' "sed -i '2s/weft.//' include/weft/cell.h" "${check[@]}"
rejects 'clock.c:4: the first include is not "os/clock.h"' "sed -i '4i #include <stdint.h>' $clock" "${check[@]}"
rejects 'cell.c:7: the first include is not <weft/cell.h>' "sed -i '7i #include \"base/atomics.h\"' src/queue/cell.c" "${check[@]}"
rejects 'no C file' "find . -name '*.[ch]' -delete" "${check[@]}"
selftest_end
