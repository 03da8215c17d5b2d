#!/bin/bash
# test_gzip.sh - weft-gzip against gzip and pigz, and against bad input
#
# Usage: test_gzip.sh PATH-OF-WEFT-GZIP
#
# Prints `ok - case` or `not ok - case: why` for each case, and fails if one has failed. Works in a folder of its own. A
# case is a function that returns 0, or calls `no` with what is wrong. Where a program has to be caught in the middle of
# its work, it reads from a pipe that the test has not closed: no case depends on the speed of anything.
set -u
export LC_ALL=C
unset GZIP PIGZ POSIXLY_CORRECT

[ $# -eq 1 ] && [ -x "$1" ] || { echo "usage: $0 PATH-OF-WEFT-GZIP" >&2; exit 2; }
bin=$(realpath "$1")
work=$(mktemp -d) || exit 2
trap 'chmod -R u+rwx "$work" && rm -rf "$work"' EXIT
failed=0

# ---- the harness ----

no() { echo "$*" >"$work/why"; return 1; }

# check NAME FUNCTION ARGUMENT...: runs the function in an empty folder.
check()
{
    local name=$1
    shift
    [ ! -e "$work/case" ] || chmod -R u+rwx "$work/case"
    rm -rf "$work/case" "$work/why"
    mkdir "$work/case"
    if (cd "$work/case" && "$@"); then
        echo "ok - $name"
    else
        echo "not ok - $name: $(cat "$work/why" 2>/dev/null || echo "failed")"
        failed=1
    fi
}

skip() { echo "ok - $1 # SKIP $2"; }

# run STATUS COMMAND...: the command must end with that exit code; what it says is in `said`, at most one line of it unless
# all is well.
run()
{
    local wanted=$1 got
    shift
    "$@" 2>"$work/said"
    got=$?
    said=$(cat "$work/said")
    [ "$got" -eq "$wanted" ] || no "exit code $got, not $wanted, of: $* ($said)" || return
    [ "$wanted" -eq 0 ] || [ "$(wc -l <"$work/said")" -eq 1 ] || no "not one line of error: $said"
}

# says TEXT: the last run mentioned it.
says() { [[ $said == *"$1"* ]] || no "\"$said\" does not say \"$1\""; }

# holds NAME...: exactly these files are in the folder.
holds()
{
    local here
    here=$(ls -A | tr '\n' ' ')
    [ "$here" = "${*:+$* }" ] || no "the folder holds $here, not $*"
}

same() { cmp -s "$1" "$2" || no "$1 and $2 differ"; }

# ---- data ----

# The same English-like text everywhere: words of skewed frequency, by a fixed generator.
make_text()
{
    awk -v bytes="$1" 'BEGIN {
        words = split("the of and to in a is that for it as was with be by on not he his but at are this have from or " \
                      "had an they which one you were all her she there would their we him been has when who will no " \
                      "more if out so up said what its about than into them can only other time new some could these " \
                      "thread worker steals queue order memory release acquire fence pointer capacity deque", word, " ")
        for (x = 1; n < bytes; n += length(line) + 1) {
            line = ""
            for (i = 0; i < 11; i++) {
                x = (x * 16807) % 2147483647
                y = (x % 65536) / 65536
                line = line word[1 + int(y * y * words)] (x % 13 == 0 ? x % 9973 : "") " "
            }
            print line
        }
    }' | head -c "$1"
}

make_text 5000000 >"$work/text"
head -c 5000000 /dev/urandom >"$work/random"

# ---- compressing ----

round_trip()
{
    local data=$1 size=$2 level=$3 block=$4 workers sum first=
    head -c "$size" "$work/$data" >in
    for workers in 0 1 2 8; do
        run 0 "$bin" "-$level" -b "$block" -p "$workers" -c in >out.gz || return
        sum=$(cksum <out.gz)
        [ "${first:=$sum}" = "$sum" ] || no "-p $workers gives another output than -p 0" || return
    done
    gunzip -c out.gz | cmp -s - in || no "gunzip gives something else" || return
    gzip -t out.gz || no "gzip -t refuses it" || return
    pigz -dt out.gz || no "pigz -dt refuses it" || return
    run 0 "$bin" -t out.gz || return
    "$bin" -dc out.gz | cmp -s - in || no "-d gives something else"
}

