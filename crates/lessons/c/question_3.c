/* Does it matter to the mapping that the descriptor is closed first? */
#include "lesson.h"

static void closed(void)
{
    say("maps 4 bytes, closes the descriptor, removes the name, writes \"abc\"");
    int file = a_file(4, O_RDWR);
    char *p = map(4, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    unlink("my_test");
    strcpy(p, "abc");
    say("the mapping has \"%s\"", p);
}

/* The other order is the mistake. */
static void too_early(void)
{
    say("closes the descriptor, then maps");
    int file = a_file(4, O_RDWR);
    close(file);
    map(4, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
}

int main(int argc, char **argv)
{
    const struct a_case cases[] = {{"closed", closed}, {"too_early", too_early}, {NULL, NULL}};
    return run_case(cases, argc, argv);
}
