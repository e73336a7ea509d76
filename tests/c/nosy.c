/*
 * A reader that tries to do more than read.
 *
 *   nosy touch FILE PID   maps FILE as our readers do, then tries to change it, and the process PID
 *   nosy lock FILE        holds every lock that a reader can get, until its standard input ends
 *   nosy requeue FILE     requeues the readers that sleep for the next record, until it ends
 *
 * "touch" prints the error of each attempt: `mprotect: Permission denied`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* docs/format.md: the number of the newest record; its low half is what readers sleep on. */
enum { HEAD = 0x140, PAGE = 4096 };

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void answer(const char *what, long result)
{
    printf("%s: %s\n", what, result == -1 ? strerror(errno) : "done");
}

static int opened(const char *path)
{
    int file = open(path, O_RDONLY);
    if (file < 0)
        fail(path);
    return file;
}

static void *mapped(int file)
{
    void *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED)
        fail("mmap");
    return map;
}

static struct flock whole_file(short kind)
{
    struct flock lock = {0};
    lock.l_type = kind;
    lock.l_whence = SEEK_SET;
    return lock;
}

static void touch_memory(int file)
{
    void *map = mapped(file);
    answer("mprotect", mprotect(map, PAGE, PROT_READ | PROT_WRITE));
    answer("madvise", madvise(map, PAGE, MADV_REMOVE));
    answer("mmap", (long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
}

static void touch_file(int file, const char *path)
{
    char self[64];
    struct flock lock = whole_file(F_WRLCK);
    snprintf(self, sizeof self, "/proc/self/fd/%d", file);
    answer("open again", open(self, O_RDWR));
    answer("open", open(path, O_RDWR));
    answer("open, cutting", open(path, O_RDONLY | O_TRUNC));
    answer("write", write(file, "x", 1));
    answer("pwrite", pwrite(file, "x", 1, HEAD));
    answer("ftruncate", ftruncate(file, 0));
    answer("truncate", truncate(path, 0));
    answer("fallocate", fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
    answer("fchmod", fchmod(file, 0666));
    answer("fchown", fchown(file, getuid(), -1));
    answer("futimens", futimens(file, NULL));
    answer("write lock", fcntl(file, F_OFD_SETLK, &lock));
    answer("lease", fcntl(file, F_SETLEASE, F_RDLCK));
    answer("unlink", unlink(path));
    answer("rename", rename(path, "elsewhere"));
    answer("link over it", link("/dev/null", path));
}

static void touch_process(int pid)
{
    char path[64], byte = 0;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)PAGE, 1};
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    answer("its descriptors", open(path, O_RDONLY | O_DIRECTORY));
    for (int fd = 3; fd < 16; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
        answer("its descriptor", open(path, O_RDWR));
    }
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    answer("its memory", open(path, O_RDWR));
    answer("write to its memory", process_vm_writev(pid, &here, 1, &there, 1, 0));
    answer("trace it", ptrace(PTRACE_SEIZE, pid, NULL, NULL));
}

static void hold_locks(int file)
{
    char byte;
    struct flock lock = whole_file(F_RDLCK);
    if (flock(file, LOCK_EX | LOCK_NB) == -1)
        fail("flock");
    printf("waiting\n");
    if (fcntl(file, F_OFD_SETLKW, &lock) == -1)
        fail("read lock");
    printf("locked\n");
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
}

static void requeue(int file)
{
    static uint32_t elsewhere;
    uint32_t *head = (uint32_t *)((char *)mapped(file) + HEAD);
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    long moved = 0;
    while (poll(&input, 1, 1) == 0) {
        long now = syscall(SYS_futex, head, FUTEX_REQUEUE, 0, (void *)(uintptr_t)INT_MAX, &elsewhere, 0);
        if (now == -1)
            fail("requeue");
        if (now > 0)
            printf("moved %ld\n", moved += now);
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 3) {
        fprintf(stderr, "usage: nosy touch|lock|requeue FILE [PID]\n");
        return 2;
    }
    int file = opened(argv[2]);
    if (strcmp(argv[1], "touch") == 0 && argc > 3) {
        touch_memory(file);
        touch_file(file, argv[2]);
        touch_process(atoi(argv[3]));
    } else if (strcmp(argv[1], "lock") == 0) {
        hold_locks(file);
    } else if (strcmp(argv[1], "requeue") == 0) {
        requeue(file);
    }
    return 0;
}
