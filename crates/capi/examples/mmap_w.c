/* The tutorial's writer: publishes a student, whose number grows every second. */
#include "stu.h"

int main(int argc, char **argv)
{
    static struct STU student = {10, "xiaoming", 'm'}; /* static: its padding is zero */
    mapcast_writer *writer = mapcast_writer_open(argc > 1 ? argv[1] : "stu", &stu, NULL);
    while (mapcast_writer_publish(writer, &student, sizeof student) == MAPCAST_OK) {
        student.id++;
        sleep(1);
    }
    fprintf(stderr, "mmap_w: %s\n", mapcast_last_error());
    return 1;
}