for data in text random; do
    for size in 0 1 32767 32768 32769 131071 131072 131073 262144 1310720 1310721 5000000; do
        for level in 1 6 9; do
            check "round trip of $size bytes of $data, -$level" round_trip "$data" "$size" "$level" 128
        done
    done
    check "round trip of $data, -b 32" round_trip "$data" 5000000 6 32
    check "round trip of $data, -b 33" round_trip "$data" 3000000 6 33
    check "round trip of $data in one block" round_trip "$data" 5000000 6 8192
done

ratio()
{
    local level=$1 ours theirs
    ours=$("$bin" "-$level" -c "$work/text" | wc -c)
    theirs=$(gzip "-$level" -c "$work/text" | wc -c)
    [ $((ours * 100)) -le $((theirs * 101)) ] || no "$ours bytes, gzip has $theirs"
}
for level in 1 6 9; do
    check "within 1 % of gzip -$level" ratio "$level"
done

one_member()
{
    "$bin" -n -c "$work/text" >out.gz
    [ "$(od -An -tx1 -N10 out.gz | tr -d ' ')" = 1f8b0800000000000003 ] || no "the header is unusual" || return
    # gzip's list reads the length in the last trailer: that of the whole only if there is one member.
    [ "$(gzip -l out.gz | awk 'NR == 2 { print $2 }')" = 5000000 ] || no "there is more than one member"
}
check "one ordinary member" one_member

incompressible_stays_small()
{
    local bytes
    bytes=$("$bin" -c "$work/random" | wc -c)
    [ "$bytes" -le 5005000 ] || no "5000000 bytes became $bytes"
}
check "random data grows by less than 0.1 %" incompressible_stays_small

pipes()
{
    (head -c 1 "$work/text"; tail -c +2 "$work/text" | head -c 299999; tail -c +300001 "$work/text") |
        "$bin" | gunzip | cmp -s - "$work/text" || no "through pipes it becomes something else" || return
    "$bin" - <"$work/text" | gunzip | cmp -s - "$work/text" || no "- is not standard input" || return
    "$bin" <"$work/text" | "$bin" -d | cmp -s - "$work/text" || no "-d from standard input" || return
    "$bin" <"$work/text" | "$bin" -t || no "-t from standard input" || return
    holds
}
check "standard input and output" pipes

# ---- files ----

replaces()
{
    cp "$work/text" a
    run 0 "$bin" a && holds a.gz || return
    gunzip -c a.gz | cmp -s - "$work/text" || no "a.gz holds something else" || return
    run 0 "$bin" -d a.gz && holds a && same a "$work/text"
}
check "a file becomes a.gz, and back" replaces

attributes()
{
    echo hello >'a name'
    chmod 751 'a name'
    touch -d @1234567890 'a name'
    run 0 "$bin" 'a name' || return
    [ "$(stat -c '%a %Y' 'a name.gz')" = "751 1234567890" ] || no "mode or time of the output" || return
    cp 'a name.gz' other.gz
    gzip -dN other.gz
    [ "$(stat -c %Y 'a name')" = 1234567890 ] || no "name or time in the header" || return
    rm 'a name'
    run 0 "$bin" -d 'a name.gz' || return
    [ "$(stat -c '%a %Y' 'a name')" = "751 1234567890" ] || no "mode or time of the expanded file"
}
check "name, time and mode are kept" attributes

private_while_written()
{
    echo hello >a
    chmod 600 a
    (umask 0; run 0 "$bin" -k a) || return
    [ "$(stat -c %a a.gz)" = 600 ] || no "a private file became $(stat -c %a a.gz)"
}
check "the umask does not open a private file" private_while_written

