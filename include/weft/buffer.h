/*
 * weft/buffer.h - bytes with exactly one owner, who can give them away at the cost of a number
 *
 * A buffer is a range of bytes in an arena, on the heap, or in memory that the program had already. Its handle is a
 * number. To move a buffer makes a new handle of the same bytes, and every copy of the old one stale: a stale handle is
 * recognised and never followed, and views (below) that were made with it are stale, too. Buffers travel through ports
 * (weft/port.h) in transfer lists (weft/transfer.h).
 *
 *     weft_buffer buffer, moved;
 *     if (weft_buffer_create(arena, 100, 4096, &buffer) != WEFT_OK)
 *         return 1;
 *     memset(weft_buffer_data(buffer), 'x', weft_buffer_size(buffer));
 *     weft_buffer_transfer(buffer, 200, 4096, &moved);    weft_buffer_size(buffer) is 0 from now on
 *     weft_buffer_release(moved);
 *
 * A pointer to a buffer's bytes is good until the buffer is moved. With WEFT_TRAP_TRANSFERS=1 in the environment the
 * bytes change their addresses with every move, and a use of the old ones faults, as does one after the release; in a
 * program that is built with -fsanitize=address or -fsanitize=thread such a use is reported, with the stacks of both,
 * unless that is 0. This costs each move a system call, or a copy, and is not for memory that was adopted.
 *
 * What follows holds for every function that does not say otherwise.
 *   Units     bytes
 *   Errors    WEFT_EINVAL for NULL where an object or a place for a result is due, and for a handle that never was one;
 *             WEFT_EDETACHED: the buffer was moved or released; WEFT_EAGAIN: another call has the buffer in its hands,
 *             or it is pinned. A failure changes nothing
 *   Threads   any, also several with one handle: all but one of those who move a buffer at the same time fail;
 *             lock-free, but for a table that the first buffer reserves, and for the arena
 *   Ordering  none by itself: who hands a handle to another thread synchronises with it, as ports do
 *   Source    ECMA-262, ArrayBuffer; a handle comes to mean another buffer after 2^39 moves of one place
 */
#ifndef WEFT_BUFFER_H
#define WEFT_BUFFER_H

#include <stdint.h>
#include <string.h>

#include <weft/arena.h>
#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A handle. One whose `id` is 0 means no buffer. */
typedef struct weft_buffer {
    uint64_t id;
} weft_buffer;

/* Takes the `bytes` of `memory` that a program has lent to a buffer; runs once, in whatever thread lets go of them. */
typedef void weft_destructor(void *memory, uint64_t bytes, void *context);

/* Gives a new buffer of `bytes`, all zero, that can be resized up to `capacity`; the caller ends it with
 * weft_buffer_release() or gives it away. Its memory is a block of `arena`, which it holds until then; NULL: of the
 * heap. WEFT_ERANGE: more bytes than capacity, or a capacity above WEFT_ARENA_MAX. WEFT_ENOMEM. */
WEFT_API int weft_buffer_create(weft_arena *arena, uint64_t bytes, uint64_t capacity, weft_buffer *buffer);

/* Takes `memory`, as a new buffer of `bytes`: `destroy(memory, bytes, context)` runs when it is released, or when its
 * bytes move elsewhere; NULL: nothing is to be done then. WEFT_ERANGE, WEFT_ENOMEM:
 * the memory is still the caller's. */
WEFT_API int weft_buffer_adopt(void *memory, uint64_t bytes, weft_destructor *destroy, void *context,
                               weft_buffer *buffer);

/* Takes the buffer. Its memory goes back at once, or when the last pin is gone. */
WEFT_API int weft_buffer_release(weft_buffer buffer);

/* Returns where the bytes are, or NULL for a stale handle. Lends them until the buffer is moved or released. */
WEFT_API void *weft_buffer_data(weft_buffer buffer);

/* Returns how many bytes there are, or can be; 0 for a stale handle. */
WEFT_API uint64_t weft_buffer_size(weft_buffer buffer);
WEFT_API uint64_t weft_buffer_capacity(weft_buffer buffer);

/* Returns 1 for a stale handle, and for one that never was any; otherwise 0. */
WEFT_API int weft_buffer_is_detached(weft_buffer buffer);

/* Makes the size `bytes`; new ones are zero. WEFT_ERANGE: above the capacity. */
WEFT_API int weft_buffer_resize(weft_buffer buffer, uint64_t bytes);

