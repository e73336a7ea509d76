/* Prints the newest record of a region of any record, out of the schema in it: dump NAME */
#include <mapcast.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(void)
{
    fprintf(stderr, "dump: %s\n", mapcast_last_error());
    return 1;
}

int main(int argc, char **argv)
{
    mapcast_reader *reader = mapcast_reader_open(argc > 1 ? argv[1] : "stu", NULL);
    const struct mapcast_layout *layout = mapcast_reader_layout(reader);
    if (layout == NULL)
        return fail();
    void *record = malloc(layout->size);
    struct mapcast_publication publication;
    int found = mapcast_reader_latest(reader, record, layout->size, &publication);
    if (found < 0)
        return fail();
    printf("%s %s", layout->name, mapcast_state_name(mapcast_reader_state(reader)));
    if (found == MAPCAST_OK)
        printf(" #%llu", (unsigned long long)publication.sequence);
    printf("\n");
    for (uint32_t i = 0; found == MAPCAST_OK && i < layout->field_count; i++) {
        const struct mapcast_field *field = &layout->fields[i];
        char value[256];
        mapcast_format_field(field, record, layout->size, value, sizeof value);
        printf("  %s\t%s %s\t%s\n", field->name, value, field->unit, field->help);
    }
    free(record);
    mapcast_reader_close(reader);
    return 0;
}
