#!/bin/bash
# layers.sh ROOT - checks who includes whom.
#
# The rule book is the table `| folder | what lives there | may include |` in src/README.md: a row's first column
# names folders in backticks; in a row of `src/x` the words in backticks of the third column are the folders of
# src which x may include, besides itself. What the table cannot say is below: which system headers are confined
# to which files, where atomics are spelled, and that programs outside the library use its public headers only. A
# layer that is not checked is soon crossed, and then nothing can be tested or replaced alone.
. "$(dirname "$0")/lib.sh"
cd "$1"
map=src/README.md
[ -f "$map" ] || die "$map:1: is missing, it has the table of layers"

# `row <tab> folder <tab> line` and `may <tab> folder of src <tab> line <tab> folder of src`
table() {
    awk -F'|' -v OFS='\t' '
    function ticks(cell, list) { # the words in backticks of a cell
        count = 0
        while (match(cell, /`[^`]+`/)) {
            list[++count] = substr(cell, RSTART + 1, RLENGTH - 2)
            cell = substr(cell, RSTART + RLENGTH)
        }
        return count
    }
    !/^\|/ { in_table = 0 }
    in_table {
        folders = ticks($2, folder)
        words = ticks($4, word)
        for (i = 1; i <= folders; i++) {
            print "row", folder[i], FNR
            for (j = 1; j <= words && folder[i] ~ /^src\//; j++)
                if (word[j] ~ /^[a-z]+$/)
                    print "may", substr(folder[i], 5), FNR, word[j]
        }
    }
    /^\|.*may include/ { in_table = 1 }' "$map"
}
table=$(table)
[ -n "$table" ] || die "$map:1: has no table | folder | what lives there | may include |"
sources=$(c_files src)
headers=$(c_files include/weft)

folders() {
    {
        find . -path ./build -prune -o -name '*.[ch]' -type f -print | sed 's|^[.]/|file\t|'
        echo "$table"
    } | awk -F'\t' -v map="$map" '
    $1 == "file" { # lies in its folder, and in those above
        for (first = 1; sub(/\/[^\/]*$/, "", $2); first = 0) {
            has[$2] = 1
            if (first && $2 ~ /^src(\/|$)/)
                source[$2] = 1
        }
    }
    $1 == "row" {
        row[$2] = 1
        if (!($2 in has))
            print map ":" $3 ": `" $2 "` is no folder with C files, drop its row until it is one"
    }
    $1 == "may" { named[$4] = $3 }
    END {
        for (folder in source)
            if (!(folder in row))
                print map ":1: `" folder "` has no row in the table, give it one, or move its files"
        for (word in named)
            if (!(("src/" word) in row))
                print map ":" named[word] ": `" word "` is no folder of src in the table, spell out each that may be included"
    }'
}

library_includes() {
    {
        echo "$table"
        sed 's/^/file\t/' <<<"$sources"
        includes $sources | sed 's/^/include\t/'
    } | awk -F'\t' -v map="$map" '
    function wrong(what) { print file ":" line ": " what }
    $1 == "may" { may[$2, $4] = 1; list[$2] = list[$2] " " $4 }
    $1 == "file" { is_file[substr($2, 5)] = 1 }
    $1 != "include" { next }
    { file = $2; line = $3; name = $5; split(file, part, "/"); folder = part[2]; split(name, target, "/") }
    $4 == "\"" {
        if (target[1] == "weft")
            wrong("\"" name "\" is public, write <" name ">")
        else if (!(name in is_file) || name !~ /\.h$/)
            wrong("\"" name "\" is no header of ours seen from src/, write \"folder/name.h\"")
        else if (target[1] != folder && !((folder, target[1]) in may))
            wrong("src/" folder " includes \"" name "\", the table in " map " allows" (list[folder] ? list[folder] : " none"))
        next
    }
    name in is_file { wrong("<" name "> is internal, write \"" name "\"") }
    folder == "base" && name ~ /^weft\// && name !~ /^weft\/(status|version)\.h$/ {
        wrong("src/base includes <" name ">, it may only know <weft/status.h> and <weft/version.h>")
    }
    folder != "os" && name ~ /^(pthread\.h|sched\.h|unistd\.h|signal\.h|time\.h|sys\/syscall\.h|sys\/mman\.h|linux\/.*)$/ {
        wrong("<" name "> outside src/os, ask for a function there")
    }
    name ~ /^urcu/ && file !~ /^src\/queue\/(reclaim|injector)\.[ch]$/ {
        wrong("<" name "> outside src/queue/reclaim and src/queue/injector, use those")
    }
    name == "stdatomic.h" && file != "src/base/atomics.h" {
        wrong("<stdatomic.h> outside src/base/atomics.h, use the operations named there")
    }'
}

# Atomics are spelled in one header, and once more in a public one, whose functions are inline.
atomics() {
    split_c $sources $headers | awk -F'\t' '$1 != "src/base/atomics.h" && $1 !~ /^include\/weft\/(cell|inline)\.h$/ &&
        match($3, /(__atomic_|__sync_|atomic_thread_fence|atomic_signal_fence|_Atomic)[a-z_]*/) {
        print $1 ":" $2 ": " substr($3, RSTART, RLENGTH) " outside src/base/atomics.h, use the operations named there"
    }'
}

# Takes away what includes nothing that is left, or what nothing left includes, until no more goes: the rest is
# in cycles or between two.
cycles() {
    includes $sources | awk -F'\t' '
    $3 == "\"" && $1 ~ /\.h$/ { from[NR] = $1; to[NR] = "src/" $4; line[NR] = $2 }
    END {
        do {
            gone = 0
            split("", includes); split("", included)
            for (i in from) { includes[from[i]] = 1; included[to[i]] = 1 }
            for (i in from)
                if (!(to[i] in includes) || !(from[i] in included)) { delete from[i]; gone = 1 }
        } while (gone)
        for (i in from)
            print from[i] ":" line[i] ": includes \"" substr(to[i], 5) "\" in a cycle, move what both need to a third header"
    }'
}

public_headers() {
    local c_library='assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal|stdalign|stdarg'
    c_library+='|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|tgmath|threads|time|uchar|wchar|wctype'
    includes $headers | awk -F'\t' -v pattern="^(weft/[a-z_]+|$c_library)[.]h\$" '$3 != "<" || $4 !~ pattern {
        print $1 ":" $2 ": a public header includes " $4 ", it may only include <weft/...> and the C library"
    }'
}

# Programs: <weft/...>, what comes from elsewhere, and their own files, beside them or in a folder that they share
# (tests/support for the stress tests). Unit tests: never a source file.
programs() {
    local folder shared files file line form name
    for folder in tests/stress tests/support benchmarks examples; do
        [ -d "$folder" ] || continue
        shared=$folder
        [[ $folder != tests/* ]] || shared=tests
        files=$(find "$folder" -name '*.[ch]' -type f | sort)
        [ -n "$files" ] || continue
        includes $files | while IFS=$'\t' read -r file line form name; do
            if [ "$form" = '<' ] && [ -e "src/$name" ]; then
                echo "$file:$line: <$name> is internal, programs use <weft/...> only"
            elif [ "$form" = '"' ] && [[ $name == *..* || (! -e ${file%/*}/$name && ! -e $shared/$name) ]]; then
                echo "$file:$line: \"$name\" is none of its own files, programs use those and <weft/...> only"
            fi
        done
    done
    [ -d tests/unit ] && files=$(find tests/unit -name '*.[ch]' -type f) && [ -n "$files" ] || return 0
    includes $files | awk -F'\t' '$4 ~ /\.c$/ {
        print $1 ":" $2 ": a unit test includes " $4 ", include its header and link the library"
    }'
}

# src/README.md has a line for each file, and no file that is gone.
map_is_complete() {
    local file line
    for file in $sources; do
        grep -qF "\`${file#src/}\`" "$map" || echo "$map:1: has no line for \`${file#src/}\`, say what it is"
    done
    grep -noE '`[A-Za-z0-9_./-]+\.[ch]`' "$map" | tr -d '`' | while IFS=: read -r line file; do
        [ -f "src/$file" ] || [ -f "include/$file" ] || [ -f "$file" ] ||
            echo "$map:$line: \`$file\` is no file, write the path from src/, include/ or the root of one that is"
    done
}

{
    folders
    library_includes
    atomics
    cycles
    public_headers
    programs
    map_is_complete
} | verdict layers