keeps()
{
    echo hello >a
    run 0 "$bin" -k a && holds a a.gz || return
    rm a
    run 0 "$bin" -dk a.gz && holds a a.gz || return
    rm a.gz
    "$bin" -c a >b.gz && holds a b.gz && "$bin" -dc b.gz >c && holds a b.gz c && same a c || return
    run 0 "$bin" -t b.gz && holds a b.gz c
}
check "-k, -c and -t keep the input" keeps

overwrites()
{
    echo hello >a
    echo old >a.gz
    run 2 "$bin" a && says "already exists" && holds a a.gz && [ "$(cat a.gz)" = old ] || return
    run 0 "$bin" -f a && holds a.gz || return
    echo old >a
    run 2 "$bin" -d a.gz && says "already exists" && [ "$(cat a)" = old ] || return
    run 0 "$bin" -df a.gz && holds a && [ "$(cat a)" = hello ]
}
check "overwrites only with -f" overwrites

overwrite_fails()
{
    cp "$work/text" a
    echo old >a.gz
    (ulimit -f 8; run 1 "$bin" -f a) || return
    holds a a.gz && [ "$(cat a.gz)" = old ] || no "the old file is gone"
}
check "-f leaves the old file if there is no new one" overwrite_fails

suffixes()
{
    echo hello >a
    run 0 "$bin" -k a || return
    run 2 "$bin" a.gz && says "suffix" || return
    run 2 "$bin" -d a && says "suffix" || return
    mv a.gz b.tgz
    run 0 "$bin" -d b.tgz && holds a b.tar || return
    "$bin" a && run 0 "$bin" -d a && holds a b.tar || return
    "$bin" -c a >x && "$bin" -dc x | cmp -s - a || no "-dc needs a suffix" || return
    echo hello >.gz
    run 0 "$bin" .gz && holds .gz.gz a b.tar x
}
check "suffixes" suffixes

many_files()
{
    local name
    for name in a b c; do cp "$work/text" $name; done
    run 1 "$bin" a missing b -- c && says missing && holds a.gz b.gz c.gz || return
    run 0 "$bin" -d a.gz b.gz c.gz && holds a b c && same b "$work/text" || return
    "$bin" -c a b >both.gz && gunzip -c both.gz | cmp -s - <(cat a b) || no "-c with two files" || return
    touch -- -x && run 0 "$bin" -- -x && holds -x.gz a b both.gz c
}
check "many files, also after an error" many_files

special_files()
{
    echo hello >a
    ln -s a link
    ln a twin
    mkdir d
    mkfifo pipe
    run 1 "$bin" link && says "symbolic link" || return
    run 2 "$bin" a && says "hard link" || return
    run 2 "$bin" d && says "directory" || return
    run 2 "$bin" pipe && says "not a regular file" || return
    holds a d link pipe twin || return
    run 0 "$bin" -q -f link && holds a d link.gz pipe twin
}
special_files_quiet() { mkdir d; "$bin" -q d 2>said; [ $? -eq 2 ] && [ ! -s said ] || no "-q does not silence a warning"; }
check "links, folders and pipes are left alone" special_files
check "-q silences warnings" special_files_quiet

set_user_id()
{
    echo hello >a
    chmod 4755 a
    run 2 "$bin" a && says "set-user-ID" && holds a
}
check "a set-user-ID file is left alone" set_user_id

verbose()
{
    cp "$work/text" a
    run 0 "$bin" -v a && says "a:" && says "% -- replaced with a.gz" || return
    run 0 "$bin" -tv a.gz && says "a.gz:" && says "OK" || return
    run 0 "$bin" -dkv a.gz && says "% -- created a"
}
check "-v" verbose

# ---- expanding ----

members()
{
    head -c 300000 "$work/text" >a
    (gzip -c a; "$bin" -c a; gzip -c </dev/null; pigz -c a) >m.gz
    cat a a a >aaa
    run 0 "$bin" -t m.gz && "$bin" -dc m.gz | cmp -s - aaa || no "four members" || return
    (cat m.gz; head -c 100000 /dev/zero) >z.gz
    run 0 "$bin" -dk z.gz && same z aaa || return
    (cat m.gz; head -c 100 /dev/zero; echo garbage) >g.gz
    run 2 "$bin" -dk g.gz && says "trailing garbage" && same g aaa || return
    (cat m.gz; printf '\037') >h.gz
    run 2 "$bin" -t h.gz && says "trailing garbage"
}
check "several members, padding, garbage" members

