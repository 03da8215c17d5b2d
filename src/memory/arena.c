/*
 * memory/arena.c - the life of an arena, its size, and where its parts are
 *
 * Invariants
 *   I1  the size only grows, by compare-and-swap, and is never above the maximum; reach is never above the size.
 *   I2  bytes at and above the size have never been written by whoever keeps to the rules, so growing zeroes nothing.
 *   I3  a header that is attached is read field by field, each once, into this process's own copy; what follows from
 *       the fields (where the parts are) is computed from that copy and never read.
 *
 * Who touches what
 *   header->size   any who grows (CAS)          any
 *   open.reach     any who learns of a size     any, in bounds checks
 *   references     each owner (+1, -1)          the last one
 *
 * Edges
 *   [arena.size]     CAS in grow and raise -> loads of size: a total order of sizes.
 *   [arena.owners]   add in release -> the last release: what the other owners did.
 *   [arena.made]     store of magic in create -> load of it in attach: the header and the size. (The descriptor's way
 *                    from one process to the other would do as well.)
 */
#include "memory/arena.h"

#include <string.h>

#include "base/alloc.h"
#include "base/options.h"
#include "base/slice.h"
#include "memory/blocks.h"

#define FEATURES (WEFT_ARENA_COMMIT | WEFT_ARENA_HUGE | WEFT_ARENA_INTERLEAVE)

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* Where the parts of a file are, from its beginning. */
struct layout {
    uint64_t taken, pages, slabs, generations, buckets, waiters, data, end;
};

static struct layout lay_out(const struct wi_arena *arena)
{
    uint64_t at = sizeof(struct wi_header);
    struct layout layout;
    layout.taken = at = round_up(at, WI_PAGE_BYTES);
    layout.pages = at = round_up(at + round_up(arena->max_pages, 64) / 8, WI_PAGE_BYTES);
    layout.slabs = at = round_up(at + arena->max_pages * sizeof(struct wi_page), WI_PAGE_BYTES);
    layout.generations = at = round_up(at + arena->slab_count * sizeof(struct wi_slab), WI_PAGE_BYTES);
    layout.buckets = at = round_up(at + arena->slab_count * WI_SLAB_NUMBERS * sizeof(wi_atomic_u32), WI_PAGE_BYTES);
    layout.waiters = at = round_up(at + WI_BUCKETS * sizeof(struct wi_bucket), WI_PAGE_BYTES);
    layout.data = at = round_up(at + WI_WAITERS * sizeof(struct wi_waiter), WI_MAPPING_ALIGN);
    layout.end = at + round_up(arena->max_bytes, WI_PAGE_BYTES);
    return layout;
}

/* Sets what follows from the maximum. */
static void set_max(struct wi_arena *arena, uint64_t max_bytes, uint64_t fixed_bytes)
{
    uint64_t fixed_pages = round_up(fixed_bytes, WI_PAGE_BYTES) / WI_PAGE_BYTES;
    arena->max_bytes = max_bytes;
    arena->max_pages = max_bytes / WI_PAGE_BYTES;
    arena->slab_count = arena->max_pages / WI_SLAB_PAGES;
    arena->fixed_pages = fixed_pages < arena->max_pages ? fixed_pages : arena->max_pages;
}

/* Asks the system for the features that only it can grant; the others are ours. */
static void ask_for(struct wi_arena *arena, uint32_t features, uint64_t data)
{
    arena->features = features & WEFT_ARENA_COMMIT;
    if ((features & WEFT_ARENA_HUGE) && wi_mapping_huge(&arena->mapping, data))
        arena->features |= WEFT_ARENA_HUGE;
    if ((features & WEFT_ARENA_INTERLEAVE) && wi_mapping_interleave(&arena->mapping, data))
        arena->features |= WEFT_ARENA_INTERLEAVE;
}

/* Makes the arena usable, once its mapping and its maximum are known. */
static void open_parts(struct wi_arena *arena, const struct layout *layout)
{
    static wi_atomic_u64 last_id;
    unsigned char *start = arena->mapping.start;
    arena->header = (struct wi_header *)(void *)start;
    arena->taken = (wi_atomic_u64 *)(void *)(start + layout->taken);
    arena->pages = (struct wi_page *)(void *)(start + layout->pages);
    arena->slabs = (struct wi_slab *)(void *)(start + layout->slabs);
    arena->generations = (wi_atomic_u32 *)(void *)(start + layout->generations);
    arena->buckets = (struct wi_bucket *)(void *)(start + layout->buckets);
    arena->waiters = (struct wi_waiter *)(void *)(start + layout->waiters);
    arena->open.base = start + layout->data;
    arena->id = 1 + wi_fetch_add_relaxed(&last_id, 1); /* hint: all that matters is that no two are alike */
    wi_init(&arena->references, 1);
}

