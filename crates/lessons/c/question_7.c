/* When does mmap fail? */
#include "lesson.h"

#define HUGE ((size_t)1 << 50)

static void attempt(const char *what, size_t length, int flags, int file, off_t offset)
{
    errno = 0;
    void *p = mmap(NULL, length, PROT_READ, flags, file, offset);
    say("%-34s %s", what, p == MAP_FAILED ? name_of(errno) : "an address");
}

static void all(void)
{
    int file = a_file(4, O_RDONLY);
    attempt("a length of 0", 0, MAP_SHARED, file, 0);
    attempt("an offset of 1000", 4, MAP_SHARED, file, 1000);
    attempt("neither SHARED nor PRIVATE", 4, 0, file, 0);
    attempt("a file open for writing only", 4, MAP_SHARED, a_file(4, O_WRONLY), 0);
    attempt("a descriptor that is none", 4, MAP_SHARED, -1, 0);
    attempt("a directory", 4, MAP_SHARED, open(".", O_RDONLY | O_DIRECTORY), 0);
    attempt("more than there are addresses", HUGE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

int main(int argc, char **argv)
{
    const struct a_case cases[] = {{"all", all}, {NULL, NULL}};
    return run_case(cases, argc, argv);
}
