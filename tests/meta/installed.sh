#!/bin/bash
# installed.sh PREFIX ROOT BUILD_DIR - checks what an installation into PREFIX has put there.
#
# The soname and the versions in the package files say what version.h says; the shared library exports what the
# public headers declare and nothing else; the suppressions for ThreadSanitizer are there; and nothing names the
# folders in which it was built, which another machine does not have.
. "$(dirname "$0")/lib.sh"
prefix=$(realpath "$1") root=$2 build=$3
make_scratch
number() {
    sed -n "s/^#define WEFT_VERSION_$1 //p" "$root/include/weft/version.h"
}
major=$(number MAJOR) minor=$(number MINOR) version=$(number MAJOR).$(number MINOR).$(number PATCH)
find_one() {
    local found
    found=$(find "$prefix" -name "$1")
    [ "$(wc -l <<<"$found")" = 1 ] && [ -n "$found" ] || die "$prefix: has not exactly one $1"
    echo "$found"
}
library=$(realpath "$(find_one libweft.so)")
archive=$(find_one libweft.a)
package=$(find_one weft.pc)
config=$(find_one weft-config-version.cmake)
find_one weft-config.cmake >/dev/null
find_one weft-targets.cmake >/dev/null

# The names after WEFT_API, with where they stand, and the names that the library exports.
declared() {
    split_c "$root"/include/weft/*.h | awk -F'\t' '$3 ~ /(^| )WEFT_API / && $3 !~ /^ *#/ && match($3, /[a-z_0-9]+\(/) {
        print substr($3, RSTART, RLENGTH - 1), $1 ":" $2
    }' | sort
}
exported() {
    nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort
}
[ -n "$(declared)" ] || die "$root/include/weft: declares nothing with WEFT_API"

{
    readelf -d "$library" | grep -qF "[libweft.so.$major.$minor]" ||
        echo "$library:1: the soname is not libweft.so.$major.$minor, set SOVERSION"
    grep -qx "Version: $version" "$package" || echo "$package:1: is not of version $version, as version.h says"
    grep -qF "set(PACKAGE_VERSION \"$version\")" "$config" || echo "$config:1: is not of version $version, as version.h says"
    [ -s "$prefix/share/weft/tsan.supp" ] || echo "$prefix/share/weft/tsan.supp:1: is missing, install it"

    declared | join -v1 - <(exported) | while read -r name place; do
        echo "$place: $name is declared with WEFT_API, but not exported, define it"
    done
    exported | join -v1 - <(declared) | while read -r name; do
        echo "$library:1: exports $name, which no public header declares with WEFT_API, hide it"
    done
    for header in "$root"/include/weft/*.h; do
        cmp -s "$header" "$prefix/include/weft/${header##*/}" ||
            echo "$header:1: is not what is installed in include/weft, install it"
    done

    # Debugging information may name the sources; what is left without it may not.
    cp -R "$prefix" "$scratch/copy"
    for file in "$library" "$archive"; do
        strip --strip-debug -o "$scratch/copy/${file#"$prefix"/}" "$file"
    done
    { grep -rlF -e "$(cd "$root" && pwd)/" -e "$(cd "$build" && pwd)/" "$scratch/copy" || true; } | while read -r file; do
        echo "$prefix${file#"$scratch/copy"}:1: names the folder of the build or of the sources, make it relative"
    done
} | verdict installed
