#!/bin/bash
# selftest/edges.sh - breaks each rule of edges.sh once, and wants it to notice
. "$(dirname "$0")/../lib.sh"
good_tree "$meta/fixtures/tree"
check=("$meta/edges.sh" TREE)
cell=src/queue/cell.c

accepts "${check[@]}"
rejects 'cell.c:5: \[cell.item\] is cited on 1 lines' "sed -i 's/is_full, 1); .*/is_full, 1); \/* hint: none *\//' $cell" "${check[@]}"
rejects 'cell.c:6: \[cell.spare\] is cited on 0 lines' "sed -i '5a\ *   [cell.spare]  a -> b: nothing. See [cell.spare].' $cell" \
    "${check[@]}"
rejects '\[cell.itme\] is declared nowhere' "sed -i '/item/s/\[cell.item\] \*/[cell.itme] */' $cell" "${check[@]}"
rejects 'turn.c:12: \[turn.over\] is declared nowhere' "echo '/* [turn.over] */' >> src/sched/turn.c" "${check[@]}"
rejects 'turn.c:3: \[cell.item\] is declared already in src/queue/cell.c:5' \
    "printf '/*\n * Edges\n *   [cell.item]  a -> b: c\n */\n' > src/sched/turn.c" "${check[@]}"
rejects 'cell.c:5: \[cell.item\] is declared outside an Edges block' "sed -i 's/ \* Edges/ * Notes/' $cell" "${check[@]}"
rejects 'turn.c:[0-9]*: \[cell.item\] is declared outside' \
    "printf '\n/*\n * Edges\n *   [cell.item]  a -> b: c\n */\n' >> src/sched/turn.c" "${check[@]}"
rejects 'turn.c:4: \[cell.item\] is declared outside' \
    "printf '/*\n * Edges\n *\n *   [cell.item]  a -> b: c\n */\n' > src/sched/turn.c" "${check[@]}"
rejects 'README.md:3: \[cell.itme\] is declared nowhere' "sed -i 's/.cell.item./[cell.itme]/' src/queue/README.md" "${check[@]}"
rejects 'no Edges block declares' "rm $cell src/queue/README.md" "${check[@]}"

# A reason counts on the operation's own line, on a comment's line before it, and within the same statement only.
for operation in 'wi_load_relaxed(p)' 'wi_store_release(p, 1)' 'wi_exchange_acq_rel(p, 1)' 'wi_fetch_add_relaxed(p, 1)' \
    'wi_cas_seq_cst(p, q, 1)' 'wi_fence_seq_cst()' 'wi_tsan_release(p)' 'wi_tsan_acquire(p)'; do
    rejects "${operation%%(*} without a reason" "echo '    $operation; /* because */' >> src/os/clock.c" "${check[@]}"
done
rejects 'cell.c:14: wi_store_release without' \
    "sed -i '13s/;/; \/* [cell.item] *\//;14s/; .*/;/' $cell" "${check[@]}"
rejects 'clock.c:12: wi_load_acquire without' "printf 'x = wi_load_acquire(p);\ny = 1; /* hint: no */\n' >> src/os/clock.c" "${check[@]}"
rejects 'clock.c:13: wi_load_acquire without' "printf 'if (a) /* hint: no */\n    wi_load_acquire(p);\n' >> src/os/clock.c" \
    "${check[@]}"
rejects 'edges: 1 violation' "printf '%s\n' '/* hint: above */' 'wi_load_acquire(p);' 'f(a, /* hint: same */' '  wi_load_acquire(p));' \
    'b = wi_load_acquire(p) ||' '    c; /* [cell.item] */' \"s = wi_load_acquire(p); /* owner's own */\" 'wi_fence_seq_cst();' \
    >> src/os/clock.c" "${check[@]}"
selftest_end
