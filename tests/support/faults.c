/* Makes system calls on some files fail, or kills the process at one of them. Loaded by LD_PRELOAD.
   FAULT_PATH: part of the file's path; FAULT_OP: write, fsync, or first (the first write after an fsync: a commit begins);
   FAULT_AFTER: calls that still succeed; FAULT_COUNT: calls that then fail; FAULT_ERRNO: how. With FAULT_KILL they don't fail: the
   process is killed, `before` the call or `after` it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;
static atomic_int written;

static int ours(int fd) {
    const char *path = getenv("FAULT_PATH");
    char link[64], target[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = path ? readlink(link, target, sizeof target - 1) : -1;
    if (length < 0) return 0;
    target[length] = 0;
    return strstr(target, path) != NULL;
}

static int hit(int fd, const char *op) {
    const char *wanted = getenv("FAULT_OP"), *no = getenv("FAULT_ERRNO");
    if (!wanted || !ours(fd)) return 0;
    int first = !strcmp(op, "write") ? !atomic_exchange(&written, 1) : (atomic_store(&written, 0), 0);
    if (strcmp(wanted, op) && !(first && !strcmp(wanted, "first"))) return 0;
    long after = atol(getenv("FAULT_AFTER")), call = atomic_fetch_add(&calls, 1);
    if (call < after || call >= after + atol(getenv("FAULT_COUNT"))) return 0;
    errno = no ? atoi(no) : 0;
    return 1;
}

static void die(const char *when) {
    const char *wanted = getenv("FAULT_KILL");
    if (wanted && !strcmp(wanted, when)) kill(getpid(), SIGKILL);
}

#define REAL(type, name) static type (*real)(); if (!real) real = (type (*)())dlsym(RTLD_NEXT, name)
#define FAULTY(op, call) do { \
    if (!hit(fd, op)) return call; \
    if (!getenv("FAULT_KILL")) return -1; \
    die("before"); \
    call; \
    die("after"); \
    return -1; \
} while (0)

ssize_t write(int fd, const void *bytes, size_t n) { REAL(ssize_t, "write"); FAULTY("write", real(fd, bytes, n)); }
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { REAL(ssize_t, "pwrite"); FAULTY("write", real(fd, bytes, n, at)); }
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at) { REAL(ssize_t, "pwrite64"); FAULTY("write", real(fd, bytes, n, at)); }
int fsync(int fd) { REAL(int, "fsync"); FAULTY("fsync", real(fd)); }
int fdatasync(int fd) { REAL(int, "fdatasync"); FAULTY("fsync", real(fd)); }
