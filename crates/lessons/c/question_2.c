/* What if open says O_RDONLY and mmap says PROT_READ | PROT_WRITE? */
#include "lesson.h"

#define BOTH (PROT_READ | PROT_WRITE)

static void shared(void)
{
    say("O_RDONLY, PROT_READ | PROT_WRITE, MAP_SHARED");
    map(4, BOTH, MAP_SHARED, a_file(4, O_RDONLY), 0);
}

/* Making a map is reading: a file that cannot be read cannot be mapped. */
static void write_only(void)
{
    say("O_WRONLY, PROT_WRITE, MAP_SHARED");
    map(4, PROT_WRITE, MAP_SHARED, a_file(4, O_WRONLY), 0);
}

static void private(void)
{
    say("O_RDONLY, PROT_READ | PROT_WRITE, MAP_PRIVATE");
    volatile char *p = map(4, BOTH, MAP_PRIVATE, a_file(4, O_RDONLY), 0);
    p[0] = 'a';
    char byte = 'x';
    if (read(open("my_test", O_RDONLY), &byte, 1) == 1)
        say("byte 0 of the mapping is %d now, byte 0 of the file is %d", p[0], byte);
}

static void read_only(void)
{
    say("O_RDWR, PROT_READ, MAP_SHARED, then writes a byte");
    volatile char *p = map(4, PROT_READ, MAP_SHARED, a_file(4, O_RDWR), 0);
    p[0] = 'a';
    say("written");
}

int main(int argc, char **argv)
{
    const struct a_case cases[] = {{"shared", shared}, {"write_only", write_only},
        {"private", private}, {"read_only", read_only}, {NULL, NULL}};
    return run_case(cases, argc, argv);
}
