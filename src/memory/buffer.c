/*
 * memory/buffer.c - bytes with exactly one owner: their handles, their memory, and views of them
 *
 * Where the bytes are is all that a buffer knows, and who ends them: memory of an arena, of the heap, and of the
 * program differ only in their destructor. Where traps are wanted (os/trap.h), the bytes are not in that memory, which
 * is kept all the same, but in some that moves whenever the buffer does.
 *
 * Invariants
 *   I1  size is not above capacity, and bytes below size have been zeroed or written by an owner.
 *
 * Who touches what (a row is new, claimed, or retired and without pins: its own)
 *   data, capacity                     whose own the row is    who has pinned it, any who looks
 *   destroy, context, bytes            as above                whose own the row is
 *   size                               as above                as above
 *   row.mark                           as above                as above
 *
 * Edges
 *   [buffer.bytes]   store of data, size and capacity -> load in look: who reads a new one sees that the handle has
 *                    changed (or, for the size, sees a buffer that was resized).
 */
#include "memory/buffer.h"

#include <string.h>

#include "base/alloc.h"
#include "base/layout.h"
#include "base/slice.h"
#include "memory/handles.h"
#include "os/trap.h"

struct buffer {
    _Alignas(WI_CACHE_LINE) struct wi_row row;
    wi_atomic_ptr data;
    wi_atomic_u64 size, capacity;
    weft_destructor *destroy;
    void *context;
    uint64_t bytes; /* of the memory: what the destructor is told */
};

static struct wi_handles buffers = {
    .row_bytes = sizeof(struct buffer), .first = WI_HANDLES_PORTS, .most = WI_HANDLES_BUFFERS};

_Static_assert(sizeof(struct buffer) == WI_CACHE_LINE, "a look at a buffer costs one cache line");

/* In a row's mark: the buffer may not be moved. */
#define IS_FIXED 1

/* What a buffer is made of. */
struct store {
    void *memory;
    uint64_t capacity;
    weft_destructor *destroy;
    void *context;
    uint64_t bytes;
};

static struct buffer *buffer_of(struct wi_row *row)
{
    return (struct buffer *)(void *)row;
}

/* ---- memory ---- */

static void end_block(void *memory, uint64_t bytes, void *arena)
{
    (void)bytes;
    weft_arena_free(arena, memory);
    weft_arena_release(arena);
}

static void end_heap(void *memory, uint64_t bytes, void *context)
{
    (void)bytes;
    (void)context;
    wi_free(memory);
}

static void end_store(const struct store *store)
{
    if (store->destroy)
        store->destroy(store->memory, store->bytes, store->context);
}

static void end_trapped(void *memory, uint64_t bytes, void *behind)
{
    wi_trap_free(memory, (size_t)bytes);
    end_store(behind);
    wi_free(behind);
}

/* Puts memory that leaves traps in front of a store. */
static int set_trap(struct store *store)
{
    struct store *behind = wi_alloc(_Alignof(struct store), sizeof *behind);
    void *memory = behind ? wi_trap_alloc((size_t)store->bytes) : NULL;
    if (!memory) {
        wi_free(behind);
        return WEFT_ENOMEM;
    }
    *behind = *store;
    *store = (struct store){memory, store->capacity, end_trapped, behind, store->bytes};
    return WEFT_OK;
}

/* The arena that the buffer's memory is from, or NULL. */
static weft_arena *arena_of(const struct buffer *buffer)
{
    const struct store *behind = buffer->context;
    if (buffer->destroy == end_trapped)
        return behind->destroy == end_block ? behind->context : NULL;
    return buffer->destroy == end_block ? buffer->context : NULL;
}

static int make_store(weft_arena *arena, uint64_t capacity, struct store *store)
{
    size_t bytes = capacity == 0 ? 1 : (size_t)capacity;
    void *memory = NULL;
    int status = WEFT_OK;
    if (arena)
        status = weft_arena_alloc(arena, 0, bytes, &memory);
    else if (!(memory = wi_alloc(WI_CACHE_LINE, bytes)))
        status = WEFT_ENOMEM;
    if (status != WEFT_OK)
        return status;
    *store = (struct store){memory, capacity, arena ? end_block : end_heap, arena, bytes};
    if (arena)
        weft_arena_retain(arena);
    status = wi_trap_is_wanted() ? set_trap(store) : WEFT_OK;
    if (status != WEFT_OK)
        end_store(store);
    return status;
}

