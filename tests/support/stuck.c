/* A resolver and a disk that never answer. Loaded by LD_PRELOAD.
   Names that end in `.stuck.test` are looked up for ever, as where a DNS server is gone; the folder STUCK_FOLDER is never read, as on
   a network file system whose server is gone. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REAL(type, name) static type (*real)(); if (!real) real = (type (*)())dlsym(RTLD_NEXT, name)

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    REAL(int, "getaddrinfo");
    const char *end = name ? strstr(name, ".stuck.test") : NULL;
    while (end && !strcmp(end, ".stuck.test")) pause();
    return real(name, service, hints, found);
}

DIR *opendir(const char *path) {
    REAL(DIR *, "opendir");
    const char *folder = getenv("STUCK_FOLDER");
    while (folder && !strcmp(path, folder)) pause();
    return real(path);
}