static struct wi_arena *new_handle(void)
{
    struct wi_arena *arena = wi_alloc(WI_CACHE_LINE, sizeof *arena);
    if (arena)
        memset(arena, 0, sizeof *arena);
    return arena;
}

/* Lets the arena's threads keep blocks from now on, or takes back what create and attach have made. */
static int finish(struct wi_arena *arena, int status, weft_arena **result)
{
    if (status == WEFT_OK)
        status = wi_blocks_begin(arena);
    if (status != WEFT_OK) {
        wi_mapping_end(&arena->mapping);
        wi_free(arena);
        return status;
    }
    *result = &arena->open;
    return WEFT_OK;
}

int weft_arena_create(uint64_t bytes, uint64_t max_bytes, const weft_arena_options *options, weft_arena **result)
{
    weft_arena_options known;
    int status = result ? wi_options_read(&known, sizeof known, options) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    if (known.features & ~(uint32_t)FEATURES)
        return WEFT_EINVAL;
    if (bytes > max_bytes || max_bytes > WEFT_ARENA_MAX || known.fixed_bytes > bytes)
        return WEFT_ERANGE;
    struct wi_arena *arena = new_handle();
    if (!arena)
        return WEFT_ENOMEM;
    set_max(arena, max_bytes, known.fixed_bytes);
    struct layout layout = lay_out(arena);
    status = wi_mapping_create(&arena->mapping, layout.end);
    if (status != WEFT_OK) {
        wi_free(arena);
        return status;
    }
    open_parts(arena, &layout);
    ask_for(arena, known.features, layout.data);
    struct wi_header *header = arena->header;
    wi_init(&header->version, WI_ARENA_VERSION);
    wi_init(&header->max_bytes, max_bytes);
    wi_init(&header->fixed_bytes, known.fixed_bytes);
    wi_init(&header->features, known.features);
    for (uint64_t page = 0; page < arena->fixed_pages; page++)
        arena->taken[page / 64].value |= UINT64_C(1) << page % 64;
    status = wi_arena_raise(arena, bytes);
    wi_store_release(&header->magic, WI_ARENA_MAGIC); /* [arena.made] */
    return finish(arena, status, result);
}

/* Reads the header of the file that is mapped, and checks it. */
static int read_header(struct wi_arena *arena, struct layout *layout)
{
    struct wi_header *header = (struct wi_header *)(void *)arena->mapping.start;
    if (arena->mapping.bytes < sizeof *header)
        return WEFT_ECORRUPT;
    uint64_t magic = wi_load_acquire(&header->magic);             /* [arena.made] */
    uint64_t version = wi_load_relaxed(&header->version);         /* hint: checked below, as are the next ones */
    uint64_t max_bytes = wi_load_relaxed(&header->max_bytes);     /* hint: as above */
    uint64_t fixed_bytes = wi_load_relaxed(&header->fixed_bytes); /* hint: as above */
    uint64_t features = wi_load_relaxed(&header->features);       /* hint: as above */
    uint64_t size = wi_load_relaxed(&header->size);               /* hint: as above, and again at each use */
    if (magic != WI_ARENA_MAGIC || version != WI_ARENA_VERSION || max_bytes > WEFT_ARENA_MAX || size > max_bytes ||
        fixed_bytes > max_bytes || (features & ~(uint64_t)FEATURES))
        return WEFT_ECORRUPT;
    set_max(arena, max_bytes, fixed_bytes);
    *layout = lay_out(arena);
    if (layout->end != arena->mapping.bytes)
        return WEFT_ECORRUPT;
    ask_for(arena, (uint32_t)features, layout->data);
    return WEFT_OK;
}

int weft_arena_attach(int fd, weft_arena **result)
{
    if (!result)
        return WEFT_EINVAL;
    struct wi_arena *arena = new_handle();
    if (!arena)
        return WEFT_ENOMEM;
    int status = wi_mapping_attach(&arena->mapping, fd);
    if (status != WEFT_OK) {
        wi_free(arena);
        return status;
    }
    struct layout layout;
    status = read_header(arena, &layout);
    if (status == WEFT_OK)
        open_parts(arena, &layout);
    return finish(arena, status, result);
}

int weft_arena_fd(const weft_arena *arena)
{
    return arena ? wi_arena_of(arena)->mapping.fd : -1;
}

int weft_arena_retain(weft_arena *arena)
{
    if (!arena)
        return WEFT_EINVAL;
    wi_fetch_add_relaxed(&wi_arena_of(arena)->references, 1); /* hint: the caller's own right keeps it above 0 */
    return WEFT_OK;
}

