/*
 * support/tsan_criterion.c - lets Criterion 2.4 run its tests under ThreadSanitizer
 *
 * Criterion runs each test in a process of its own (BoxFort), and gives it a shared arena that must lie at one address
 * in both. BoxFort picks that address at random, asks mincore() whether something is mapped there, and maps over it.
 * But ThreadSanitizer has reserved nearly the whole address space for its shadow, so mincore() always says yes, BoxFort
 * gives up after ten tries, and the program aborts before its first test.
 *
 * The two functions here come before the C library's. For an address that is the sanitizer's they answer as if nothing
 * were mapped, and then map the arena where the sanitizer expects the program's own mappings. Linked into every test
 * program; in one without the sanitizer they do nothing, and weak references keep it so.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void __tsan_init(void) __attribute__((weak));
extern void *__interceptor_mmap(void *, size_t, int, int, int, off_t) __attribute__((weak));

/* Parts of the address space that ThreadSanitizer leaves to the program on x86-64 (tsan_platform.h): low, executable,
 * and where mmap() puts things. On another processor this must be looked up again. */
static bool is_ours(uintptr_t address)
{
    return address < UINT64_C(0x008000000000) ||
           (address >= UINT64_C(0x550000000000) && address < UINT64_C(0x568000000000)) ||
           address >= UINT64_C(0x7e8000000000);
}

/* Where arenas are put instead, one after the other, each on a gigabyte of its own. */
#define ARENAS   UINT64_C(0x7e9000000000)
#define GIGABYTE UINT64_C(0x40000000)

static uintptr_t place(size_t bytes)
{
    static uintptr_t next = ARENAS;
    uintptr_t step = (bytes + GIGABYTE - 1) & ~(GIGABYTE - 1);
    return __atomic_fetch_add(&next, step, __ATOMIC_RELAXED);
}

static void *map(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    bool is_arena = address && fd >= 0 && (flags & MAP_FIXED) && (flags & MAP_SHARED);
    if (__tsan_init && is_arena && !is_ours((uintptr_t)address))
        address = (void *)place(bytes);
    /* A sanitizer keeps books of all mappings. */
    if (__interceptor_mmap)
        return __interceptor_mmap(address, bytes, protection, flags, fd, offset);
    return (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return map(address, bytes, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return map(address, bytes, protection, flags, fd, offset);
}

int mincore(void *address, size_t bytes, unsigned char *pages)
{
    if (__tsan_init && !is_ours((uintptr_t)address)) {
        errno = ENOMEM;
        return -1;
    }
    return (int)syscall(SYS_mincore, address, bytes, pages);
}

/* A report ends the test at once, since Criterion does not look at the exit code of a test whose body has returned; a
 * signal that a test expects is left to Criterion. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "halt_on_error=1:handle_segv=0:handle_sigbus=0:handle_abort=0:second_deadlock_stack=1";
}