/* Gives a new buffer, of fixed size, with a copy of the bytes from `start` up to `end`, in memory of the same arena, or
 * on the heap. A negative index counts from the end; what lies outside is cut off. WEFT_ENOMEM. */
WEFT_API int weft_buffer_slice(weft_buffer buffer, int64_t start, int64_t end, weft_buffer *copy);

/* Moves the buffer: gives the same bytes, cut off or filled up with zeros to `bytes`, under a new handle. They are
 * copied only if `capacity` is more than there is. WEFT_ERANGE: as for weft_buffer_create(). WEFT_EINVAL: marked as
 * untransferable. WEFT_ENOMEM. */
WEFT_API int weft_buffer_transfer(weft_buffer buffer, uint64_t bytes, uint64_t capacity, weft_buffer *moved);

/* Lets nobody move the buffer any more: transfers of it, and of lists with it, are WEFT_EINVAL from now on. */
WEFT_API int weft_buffer_mark_untransferable(weft_buffer buffer);

/* Gives the bytes in `*memory`, and how many in `*bytes`, and keeps them there: until weft_buffer_unpin(), moving and
 * resizing are WEFT_EAGAIN, and a release is put off. Any number of pins at once. */
WEFT_API int weft_buffer_pin(weft_buffer buffer, void **memory, uint64_t *bytes);
WEFT_API int weft_buffer_unpin(weft_buffer buffer);

/* A row of `count` elements of one size in a buffer, from a place that is a multiple of that size. It is a value: it
 * needs no release, and is stale when its buffer's handle is. */
typedef struct weft_view {
    weft_buffer buffer;
    uint64_t offset, count;
    uint32_t element_bytes;
} weft_view;

/* Gives a view. WEFT_EINVAL: elements of another size than 1, 2, 4 or 8. WEFT_EALIGN, WEFT_ERANGE: `offset` is no
 * multiple of the element's size, or not all lies inside. */
WEFT_API int weft_view_create(weft_buffer buffer, uint32_t element_bytes, uint64_t offset, uint64_t count,
                              weft_view *view);

/* Returns how many elements the view has; 0 when it is stale, or no longer inside of its buffer. */
WEFT_API uint64_t weft_view_count(const weft_view *view);

/* Pins the view's buffer, and gives the place of an element; for the functions below. */
WEFT_API int weft_view_pin_(const weft_view *view, uint32_t element_bytes, uint64_t index, void **element);

/* The functions for elements of one type: `weft_view_get_u32(view, index, &value)`, `weft_view_set_u32(view, index,
 * value)`. WEFT_EINVAL: the view's elements have another size. WEFT_ERANGE: no such element. */
#define WEFT_VIEW_DEFINE(suffix, type)                                                                                 \
    static inline int weft_view_get_##suffix(const weft_view *view, uint64_t index, type *value)                       \
    {                                                                                                                  \
        void *element;                                                                                                 \
        int status = value ? weft_view_pin_(view, sizeof(type), index, &element) : WEFT_EINVAL;                        \
        if (status != WEFT_OK)                                                                                         \
            return status;                                                                                             \
        memcpy(value, element, sizeof(type));                                                                          \
        return weft_buffer_unpin(view->buffer);                                                                        \
    }                                                                                                                  \
    static inline int weft_view_set_##suffix(const weft_view *view, uint64_t index, type value)                        \
    {                                                                                                                  \
        void *element;                                                                                                 \
        int status = weft_view_pin_(view, sizeof(type), index, &element);                                              \
        if (status != WEFT_OK)                                                                                         \
            return status;                                                                                             \
        memcpy(element, &value, sizeof(type));                                                                         \
        return weft_buffer_unpin(view->buffer);                                                                        \
    }

WEFT_VIEW_DEFINE(u8, uint8_t)
WEFT_VIEW_DEFINE(u16, uint16_t)
WEFT_VIEW_DEFINE(u32, uint32_t)
WEFT_VIEW_DEFINE(u64, uint64_t)
WEFT_VIEW_DEFINE(i8, int8_t)
WEFT_VIEW_DEFINE(i16, int16_t)
WEFT_VIEW_DEFINE(i32, int32_t)
WEFT_VIEW_DEFINE(i64, int64_t)
WEFT_VIEW_DEFINE(f32, float)
WEFT_VIEW_DEFINE(f64, double)

#ifdef __cplusplus
}
#endif

#endif
