/* Writes down what a process does to a journal, for a disk that loses what was not synced (outage.rs), and kills it at one of
   these acts. Loaded by LD_PRELOAD. Nothing is really synced: what a sync is worth is that other disk's business.
   OUTAGE_FOLDER: the journal's folder by its real path; OUTAGE_LOG: the file to write to; OUTAGE_KILL: how many acts are survived. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum act { CREATE, WRITE, LENGTH, SYNC, SYNC_FOLDER, LINK, UNLINK };

#define REAL(type, name) static type (*real)(); if (!real) real = (type (*)())dlsym(RTLD_NEXT, name)

/* The journal and its log by their bare names, "" for the folder, NULL for what is no concern of ours: what SQLite shares
   between processes does not outlive an outage and need not. */
static const char *ours(const char *path) {
    const char *folder = getenv("OUTAGE_FOLDER");
    size_t length = folder ? strlen(folder) : 0;
    if (!folder || strncmp(path, folder, length)) return NULL;
    if (!path[length]) return "";
    const char *name = path + length + 1, *end = strrchr(name, '-');
    if (path[length] != '/' || strncmp(name, "journal.", 8) || strchr(name, '/')) return NULL;
    return end && !strcmp(end, "-shm") ? NULL : name;
}

static const char *open_file(int fd, char target[4096]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, 4095);
    if (length < 0) return NULL;
    target[length] = 0;
    return ours(target);
}

/* Before it is done: what the disk holds is never more than what is known of it. */
static void note(enum act act, const char *name, unsigned long at, const void *bytes, size_t count) {
    static int log = -1;
    static long left = -1;
    if (log < 0) log = ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(getenv("OUTAGE_LOG"), O_WRONLY | O_APPEND);
    if (left < 0) left = getenv("OUTAGE_KILL") ? atol(getenv("OUTAGE_KILL")) : 1L << 60;
    if (!left--) kill(getpid(), SIGKILL);
    unsigned long head[4] = {act, strlen(name), at, count};
    struct iovec parts[3] = {{head, sizeof head}, {(void *)name, head[1]}, {(void *)bytes, count}};
    if (writev(log, parts, 3) < 0) abort();
}

#define NOTED(act, at, bytes, count) do { \
    char target[4096]; \
    const char *name = open_file(fd, target); \
    if (name && *name) note(act, name, at, bytes, count); \
} while (0)

ssize_t write(int fd, const void *bytes, size_t n) { REAL(ssize_t, "write"); NOTED(WRITE, lseek(fd, 0, SEEK_CUR), bytes, n); return real(fd, bytes, n); }
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { REAL(ssize_t, "pwrite"); NOTED(WRITE, at, bytes, n); return real(fd, bytes, n, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at) { REAL(ssize_t, "pwrite64"); NOTED(WRITE, at, bytes, n); return real(fd, bytes, n, at); }
int ftruncate(int fd, off_t at) { REAL(int, "ftruncate"); NOTED(LENGTH, at, "", 0); return real(fd, at); }
int ftruncate64(int fd, off_t at) { REAL(int, "ftruncate64"); NOTED(LENGTH, at, "", 0); return real(fd, at); }

static int synced(int fd) {
    char target[4096];
    const char *name = open_file(fd, target);
    if (name) note(*name ? SYNC : SYNC_FOLDER, name, 0, "", 0);
    return 0;
}
int fsync(int fd) { return synced(fd); }
int fdatasync(int fd) { return synced(fd); }

static void created(const char *path, int flags) {
    const char *name = flags & O_CREAT ? ours(path) : NULL;
    if (name && access(path, F_OK)) note(CREATE, name, 0, "", 0);
}
static int mode_of(int flags, va_list more) { return flags & O_CREAT ? va_arg(more, int) : 0; }
#define OPEN(function) \
int function(const char *path, int flags, ...) { \
    REAL(int, #function); \
    va_list more; \
    va_start(more, flags); \
    int mode = mode_of(flags, more); \
    va_end(more); \
    created(path, flags); \
    return real(path, flags, mode); \
}
OPEN(open)
OPEN(open64)

static void linked(const char *from, const char *to) {
    const char *old = ours(from), *new = ours(to);
    if (old && new) note(LINK, old, 0, new, strlen(new));
}
int link(const char *from, const char *to) { REAL(int, "link"); linked(from, to); return real(from, to); }
int linkat(int at, const char *from, int there, const char *to, int flags) { REAL(int, "linkat"); linked(from, to); return real(at, from, there, to, flags); }

int unlink(const char *path) {
    REAL(int, "unlink");
    const char *name = ours(path);
    if (name && !access(path, F_OK)) note(UNLINK, name, 0, "", 0);
    return real(path);
}
