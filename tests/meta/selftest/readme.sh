#!/bin/bash
# selftest/readme.sh BUILD_DIR - breaks a README in each way once, and wants readme.sh to notice
. "$(dirname "$0")/../lib.sh"
good_tree "$meta/fixtures/tree"
check=("$meta/readme.sh" TREE "$1")

accepts "${check[@]}"
rejects 'README.md:1: is missing' "rm README.md" "${check[@]}"
rejects 'has no ```c block' "sed -i 's/First Program/Beginning/' README.md" "${check[@]}"
rejects 'has no ```sh block' "sed -i 's/^.*sh\$/\`\`\`/' README.md" "${check[@]}"
rejects 'has no ```text block' "sed -i 's/^.*text\$/\`\`\`/' README.md" "${check[@]}"
rejects 'README.md:[0-9]*: compiles no .c file' "sed -i 's/^cc.*/true/' README.md" "${check[@]}"
rejects 'the commands fail' "sed -i 's/sum = 0;/sum = 0, unused;/' README.md" "${check[@]}"
rejects 'the commands fail' "sed -i 's/--libs weft/--libs waft/' README.md" "${check[@]}"
rejects 'the commands fail' "sed -i 's/--cflags --libs/--cflags/' README.md" "${check[@]}"
rejects 'the commands fail' "sed -i 's/^cc.*/& \&\& .\/squares \&\& false/' README.md" "${check[@]}"
rejects 'README.md:[0-9]*: is not what the program prints' "sed -i 's/^285/286/' README.md" "${check[@]}"
rejects 'README.md:[0-9]*: is not what the program prints' "sed -i '/^285/a done' README.md" "${check[@]}"
rejects 'README.md:[0-9]*: the program fails with exit code 3' "sed -i 's/return 0;/return 3;/' README.md" "${check[@]}"
rejects 'README.md:[0-9]*: is not what the program prints' \
    "sed -i 's/^cc.*/\$ &\n\$ .\/squares/; s/^285/0/' README.md" "${check[@]}"
selftest_end
