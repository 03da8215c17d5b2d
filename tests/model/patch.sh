#!/bin/bash
# patch.sh MUTANTS SOURCE_DIR FILE OUTPUT - writes a copy of a source with the protocol mutants in it.
#
# MUTANTS is mutants/protocol, whose head says what it has. FILE is named from SOURCE_DIR. Each piece must occur exactly
# once; otherwise the source has changed, the mutant must follow, and the build fails.
set -euo pipefail
export LC_ALL=C
awk -v wanted="$3" '
function wrong(what) { print FILENAME ":" FNR ": " what > "/dev/stderr"; failed = 1; exit 1 }
FILENAME == ARGV[1] {
    rest = substr($0, 3)
    if ($0 ~ /^@/) {
        file = rest
        old = ""
    } else if ($0 ~ /^-/) {
        old = rest
        is_first = 1
    } else if ($0 ~ /^\+/) {
        if (file == "" || old == "")
            wrong("a + needs @ and - before it")
        if (file == wanted && is_first) {
            piece[++count] = old
            place[count] = FNR
            new[count] = rest
        } else if (file == wanted)
            new[count] = new[count] "\n" rest
        is_first = 0
    } else if ($0 !~ /^(#.*)?$/)
        wrong("begins with none of # @ - +")
    next
}
FNR == 1 { printf "#line 1 \"%s\"\n", FILENAME }
{
    line = $0
    for (i = 1; i <= count; i++)
        if ((at = index(line, piece[i])) > 0) {
            found[i]++
            line = substr(line, 1, at - 1) new[i] substr(line, at + length(piece[i]))
        }
    print line
    if (line ~ /\n/)
        printf "#line %d\n", FNR + 1
}
END {
    if (failed)
        exit 1
    for (i = 1; i <= count; i++)
        if (found[i] != 1) {
            print ARGV[1] ":" place[i] ": occurs " found[i] + 0 " times in " wanted ", not once: " piece[i] > "/dev/stderr"
            failed = 1
        }
    exit failed
}' "$1" "$2/$3" >"$4.new"
mv "$4.new" "$4"
