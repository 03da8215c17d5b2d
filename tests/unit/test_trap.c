/*
 * unit/test_trap.c - memory that leaves a trap behind
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "os/trap.h"
#include "unit/fault.h"

static void begin(void)
{
    setenv("WEFT_TRAP_TRANSFERS", "1", 1);
    cr_assert(wi_trap_is_wanted());
}

Test(trap, smoke, .init = begin)
{
    char *memory = wi_trap_alloc(100);
    cr_assert_not_null(memory);
    memset(memory, 'm', 100);
    char *moved = wi_trap_move(memory, 100);
    cr_assert_neq(moved, memory);
    cr_assert(moved[0] == 'm' && moved[99] == 'm');
    cr_assert(faults(memory, true) && faults(memory + 99, true));
    cr_assert_not(faults(moved, false));
    wi_trap_free(moved, 100);
    cr_assert(faults(moved, true));
}

Test(trap, many, .init = begin)
{
    enum {
        MOVES = 100,
        BYTES = 100000
    };
    char *places[MOVES + 1];
    places[0] = wi_trap_alloc(BYTES);
    memset(places[0], 0, BYTES);
    for (int i = 0; i < MOVES; i++) {
        places[i][i * (BYTES / MOVES)] = 1;
        places[i + 1] = wi_trap_move(places[i], BYTES);
    }
    int sum = 0;
    for (int i = 0; i < BYTES; i++)
        sum += places[MOVES][i];
    cr_assert_eq(sum, MOVES);
    for (int i = 0; i < MOVES; i += 33)
        cr_assert(faults(places[i], true), "%d", i);
    wi_trap_free(places[MOVES], BYTES);
}

Test(trap, oom, .init = begin)
{
    wi_alloc_fail_at(1);
    cr_assert_null(wi_trap_alloc(1));
}

Test(trap, more_than_there_are_addresses_for_stays_where_it_is, .init = begin)
{
    if (wi_is_watched())
        return;
    cr_assert_null(wi_trap_alloc((size_t)1 << 43));
    char *memory = wi_trap_alloc(1);
    cr_assert_null(wi_trap_alloc((size_t)1 << 42), "there is one page less");
    cr_assert_eq(wi_trap_move(memory, 1), memory);
    wi_trap_free(memory, 1);
}

static bool is_wanted_by(const char *text)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        setenv("WEFT_TRAP_TRANSFERS", text, 1);
        _exit(wi_trap_is_wanted());
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status) == 1;
}

Test(trap, is_wanted_as_the_environment_says)
{
    cr_assert(is_wanted_by("1"));
    cr_assert_not(is_wanted_by("0"));
    cr_assert_eq(is_wanted_by(""), wi_is_watched());
}
