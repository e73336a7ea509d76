/* What if the result of mmap is not checked? */
#include "lesson.h"

static void unchecked(void)
{
    say("maps what cannot be mapped, looks at nothing, writes");
    /* The mistake: MAP_FAILED is not NULL, it is the address -1. */
    volatile char *p = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, -1, 0);
    p[0] = 'a';
    say("written");
}

/* Programs that do check often check for the wrong thing. */
static void checked_for_null(void)
{
    say("the same, with if (p == NULL) in between");
    volatile char *p = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, -1, 0);
    if (p == NULL) {
        say("refused");
        return;
    }
    p[0] = 'a';
    say("written");
}

int main(int argc, char **argv)
{
    const struct a_case cases[] = {
        {"unchecked", unchecked}, {"checked_for_null", checked_for_null}, {NULL, NULL}};
    return run_case(cases, argc, argv);
}
