/* What if the offset is 1000? */
#include "lesson.h"

static void at_1000(void)
{
    say("maps 4 bytes from byte 1000 of a file of two pages");
    map(4, PROT_READ, MAP_SHARED, a_file(2 * a_page(), O_RDONLY), 1000);
}

static void at_page(void)
{
    say("maps 4 bytes from its second page on");
    map(4, PROT_READ, MAP_SHARED, a_file(2 * a_page(), O_RDONLY), a_page());
}

int main(int argc, char **argv)
{
    const struct a_case cases[] = {{"at_1000", at_1000}, {"at_page", at_page}, {NULL, NULL}};
    return run_case(cases, argc, argv);
}
