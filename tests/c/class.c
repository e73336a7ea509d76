/*
 * Shares a class of students as an array in a file.
 *
 *   class FILE write    student I gets the number 100 + I, then the program ends
 *   class FILE read     prints id=%d\tname=%s\t%c of each
 *
 * The file is the array and nothing else, as a bare file of 30 structs is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct STU {
    int id;
    char name[20];
    char sex;
};

#define COUNT 30

_Static_assert(sizeof(struct STU[COUNT]) == 840, "thirty structs, one after the other");

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: class FILE write|read\n");
        return 2;
    }
    int file = open(argv[1], O_RDWR | O_CREAT, 0664);
    if (file < 0 || ftruncate(file, sizeof(struct STU[COUNT])) != 0) {
        perror(argv[1]);
        return 1;
    }
    struct STU *students =
        mmap(NULL, sizeof(struct STU[COUNT]), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (students == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    for (int i = 0; i < COUNT; i++) {
        if (strcmp(argv[2], "write") == 0) {
            students[i] = (struct STU){100 + i, "xiaoming", 'm'};
        } else {
            printf("id=%d\tname=%s\t%c\n", students[i].id, students[i].name, students[i].sex);
        }
    }
    return 0;
}
