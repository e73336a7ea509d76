/*
 * Prints the student that another process keeps in a file, repeatedly.
 *
 *   reader FILE [MILLISECONDS]
 *
 * It has the struct only: no header, no lock, no sequence. It maps the file, closes the descriptor, and
 * reads. A producer with format = "bare" must be readable like this.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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

static const struct student *look_at(const char *path)
{
    int file = open(path, O_RDONLY);
    if (file < 0) {
        perror(path);
        exit(1);
    }
    void *map = mmap(NULL, sizeof(struct student), PROT_READ, MAP_SHARED, file, 0);
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
        fprintf(stderr, "usage: reader FILE [MILLISECONDS]\n");
        return 2;
    }
    long period = argc > 2 ? atol(argv[2]) : 2000;
    const struct student *student = look_at(argv[1]);

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (;;) {
        printf("id=%d\tname=%s\t%c\n", student->id, student->name, student->sex);
        pause_for(period);
    }
}
