/*
 * Keeps a student in a file and increments the number, for other processes that map the file.
 *
 *   writer FILE [MILLISECONDS]
 *
 * The file is the struct and nothing else. A consumer with format = "bare" must be able to read it.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct student {
    int id;
    char name[20];
    char sex;
};

_Static_assert(sizeof(struct student) == 28, "the record has 28 bytes");
_Static_assert(offsetof(struct student, name) == 4, "the name begins at 4");
_Static_assert(offsetof(struct student, sex) == 24, "the offset of sex is 24");

static void pause_for(long milliseconds)
{
    struct timespec span = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&span, NULL);
}

static void *share(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT, 0664);
    if (file < 0) {
        perror(path);
        exit(1);
    }
    if (ftruncate(file, sizeof(struct student)) != 0) {
        perror("ftruncate");
        exit(1);
    }
    void *map = mmap(NULL, sizeof(struct student), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    close(file);
    return map;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: writer FILE [MILLISECONDS]\n");
        return 2;
    }
    long period = argc > 2 ? atol(argv[2]) : 1000;
    struct student student = {10, "xiaoming", 'm'};
    void *shared = share(argv[1]);

    for (;;) {
        memcpy(shared, &student, sizeof student);
        student.id++;
        pause_for(period);
    }
}
