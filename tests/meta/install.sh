#!/bin/bash
# install.sh BUILD_DIR - installs a build into a scratch prefix, checks what is there, and builds a user's program
# with it in each of the ways that users have.
. "$(dirname "$0")/lib.sh"
build=$1
make_scratch
install_into "$build" "$scratch/prefix"

failures=0
bash "$meta/installed.sh" "$scratch/prefix" "$meta/../.." "$build" || failures=1
for way in cmake-shared cmake-static pkgconfig-shared pkgconfig-static subdirectory; do
    bash "$meta/consumer.sh" "$way" "$scratch/prefix" "$build" || failures=1
done
exit $failures
