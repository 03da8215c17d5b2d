#!/bin/bash
# headers.sh ROOT - checks that each public header can be included as users do.
#
# Each compiles alone, and twice, and all of them in any order, as C11 and as C++17, with every compiler that is here,
# without warnings and without _GNU_SOURCE. What a header lacks must not depend on what was included before it.
. "$(dirname "$0")/lib.sh"
cd "$1"
headers=$(c_files include/weft | sed 's|^include/||')
make_scratch

compilers=
for compiler in gcc clang g++ clang++; do
    ! command -v "$compiler" >/dev/null || compilers+=" $compiler"
done

# compile FILE INCLUDED...: one translation unit with these headers, by each compiler. The unit's lines are the list's.
compile() {
    local named=$1 compiler language
    shift
    printf '#include <%s>\n' "$@" >"$scratch/unit"
    for compiler in $compilers; do
        case $compiler in
        *++) language='-x c++ -std=c++17' ;;
        *) language='-x c -std=c11 -U_GNU_SOURCE' ;;
        esac
        "$compiler" $language -fsyntax-only -Wall -Wextra -Wpedantic -Werror -Iinclude "$scratch/unit" 2>"$scratch/said" ||
            echo "$named:1: does not compile with $compiler when the order is '$*': $(grep -m1 error "$scratch/said")"
    done
}

{
    for header in $headers; do
        compile "include/$header" "$header" "$header"
    done
    compile include/weft $headers
    compile include/weft $(tac <<<"$headers")
} | verdict headers

[[ $compilers == *gcc* || $compilers == *clang* ]] || die "no C compiler was found"
[[ $compilers == *++* ]] || skip "no C++ compiler is here; as C the headers are in order"
