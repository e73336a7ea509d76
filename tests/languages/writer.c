/* Publishes until it is killed, some thousand records a second: writer FILE. Prints "ready N" after the first, number N. */
#include "torn.h"

int main(int argc, char **argv)
{
    int published = 0;
    mapcast_writer *writer = argc > 1 ? mapcast_writer_open(argv[1], &layout, NULL) : NULL;
    for (; writer != NULL; usleep(200)) {
        struct torn torn;
        uint64_t n = mapcast_writer_sequence(writer) + 1;
        for (int i = 0; i < 16; i++)
            torn.words[i] = (uint32_t)n;
        if (mapcast_writer_publish(writer, &torn, sizeof torn) != MAPCAST_OK)
            break;
        if (!published++)
            printf("ready %llu\n", (unsigned long long)n), fflush(stdout);
    }
    fprintf(stderr, "writer: %s\n", mapcast_last_error());
    return 1;
}
