# What the checks share. Sourced, not run. The violations of a check are lines `file:line: what is wrong, what would
# be right` with paths from the root of the tree; they go through verdict(), which makes them the check's exit code.
set -euo pipefail
export LC_ALL=C

meta=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Ends the check as failed for a reason that has no line: a tool is missing, a folder is empty.
die() {
    echo "$*" >&2
    exit 1
}

# Ends the check as skipped (ctest: SKIP_RETURN_CODE 77).
skip() {
    echo "skipped: $*"
    exit 77
}

# Prints the violations that come in, and fails if there are any.
verdict() {
    awk -v check="$1" '{ print } END { print check ": " (NR ? NR : "no") " violation" (NR > 1 ? "s" : ""); exit NR > 0 }'
}

# Sets `scratch` to a new folder that is removed at the end.
make_scratch() {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
}

# Prints the C files below the given folders; fails if there is none, since a check of nothing proves nothing.
c_files() {
    local found
    found=$(find "$@" -name '*.[ch]' -type f | sort)
    [ -n "$found" ] || die "$PWD: no C file below $*"
    echo "$found"
}

# Prints every file that belongs to the tree in the current folder: what git knows or would add, or else all that
# is not in a build folder. Without the checks' own folder if it is told so: that one has bad examples in it.
tree_files() {
    if [ -e .git ] && git ls-files --error-unmatch CMakeLists.txt >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard | while read -r file; do
            [ ! -f "$file" ] || echo "$file"
        done
    else
        find . -path ./build -prune -o -path ./.git -prune -o -type f -print | sed 's|^\./||'
    fi | sort
}

# Prints each line of C as `file <tab> line <tab> code <tab> comment`.
split_c() {
    awk -f "$meta/split.awk" "$@"
}

# Prints each #include as `file <tab> line <tab> < or " <tab> name`.
includes() {
    split_c "$@" | awk -F'\t' -v OFS='\t' '$3 ~ /^ *# *include *[<"]/ {
        name = $3
        sub(/^ *# *include */, "", name)
        form = substr(name, 1, 1)
        name = substr(name, 2)
        sub(/[>"].*/, "", name)
        print $1, $2, form, name
    }'
}

# The value of a variable in the CMake cache of a build folder.
cache_value() {
    sed -n "s/^$2:[A-Z]*=//p" "$1/CMakeCache.txt"
}

# Runs a command quietly; shows what it said if it fails, and then fails, too.
quietly() {
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        echo "failed: $*"
        cat "$log"
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# Installs a build into a prefix.
install_into() {
    [ -f "$1/CMakeCache.txt" ] || die "$1: not a build folder"
    quietly cmake --install "$1" --prefix "$2"
}

# For the tests of the checks. `accepts CHECK ARGS...` wants it to pass on the good tree in $scratch/tree; `rejects
# MESSAGE MUTATION CHECK ARGS...` wants it to fail with that message (a pattern) after the shell commands MUTATION
# were run inside a copy of that tree. The check's arguments may say TREE for where the copy is.
mistakes=0
cases=0

good_tree() {
    make_scratch
    cp -R "$1" "$scratch/good"
}

run_check() {
    said=$(bash "${@//TREE/$scratch/tree}" 2>&1) && code=0 || code=$?
    cases=$((cases + 1))
}

accepts() {
    rm -rf "$scratch/tree"
    cp -R "$scratch/good" "$scratch/tree"
    run_check "$@"
    [ "$code" = 0 ] || complain "rejects what is good (exit code $code)"
}

rejects() {
    local message=$1 mutation=$2
    shift 2
    rm -rf "$scratch/tree"
    cp -R "$scratch/good" "$scratch/tree"
    (cd "$scratch/tree" && eval "$mutation")
    run_check "$@"
    if [ "$code" = 0 ]; then
        complain "does not notice: $mutation"
    elif [ "$code" != 1 ] || ! grep -q -- "$message" <<<"$said"; then
        complain "fails with $code, but does not say '$message', after: $mutation"
    fi
}

complain() {
    echo "$0: the check $1"
    sed 's/^/    /' <<<"$said"
    mistakes=$((mistakes + 1))
}

selftest_end() {
    echo "$cases cases, $mistakes mistakes"
    [ "$cases" -gt 1 ] && [ "$mistakes" = 0 ]
}
