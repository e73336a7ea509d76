/*
 * What the C programs of the lessons have in common. Each program has a few cases; its only
 * argument says which one is run. They say what they do, line by line, and then do it: a program
 * that dies has said everything before.
 */
#ifndef LESSON_H
#define LESSON_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct a_case {
    const char *name;
    void (*run)(void);
};

/* One line, at once: what is still in a buffer is lost with the process. */
static inline void say(const char *format, ...)
{
    char line[200];
    va_list rest;
    va_start(rest, format);
    vsnprintf(line, sizeof line - 1, format, rest);
    va_end(rest);
    strcat(line, "\n");
    if (write(STDOUT_FILENO, line, strlen(line)) < 0)
        exit(3);
}

/* "EINVAL", as the manual pages call it. */
static inline const char *name_of(int error)
{
    switch (error) {
    case EACCES: return "EACCES";
    case EBADF: return "EBADF";
    case EINVAL: return "EINVAL";
    case ENODEV: return "ENODEV";
    case ENOMEM: return "ENOMEM";
    default: return strerror(error);
    }
}

/* A file of `bytes` zeros, opened once more with `flags`. */
static inline int a_file(off_t bytes, int flags)
{
    int file = open("my_test", O_CREAT | O_RDWR | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, bytes) != 0) {
        perror("my_test");
        exit(3);
    }
    close(file);
    return open("my_test", flags);
}

static inline size_t a_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* mmap that says what came of it. */
static inline void *map(size_t length, int protection, int flags, int file, off_t offset)
{
    void *p = mmap(NULL, length, protection, flags, file, offset);
    say("mmap: %s", p == MAP_FAILED ? name_of(errno) : "an address");
    return p;
}

static inline long size_of_file(void)
{
    struct stat status;
    return stat("my_test", &status) == 0 ? (long)status.st_size : -1;
}

static inline int run_case(const struct a_case *cases, int argc, char **argv)
{
    for (; argc == 2 && cases->name; cases++) {
        if (strcmp(cases->name, argv[1]) == 0) {
            cases->run();
            return 0;
        }
    }
    return 2;
}

#endif
