/* The tutorial's reader: prints the student that is there, every two seconds. Its records are never torn. */
#include "stu.h"

int main(int argc, char **argv)
{
    struct STU student = {0};
    mapcast_reader *reader = mapcast_reader_open(argc > 1 ? argv[1] : "stu", &stu);
    while (mapcast_reader_latest(reader, &student, sizeof student, NULL) >= 0) {
        printf("id=%d\tname=%s\t%c\n", student.id, student.name, student.sex);
        fflush(stdout);
        sleep(2);
    }
    fprintf(stderr, "mmap_r: %s\n", mapcast_last_error());
    return 1;
}
