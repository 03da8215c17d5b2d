#!/bin/bash
# test_bench.sh - weft-bench on tiny sizes: every workload on every contender, and wrong command lines
#
# Usage: test_bench.sh PATH-OF-WEFT-BENCH
#
# Prints `ok - case` or `not ok - case: why` for each case, and fails if one has failed. No figure is looked at, only whether
# the results are right and the reports complete.
set -u
export LC_ALL=C

[ $# -eq 1 ] && [ -x "$1" ] || { echo "usage: $0 PATH-OF-WEFT-BENCH" >&2; exit 2; }
bench=$(realpath "$1")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failed=0

# verdict NAME WHY: the case is good if WHY is empty.
verdict()
{
    if [ -z "$2" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1: $2"
        failed=1
    fi
}

# A size at which the workload takes some milliseconds.
size_of()
{
    case $1 in
    fib) echo 12 ;;
    nqueens) echo 6 ;;
    uts) echo geometric:3:4:3:7 ;;
    spawn) echo 2000 ;;
    integrate) echo 20 ;;
    matmul) echo 64 ;;
    cilksort) echo 5001 ;;
    heat) echo 50 ;;
    axpy) echo 50000 ;;
    uneven) echo 1000 ;;
    prompt-*) echo 1 ;;
    submit-* | throughput-*) echo 10 ;;
    wake | start-stop) echo 3 ;;
    idle*) echo 10 ;;
    *) return 1 ;;
    esac
}

# missing FILE FIELD...: names the fields that are not in every line of the file.
missing()
{
    local file=$1 field lines
    shift
    lines=$(wc -l <"$file")
    for field in "$@"; do
        [ "$(grep -c "\"$field\":" "$file")" -eq "$lines" ] || echo "no $field"
    done
}

fields="workload contender workers size seconds median_s cpu_s peak_rss_kib tasks result ok environment"

run_on()
{
    local contender=$1 workload=$2 size status why
    size=$(size_of "$workload") || { verdict "$contender $workload" "test_bench.sh has no tiny size for it"; return; }
    "$bench" run "$workload" --contender "$contender" --workers 2 --repeat 1 --warmup 0 --size "$size" \
        --json report >said 2>&1
    status=$?
    why=$(missing report $fields)
    case $workload in
    prompt-* | submit-* | wake | start-stop) why+=$(missing report p50_us p99_us max_us percentiles_us) ;;
    esac
    [ "$(wc -l <report)" -eq 1 ] || why+=" not one line"
    grep -q '"ok":true' report || why+=" not ok"
    [ "$status" -eq 0 ] || why+=" exit code $status: $(cat said)"
    verdict "$contender $workload" "$why"
}

# refuses MESSAGE ARGUMENT...: the command must end with 2, and say so in one line that has the message in it.
refuses()
{
    local message=$1 status why=
    shift
    "$bench" "$@" >output 2>said
    status=$?
    [ "$status" -eq 2 ] || why="exit code $status, not 2"
    [ "$(wc -l <said)" -eq 1 ] || why+=" $(wc -l <said) lines of complaint, not 1"
    [ ! -s output ] || why+=" something on standard output"
    grep -qF -- "$message" said || why+=" does not say '$message': $(cat said)"
    verdict "refuses $*" "$why"
}

"$bench" list >list || verdict list "exit code $?"
sed -n '/^Contenders:/,/^$/s/^  //p' list | grep -v 'left out' >contenders
for contender in serial serial-call weft weft-frame; do
    grep -q "^$contender " contenders || verdict "$contender is listed" "$(cat list)"
done
while read -r contender workloads; do
    for workload in $workloads; do
        run_on "$contender" "$workload" </dev/null
    done
done <contenders

"$bench"-serial fib --size 12 --expect 144 --warmup 0 >output 2>said
verdict "a right result" "$([ $? -eq 0 ] && grep -q '"ok":true' output || cat said)"
"$bench"-serial fib --size 12 --expect 143 --warmup 0 >output 2>said
[ $? -eq 1 ] && grep -q '"ok":false' output && grep -q '"seconds":\[\]' output && grep -q 'fib: the result is wrong' said
verdict "a wrong result" "$([ $? -eq 0 ] || echo "is taken for right: $(cat output)")"

"$bench" compare --workload fib --contender serial,weft-frame --size 5,12 --rounds 2 --warmup 0 --json report >table 2>said
why=$([ $? -eq 0 ] || cat said)
[ "$(wc -l <report)" -eq 8 ] || why+=" $(wc -l <report) lines, not 2 sizes * 2 numbers of workers * 2 contenders"
why+=$(missing report $fields speedup ratio_to_weft others_cpus)
grep -qE '"seconds":\[[0-9.e-]+,[0-9.e-]+\]' report || why+=" not a time from each of 2 rounds"
grep -q 'fib, size 12, 2 workers' table || why+=" no such group in the table"
verdict "compare" "$why"

cp report sizes
"$bench" compare --workload submit-burst --contender weft-frame --size 50 --rounds 2 --warmup 0 --workers 2 \
    --json report >table 2>said
verdict "compare latencies" "$([ $? -eq 0 ] || cat said)$(missing report p50_us p99_us max_us)"

if command -v gnuplot >gnuplot; then
    cat report >>sizes
    why=$("$bench" plot sizes --output pictures 2>&1 >/dev/null) && why=
    for picture in speedup cost-fib latency-submit-burst; do
        grep -q '</svg>' "pictures/$picture.svg" || why+=" no $picture.svg"
    done
    verdict "plot" "$why"
    for contender in serial weft-frame; do
        grep -q ">$contender<" pictures/cost-fib.svg || verdict "plot of cost" "does not show $contender"
    done
else
    echo "ok - plot # SKIP gnuplot is not installed"
fi

for command in "" list run compare plot; do
    "$bench" $command --help >output 2>said
    status=$?
    verdict "$command --help" "$([ $status -eq 0 ] && [ -s output ] && [ ! -s said ] || echo "exit code $status")"
done

refuses "no command: must be list, run, compare or plot"
refuses "fly: must be list, run, compare or plot" fly
refuses "list takes no arguments" list all
refuses "run takes one workload" run --contender serial
refuses "run needs --contender" run fib
refuses "is no contender" run fib --contender nobody
refuses "is no workload of serial" run nothing --contender serial
refuses "is no workload of serial" run wake --contender serial
refuses "--size 61: must be, for fib: n, 0 to 60" run fib --contender serial --size 61
refuses "--size 5x: must be, for fib" run fib --contender serial --size 5x
refuses "--size T9: must be, for uts: T1, T3" run uts --contender serial --size T9
refuses "--size binomial:2:0.5:2:1: must be" run uts --contender serial --size binomial:2:0.5:2:1
refuses "--workers 0: must be a whole number from 1 to 4096" run fib --contender serial --workers 0
refuses "--repeat -1: must be a whole number" run fib --contender serial --repeat -1
refuses "--warmup x: must be a whole number" run fib --contender serial --warmup x
refuses "--size: needs a value" run fib --contender serial --size
refuses "--fast: there is no such option" run fib --contender serial --fast
refuses "--fast: there is no such option" compare --fast
refuses "compare takes options only" compare fib
refuses "--size needs one --workload" compare --size 5
refuses "is no contender" compare --contender nobody
refuses "is no workload of these contenders" compare --workload nothing --rounds 1
refuses "plot takes one file" plot

exit $failed
