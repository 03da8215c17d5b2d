#!/bin/bash
# run.sh NAME RUNS PROGRAM SOURCES - runs each case of the corpus RUNS times with 1 and with 2 workers
#
# A right case must run without a report. A wrong one must be reported, and each stack of an access in its reports must
# begin, as far as users' code goes, in a line of its source that is marked with its name. Prints a line of the table:
# how many were found, and how many false alarms there were. Exits with 1 if anything is missed or wrong, and says what.
set -uo pipefail
name=$1 runs=$2 program=$3 sources=$4

# Reads a program's output; prints the places of the accesses, "FILE:LINE", or "unknown".
places() {
    awk '
    function done() { if (is_access && !has_place) print "unknown"; is_access = 0 }
    /^  (Previous )?([Aa]tomic )?([Rr]ead|[Ww]rite) of size/ { done(); is_access = 1; has_place = 0; next }
    /^  (Location|Thread|As if|Mutex)|^SUMMARY|^$/ { done() }
    is_access && !has_place && match($0, /tests\/tsan\/[a-z]+\.c:[0-9]+/) {
        place = substr($0, RSTART, RLENGTH)
        sub(/.*\//, "", place)
        has_place = 1
        print place ~ /^corpus\.c/ ? "unknown" : place
    }
    END { done() }'
}

# Runs one case once; prints what is wrong with that, or nothing.
try() {
    local verdict=$1 case=$2 workers=$3 output status
    output=$(TSAN_OPTIONS="exitcode=0 $TSAN_OPTIONS" timeout 60 "$program" "$case" "$workers" 2>&1)
    status=$?
    [ $status -eq 0 ] || { echo "$case, $workers workers: exit status $status: ${output:0:2000}"; return; }
    if [ "$verdict" = right ]; then
        [[ $output != *ThreadSanitizer* ]] || echo "$case, $workers workers: false alarm: ${output:0:3000}"
        return
    fi
    [[ $output == *"WARNING: ThreadSanitizer"* ]] || { echo "$case, $workers workers: missed"; return; }
    local place found=0
    for place in $(places <<<"$output" | sort -u); do
        [ "$place" != unknown ] || continue
        found=1
        sed -n "${place#*:}p" "$sources/${place%:*}" | grep -q "/\* race: .*\b$case\b" ||
            echo "$case, $workers workers: reported at $place, which is not marked"
    done
    [ $found = 1 ] || echo "$case, $workers workers: reported without a place: ${output:0:3000}"
}

# All runs of one case, for xargs.
if [ "${5:-}" = --case ]; then
    for ((i = 0; i < runs; i++)); do
        for workers in 1 2; do
            fault=$(try "$6" "$7" $workers)
            [ -z "$fault" ] && echo "$6 good" || printf '%s bad\n%s\n' "$6" "$fault"
        done
    done
    exit
fi

export TSAN_OPTIONS="${TSAN_OPTIONS:-}"
[ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28)" -le 28 ] || program="setarch --addr-no-randomize $program"
results=$("$program" --list | grep "^${TSAN_CASES:-}" | while read -r verdict case rest; do echo "$verdict $case"; done |
    xargs -P 2 -L 1 bash "$0" "$name" "$runs" "$program" "$sources" --case)
count() { grep -c "^$1\$" <<<"$results"; }
right=$(($(count "right good") + $(count "right bad")))
wrong=$(($(count "wrong good") + $(count "wrong bad")))
printf '%-20s found %d of %d, false alarms %d of %d\n' \
    "$name" "$(count "wrong good")" "$wrong" "$(count "right bad")" "$right"
grep -v -E '^(right|wrong) good$' <<<"$results"
[ "$wrong" -gt 0 ] && [ "$(count "wrong good")" -eq "$wrong" ] && [ "$(count "right good")" -eq "$right" ]