# A header with all that RFC 1952 allows: extra field, name, comment and its own checksum.
full_header()
{
    local crc
    echo hello >a
    "$bin" -nc a | tail -c +11 >body
    printf '\037\213\010\036\0\0\0\0\0\003\004\0WXYZname\0comment\0' >head
    crc=$(gzip -c head | tail -c 8 | od -An -tx2 -N2 --endian=little | tr -d ' ')
    (cat head; printf "\\x${crc:2:2}\\x${crc:0:2}"; cat body) >full.gz
    run 0 "$bin" -t full.gz && "$bin" -dc full.gz | cmp -s - a || no "cannot be expanded" || return
    (cat head; printf '\0\0'; cat body) >wrong.gz
    run 1 "$bin" -t wrong.gz && says "invalid compressed data"
}
check "a header with everything" full_header

truncated()
{
    local bytes total
    head -c 400000 "$work/text" | "$bin" >whole.gz
    total=$(wc -c <whole.gz)
    for bytes in 0 1 2 5 9 10 11 1000 $((total / 2)) $((total - 9)) $((total - 8)) $((total - 4)) $((total - 1)); do
        head -c "$bytes" whole.gz >cut.gz
        run 1 "$bin" -t cut.gz && says "unexpected end of file" || return
        run 1 "$bin" -d cut.gz && says "unexpected end of file" && holds cut.gz whole.gz || return
    done
}
check "a truncated file leaves nothing" truncated

corrupt()
{
    local at total
    head -c 400000 "$work/text" | "$bin" >whole.gz
    total=$(wc -c <whole.gz)
    for at in 20 1000 $((total / 2)) $((total - 8)) $((total - 4)); do
        cp whole.gz bad.gz
        printf '\377\377\377\377' | dd of=bad.gz bs=1 seek="$at" conv=notrunc status=none
        run 1 "$bin" -t bad.gz && says "invalid compressed data" || return
        run 1 "$bin" -d bad.gz && holds bad.gz whole.gz || return
    done
    echo "this is text" >bad.gz
    run 1 "$bin" -d bad.gz && says "not in gzip format" && holds bad.gz whole.gz
}
check "a corrupt file leaves nothing" corrupt

# ---- what can go wrong ----

missing()
{
    run 1 "$bin" nothing && says "nothing: cannot be opened: No such file" || return
    run 1 "$bin" -d nothing && says "No such file" && holds
}
check "a missing file" missing

unreadable()
{
    echo hello >a
    chmod 0 a
    run 1 "$bin" a && says "Permission denied" && holds a
}
read_only_folder()
{
    mkdir d
    echo hello >d/a
    chmod 555 d
    run 1 "$bin" d/a && says "Permission denied" && cd d && holds a
}
if [ "$(id -u)" -eq 0 ]; then
    skip "an unreadable file" "root reads everything"
    skip "a folder that cannot be written" "root writes everywhere"
else
    check "an unreadable file" unreadable
    check "a folder that cannot be written" read_only_folder
fi

name_too_long()
{
    local name
    name=$(printf 'n%.0s' {1..254})
    echo hello >"$name"
    run 1 "$bin" "$name" && says "too long" && holds "$name"
}
check "a name with no room for .gz" name_too_long

disk_full()
{
    cp "$work/random" a
    for workers in 0 1 2 8; do
        run 1 "$bin" -p $workers -c a >/dev/full && says "No space left" || return
        (ulimit -f 64; run 1 "$bin" -p $workers a && says "File too large") && holds a || return
    done
    gzip -1 a
    run 1 "$bin" -dc a.gz >/dev/full && says "No space left" || return
    (ulimit -f 64; run 1 "$bin" -d a.gz && says "File too large") && holds a.gz || return
    run 1 "$bin" --help >/dev/full && says "No space left"
}
check "disk full" disk_full