int weft_arena_release(weft_arena *open)
{
    struct wi_arena *arena = wi_arena_of(open);
    if (!arena)
        return WEFT_OK;
    if (wi_fetch_add_acq_rel(&arena->references, (uint32_t)-1) != 1) /* [arena.owners] */
        return WEFT_OK;
    if (arena->dismiss) /* [arena.owners] */
        arena->dismiss(arena->attendant);
    wi_blocks_end(arena);
    wi_asan_unpoison(arena->open.base, round_up(arena->max_bytes, WI_PAGE_BYTES));
    wi_mapping_end(&arena->mapping);
    wi_free(arena);
    return WEFT_OK;
}

/* Remembers that the arena is at least `size` large, down to a multiple of 8, so that an aligned cell that starts below
 * it lies below it. A smaller number that comes late only makes somebody look again. */
static void reach(struct wi_arena *arena, uint64_t size)
{
    size -= size % 8;
    if (wi_load_relaxed(&arena->open.reach) < size) /* hint: read again by whoever finds it too small */
        wi_store_relaxed(&arena->open.reach, size); /* hint: as above */
}

uint64_t wi_arena_size(const struct wi_arena *arena)
{
    uint64_t size = wi_load_seq_cst(&arena->header->size); /* [arena.size] */
    if (size > arena->max_bytes)
        size = arena->max_bytes;
    reach((struct wi_arena *)(uintptr_t)arena, size);
    return size;
}

bool wi_arena_holds(const struct wi_arena *arena, uint64_t offset, uint64_t bytes)
{
    uint64_t size = wi_arena_size(arena);
    return bytes <= size && offset <= size - bytes;
}

/* One attempt to make the size `bytes` where it is `*size`. WEFT_ERANGE: it is another by now, now in `*size`. */
static int enlarge(struct wi_arena *arena, uint64_t *size, uint64_t bytes)
{
    uint64_t data = (uint64_t)(arena->open.base - arena->mapping.start);
    if ((arena->features & WEFT_ARENA_COMMIT) &&
        wi_mapping_commit(&arena->mapping, data + *size, data + bytes) != WEFT_OK)
        return WEFT_ENOMEM;
    if (!wi_cas_seq_cst(&arena->header->size, size, bytes)) /* [arena.size] */
        return WEFT_ERANGE;
    reach(arena, bytes);
    return WEFT_OK;
}

int wi_arena_raise(struct wi_arena *arena, uint64_t bytes)
{
    uint64_t size = wi_arena_size(arena);
    int status = WEFT_OK;
    while (size < bytes && (status = enlarge(arena, &size, bytes)) == WEFT_ERANGE)
        continue;
    return status == WEFT_ENOMEM ? WEFT_ENOMEM : WEFT_OK;
}

int weft_arena_grow(weft_arena *open, uint64_t bytes)
{
    if (!open)
        return WEFT_EINVAL;
    struct wi_arena *arena = wi_arena_of(open);
    uint64_t size = wi_arena_size(arena);
    int status = WEFT_ERANGE;
    while (status == WEFT_ERANGE && bytes >= size && bytes <= arena->max_bytes)
        status = bytes == size ? WEFT_OK : enlarge(arena, &size, bytes);
    return status;
}

uint64_t weft_arena_size(const weft_arena *arena)
{
    return arena ? wi_arena_size(wi_arena_of(arena)) : 0;
}

uint64_t weft_arena_max(const weft_arena *arena)
{
    return arena ? wi_arena_of(arena)->max_bytes : 0;
}

uint32_t weft_arena_features(const weft_arena *arena)
{
    return arena ? wi_arena_of(arena)->features : 0;
}

int weft_arena_slice(const weft_arena *arena, int64_t start, int64_t end, weft_arena **copy)
{
    if (!arena || !copy)
        return WEFT_EINVAL;
    uint64_t size = weft_arena_size(arena), from = wi_slice_clamp(start, size), to = wi_slice_clamp(end, size);
    uint64_t bytes = from < to ? to - from : 0;
    weft_arena *made;
    int status = weft_arena_create(bytes, bytes, NULL, &made);
    if (status != WEFT_OK)
        return status;
    memcpy(made->base, arena->base + from, bytes);
    *copy = made;
    return WEFT_OK;
}

void *weft_arena_at(const weft_arena *arena, uint64_t offset, uint64_t bytes)
{
    return arena && wi_arena_holds(wi_arena_of(arena), offset, bytes) ? arena->base + offset : NULL;
}

int weft_arena_offset(const weft_arena *arena, const void *memory, uint64_t *offset)
{
    if (!arena || !offset)
        return WEFT_EINVAL;
    uint64_t distance = (uintptr_t)memory - (uintptr_t)arena->base;
    if (!wi_arena_holds(wi_arena_of(arena), distance, 1))
        return WEFT_ERANGE;
    *offset = distance;
    return WEFT_OK;
}
