/*
 * Calls one function so often, for a count of its instructions: calls publish|latest TIMES
 *
 * valgrind --tool=callgrind --callgrind-out-file=out ./calls latest 3000; callgrind_annotate out
 */
#include <mapcast.h>
#include <stdlib.h>
#include <string.h>

struct STU {
    int32_t id;
    char name[20];
    char sex;
};

static const struct mapcast_field fields[] = {
    MAPCAST_FIELD_AS(struct STU, id, I32, "", ""),
    MAPCAST_FIELD_AS(struct STU, name, CHAR, "", ""),
    MAPCAST_FIELD_AS(struct STU, sex, CHAR, "", ""),
};
static const struct mapcast_layout layout = MAPCAST_LAYOUT(struct STU, "STU", fields);

int main(int argc, char **argv)
{
    struct mapcast_options options = MAPCAST_OPTIONS;
    options.no_wake = 1;
    options.check_every_ns = UINT64_MAX;
    struct STU student = {10, "xiaoming", 'm'};
    mapcast_writer *writer = mapcast_writer_open("calls", &layout, &options);
    int failed = mapcast_writer_publish(writer, &student, sizeof student);
    mapcast_reader *reader = mapcast_reader_open("calls", &layout);
    if (argc < 3 || failed != MAPCAST_OK || reader == NULL)
        return 1;
    int latest = strcmp(argv[1], "latest") == 0;
    for (long n = atol(argv[2]); n > 0; n--) {
        if (latest)
            failed |= mapcast_reader_latest(reader, &student, sizeof student, NULL);
        else
            failed |= mapcast_writer_publish(writer, &student, sizeof student);
    }
    mapcast_reader_close(reader);
    mapcast_writer_close(writer);
    return failed;
}