small_disk()
{
    mount -t tmpfs -o size=256k none "$1" || return
    head -c 200000 "$work/random" >"$1/a"
    (cd "$1" && run 1 "$bin" a && says "No space left" && holds a)
}
on_small_disk()
{
    mkdir disk
    export -f small_disk run says holds no
    export work bin
    unshare -rm bash -c 'small_disk disk'
}
if unshare -rm mount -t tmpfs none "$work" 2>/dev/null; then
    check "a file system that fills up" on_small_disk
else
    skip "a file system that fills up" "not allowed to mount one"
fi

reader_gone()
{
    local statuses
    "$bin" -c "$work/random" 2>said | true
    statuses=("${PIPESTATUS[@]}")
    [ "${statuses[0]}" -eq 1 ] && [ "$(wc -l <said)" -eq 1 ] && grep -q "Broken pipe" said ||
        no "exit code ${statuses[0]}, $(cat said)"
}
check "the reader of a pipe goes away" reader_gone

closed_descriptors()
{
    cp "$work/text" a
    run 0 "$bin" -k a <&- >&- && gzip -t a.gz || no "without standard input and output" || return
    run 1 "$bin" -c a >&- && says "cannot be written" || return
    run 1 "$bin" <&- >out && says "cannot be read" || return
    rm a.gz
    "$bin" -v a missing <&- >&- 2>&-
    [ $? -eq 1 ] && gunzip -c a.gz | cmp -s - "$work/text" || no "messages got into the output"
}
check "closed standard descriptors" closed_descriptors

# killed SIGNAL WORKERS: more is written to the program than a pipe holds, so it has read some; then it waits for the rest.
killed()
{
    local pid status signal=$1
    mkfifo in
    "$bin" -kf -p "$2" in 2>"$work/said" &
    pid=$!
    exec 9>in
    cat "$work/random" >&9
    kill -s "$signal" "$pid"
    wait "$pid" 2>/dev/null
    status=$?
    exec 9>&-
    [ "$status" -eq $((128 + $(kill -l "$signal"))) ] || no "exit code $status" || return
    holds in
}
for signal in TERM HUP KILL; do
    for workers in 0 2; do
        check "killed by SIG$signal, -p $workers" killed "$signal" "$workers"
    done
done

# ---- where there are no files without a name ----

