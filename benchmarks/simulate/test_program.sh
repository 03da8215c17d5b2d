#!/bin/bash
# test_program.sh - weft-simulate as a user runs it: its output, its files, and what it says to bad arguments
#
# Usage: test_program.sh PATH-OF-WEFT-SIMULATE
#
# Prints `ok - case` or `not ok - case` for each case, and fails if one has failed. A case is a function that returns 0.
set -u
export LC_ALL=C
[ $# -eq 1 ] && [ -x "$1" ] || { echo "usage: $0 PATH-OF-WEFT-SIMULATE" >&2; exit 2; }
bin=$(realpath "$1")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failed=0

check() {
    local name=$1
    shift
    if "$@" >said 2>&1; then
        echo "ok - $name"
    else
        echo "not ok - $name: $(cat said)"
        failed=1
    fi
}

small=(run --workload fib,bursts --protocol textbook,shared --workers 2,4 --size 3)

# One line on standard error that mentions TEXT, nothing else, and exit code 2.
refuses() {
    local text=$1 code
    shift
    "$bin" "$@" >out 2>err
    code=$?
    cat err
    [ $code -eq 2 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$text" err
}

helps() { "$bin" --help | grep -q '^Usage: weft-simulate' && "$bin" list | grep -q '^line_ns=128 '; }

# The same seed gives the same bytes, another seed another tree.
repeats() {
    "$bin" run -w geometric -n 3,8 -s 6 -r 7 -j a.json >a && "$bin" run -w geometric -n 3,8 -s 6 -r 7 -j b.json >b &&
        "$bin" run -w geometric -n 3,8 -s 6 -r 8 -j c.json >c && cmp a b && cmp a.json b.json && ! cmp -s a.json c.json &&
        grep -qx 'seed 7' a
}

# 2 workloads, 2 protocols, 2 numbers of workers; every line has every field and is right.
writes_json() {
    "$bin" "${small[@]}" -j out.json >table && [ "$(wc -l <out.json)" -eq 8 ] || return
    local field
    for field in workload contender workers size work_ns seed search_ns start seconds serial_s efficiency tasks steals lost \
        published forced barriers barriers_s interrupts_s wakes wakes_s p50_us p99_us max_us ok; do
        [ "$(grep -c "\"$field\":" out.json)" -eq 8 ] || { echo "no $field"; return 1; }
    done
    [ "$(grep -c '^{.*"ok":true}$' out.json)" -eq 8 ] && [ "$(grep -c '^| fib |' table)" -eq 1 ] &&
        [ "$(grep -c '^| shared |' table)" -eq 2 ]
}

# Costs from the command line and from a file do the same, and are used.
takes_costs() {
    "$bin" list | sed -n '/^costs:/,$p' | sed 1d >costs && echo 'line_ns=500 # slower' >>costs &&
        "$bin" "${small[@]}" -C costs >a && "$bin" "${small[@]}" -c line_ns=500 >b &&
        "$bin" "${small[@]}" >c && "$bin" "${small[@]}" -C - <costs >d && cmp a b && cmp a d && ! cmp -s a c
}

# What a long leaf hides: a thief that may only ask waits for its end, one that may force does not.
starves() {
    "$bin" run -w prompt -s 5 -n 2 -p request,forced -j prompt.json >table || return
    sed 's/.*"contender":"\([a-z]*\)".*"max_us":\([0-9]*\).*/\1 \2/' prompt.json | tee pairs
    awk '{ max[$1] = $2 } END { exit !(max["request"] >= 1000 && max["forced"] < 1000) }' pairs
}

plots() { "$bin" "${small[@]}" -g plot.svg && grep -q '</svg>' plot.svg && grep -q shared plot.svg; }

check "help and list" helps
check "runs are repeated by their seed" repeats
check "JSON" writes_json
check "costs" takes_costs
check "a request starves in a long leaf" starves
if command -v gnuplot >/dev/null; then
    check "a plot" plots
else
    echo "ok - a plot # SKIP gnuplot is not installed"
fi
check "no command" refuses "needs a command"
check "an unknown command" refuses "fly: there is no such command" fly
check "an unknown option" refuses "--fly: there is no such option" run --fly
check "an option without its value" refuses "needs a value" run --workers
check "too many arguments" refuses "one argument too many" run fib
check "an unknown workload" refuses "fob: there is no such workload" run -w fob
check "an unknown protocol" refuses "lace: there is no such protocol" run -p lace
check "too many workers" refuses "must be a number from 1 to 1024" run -n 1025
check "no number" refuses "must be a number from 1 to 1024" run -n 2,x
check "an empty list" refuses "must be at least one" run -n ,
check "a size too large" refuses "must be at most 40 for fib" run -w fib -s 41
check "an unknown cost" refuses "must be NAME=NANOSECONDS" run -c lines_ns=3
check "a cost without a number" refuses "must be NAME=NANOSECONDS" run -c line_ns=
check "a missing file of costs" refuses "nothing: cannot be opened" run -C nothing
printf 'line_ns=3\nline_ns=three\n' >wrong
check "a wrong file of costs" refuses "wrong:2: must be" run -C wrong
check "JSON that cannot be written" refuses "cannot be opened" run -j no/where

exit $failed
