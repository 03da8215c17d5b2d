/*
 * stress/stress_readme.c - the first program of the README gives the right result, however many workers there are
 *
 * The program is taken out of README.md when the build is configured, and its main() is called again and again under
 * another name. What it prints goes into a file that is checked after each run.
 */
#include <unistd.h>

#include "support/stress.h"

int readme_main(void);

int main(int argc, char **argv)
{
    static const char *const workers[] = {"0", "1", "2", "8"};
    struct stress stress = stress_begin(argc, argv, 1000);
    FILE *output = tmpfile();
    stress_check(output && dup2(fileno(output), STDOUT_FILENO) == STDOUT_FILENO);
    for (size_t w = 0; w < sizeof workers / sizeof workers[0]; w++) {
        stress_check(setenv("WEFT_WORKERS", workers[w], 1) == 0);
        for (uint64_t round = 0; round < stress.rounds; round++) {
            char printed[64] = "";
            stress_check(readme_main() == 0 && fflush(stdout) == 0);
            stress_check(pread(STDOUT_FILENO, printed, sizeof printed - 1, 0) > 0);
            stress_check(strcmp(printed, "9592 primes\n") == 0);
            stress_check(ftruncate(STDOUT_FILENO, 0) == 0 && lseek(STDOUT_FILENO, 0, SEEK_SET) == 0);
        }
    }
    return 0;
}