# A stand-in for such a file system: openat() refuses O_TMPFILE.
make_shim()
{
    cat >"$work/shim.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
int openat(int directory, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return ((int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat"))(directory, path, flags, mode);
}
END
    ${CC:-cc} -w -shared -fPIC -o "$work/shim.so" "$work/shim.c" -ldl 2>/dev/null && ! ldd "$bin" | grep -q 'lib[at]san' &&
        ! nm "$bin" 2>/dev/null | grep -q '__[at]san_init'
}

shimmed() { LD_PRELOAD="$work/shim.so" "$@"; }

hidden()
{
    cp "$work/text" a
    run 0 shimmed "$bin" a && holds a.gz && gzip -t a.gz || return
    run 0 shimmed "$bin" -dk a.gz && holds a a.gz && same a "$work/text" || return
    run 2 shimmed "$bin" a && says "already exists" && holds a a.gz || return
    run 0 shimmed "$bin" -f a && holds a.gz || return
    head -c 1000 a.gz >b.gz
    run 1 shimmed "$bin" -d b.gz && holds a.gz b.gz || return
    cp "$work/random" a && rm a.gz
    (ulimit -f 64; run 1 shimmed "$bin" a) && holds a b.gz
}
killed_while_hidden()
{
    local pid status
    mkfifo in
    LD_PRELOAD="$work/shim.so" "$bin" -kf in 2>"$work/said" &
    pid=$!
    exec 9>in
    cat "$work/random" >&9
    [ "$(ls -A | wc -l)" -eq 2 ] || no "there is no hidden file to be removed" || return
    kill -s "$1" "$pid"
    wait "$pid" 2>/dev/null
    status=$?
    exec 9>&-
    [ "$status" -eq $((128 + $(kill -l "$1"))) ] || no "exit code $status" || return
    holds in
}
if make_shim; then
    check "without O_TMPFILE" hidden
    check "without O_TMPFILE, killed by SIGTERM" killed_while_hidden TERM
    check "without O_TMPFILE, killed by SIGHUP" killed_while_hidden HUP
else
    skip "without O_TMPFILE" "no compiler, or a sanitizer that must be loaded first"
fi

# ---- the command line ----

wrong_options()
{
    local options
    echo hello >a
    for options in "-p x" "-p -1" "-p 5000" "-p 99999999999999999999" "-b 31" "-b 65537" "-b 1k" "-b" "-p" "-Z" "-kZ" \
        "--nonsense" "--processes" "--keep=no" "-p "; do
        # shellcheck disable=SC2086
        if [ "$options" = "-p " ]; then
            run 1 "$bin" -p "" a || return
        elif [ "${options#-[bp]}" = "" ] || [ "$options" = --processes ]; then
            run 1 "$bin" a $options || return
        else
            run 1 "$bin" $options a || return
        fi
        holds a || return
    done
    run 1 "$bin" -kZ a && says "-Z: there is no such option" || return
    run 1 "$bin" --nonsense a && says "--nonsense: there is no such option" || return
    run 1 "$bin" -b 31 a && says "from 32 to"
}
check "wrong options" wrong_options

right_options()
{
    cp "$work/text" a
    run 0 "$bin" --keep --best --processes 2 --blocksize=64 --force --quiet a && holds a a.gz || return
    "$bin" -9kfp2 -b64 -c a | cmp -s - a.gz || no "long and short options differ" || return
    "$bin" --stdout --fast --no-name a | cmp -s - <("$bin" -1nc a) || no "long and short options differ" || return
    run 0 "$bin" --test --verbose a.gz && run 0 "$bin" --decompress --force a.gz && holds a || return
    "$bin" -12345 -c a | cmp -s - <("$bin" -5 -c a) || no "the last level does not count"
}
check "short, long and combined options" right_options

help()
{
    run 0 "$bin" --help >out && grep -q '^Usage: weft-gzip' out || no "no help" || return
    run 0 "$bin" -h >out2 && same out out2 || return
    run 0 "$bin" --version >out && grep -Eq '^weft-gzip [0-9]+\.[0-9]+\.[0-9]+$' out || no "no version"
}
check "--help and --version" help

# ---- the terminal ----

# on_terminal COMMAND: its output, with a terminal for everything.
on_terminal() { script -qec "$1" /dev/null </dev/null; }

refuses_terminal()
{
    local out
    echo hello >a
    out=$(on_terminal "'$bin' -c a")
    [ $? -eq 1 ] || no "no error" || return
    [[ $out == *"not written to a terminal"* ]] || no "it said $out" || return
    out=$(on_terminal "'$bin' -cf a | cat -v")
    [[ $out == *"^_M-^K"* ]] || no "-f does not write"
}
progress()
{
    local out
    for _ in 1 2 3 4; do cat "$work/text"; done >a
    out=$(on_terminal "'$bin' -k -p 2 a" | tr '\r' '\n')
    [[ $out == *"a:"*"% of 19 MiB ["* ]] || no "no bar: $out" || return
    [ -z "$(tail -n 1 <<<"$out" | tr -d ' ')" ] || no "the bar is not erased" || return
    out=$(on_terminal "'$bin' -kf a.gz -dc >/dev/null; cat a | '$bin' -q >/dev/null; '$bin' -qkf a")
    [ -z "$out" ] || no "a bar in spite of -q, or for a small input: $out" || return
    out=$(on_terminal "cat a | '$bin' >/dev/null")
    [[ $out == *"standard input: 1"*" MiB"* ]] || no "no count for a pipe: $out" || return
    "$bin" -kf a 2>said && [ ! -s said ] || no "a bar where there is no terminal"
}
if on_terminal true 2>/dev/null >&2; then
    check "no compressed data to a terminal" refuses_terminal
    check "a progress bar, which is erased" progress
else
    skip "no compressed data to a terminal" "script(1) gives no terminal here"
    skip "a progress bar, which is erased" "script(1) gives no terminal here"
fi

exit $failed