static struct store store_of(struct buffer *buffer)
{
    return (struct store){wi_load_relaxed(&buffer->data),     /* owner's own */
                          wi_load_relaxed(&buffer->capacity), /* owner's own */
                          buffer->destroy, buffer->context, buffer->bytes};
}

static void set_store(struct buffer *buffer, const struct store *store)
{
    wi_store_release(&buffer->data, store->memory);       /* [buffer.bytes] */
    wi_store_release(&buffer->capacity, store->capacity); /* [buffer.bytes] */
    buffer->destroy = store->destroy;
    buffer->context = store->context;
    buffer->bytes = store->bytes;
}

/* Moves the bytes of a claimed buffer away from who knows where they were. */
static void leave_trap(struct buffer *buffer)
{
    if (buffer->destroy != end_trapped)
        return;
    void *memory = wi_load_relaxed(&buffer->data);                                /* owner's own */
    wi_store_release(&buffer->data, wi_trap_move(memory, (size_t)buffer->bytes)); /* [buffer.bytes] */
}

/* Sets the size, with zeros in what is new. */
static void set_size(struct buffer *buffer, uint64_t bytes)
{
    uint64_t before = wi_load_relaxed(&buffer->size);     /* owner's own */
    unsigned char *data = wi_load_relaxed(&buffer->data); /* owner's own */
    if (bytes > before)
        memset(data + before, 0, (size_t)(bytes - before));
    wi_store_release(&buffer->size, bytes); /* [buffer.bytes] */
}

/* ---- life ---- */

static bool can_be(uint64_t bytes, uint64_t capacity)
{
    return bytes <= capacity && capacity <= WEFT_ARENA_MAX;
}

/* Gives a new buffer of no bytes. On failure the store is the caller's. */
static int make_buffer(const struct store *store, struct buffer **result)
{
    struct wi_row *row;
    int status = wi_handles_take(&buffers, &row);
    if (status != WEFT_OK)
        return status;
    struct buffer *buffer = buffer_of(row);
    set_store(buffer, store);
    wi_store_release(&buffer->size, 0); /* [buffer.bytes] */
    row->mark = 0;
    *result = buffer;
    return WEFT_OK;
}

/* Gives a new buffer of no bytes in new memory. */
static int make(weft_arena *arena, uint64_t capacity, struct buffer **result)
{
    struct store store;
    int status = make_store(arena, capacity, &store);
    if (status != WEFT_OK)
        return status;
    status = make_buffer(&store, result);
    if (status != WEFT_OK)
        end_store(&store);
    return status;
}

int weft_buffer_create(weft_arena *arena, uint64_t bytes, uint64_t capacity, weft_buffer *result)
{
    struct buffer *buffer;
    if (!result)
        return WEFT_EINVAL;
    if (!can_be(bytes, capacity))
        return WEFT_ERANGE;
    int status = make(arena, capacity, &buffer);
    if (status != WEFT_OK)
        return status;
    set_size(buffer, bytes);
    result->id = wi_handles_open(&buffers, &buffer->row);
    return WEFT_OK;
}

int weft_buffer_adopt(void *memory, uint64_t bytes, weft_destructor *destroy, void *context, weft_buffer *result)
{
    struct buffer *buffer;
    if (!result || (!memory && bytes != 0))
        return WEFT_EINVAL;
    if (!can_be(bytes, bytes))
        return WEFT_ERANGE;
    int status = make_buffer(&(struct store){memory, bytes, destroy, context, bytes}, &buffer);
    if (status != WEFT_OK)
        return status;
    wi_store_release(&buffer->size, bytes); /* [buffer.bytes] */
    result->id = wi_handles_open(&buffers, &buffer->row);
    return WEFT_OK;
}

/* Ends a pin, and the buffer if it was released meanwhile. */
static void unpin(struct buffer *buffer)
{
    if (!wi_handles_unpin(&buffer->row))
        return;
    struct store store = store_of(buffer);
    wi_handles_give_back(&buffers, &buffer->row);
    end_store(&store);
}

