#!/bin/bash
# selftest/install.sh BUILD_DIR - damages an installation in each way once, and wants installed.sh and consumer.sh
# to notice
. "$(dirname "$0")/../lib.sh"
build=$1
make_scratch
install_into "$build" "$scratch/good"
compiler=$(cache_value "$build" CMAKE_C_COMPILER)
lib=$(cd "$scratch/good" && dirname "$(find . -name libweft.so)")
real=$(basename "$(realpath "$scratch/good/$lib/libweft.so")")
# TREE is the prefix, and the root, too: include/weft is both what is installed and where it comes from.
check=("$meta/installed.sh" TREE TREE "$build")

accepts "${check[@]}"
rejects 'weft.pc:1: is not of version' "sed -i 's/^Version:.*/Version: 0.0.9/' $lib/pkgconfig/weft.pc" "${check[@]}"
rejects 'version.cmake:1: is not of version' "sed -i 's/\"[0-9.]*\"/\"9.9\"/' $lib/cmake/weft/weft-config-version.cmake" "${check[@]}"
rejects 'tsan.supp:1: is missing' "rm share/weft/tsan.supp" "${check[@]}"
rejects 'has not exactly one weft-config.cmake' "rm $lib/cmake/weft/weft-config.cmake" "${check[@]}"
rejects 'has not exactly one libweft.a' "rm $lib/libweft.a" "${check[@]}"
rejects 'weft_lost is declared with WEFT_API' "echo 'WEFT_API int weft_lost(void);' >> include/weft/pool.h" "${check[@]}"
rejects 'exports weft_deque_push, which no public' "sed -i '/weft_deque_push/d' include/weft/deque.h" "${check[@]}"
other="'$compiler' -shared -fPIC -o $lib/$real -x c -"
rejects 'exports wi_deque_init, which no public' "echo 'void wi_deque_init(void) {}' | $other" "${check[@]}"
rejects 'the soname is not libweft.so' "echo 'int a;' | $other" "${check[@]}"
rejects 'weft.h:1: names the folder' "echo '/* made in $(cd "$build" && pwd)/src */' > include/weft/weft.h" "${check[@]}"
rejects "$real:1: names the folder" "echo 'const char *a = \"$(cd "$build" && pwd)/x.c\";' | $other" "${check[@]}"
rejects 'is not what is installed' "mkdir -p ../root/include; cp -R include/weft ../root/include
    echo >> include/weft/pool.h" "$meta/installed.sh" TREE "$scratch/root" "$build"

consumer() {
    check=("$meta/consumer.sh" "$1" TREE "$build")
}
consumer pkgconfig-shared
accepts "${check[@]}"
rejects 'weft was not found' "rm $lib/pkgconfig/weft.pc" "${check[@]}"
rejects 'failed: ' "sed -i 's/^Cflags.*/Cflags:/' $lib/pkgconfig/weft.pc" "${check[@]}"
rejects 'does not need libweft.so' "rm $lib/libweft.so*; echo 'INPUT(libweft.a -lurcu-bp -lurcu-common)' > $lib/libweft.so" \
    "${check[@]}"
rejects 'the program failed' "sed -i 's/define WEFT_VERSION (/define WEFT_VERSION (1 + /' include/weft/version.h" "${check[@]}"
consumer pkgconfig-static
accepts "${check[@]}"
rejects 'undefined reference' "sed -i '/^Requires.private/d' $lib/pkgconfig/weft.pc" "${check[@]}"
rejects 'failed: ' "rm $lib/libweft.a" "${check[@]}"
consumer cmake-shared
accepts "${check[@]}"
rejects 'failed: cmake -S' "sed -i 's/[0-9]*[.][0-9]*[.][0-9]/7.7.0/' \
    $lib/cmake/weft/weft-config-version.cmake" "${check[@]}"
rejects 'failed: cmake -S' "rm $lib/cmake/weft/weft-targets*.cmake" "${check[@]}"
consumer cmake-static
rejects 'failed: cmake --build' "'$compiler' -c -x c /dev/null -o e.o; rm $lib/libweft.a; ar rc $lib/libweft.a e.o" "${check[@]}"
selftest_end
