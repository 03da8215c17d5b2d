/*
 * unit/test_guests.c - who stays in a pool between the roots that it brings
 */
#include <criterion/criterion.h>

#include "sched/guests.h"

struct person {
    struct wi_guest guest;
    int asked;
};

static struct wi_guests guests;
static struct wi_roots roots;

static void begin(void)
{
    wi_roots_init(&roots);
}

TestSuite(guests, .init = begin);

static void count(struct wi_guest *guest)
{
    weft_entry(guest, struct person, guest)->asked++;
}

static struct person let_in(void)
{
    return (struct person){.guest = {.leave = count}};
}

static void close_gate(enum wi_fate fate)
{
    wi_roots_close(&roots, fate);
    wi_guests_ask(&guests, &roots);
}

Test(guests, smoke)
{
    struct person person = let_in();
    cr_assert(wi_guests_enter(&guests, &roots, &person.guest));
    close_gate(WI_CANCELLING);
    cr_assert_eq(person.asked, 1);
    cr_assert_not(wi_roots_are_over(&roots), "a guest holds the gate");
    cr_assert(wi_roots_hold(&roots), "and can bring roots");
    wi_roots_release(&roots);
    wi_guests_part(&guests, &roots, &person.guest);
    cr_assert(wi_roots_are_over(&roots));
}

Test(guests, a_closed_gate_lets_no_guest_in)
{
    struct person person = let_in();
    close_gate(WI_DRAINING);
    cr_assert_not(wi_guests_enter(&guests, &roots, &person.guest));
    cr_assert(wi_roots_are_over(&roots));
}

Test(guests, one_that_keeps_the_pool_is_asked_only_to_cancel)
{
    struct person person = let_in();
    wi_guests_enter(&guests, &roots, &person.guest);
    close_gate(WI_DRAINING);
    cr_assert_eq(person.asked, 0);
    close_gate(WI_CANCELLING);
    cr_assert_eq(person.asked, 1);
    wi_guests_part(&guests, &roots, &person.guest);
}

Test(guests, one_that_does_not_is_asked_to_drain)
{
    struct person person = let_in();
    wi_guests_enter(&guests, &roots, &person.guest);
    wi_guests_keep(&guests, &roots, &person.guest, false);
    cr_assert_eq(person.asked, 0);
    close_gate(WI_DRAINING);
    cr_assert_eq(person.asked, 1);
    wi_guests_part(&guests, &roots, &person.guest);
}

Test(guests, one_that_keeps_it_no_longer_is_asked_at_once)
{
    struct person person = let_in();
    wi_guests_enter(&guests, &roots, &person.guest);
    close_gate(WI_DRAINING);
    wi_guests_keep(&guests, &roots, &person.guest, true);
    cr_assert_eq(person.asked, 0);
    wi_guests_keep(&guests, &roots, &person.guest, false);
    cr_assert_eq(person.asked, 1);
    wi_guests_part(&guests, &roots, &person.guest);
}

Test(guests, those_that_have_parted_are_not_asked)
{
    struct person people[5];
    for (int i = 0; i < 5; i++) {
        people[i] = let_in();
        cr_assert(wi_guests_enter(&guests, &roots, &people[i].guest));
    }
    static const int order[] = {2, 4, 0}; /* from the middle, and at both ends */
    for (int i = 0; i < 3; i++)
        wi_guests_part(&guests, &roots, &people[order[i]].guest);
    close_gate(WI_CANCELLING);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(people[i].asked, i % 2, "%d", i);
    wi_guests_part(&guests, &roots, &people[1].guest);
    wi_guests_part(&guests, &roots, &people[3].guest);
    cr_assert(wi_roots_are_over(&roots));
}
