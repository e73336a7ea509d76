/*
 * Follows a region of any record, which need not exist yet, in a poll loop: follow NAME
 *
 * Prints each record, and what happens to the writer. Ends with its standard input.
 */
#include <mapcast.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static void show(mapcast_follower *follower, const struct mapcast_event *event)
{
    char line[4096];
    switch (event->kind) {
    case MAPCAST_EVENT_RECORD:
        mapcast_format_record(mapcast_follower_layout(follower), event->record, event->size, line,
                              sizeof line);
        printf("%llu\t%s\n", (unsigned long long)event->sequence, line);
        break;
    case MAPCAST_EVENT_MISSED:
        printf("missed %llu\n", (unsigned long long)event->missed);
        break;
    case MAPCAST_EVENT_WRITER:
        printf("writer is %s\n", mapcast_state_name(event->state));
        break;
    default:
        printf("event %u\n", (unsigned)event->kind);
        break;
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    mapcast_follower *follower =
        mapcast_follower_open(argc > 1 ? argv[1] : "stu", NULL, MAPCAST_BEGIN_NEWEST);
    struct pollfd polled[] = {{mapcast_follower_fd(follower), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (follower != NULL && poll(polled, 2, -1) >= 0 && polled[1].revents == 0) {
        struct mapcast_event event;
        int found;
        while ((found = mapcast_follower_next(follower, &event, 0)) == MAPCAST_OK)
            show(follower, &event);
        if (found < 0)
            fprintf(stderr, "follow: %s\n", mapcast_last_error());
    }
    if (follower == NULL)
        fprintf(stderr, "follow: %s\n", mapcast_last_error());
    int is_open = follower != NULL;
    mapcast_follower_close(follower);
    return is_open ? 0 : 1;
}
