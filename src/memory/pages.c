/*
 * memory/pages.c - which pages of an arena are taken: a bitmap, from which runs are claimed
 *
 * A claim looks for a run that is free, then takes its bits word by word, from the lowest page up. Within one word that
 * is one compare-and-swap. If a bit is gone when its turn comes, the claim gives back what it took and looks further.
 *
 * Invariants
 *   I1  a page's bit is set by one claim, and cleared by the release of it, or by that claim when it gives up.
 *   I2  first_free is only where to begin: a claim that finds nothing from there on looks at everything.
 *   I3  page_releases changes after bits were cleared, so a claim that finds nothing and the count unchanged has seen
 *       each page taken at some moment since its beginning, and not by a claim that gave up.
 *
 * Who touches what
 *   taken           claims (set), releases (clear)   claims
 *   first_free      claims, releases                 claims
 *   page_releases   releases (+1)                    claims
 *
 * Edges
 *   [pages.bits]      and in release -> or in claim: what was done with the page.
 *   [pages.releases]  add in release -> loads in claim: bits that were cleared before.
 */
#include "memory/pages.h"

#define NO_PAGE UINT64_MAX

/* The bits of one word that lie in [first, end), where first is in it. */
static uint64_t mask_of(uint64_t first, uint64_t end)
{
    uint64_t low = first % 64, count = end - first < 64 - low ? end - first : 64 - low;
    return (UINT64_MAX >> (64 - count)) << low;
}

/* The next word's first page. */
static uint64_t next_word(uint64_t page)
{
    return (page | 63) + 1;
}

/* The first page in [first, end) that is taken, or free if `flip` is all ones; NO_PAGE if there is none. */
static uint64_t find(const struct wi_arena *arena, uint64_t first, uint64_t end, uint64_t flip)
{
    for (; first < end; first = next_word(first)) {
        uint64_t word = wi_load_relaxed(&arena->taken[first / 64]); /* hint: the claim itself tells */
        uint64_t bits = (word ^ flip) & mask_of(first, end);
        if (bits != 0)
            return first / 64 * 64 + (uint64_t)__builtin_ctzll(bits);
    }
    return NO_PAGE;
}

static void clear(struct wi_arena *arena, uint64_t first, uint64_t end)
{
    for (; first < end; first = next_word(first)) {
        wi_atomic_u64 *word = &arena->taken[first / 64];
        wi_fetch_and_acq_rel(word, ~mask_of(first, end)); /* [pages.bits] */
    }
    wi_fetch_add_release(&arena->header->page_releases, 1); /* [pages.releases] */
}

/* Takes [first, end), or nothing. */
static bool take(struct wi_arena *arena, uint64_t first, uint64_t end)
{
    for (uint64_t page = first; page < end; page = next_word(page)) {
        wi_atomic_u64 *word = &arena->taken[page / 64];
        uint64_t mask = mask_of(page, end), seen = wi_load_relaxed(word); /* [pages.bits] */
        do {
            if (seen & mask) {
                if (page > first)
                    clear(arena, first, page);
                return false;
            }
        } while (!wi_cas_acq_rel(word, &seen, seen | mask)); /* [pages.bits] */
    }
    return true;
}

/* One pass over the pages from `begin` on. */
static bool claim_from(struct wi_arena *arena, uint64_t begin, uint64_t count, uint64_t alignment, uint64_t limit,
                       uint64_t *first)
{
    for (uint64_t page = begin; page < limit && count <= limit - page;) {
        uint64_t free = find(arena, page, limit, UINT64_MAX);
        if (free == NO_PAGE)
            return false;
        page = (free + alignment - 1) & ~(alignment - 1);
        if (page >= limit || count > limit - page)
            return false;
        uint64_t obstacle = find(arena, page, page + count, 0);
        if (obstacle != NO_PAGE) {
            page = obstacle + 1;
        } else if (take(arena, page, page + count)) {
            wi_tsan_forget(arena->open.base + page * WI_PAGE_BYTES, count * WI_PAGE_BYTES);
            *first = page;
            return true;
        }
    }
    return false;
}

bool wi_pages_claim(struct wi_arena *arena, uint64_t count, uint64_t alignment, uint64_t limit, uint64_t *first)
{
    struct wi_header *header = arena->header;
    uint64_t seen = wi_load_relaxed(&header->first_free); /* hint: I2 */
    uint64_t begin = find(arena, seen, limit, UINT64_MAX);
    if (begin != NO_PAGE && begin != seen)
        wi_cas_acq_rel(&header->first_free, &seen, begin); /* hint: I2 */
    if (begin != NO_PAGE && claim_from(arena, begin, count, alignment, limit, first))
        return true;
    for (;;) {
        uint64_t releases = wi_load_acquire(&header->page_releases); /* [pages.releases] */
        if (claim_from(arena, 0, count, alignment, limit, first))
            return true;
        if (wi_load_acquire(&header->page_releases) == releases) /* [pages.releases] */
            return false;
    }
}

void wi_pages_release(struct wi_arena *arena, uint64_t first, uint64_t count)
{
    clear(arena, first, first + count);
    wi_atomic_u64 *hint = &arena->header->first_free;
    uint64_t seen = wi_load_relaxed(hint);                      /* hint: I2 */
    while (first < seen && !wi_cas_acq_rel(hint, &seen, first)) /* hint: I2 */
        continue;
}

bool wi_pages_is_taken(const struct wi_arena *arena, uint64_t page)
{
    return find(arena, page, page + 1, 0) == page;
}