int weft_buffer_release(weft_buffer handle)
{
    struct wi_row *row;
    int status = wi_handles_retire(&buffers, handle.id, &row);
    if (status == WEFT_OK)
        unpin(buffer_of(row));
    return status;
}

/* ---- looking ---- */

/* A buffer as it was at one moment. */
struct look {
    bool is_good;
    void *data;
    uint64_t size, capacity;
};

static struct look look_at(weft_buffer handle)
{
    struct look look = {.is_good = false};
    struct wi_row *row = wi_handles_peek(&buffers, handle.id);
    if (!row)
        return look;
    struct buffer *buffer = buffer_of(row);
    look.data = wi_load_acquire(&buffer->data);         /* [buffer.bytes] */
    look.size = wi_load_acquire(&buffer->size);         /* [buffer.bytes] */
    look.capacity = wi_load_acquire(&buffer->capacity); /* [buffer.bytes] */
    look.is_good = wi_handles_peek(&buffers, handle.id) != NULL;
    return look;
}

void *weft_buffer_data(weft_buffer buffer)
{
    struct look look = look_at(buffer);
    return look.is_good ? look.data : NULL;
}

uint64_t weft_buffer_size(weft_buffer buffer)
{
    struct look look = look_at(buffer);
    return look.is_good ? look.size : 0;
}

uint64_t weft_buffer_capacity(weft_buffer buffer)
{
    struct look look = look_at(buffer);
    return look.is_good ? look.capacity : 0;
}

int weft_buffer_is_detached(weft_buffer buffer)
{
    return !look_at(buffer).is_good;
}

int weft_buffer_pin(weft_buffer handle, void **memory, uint64_t *bytes)
{
    struct wi_row *row;
    int status = memory && bytes ? wi_handles_pin(&buffers, handle.id, &row) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    *memory = wi_load_relaxed(&buffer_of(row)->data); /* owner's own: pinned */
    *bytes = wi_load_relaxed(&buffer_of(row)->size);  /* owner's own: pinned */
    return WEFT_OK;
}

int weft_buffer_unpin(weft_buffer handle)
{
    struct wi_row *row = wi_handles_pinned(&buffers, handle.id);
    if (!row)
        return WEFT_EINVAL;
    unpin(buffer_of(row));
    return WEFT_OK;
}

/* ---- changing ---- */

int weft_buffer_resize(weft_buffer handle, uint64_t bytes)
{
    struct wi_row *row;
    int status = wi_handles_claim(&buffers, handle.id, &row);
    if (status != WEFT_OK)
        return status;
    struct buffer *buffer = buffer_of(row);
    if (bytes <= wi_load_relaxed(&buffer->capacity)) /* owner's own */
        set_size(buffer, bytes);
    else
        status = WEFT_ERANGE;
    wi_handles_unclaim(row);
    return status;
}

int weft_buffer_slice(weft_buffer handle, int64_t start, int64_t end, weft_buffer *result)
{
    struct wi_row *row;
    struct buffer *copy;
    int status = result ? wi_handles_pin(&buffers, handle.id, &row) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    struct buffer *buffer = buffer_of(row);
    uint64_t size = wi_load_relaxed(&buffer->size); /* owner's own: pinned */
    uint64_t from = wi_slice_clamp(start, size), to = wi_slice_clamp(end, size), bytes = from < to ? to - from : 0;
    status = make(arena_of(buffer), bytes, &copy);
    if (status == WEFT_OK) {
        const unsigned char *data = wi_load_relaxed(&buffer->data); /* owner's own: pinned */
        if (bytes != 0)
            memcpy(store_of(copy).memory, data + from, (size_t)bytes);
        wi_store_release(&copy->size, bytes); /* [buffer.bytes] */
        result->id = wi_handles_open(&buffers, &copy->row);
    }
    unpin(buffer);
    return status;
}

/* Puts the first bytes, up to `bytes`, of a claimed buffer into new memory of `capacity`. */
static int enlarge(struct buffer *buffer, uint64_t capacity)
{
    struct store before = store_of(buffer), store;
    int status = make_store(arena_of(buffer), capacity, &store);
    if (status != WEFT_OK)
        return status;
    uint64_t size = wi_load_relaxed(&buffer->size); /* owner's own */
    if (size != 0)
        memcpy(store.memory, before.memory, (size_t)size);
    set_store(buffer, &store);
    end_store(&before);
    return WEFT_OK;
}

