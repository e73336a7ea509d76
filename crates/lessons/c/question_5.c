/* What does an access out of bounds do? It depends on how far out. */
#include "lesson.h"

#define BOTH (PROT_READ | PROT_WRITE)

/* The kernel maps whole pages: the rest of the last one is there, and goes nowhere. */
static void rest_of_the_page(void)
{
    say("maps 4 bytes of a file of 4, writes byte 5");
    volatile char *p = map(4, BOTH, MAP_SHARED, a_file(4, O_RDWR), 0);
    p[5] = 'a';
    say("written, and nobody complains; the file has %ld bytes", size_of_file());
}

static void past_the_file(void)
{
    say("maps two pages of a file of 4 bytes, writes the first byte of the second page");
    volatile char *p = map(2 * a_page(), BOTH, MAP_SHARED, a_file(4, O_RDWR), 0);
    p[a_page()] = 'a';
    say("written");
}

/* The second page is given back so that surely nothing is there. Else it would be luck: what
 * happens to lie behind a mapping is overwritten without a word. */
static void past_the_mapping(void)
{
    say("maps one page, writes the first byte after it");
    volatile char *p = map(2 * a_page(), BOTH, MAP_SHARED, a_file(2 * a_page(), O_RDWR), 0);
    munmap((void *)(p + a_page()), a_page());
    p[a_page()] = 'a';
    say("written");
}

static void cut(void)
{
    say("maps 4 bytes of a file of 4; somebody cuts the file; reads byte 0");
    volatile char *p = map(4, BOTH, MAP_SHARED, a_file(4, O_RDWR), 0);
    if (truncate("my_test", 0) == 0)
        say("byte 0 is %d", p[0]);
}

int main(int argc, char **argv)
{
    const struct a_case cases[] = {{"rest_of_the_page", rest_of_the_page},
        {"past_the_file", past_the_file}, {"past_the_mapping", past_the_mapping}, {"cut", cut},
        {NULL, NULL}};
    return run_case(cases, argc, argv);
}
