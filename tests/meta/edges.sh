#!/bin/bash
# edges.sh ROOT - checks the names of the edges along which threads synchronise.
#
# An edge, `[noun.word]`, is declared once, in the Edges block of the head comment of a file in src, and cited in
# comments at both its ends, some of them in the inline functions of include. Each line that uses an atomic operation says to which edge it belongs, or that it is
# "owner's own", or "hint:" and why a stale answer does no harm. So the argument in a head comment and the code
# beneath it cannot part.
. "$(dirname "$0")/lib.sh"
cd "$1"
sources=$(c_files src include)

edges() {
    split_c $sources | awk -F'\t' '
    function wrong(file, line, what) { print file ":" line ": " what }

    # Does a statement go on from the line with the code `a` to the next one, with the code `b`?
    function goes_on(a, b) {
        return a != "" && (a ~ /([-+*\/%&|^=<>,?(]|return)$/ || b ~ /^ *[?:&|]/ || gsub(/\(/, "", a) > gsub(/\)/, "", a))
    }
    function has_reason(text) { return text ~ /\[[a-z]+\.[a-z]+\]|owner\047s own|hint:/ }

    # A line with an operation: its own comment says why, or that of the line before or after in the same statement,
    # or a comment alone on the line before.
    function operation_is_explained(i) {
        return has_reason(comment[i]) || has_reason(comment[i - 1]) && (code[i - 1] == "" || goes_on(code[i - 1], code[i])) ||
               has_reason(comment[i + 1]) && goes_on(code[i], code[i + 1])
    }
    function end_of_file(   i) {
        code[lines + 1] = comment[lines + 1] = ""
        for (i = 1; i <= lines; i++)
            if (file != "src/base/atomics.h" && file != "include/weft/inline.h" && operation_is_explained(i) == 0 &&
                match(code[i], /wi_(load|store|exchange|fetch|cas)_[a-z_]+|wi_fence_seq_cst|wi_tsan_(release|acquire)|WEFT_(LOAD|STORE|LIGHT)_[A-Z]+_/))
                wrong(file, i, substr(code[i], RSTART, RLENGTH) " without a reason, end the line in the [label] of an edge, " \
                      "\"owner\047s own\" or \"hint: ...\"")
    }

    $1 != file {
        end_of_file()
        file = $1
        in_head = 1
        in_edges = 0
    }
    { lines = $2; code[lines] = $3; comment[lines] = $4; is_declaration = 0 }
    $4 == "" { in_head = 0 }
    in_head && $4 ~ /^  \* / || $4 ~ /^  \*$/ { in_edges = in_head && $4 ~ /^  \* Edges$/ || in_edges && $4 ~ /^  \*  / }
    $4 ~ /^  \*   \[[a-z]+\.[a-z]+\] / {
        is_declaration = 1
        match($4, /\[[a-z]+\.[a-z]+\]/)
        label = substr($4, RSTART, RLENGTH)
        if (!in_head || !in_edges)
            wrong($1, $2, label " is declared outside an Edges block, move it to that of the head comment")
        else if (label in declared)
            wrong($1, $2, label " is declared already in " declared[label] ", keep one")
        else
            declared[label] = $1 ":" $2
        $4 = substr($4, RSTART + RLENGTH)
    }
    { # citations; those in the head comment are not ends
        for (rest = $4; match(rest, /\[[a-z]+\.[a-z]+\]/); rest = substr(rest, RSTART + RLENGTH)) {
            label = substr(rest, RSTART, RLENGTH)
            if (!((label, $1, $2) in cited)) {
                cited[label, $1, $2] = 1
                if (!in_head)
                    ends[label]++
                places[label] = places[label] " " $1 ":" $2
            }
        }
    }
    END {
        end_of_file()
        for (label in declared)
            if (ends[label] < 2)
                print declared[label] ": " label " is cited on " ends[label] + 0 " lines, cite it at both ends or drop it"
        for (label in places)
            if (!(label in declared)) {
                split(places[label], place, " ")
                for (i in place)
                    print place[i] ": " label " is declared nowhere, declare it in an Edges block or correct the name"
            }
        for (label in declared)
            print label >> known
    }' known="$scratch/declared" | sort -t: -k1,1 -k2,2n
}

# The arguments written beside the code: a label there is one of the code. A link [text](target) is none.
readmes() {
    local file line label
    for file in src/*/README.md; do
        [ -f "$file" ] || continue
        sed -E 's/\[[^]]*\]\(//g' "$file" | grep -noE '\[[a-z]+\.[a-z]+\]' | while IFS=: read -r line label; do
            grep -qxF -- "$label" "$scratch/declared" ||
                echo "$file:$line: $label is declared nowhere in src, correct the name"
        done || true
    done
}

make_scratch
: >"$scratch/declared"
edges >"$scratch/violations"
readmes >>"$scratch/violations"
verdict edges <"$scratch/violations"
[ -s "$scratch/declared" ] || die "src: no Edges block declares a label"