int weft_buffer_transfer(weft_buffer handle, uint64_t bytes, uint64_t capacity, weft_buffer *moved)
{
    struct wi_row *row;
    int status = moved ? wi_handles_claim(&buffers, handle.id, &row) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    struct buffer *buffer = buffer_of(row);
    if (row->mark == IS_FIXED)
        status = WEFT_EINVAL;
    else if (!can_be(bytes, capacity))
        status = WEFT_ERANGE;
    else if (capacity > wi_load_relaxed(&buffer->capacity)) /* owner's own */
        status = enlarge(buffer, capacity);
    if (status != WEFT_OK) {
        wi_handles_unclaim(row);
        return status;
    }
    wi_store_release(&buffer->capacity, capacity); /* [buffer.bytes] */
    set_size(buffer, bytes);
    leave_trap(buffer);
    moved->id = wi_handles_move(&buffers, row);
    return WEFT_OK;
}

int weft_buffer_mark_untransferable(weft_buffer handle)
{
    struct wi_row *row;
    int status = wi_handles_claim(&buffers, handle.id, &row);
    if (status != WEFT_OK)
        return status;
    row->mark = IS_FIXED;
    wi_handles_unclaim(row);
    return WEFT_OK;
}

/* ---- in lists ---- */

static int claim(uint64_t id)
{
    struct wi_row *row;
    int status = wi_handles_claim(&buffers, id, &row);
    if (status == WEFT_OK && row->mark == IS_FIXED) {
        wi_handles_unclaim(row);
        return WEFT_EINVAL;
    }
    return status;
}

static void unclaim(uint64_t id)
{
    wi_handles_unclaim(wi_handles_peek(&buffers, id));
}

static uint64_t move(uint64_t id)
{
    struct wi_row *row = wi_handles_peek(&buffers, id);
    leave_trap(buffer_of(row));
    return wi_handles_move(&buffers, row);
}

static void end(uint64_t id)
{
    weft_buffer_release((weft_buffer){id});
}

const struct wi_transfer_kind wi_buffer_transfers = {claim, unclaim, move, end};

/* ---- views ---- */

/* Whether `count` elements from `offset` on lie among `size` bytes. */
static bool is_inside(uint64_t size, uint64_t offset, uint64_t count, uint32_t element_bytes)
{
    return offset <= size && count <= (size - offset) / element_bytes;
}

int weft_view_create(weft_buffer buffer, uint32_t element_bytes, uint64_t offset, uint64_t count, weft_view *view)
{
    bool is_size = element_bytes == 1 || element_bytes == 2 || element_bytes == 4 || element_bytes == 8;
    void *memory;
    uint64_t bytes;
    int status = view && is_size ? weft_buffer_pin(buffer, &memory, &bytes) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    if (offset % element_bytes != 0)
        status = WEFT_EALIGN;
    else if (!is_inside(bytes, offset, count, element_bytes))
        status = WEFT_ERANGE;
    else
        *view = (weft_view){buffer, offset, count, element_bytes};
    weft_buffer_unpin(buffer);
    return status;
}

uint64_t weft_view_count(const weft_view *view)
{
    if (!view || weft_buffer_is_detached(view->buffer))
        return 0;
    return is_inside(weft_buffer_size(view->buffer), view->offset, view->count, view->element_bytes) ? view->count : 0;
}

int weft_view_pin_(const weft_view *view, uint32_t element_bytes, uint64_t index, void **element)
{
    void *memory;
    uint64_t bytes;
    if (!view || view->element_bytes != element_bytes)
        return WEFT_EINVAL;
    int status = weft_buffer_pin(view->buffer, &memory, &bytes);
    if (status != WEFT_OK)
        return status;
    if (index >= view->count || !is_inside(bytes, view->offset, view->count, element_bytes)) {
        weft_buffer_unpin(view->buffer);
        return WEFT_ERANGE;
    }
    *element = (unsigned char *)memory + view->offset + index * element_bytes;
    return WEFT_OK;
}
