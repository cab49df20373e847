/* Steps the clock of the wall, and of nothing else, once a file exists. Loaded by LD_PRELOAD.
   CLOCK_FILE: the file; CLOCK_STEP: seconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    const char *file = getenv("CLOCK_FILE"), *step = getenv("CLOCK_STEP");
    if (!result && clock == CLOCK_REALTIME && file && step && !access(file, F_OK)) now->tv_sec += atol(step);
    return result;
}
