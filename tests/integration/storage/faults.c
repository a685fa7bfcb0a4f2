/* Preloaded before libc: counts the syncs of a process and refuses writes or syncs on demand.
 *
 * COUNT names a file that grows by one byte with each sync. While the file that FULL names exists, a
 * write at a position fails with ENOSPC; while the one that BROKEN names exists, a sync fails with EIO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static int asked(const char *name) {
    const char *path = getenv(name);
    return path != NULL && access(path, F_OK) == 0;
}

static void count(void) {
    const char *path = getenv("COUNT");
    int file = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (file >= 0) {
        if (write(file, "s", 1) != 1)
            abort();
        close(file);
    }
}

#define SYNC(name)                                                         \
    int name(int file) {                                                   \
        static int (*real)(int);                                           \
        if (real == NULL)                                                  \
            real = (int (*)(int))dlsym(RTLD_NEXT, #name);                  \
        if (asked("BROKEN")) {                                             \
            errno = EIO;                                                   \
            return -1;                                                     \
        }                                                                  \
        count();                                                           \
        return real(file);                                                 \
    }

#define WRITE(name, offset)                                                \
    ssize_t name(int file, const void *bytes, size_t size, offset place) { \
        static ssize_t (*real)(int, const void *, size_t, offset);         \
        if (real == NULL)                                                  \
            real = (ssize_t(*)(int, const void *, size_t, offset))         \
                dlsym(RTLD_NEXT, #name);                                   \
        if (asked("FULL")) {                                               \
            errno = ENOSPC;                                                \
            return -1;                                                     \
        }                                                                  \
        return real(file, bytes, size, place);                             \
    }

SYNC(fsync)
SYNC(fdatasync)
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)
