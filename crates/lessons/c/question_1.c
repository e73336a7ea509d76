/* Can a file that open(O_CREAT) has just made be mapped? */
#include "lesson.h"

/* The mapping exists, but there is no byte of the file behind it. */
static void touch(void)
{
    say("maps 4 bytes of a file of 0 bytes, then writes the first");
    volatile char *p = map(4, PROT_READ | PROT_WRITE, MAP_SHARED, a_file(0, O_RDWR), 0);
    p[0] = 'a';
    say("written");
}

/* As a program does that asks for the file's own length. */
static void whole(void)
{
    say("maps all of a file of 0 bytes");
    map(0, PROT_READ | PROT_WRITE, MAP_SHARED, a_file(0, O_RDWR), 0);
}

static void sized(void)
{
    say("maps 4 bytes of a new file after ftruncate(file, 4)");
    volatile char *p = map(4, PROT_READ | PROT_WRITE, MAP_SHARED, a_file(4, O_RDWR), 0);
    p[0] = 'a';
    say("written");
}

int main(int argc, char **argv)
{
    const struct a_case cases[] = {
        {"touch", touch}, {"whole", whole}, {"sized", sized}, {NULL, NULL}};
    return run_case(cases, argc, argv);
}
