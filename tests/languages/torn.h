/* The record of these programs: every word of record number n is n. */
#include <mapcast.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

struct torn {
    uint32_t words[16];
};

static const struct mapcast_field fields[] = {MAPCAST_FIELD(struct torn, words, "", "")};
static const struct mapcast_layout layout = MAPCAST_LAYOUT(struct torn, "TORN", fields);
