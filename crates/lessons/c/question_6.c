/* Does munmap work on a pointer that was moved? */
#include "lesson.h"

#define BOTH (PROT_READ | PROT_WRITE)

static const char *result_of(int answer)
{
    return answer == 0 ? "0, as if all were well" : name_of(errno);
}

static void one_byte_on(void)
{
    say("maps 4 bytes, p++, munmap(p, 4)");
    char *p = map(4, BOTH, MAP_SHARED, a_file(4, O_RDWR), 0);
    p++;
    say("munmap: %s", result_of(munmap(p, 4)));
}

/* Worse: the answer is 0. What was meant stays mapped; what was not meant is gone. */
static void one_page_on(void)
{
    say("maps two pages, p moves on by one page, munmap(p, ONE PAGE), reads the second page");
    char *p = map(2 * a_page(), BOTH, MAP_SHARED, a_file(2 * a_page(), O_RDWR), 0);
    p += a_page();
    say("munmap: %s", result_of(munmap(p, a_page())));
    say("byte 0 of the second page is %d", *(volatile char *)p);
}

int main(int argc, char **argv)
{
    const struct a_case cases[] = {
        {"one_byte_on", one_byte_on}, {"one_page_on", one_page_on}, {NULL, NULL}};
    return run_case(cases, argc, argv);
}
