/* The tutorial's student, and its fields: what both sides include. */
#include <mapcast.h>
#include <stdio.h>
#include <unistd.h>

struct STU {
    int id;
    char name[20];
    char sex;
};

static const struct mapcast_field stu_fields[] = {
    MAPCAST_FIELD(struct STU, id, "", "student number"),
    MAPCAST_FIELD(struct STU, name, "", ""),
    MAPCAST_FIELD(struct STU, sex, "", ""),
};
static const struct mapcast_layout stu = MAPCAST_LAYOUT(struct STU, "STU", stu_fields);
