/* Makes system calls on some files fail, for a test of the journal. Loaded by LD_PRELOAD.
   FAULT_PATH: part of the file's path; FAULT_OP: write or fsync; FAULT_AFTER: calls that still succeed;
   FAULT_COUNT: calls that then fail; FAULT_ERRNO: how. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;

static int hit(int fd, const char *op) {
    const char *path = getenv("FAULT_PATH"), *wanted = getenv("FAULT_OP");
    if (!path || !wanted || strcmp(wanted, op)) return 0;
    char link[64], target[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0) return 0;
    target[length] = 0;
    if (!strstr(target, path)) return 0;
    long after = atol(getenv("FAULT_AFTER")), call = atomic_fetch_add(&calls, 1);
    if (call < after || call >= after + atol(getenv("FAULT_COUNT"))) return 0;
    errno = atoi(getenv("FAULT_ERRNO"));
    return 1;
}

#define REAL(type, name) static type (*real)(); if (!real) real = (type (*)())dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *bytes, size_t n) { REAL(ssize_t, "write"); return hit(fd, "write") ? -1 : real(fd, bytes, n); }
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { REAL(ssize_t, "pwrite"); return hit(fd, "write") ? -1 : real(fd, bytes, n, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at) { REAL(ssize_t, "pwrite64"); return hit(fd, "write") ? -1 : real(fd, bytes, n, at); }
int fsync(int fd) { REAL(int, "fsync"); return hit(fd, "fsync") ? -1 : real(fd); }
int fdatasync(int fd) { REAL(int, "fdatasync"); return hit(fd, "fsync") ? -1 : real(fd); }
