#!/bin/bash
# readme.sh ROOT BUILD_DIR - checks that the first program of README.md builds and runs as it stands there.
#
# Below the heading with "first program" in it come a ```c block, a ```sh block that compiles it (it may run it,
# too), and a ```text block with what it prints. The commands run as shown, with the library installed into a
# scratch prefix, and with all warnings as errors.
. "$(dirname "$0")/lib.sh"
build=$(cd "$2" && pwd)
cd "$1"
readme=README.md
[ -f "$readme" ] || die "$readme:1: is missing"
make_scratch

# Writes the blocks to $scratch/c, sh and text; prints where each one starts.
awk -v folder="$scratch/" '
block != "" {
    if ($0 ~ /^```/) { close(folder block); block = "" } else print > (folder block)
    next
}
/^#+ / && !found { found = tolower($0) ~ /first program/; next }
/^```/ {
    block = "other"
    kind = substr($0, 4)
    if (kind ~ /^(shell|bash|console)$/)
        kind = "sh"
    wanted = have == 0 ? "c" : have == 1 ? "sh" : "text"
    if (found && have < 3 && kind == wanted) { block = kind; have++; print kind, FNR }
}' "$readme" >"$scratch/places"
for kind in c sh text; do
    [ -s "$scratch/$kind" ] || die "$readme:1: has no \`\`\`$kind block in its place after the heading with \"first program\""
done
place() {
    echo "$readme:$(sed -n "s/^$1 //p" "$scratch/places")"
}

# The file is called what the commands call it. `cc` and its like get our flags as well.
sed 's/^\$ //' "$scratch/sh" >"$scratch/commands"
name=$(grep -oE '[A-Za-z0-9_./-]+\.c([[:blank:]]|$)' "$scratch/commands" | head -1 | tr -d '[:blank:]') ||
    die "$(place sh): compiles no .c file"
mkdir -p "$scratch/bin" "$scratch/work/$(dirname "$name")"
cp "$scratch/c" "$scratch/work/$name"
for compiler in cc gcc clang; do
    real=$(command -v "$compiler") || continue
    printf '#!/bin/sh\nexec %s "$@" -Wall -Wextra -Wpedantic -Werror\n' "$real" >"$scratch/bin/$compiler"
    chmod +x "$scratch/bin/$compiler"
done
install_into "$build" "$scratch/prefix"
libdir=$(dirname "$(find "$scratch/prefix" -name libweft.so)")
export PATH=$scratch/bin:$PATH PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir

cd "$scratch/work"
sh -e "$scratch/commands" >"$scratch/said" 2>"$scratch/errors" || {
    cat "$scratch/said" "$scratch/errors"
    die "$(place sh): the commands fail for the program as shown"
}
if ! grep -qE '(^|[[:blank:]&;])\./' "$scratch/commands"; then # it only compiles
    program=$(find . -type f -perm -u+x)
    "$program" >"$scratch/said" || {
        code=$?
        die "$(place c): the program fails with exit code $code"
    }
fi
diff "$scratch/text" "$scratch/said" || die "$(place text): is not what the program prints (>)"
echo "readme: no violation"
