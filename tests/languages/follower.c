/* Prints every record as a line of JSON, and how many it missed, until it is killed: follower FILE */
#include "torn.h"

static void show(const struct mapcast_event *event)
{
    if (event->kind == MAPCAST_EVENT_MISSED)
        printf("{\"missed\":%llu}\n", (unsigned long long)event->missed);
    if (event->kind != MAPCAST_EVENT_RECORD)
        return;
    const struct torn *torn = event->record;
    printf("{\"sequence\":%llu,\"record\":{\"words\":[%u", (unsigned long long)event->sequence, torn->words[0]);
    for (int i = 1; i < 16; i++)
        printf(",%u", torn->words[i]);
    puts("]}}");
}

int main(int argc, char **argv)
{
    mapcast_follower *follower = argc > 1 ? mapcast_follower_open(argv[1], &layout, MAPCAST_BEGIN_NEWEST) : NULL;
    int found = follower == NULL ? -1 : 0;
    for (struct mapcast_event event; found >= 0; fflush(stdout))
        if ((found = mapcast_follower_next(follower, &event, 1000)) == MAPCAST_OK)
            show(&event);
    fprintf(stderr, "follower: %s\n", mapcast_last_error());
    return 1;
}
