/* Waits for its turn to write, then publishes until it is killed: turn REGION. Says "mine" when it begins. */
#include <mapcast.h>
#include <stdio.h>

struct turn {
    uint64_t count, inverse, language;
};

static const struct mapcast_field fields[] = {
    MAPCAST_FIELD_AS(struct turn, count, U64, "", "the number of the record"),
    MAPCAST_FIELD_AS(struct turn, inverse, U64, "", ""),
    MAPCAST_FIELD_AS(struct turn, language, U64, "", ""),
};
static const struct mapcast_layout layout = MAPCAST_LAYOUT(struct turn, "turn", fields);

int main(int argc, char **argv)
{
    mapcast_writer *writer = mapcast_writer_open_standby(argc > 1 ? argv[1] : "turn", &layout, NULL, -1);
    struct turn turn = {0, 0, 'c'};
    printf("mine\n");
    fflush(stdout);
    do {
        turn.count = mapcast_writer_sequence(writer) + 1;
        turn.inverse = ~turn.count;
    } while (mapcast_writer_publish(writer, &turn, sizeof turn) == MAPCAST_OK);
    fprintf(stderr, "turn: %s\n", mapcast_last_error());
    return 1;
}
