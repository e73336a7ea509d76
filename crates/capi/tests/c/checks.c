/*
 * Every function of mapcast.h, and what it does with wrong arguments: checks DIRECTORY
 *
 * Prints "all hold", or the line that does not. Also run with ASan and UBSan, and under valgrind.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <mapcast.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(CONDITION)                                                                            \
    do {                                                                                            \
        if (!(CONDITION)) {                                                                         \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #CONDITION, mapcast_last_error());        \
            exit(1);                                                                                \
        }                                                                                           \
    } while (0)
#define FAILS(CALL, CODE) CHECK((CALL) == (CODE) && last().code == (CODE))
#define FAILS_TO_OPEN(CALL, CODE) CHECK((CALL) == NULL && last().code == (CODE))

struct all {
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    float f32;
    double f64[3];
    bool yes;
    char text[12];
};

static const struct mapcast_label modes[] = {{0, "off"}, {1, "on"}};
static const struct mapcast_field fields[] = {
#if __STDC_VERSION__ >= 201112L
    MAPCAST_FIELD(struct all, i8, "", ""),
    MAPCAST_FIELD(struct all, i16, "", ""),
    MAPCAST_FIELD(struct all, i32, "", ""),
    MAPCAST_FIELD(struct all, i64, "", ""),
    MAPCAST_FIELD_LABELS(struct all, u8, U8, "", "", modes),
    MAPCAST_FIELD(struct all, u16, "", ""),
    MAPCAST_FIELD(struct all, u32, "", ""),
    MAPCAST_FIELD(struct all, u64, "", ""),
    MAPCAST_FIELD(struct all, f32, "m/s", "over ground"),
    MAPCAST_FIELD(struct all, f64, "", ""),
    MAPCAST_FIELD(struct all, yes, "", ""),
    MAPCAST_FIELD(struct all, text, "", ""),
#else
    MAPCAST_FIELD_AS(struct all, i8, I8, "", ""),
    MAPCAST_FIELD_AS(struct all, i16, I16, "", ""),
    MAPCAST_FIELD_AS(struct all, i32, I32, "", ""),
    MAPCAST_FIELD_AS(struct all, i64, I64, "", ""),
    MAPCAST_FIELD_LABELS(struct all, u8, U8, "", "", modes),
    MAPCAST_FIELD_AS(struct all, u16, U16, "", ""),
    MAPCAST_FIELD_AS(struct all, u32, U32, "", ""),
    MAPCAST_FIELD_AS(struct all, u64, U64, "", ""),
    MAPCAST_FIELD_AS(struct all, f32, F32, "m/s", "over ground"),
    MAPCAST_FIELD_AS(struct all, f64, F64, "", ""),
    MAPCAST_FIELD_AS(struct all, yes, BOOL, "", ""),
    MAPCAST_FIELD_AS(struct all, text, CHAR, "", ""),
#endif
};
static const struct mapcast_layout layout = MAPCAST_LAYOUT(struct all, "all", fields);

static struct mapcast_error last(void)
{
    struct mapcast_error error;
    if (mapcast_error_details(&error) != MAPCAST_OK)
        abort();
    return error;
}

static const char *directory;

/* A path in the directory of the test. */
static const char *at(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}


static struct all example(int32_t number)
{
    struct all all;
    memset(&all, 0, sizeof all);
    all.i8 = -8;
    all.i16 = -16;
    all.i32 = number;
    all.i64 = INT64_MIN;
    all.u8 = 1;
    all.u16 = 16;
    all.u32 = 32;
    all.u64 = UINT64_MAX;
    all.f32 = 0.5f;
    all.f64[2] = 2.5;
    all.yes = true;
    strcpy(all.text, "xiaoming");
    return all;
}

static void what_is_published_is_read(void)
{
    struct all record = example(1), read;
    struct mapcast_publication publication;
    mapcast_writer *writer = mapcast_writer_open(at("all"), &layout, NULL);
    CHECK(writer != NULL);
    mapcast_reader *reader = mapcast_reader_open(at("all"), &layout);
    CHECK(reader != NULL);
    CHECK(mapcast_reader_latest(reader, &read, sizeof read, NULL) == MAPCAST_NOTHING);
    CHECK(mapcast_reader_age_ns(reader) == -1 && mapcast_reader_wall_time_ns(reader) == -1);
    CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    CHECK(mapcast_reader_wait(reader, 1000) == MAPCAST_OK);
    CHECK(mapcast_reader_latest(reader, &read, sizeof read, &publication) == MAPCAST_OK);
    CHECK(memcmp(&record, &read, sizeof read) == 0);
    CHECK(publication.sequence == 1 && mapcast_writer_sequence(writer) == 1);
    CHECK(publication.lineage != 0 && publication.published_at_ns != 0);
    CHECK(mapcast_reader_age_ns(reader) >= 0 && mapcast_reader_wall_time_ns(reader) > 0);
    CHECK(strcmp(mapcast_reader_path(reader), at("all")) == 0);
    CHECK(strcmp(mapcast_writer_path(writer), at("all")) == 0);
    CHECK(mapcast_reader_writer_pid(reader) == (uint64_t)getpid());
    CHECK(mapcast_reader_state(reader) == MAPCAST_LIVE);
    CHECK(mapcast_writer_heartbeat(writer) == MAPCAST_OK);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);
    CHECK(mapcast_reader_state(reader) == MAPCAST_CLOSED);
    CHECK(strcmp(mapcast_state_name(MAPCAST_CLOSED), "closed") == 0);
    CHECK(mapcast_reader_close(reader) == MAPCAST_OK);
}

static void a_layout_says_what_the_compiler_knows(void)
{
    mapcast_reader *reader = mapcast_reader_open(at("all"), NULL);
    const struct mapcast_layout *found = mapcast_reader_layout(reader);
    CHECK(found != NULL && found->size == sizeof(struct all) && strcmp(found->name, "all") == 0);
    CHECK(found->field_count == layout.field_count && found->line == NULL);
    for (uint32_t i = 0; i < found->field_count; i++) {
        const struct mapcast_field *is = &found->fields[i], *was = &fields[i];
        CHECK(strcmp(is->name, was->name) == 0 && strcmp(is->unit, was->unit) == 0);
        CHECK(is->type == i + 1 && is->type == was->type && is->offset == was->offset);
        CHECK(is->count == was->count && is->label_count == was->label_count);
    }
    CHECK(found->fields[4].labels[1].value == 1);
    CHECK(strcmp(found->fields[4].labels[1].text, "on") == 0);
    CHECK(strcmp(found->fields[8].help, "over ground") == 0);
    CHECK(mapcast_reader_layout(reader) == found);
    mapcast_reader_close(reader);
}

static void values_are_read_and_written_by_field(void)
{
    struct all record = example(5);
    double number;
    int64_t whole;
    uint64_t natural;
    char text[32];
    size_t size = sizeof record;
    CHECK(mapcast_get_i64(&fields[2], 0, &record, size, &whole) == MAPCAST_OK && whole == 5);
    CHECK(mapcast_get_i64(&fields[3], 0, &record, size, &whole) == MAPCAST_OK && whole == INT64_MIN);
    CHECK(mapcast_get_u64(&fields[7], 0, &record, size, &natural) == MAPCAST_OK);
    CHECK(natural == UINT64_MAX);
    CHECK(mapcast_get_f64(&fields[9], 2, &record, size, &number) == MAPCAST_OK && number == 2.5);
    CHECK(mapcast_get_i64(&fields[10], 0, &record, size, &whole) == MAPCAST_OK && whole == 1);
    FAILS(mapcast_get_i64(&fields[7], 0, &record, size, &whole), MAPCAST_ERR_BAD_VALUE);
    FAILS(mapcast_get_u64(&fields[2 - 2], 0, &record, size, &natural), MAPCAST_ERR_BAD_VALUE);
    FAILS(mapcast_get_f64(&fields[11], 0, &record, size, &number), MAPCAST_ERR_BAD_VALUE);
    FAILS(mapcast_get_f64(&fields[11], 1, &record, size, &number), MAPCAST_ERR_INVALID);
    CHECK(strcmp(last().advice, "it is one value: pass 0") == 0);
    FAILS(mapcast_get_f64(&fields[9], 3, &record, size, &number), MAPCAST_ERR_INVALID);
    FAILS(mapcast_get_f64(&fields[9], 2, &record, 16, &number), MAPCAST_ERR_WRONG_SIZE);
    CHECK(strstr(last().fact, "has a size of 16, and ") != NULL && strstr(last().fact, " are needed") != NULL);
    FAILS(mapcast_format_record(&layout, &record, 16, NULL, 0), MAPCAST_ERR_WRONG_SIZE);
    CHECK(strstr(last().fact, "field") == NULL);
    FAILS(mapcast_get_f64(NULL, 0, &record, size, &number), MAPCAST_ERR_INVALID);
    FAILS(mapcast_get_f64(&fields[9], 0, &record, size, NULL), MAPCAST_ERR_INVALID);
    CHECK(mapcast_set_f64(&fields[9], 1, &record, size, -1.25) == MAPCAST_OK);
    CHECK(record.f64[0] == 0 && record.f64[1] == -1.25 && record.f64[2] == 2.5);
    CHECK(mapcast_set_i64(&fields[1], 0, &record, size, -300) == MAPCAST_OK && record.i16 == -300);
    CHECK(mapcast_set_u64(&fields[7], 0, &record, size, 7) == MAPCAST_OK && record.u64 == 7);
    CHECK(mapcast_set_text(&fields[11], &record, size, "hong") == MAPCAST_OK);
    CHECK(strcmp(record.text, "hong") == 0);
    CHECK(mapcast_set_text(&fields[4], &record, size, "off") == MAPCAST_OK && record.u8 == 0);
    FAILS(mapcast_set_i64(&fields[0], 0, &record, size, 128), MAPCAST_ERR_BAD_VALUE);
    CHECK(record.i8 == -8);
    FAILS(mapcast_set_text(&fields[11], &record, size, "longer than it is"), MAPCAST_ERR_BAD_VALUE);
    CHECK(mapcast_format_field(&fields[4], &record, size, text, sizeof text) == 3);
    CHECK(strcmp(text, "off") == 0);
    CHECK(mapcast_format_field(&fields[9], &record, size, text, 6) == 15);
    CHECK(strcmp(text, "[0, -") == 0);
    CHECK(mapcast_format_record(&layout, &record, size, NULL, 0) > 100);
}

/* Where a field of MAPCAST_AUTO is depends on those before it: it is not at offset 0. */
static void a_field_without_a_place_is_neither_read_nor_written(const struct mapcast_field *field,
                                                                unsigned char *record, size_t size)
{
    double value = 0;
    char text[8];
    struct mapcast_field end = *field;
    unsigned char before[12];
    memcpy(before, record, sizeof before);
    FAILS(mapcast_set_f64(field, 0, record, size, 7), MAPCAST_ERR_INVALID);
    FAILS(mapcast_set_text(field, record, size, "on"), MAPCAST_ERR_INVALID);
    FAILS(mapcast_get_f64(field, 0, record, size, &value), MAPCAST_ERR_INVALID);
    FAILS(mapcast_format_field(field, record, size, text, sizeof text), MAPCAST_ERR_INVALID);
    CHECK(strstr(mapcast_last_error(), "mapcast_writer_layout") != NULL);
    end.offset = MAPCAST_AUTO - 4;
    FAILS(mapcast_set_f64(&end, 1, record, size, 7), MAPCAST_ERR_INVALID);
    CHECK(memcmp(before, record, sizeof before) == 0);
}

static void a_layout_is_built_at_run_time(void)
{
    struct mapcast_field made[2] = {{0}, {0}};
    made[0].name = "mode";
    made[0].type = MAPCAST_U8;
    made[0].labels = modes;
    made[0].label_count = 2;
    made[0].offset = MAPCAST_AUTO;
    made[1].name = "speed";
    made[1].type = MAPCAST_F32;
    made[1].unit = "m/s";
    made[1].count = 2;
    made[1].offset = MAPCAST_AUTO;
    struct mapcast_layout wanted = {0};
    wanted.name = "Motor";
    wanted.line = "{mode} {speed} m/s";
    wanted.fields = made;
    wanted.field_count = 2;
    mapcast_writer *writer = mapcast_writer_open(at("motor"), &wanted, NULL);
    const struct mapcast_layout *motor = mapcast_writer_layout(writer);
    CHECK(motor != NULL && motor->size == 12 && motor->fields[1].offset == 4);
    unsigned char record[12] = {0};
    CHECK(mapcast_set_text(&motor->fields[0], record, sizeof record, "on") == MAPCAST_OK);
    CHECK(mapcast_set_f64(&motor->fields[1], 1, record, sizeof record, 1.5) == MAPCAST_OK);
    a_field_without_a_place_is_neither_read_nor_written(&made[1], record, sizeof record);
    CHECK(mapcast_writer_publish(writer, record, motor->size) == MAPCAST_OK);
    char line[64];
    CHECK(mapcast_format_record(motor, record, sizeof record, line, sizeof line) == 15);
    CHECK(strcmp(line, "on [0, 1.5] m/s") == 0);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);

    made[0].type = 99;
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), &wanted, NULL), MAPCAST_ERR_INVALID);
    made[0].type = MAPCAST_U8;
    made[1].name = "mode";
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), &wanted, NULL), MAPCAST_ERR_BAD_LAYOUT);
    made[1].reserved[1] = made;
    made[1].name = "speed";
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), &wanted, NULL), MAPCAST_ERR_INVALID);
    CHECK(strstr(mapcast_last_error(), "reserved of speed is not NULL; begin with") != NULL);
    made[1].name = NULL;
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), &wanted, NULL), MAPCAST_ERR_INVALID);
    struct mapcast_layout short_of_one = layout;
    short_of_one.field_count -= 1;
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), &short_of_one, NULL), MAPCAST_ERR_BAD_LAYOUT);
    CHECK(strstr(mapcast_last_error(), "list all of its members") != NULL);
}

static void an_error_has_file_fact_and_next_step(void)
{
    FAILS_TO_OPEN(mapcast_reader_open(at("none"), NULL), MAPCAST_ERR_NOT_THERE);
    struct mapcast_error error = last();
    CHECK(strcmp(error.path, at("none")) == 0 && strcmp(error.fact, "no such region") == 0);
    CHECK(strcmp(error.advice, "start its writer, or check the name") == 0);
    CHECK(strstr(error.message, "/none: no such region; start its writer") != NULL);
    /* NULL fails with the error of the last open of its kind, if that failed, whatever else has failed since. */
    FAILS(mapcast_reader_state(NULL), MAPCAST_ERR_NOT_THERE);
    FAILS_TO_OPEN(mapcast_writer_open("no name", &layout, NULL), MAPCAST_ERR_BAD_NAME);
    FAILS(mapcast_reader_state(NULL), MAPCAST_ERR_NOT_THERE);
    CHECK(strcmp(last().path, at("none")) == 0);
    FAILS_TO_OPEN(mapcast_reader_open("no name", NULL), MAPCAST_ERR_BAD_NAME);
    FAILS_TO_OPEN(mapcast_reader_open(NULL, NULL), MAPCAST_ERR_INVALID);
    FAILS_TO_OPEN(mapcast_reader_open(at("."), NULL), MAPCAST_ERR_NOT_A_REGION);
    FAILS_TO_OPEN(mapcast_writer_open("/proc/none", &layout, NULL), MAPCAST_ERR_SYSTEM);
    CHECK(last().os_error == ENOENT);
}

static void wrong_arguments_are_errors(void)
{
    struct all record = example(1);
    mapcast_writer *writer = mapcast_writer_open(at("wrong"), &layout, NULL);
    mapcast_reader *reader = mapcast_reader_open(at("wrong"), &layout);
    CHECK(writer != NULL && reader != NULL);
    FAILS(mapcast_writer_publish(writer, &record, 4), MAPCAST_ERR_WRONG_SIZE);
    FAILS(mapcast_writer_publish(writer, NULL, sizeof record), MAPCAST_ERR_INVALID);
    FAILS(mapcast_writer_publish(writer, &record, SIZE_MAX), MAPCAST_ERR_INVALID);
    FAILS(mapcast_writer_publish((mapcast_writer *)reader, &record, 4), MAPCAST_ERR_INVALID);
    FAILS(mapcast_writer_publish(NULL, &record, sizeof record), MAPCAST_ERR_INVALID);
    FAILS(mapcast_reader_latest(reader, &record, sizeof record - 1, NULL), MAPCAST_ERR_WRONG_SIZE);
    FAILS(mapcast_reader_latest(reader, NULL, 0, NULL), MAPCAST_ERR_INVALID);
    FAILS(mapcast_reader_close((mapcast_reader *)writer), MAPCAST_ERR_INVALID);
    FAILS_TO_OPEN(mapcast_writer_open(at("wrong"), &layout, NULL), MAPCAST_ERR_BUSY);
    FAILS_TO_OPEN(mapcast_writer_open_standby(at("wrong"), &layout, NULL, 1), MAPCAST_ERR_BUSY);
    CHECK(strcmp(last().path, at("wrong")) == 0);
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), NULL, NULL), MAPCAST_ERR_INVALID);
    CHECK(mapcast_writer_close(NULL) == MAPCAST_OK && mapcast_reader_close(NULL) == MAPCAST_OK);
    CHECK(mapcast_writer_sequence(NULL) == 0 && mapcast_reader_layout(NULL) == NULL);
    mapcast_reader_close(reader);
    mapcast_writer_close(writer);
    CHECK((writer = mapcast_writer_open_standby(at("wrong"), &layout, NULL, -1)) != NULL);
    mapcast_writer_close(writer);
    FAILS_TO_OPEN(mapcast_reader_open(at("motor"), &layout), MAPCAST_ERR_OTHER_RECORD);
    CHECK(strstr(last().advice, "open it again with NULL as the layout") != NULL);
}

static void options_are_checked(void)
{
    struct mapcast_options options = MAPCAST_OPTIONS;
    options.slots = 16;
    options.mode = 0600;
    options.period_ns = 10000000;
    options.check_every_ns = UINT64_MAX;
    options.no_wake = 1;
    mapcast_writer *writer = mapcast_writer_open(at("options"), &layout, &options);
    CHECK(writer != NULL);
    mapcast_writer_close(writer);
    options.slots = 5;
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), &layout, &options), MAPCAST_ERR_BAD_OPTIONS);
    options.slots = 0;
    options.group = "no such group";
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), &layout, &options), MAPCAST_ERR_BAD_OPTIONS);
    options.group = NULL;
    options.reserved = 1;
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), &layout, &options), MAPCAST_ERR_INVALID);
    options.struct_size = 0;
    FAILS_TO_OPEN(mapcast_writer_open(at("no"), &layout, &options), MAPCAST_ERR_INVALID);
}

static void a_follower_gets_every_event(void)
{
    struct mapcast_event event;
    struct all record;
    mapcast_follower *follower = mapcast_follower_open(at("followed"), &layout, 1);
    CHECK(follower != NULL && mapcast_follower_layout(follower) == NULL);
    CHECK(mapcast_follower_next(follower, &event, -1) == MAPCAST_OK);
    CHECK(event.kind == MAPCAST_EVENT_WAITING);
    CHECK(mapcast_follower_next(follower, &event, 0) == MAPCAST_NOTHING && event.kind == 0);
    CHECK(mapcast_follower_fd(follower) >= 0);
    CHECK(mapcast_follower_fd(follower) == mapcast_follower_fd(follower));
    mapcast_writer *writer = mapcast_writer_open(at("followed"), &layout, NULL);
    for (int32_t i = 1; i <= 10; i++) {
        record = example(i);
        CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    }
    CHECK(mapcast_follower_next(follower, &event, -1) == MAPCAST_OK);
    CHECK(event.kind == MAPCAST_EVENT_ATTACHED);
    CHECK(mapcast_follower_layout(follower)->size == sizeof record);
    CHECK(mapcast_follower_next(follower, &event, 0) == MAPCAST_OK);
    CHECK(event.kind == MAPCAST_EVENT_MISSED && event.missed > 0);
    for (uint64_t i = event.missed + 1; i <= 10; i++) {
        CHECK(mapcast_follower_next(follower, &event, 0) == MAPCAST_OK);
        CHECK(event.kind == MAPCAST_EVENT_RECORD && event.sequence == i && event.wall_time_ns > 0);
        CHECK(event.size == sizeof record && event.instance_name == NULL);
        CHECK(((const struct all *)event.record)->i32 == (int32_t)i);
    }
    CHECK(mapcast_follower_next(follower, &event, 1) == MAPCAST_NOTHING);
    mapcast_writer_close(writer);
    CHECK(mapcast_follower_next(follower, &event, -1) == MAPCAST_OK);
    CHECK(event.kind == MAPCAST_EVENT_WRITER && event.state == MAPCAST_CLOSED);
    FAILS(mapcast_follower_next(follower, NULL, 0), MAPCAST_ERR_INVALID);
    CHECK(mapcast_follower_close(follower) == MAPCAST_OK);
    FAILS_TO_OPEN(mapcast_follower_open("no name", NULL, 0), MAPCAST_ERR_BAD_NAME);
}

static void instances_join_publish_and_retire(void)
{
    struct all record = example(7), read;
    struct mapcast_instance eth0, wlan0, found;
    struct mapcast_event event;
    mapcast_instance_writer *writer = mapcast_instance_writer_open(at("net"), &layout, 2, NULL);
    CHECK(mapcast_instance_writer_join(writer, "eth0", &eth0) == MAPCAST_OK);
    CHECK(mapcast_instance_writer_join(writer, "wlan0", &wlan0) == MAPCAST_OK);
    FAILS(mapcast_instance_writer_join(writer, "lo", &found), MAPCAST_ERR_FULL);
    FAILS(mapcast_instance_writer_join(writer, "", &found), MAPCAST_ERR_BAD_NAME);
    CHECK(mapcast_instance_writer_publish(writer, eth0, &record, sizeof record) == MAPCAST_OK);
    FAILS_TO_OPEN(mapcast_reader_open(at("net"), NULL), MAPCAST_ERR_INSTANCES);
    mapcast_instance_reader *reader = mapcast_instance_reader_open(at("net"), &layout);
    CHECK(mapcast_instance_reader_find(reader, "eth0", &found) == MAPCAST_OK);
    CHECK(mapcast_instance_reader_latest(reader, found, &read, sizeof read, NULL) == MAPCAST_OK);
    CHECK(read.i32 == 7);
    CHECK(mapcast_instance_reader_find(reader, "lo", &found) == MAPCAST_NOTHING);
    CHECK(mapcast_instance_reader_list(reader) == 2);
    CHECK(strcmp(mapcast_instance_reader_listed(reader, 1, &found), "wlan0") == 0);
    CHECK(mapcast_instance_reader_latest(reader, found, &read, sizeof read, NULL) == MAPCAST_NOTHING);
    CHECK(mapcast_instance_reader_listed(reader, 2, NULL) == NULL);
    CHECK(mapcast_instance_reader_layout(reader)->size == sizeof record);

    mapcast_follower *follower = mapcast_follower_open(at("net"), NULL, MAPCAST_BEGIN_OLDEST);
    CHECK(mapcast_follower_next(follower, &event, -1) == MAPCAST_OK);
    CHECK(event.kind == MAPCAST_EVENT_ATTACHED);
    CHECK(mapcast_follower_next(follower, &event, -1) == MAPCAST_OK);
    CHECK(event.kind == MAPCAST_EVENT_JOINED && strcmp(event.instance_name, "eth0") == 0);
    CHECK(mapcast_follower_next(follower, &event, -1) == MAPCAST_OK);
    CHECK(event.kind == MAPCAST_EVENT_RECORD && strcmp(event.instance_name, "eth0") == 0);
    CHECK(((const struct all *)event.record)->i32 == 7);
    mapcast_follower_close(follower);

    CHECK(mapcast_instance_writer_retire(writer, wlan0) == MAPCAST_OK);
    FAILS(mapcast_instance_writer_publish(writer, wlan0, &record, sizeof record),
          MAPCAST_ERR_NO_SUCH_INSTANCE);
    FAILS(mapcast_instance_reader_latest(reader, found, &read, sizeof read, NULL),
          MAPCAST_ERR_NO_SUCH_INSTANCE);
    memset(&found, 0xff, sizeof found);
    FAILS(mapcast_instance_reader_latest(reader, found, &read, sizeof read, NULL),
          MAPCAST_ERR_NO_SUCH_INSTANCE);
    FAILS(mapcast_instance_writer_retire(writer, found), MAPCAST_ERR_NO_SUCH_INSTANCE);
    CHECK(mapcast_instance_reader_close(reader) == MAPCAST_OK);
    CHECK(mapcast_instance_writer_close(writer) == MAPCAST_OK);
}

/* Events up to an error, which is returned. */
static int error_of_following(mapcast_follower *follower)
{
    struct mapcast_event event;
    int code;
    do
        code = mapcast_follower_next(follower, &event, 60000);
    while (code == MAPCAST_OK);
    return code;
}

static void a_region_that_changes_its_kind_is_an_error_until_it_is_opened_again(void)
{
    struct all record = example(1);
    struct mapcast_instance eth0;
    mapcast_writer *writer = mapcast_writer_open(at("kind"), &layout, NULL);
    CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    mapcast_follower *of_one = mapcast_follower_open(at("kind"), NULL, MAPCAST_BEGIN_OLDEST);
    mapcast_reader *reader = mapcast_reader_open(at("kind"), &layout);
    struct mapcast_event event;
    CHECK(mapcast_follower_next(of_one, &event, 60000) == MAPCAST_OK);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);

    mapcast_instance_writer *many = mapcast_instance_writer_open(at("kind"), &layout, 2, NULL);
    CHECK(mapcast_instance_writer_join(many, "eth0", &eth0) == MAPCAST_OK);
    CHECK(mapcast_instance_writer_publish(many, eth0, &record, sizeof record) == MAPCAST_OK);
    CHECK(error_of_following(of_one) == MAPCAST_ERR_INSTANCES);
    CHECK(strcmp(last().advice, "close this follower and open another") == 0);
    while (mapcast_reader_latest(reader, &record, sizeof record, NULL) == MAPCAST_OK)
        CHECK(mapcast_reader_wait(reader, 10) == MAPCAST_OK);
    CHECK(last().code == MAPCAST_ERR_INSTANCES);
    mapcast_follower *of_many = mapcast_follower_open(at("kind"), NULL, MAPCAST_BEGIN_OLDEST);
    CHECK(mapcast_follower_next(of_many, &event, 60000) == MAPCAST_OK);
    CHECK(mapcast_follower_next(of_many, &event, 60000) == MAPCAST_OK);
    CHECK(event.kind == MAPCAST_EVENT_JOINED);
    CHECK(mapcast_instance_writer_close(many) == MAPCAST_OK);

    writer = mapcast_writer_open(at("kind"), &layout, NULL);
    CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    CHECK(error_of_following(of_many) == MAPCAST_ERR_INSTANCES);
    CHECK(strcmp(last().advice, "close this follower and open another") == 0);
    CHECK(mapcast_follower_close(of_many) == MAPCAST_OK);
    CHECK(mapcast_follower_close(of_one) == MAPCAST_OK);
    CHECK(mapcast_reader_close(reader) == MAPCAST_OK);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);
}

/* A program that calls nothing else, such as one that shows which instances there are. */
static void a_list_and_a_name_are_those_of_the_file_that_has_the_name(void)
{
    struct pair { int32_t left, right; };
    const struct mapcast_field both[] = {
        MAPCAST_FIELD_AS(struct pair, left, I32, "", ""), MAPCAST_FIELD_AS(struct pair, right, I32, "", "")};
    const struct mapcast_layout other = MAPCAST_LAYOUT(struct pair, "pair", both);
    struct mapcast_instance found;
    mapcast_instance_writer *writer = mapcast_instance_writer_open(at("names"), &layout, 2, NULL);
    CHECK(mapcast_instance_writer_join(writer, "old", &found) == MAPCAST_OK);
    mapcast_instance_reader *of_any = mapcast_instance_reader_open(at("names"), NULL);
    mapcast_instance_reader *of_all = mapcast_instance_reader_open(at("names"), &layout);
    CHECK(mapcast_instance_reader_list(of_any) == 1 && mapcast_instance_reader_list(of_all) == 1);
    CHECK(mapcast_instance_writer_close(writer) == MAPCAST_OK && unlink(at("names")) == 0);
    CHECK(mapcast_instance_reader_list(of_any) == 1); /* there is no other file yet */

    writer = mapcast_instance_writer_open(at("names"), &layout, 2, NULL);
    CHECK(mapcast_instance_writer_join(writer, "new", &found) == MAPCAST_OK);
    CHECK(mapcast_instance_reader_find(of_any, "new", &found) == MAPCAST_OK);
    CHECK(mapcast_instance_reader_find(of_any, "old", &found) == MAPCAST_NOTHING);
    CHECK(mapcast_instance_reader_list(of_all) == 1);
    CHECK(strcmp(mapcast_instance_reader_listed(of_all, 0, NULL), "new") == 0);
    CHECK(mapcast_instance_writer_close(writer) == MAPCAST_OK && unlink(at("names")) == 0);

    /* Another record: a reader with a layout stays with the old file. */
    writer = mapcast_instance_writer_open(at("names"), &other, 2, NULL);
    CHECK(mapcast_instance_writer_join(writer, "pair", &found) == MAPCAST_OK);
    CHECK(mapcast_instance_reader_find(of_all, "new", &found) == MAPCAST_OK);
    FAILS(mapcast_instance_reader_list(of_any), MAPCAST_ERR_OTHER_RECORD);
    CHECK(strstr(mapcast_last_error(), "; look at its layout again") != NULL);
    CHECK(mapcast_instance_reader_list(of_any) == 1);
    CHECK(strcmp(mapcast_instance_reader_listed(of_any, 0, NULL), "pair") == 0);
    CHECK(mapcast_instance_writer_close(writer) == MAPCAST_OK && unlink(at("names")) == 0);

    /* No instances: every reader stays with the old file. */
    mapcast_writer *of_one = mapcast_writer_open(at("names"), &layout, NULL);
    CHECK(of_one != NULL && mapcast_instance_reader_list(of_any) == 1);
    CHECK(mapcast_instance_reader_find(of_all, "new", &found) == MAPCAST_OK);
    CHECK(mapcast_writer_close(of_one) == MAPCAST_OK);
    CHECK(mapcast_instance_reader_close(of_any) == MAPCAST_OK);
    CHECK(mapcast_instance_reader_close(of_all) == MAPCAST_OK);
}

/* The code of the first call that does not return a record of the old file. */
static int end_of_reading(mapcast_reader *reader, struct all *record)
{
    struct mapcast_publication first, now;
    CHECK(mapcast_reader_latest(reader, record, sizeof *record, &first) == MAPCAST_OK);
    for (;;) {
        int code = mapcast_reader_latest(reader, record, sizeof *record, &now);
        if (code != MAPCAST_OK || now.lineage != first.lineage)
            return code;
        CHECK(mapcast_reader_wait(reader, 10) == MAPCAST_OK);
    }
}

static void a_reader_of_any_record_goes_over_to_another_and_its_layouts_stay(void)
{
    struct all record = example(1);
    mapcast_writer *writer = mapcast_writer_open(at("any"), &layout, NULL);
    CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    mapcast_reader *reader = mapcast_reader_open(at("any"), NULL);
    const struct mapcast_layout *all = mapcast_reader_layout(reader);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);

    /* A new file of the same record. */
    CHECK(unlink(mapcast_reader_path(reader)) == 0);
    writer = mapcast_writer_open(at("any"), &layout, NULL);
    CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    CHECK(end_of_reading(reader, &record) == MAPCAST_OK);
    CHECK(mapcast_reader_layout(reader) == all && strcmp(all->fields[0].name, fields[0].name) == 0);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);

    /* Another record. */
    mapcast_reader *of_all = mapcast_reader_open(at("any"), &layout);
    struct pair { int32_t left, right; } pair = {1, 2};
    const struct mapcast_field both[] = {
        MAPCAST_FIELD_AS(struct pair, left, I32, "", ""), MAPCAST_FIELD_AS(struct pair, right, I32, "", "")};
    const struct mapcast_layout other = MAPCAST_LAYOUT(struct pair, "pair", both);
    writer = mapcast_writer_open(at("any"), &other, NULL);
    CHECK(mapcast_writer_publish(writer, &pair, sizeof pair) == MAPCAST_OK);
    CHECK(end_of_reading(reader, &record) == MAPCAST_ERR_OTHER_RECORD);
    CHECK(strstr(mapcast_last_error(), "; look at its layout again") != NULL);
    FAILS(mapcast_reader_latest(reader, &record, sizeof record, NULL), MAPCAST_ERR_WRONG_SIZE);
    memset(&pair, 0, sizeof pair);
    CHECK(mapcast_reader_latest(reader, &pair, sizeof pair, NULL) == MAPCAST_OK);
    CHECK(pair.left == 1 && pair.right == 2);
    CHECK(strcmp(mapcast_reader_layout(reader)->name, "pair") == 0 && strcmp(all->name, "all") == 0);

    /* A reader with a layout stays with the old file, and its state says so. */
    CHECK(end_of_reading(of_all, &record) == MAPCAST_ERR_OTHER_RECORD);
    CHECK(mapcast_reader_latest(of_all, &record, sizeof record, NULL) == MAPCAST_OK);
    CHECK(mapcast_reader_state(of_all) == MAPCAST_RETIRED);
    CHECK(mapcast_reader_close(reader) == MAPCAST_OK && mapcast_reader_close(of_all) == MAPCAST_OK);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);
}

static void the_error_of_a_second_writer_names_a_standby_if_there_is_one(void)
{
    mapcast_writer *writer = mapcast_writer_open(at("busy"), &layout, NULL);
    FAILS_TO_OPEN(mapcast_writer_open(at("busy"), &layout, NULL), MAPCAST_ERR_BUSY);
    CHECK(strstr(last().advice, "mapcast_writer_open_standby") != NULL);
    FAILS_TO_OPEN(mapcast_instance_writer_open(at("busy"), &layout, 2, NULL), MAPCAST_ERR_BUSY);
    CHECK(strcmp(last().advice, "end that writer") == 0);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);

    mapcast_bare_writer *bare = mapcast_bare_writer_open(at("busy_bare"), &layout, NULL);
    FAILS_TO_OPEN(mapcast_bare_writer_open(at("busy_bare"), &layout, NULL), MAPCAST_ERR_BUSY);
    CHECK(strcmp(last().advice, "end that writer") == 0);
    CHECK(mapcast_bare_writer_close(bare) == MAPCAST_OK);

    int fd = open(at("busy_fd"), O_RDWR | O_CREAT | O_EXCL, 0600);
    writer = mapcast_writer_open_fd(fd, "fd:record", &layout, NULL);
    FAILS_TO_OPEN(mapcast_writer_open_fd(fd, "fd:record", &layout, NULL), MAPCAST_ERR_BUSY);
    CHECK(strcmp(last().advice, "end that writer") == 0);
    FAILS_TO_OPEN(mapcast_instance_writer_open_fd(fd, "fd:record", &layout, 2, NULL), MAPCAST_ERR_BUSY);
    CHECK(strcmp(last().advice, "end that writer") == 0);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK && close(fd) == 0);
}

static void a_bare_file_is_the_struct(void)
{
    struct all record = example(3), read;
    mapcast_bare_writer *writer = mapcast_bare_writer_open(at("bare"), &layout, NULL);
    CHECK(mapcast_bare_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    FAILS(mapcast_bare_writer_publish(writer, &record, 1), MAPCAST_ERR_WRONG_SIZE);
    FILE *file = fopen(at("bare"), "rb");
    CHECK(file != NULL && fread(&read, sizeof read, 1, file) == 1 && fgetc(file) == EOF);
    fclose(file);
    CHECK(memcmp(&read, &record, sizeof read) == 0);
    mapcast_bare_reader *reader = mapcast_bare_reader_open(at("bare"), &layout);
    memset(&read, 0, sizeof read);
    CHECK(mapcast_bare_reader_latest(reader, &read, sizeof read) == MAPCAST_OK && read.i32 == 3);
    CHECK(truncate(at("bare"), 6) == 0); /* within a page, so that its other bytes are zeros */
    FAILS(mapcast_bare_reader_latest(reader, &read, sizeof read), MAPCAST_ERR_TRUNCATED);
    FAILS(mapcast_bare_reader_latest(reader, &read, sizeof read), MAPCAST_ERR_TRUNCATED);
    CHECK(mapcast_bare_reader_close(reader) == MAPCAST_OK);
    CHECK(mapcast_bare_writer_close(writer) == MAPCAST_OK);
    FAILS_TO_OPEN(mapcast_bare_reader_open(at("all"), &layout), MAPCAST_ERR_OTHER_RECORD);
}

static void an_error_of_a_bare_file_is_of_a_file_and_of_no_region(void)
{
    struct all record = example(3), read;
    char cut[128];
    snprintf(cut, sizeof cut, "has 6 bytes, its struct takes %zu", sizeof record);
    FAILS_TO_OPEN(mapcast_bare_reader_open(at("cut_bare"), &layout), MAPCAST_ERR_NOT_THERE);
    CHECK(strcmp(last().fact, "no such file") == 0);
    FAILS_TO_OPEN(mapcast_bare_reader_open(at("."), &layout), MAPCAST_ERR_NOT_A_REGION);
    CHECK(strcmp(last().advice, "give the path of a regular file") == 0);
    FAILS_TO_OPEN(mapcast_bare_writer_open(at("."), &layout, NULL), MAPCAST_ERR_NOT_A_REGION);
    CHECK(strcmp(last().advice, "give the path of a regular file") == 0);

    mapcast_bare_writer *writer = mapcast_bare_writer_open(at("cut_bare"), &layout, NULL);
    CHECK(mapcast_bare_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    mapcast_bare_reader *reader = mapcast_bare_reader_open(at("cut_bare"), &layout);
    CHECK(truncate(at("cut_bare"), 6) == 0);
    FAILS(mapcast_bare_reader_latest(reader, &read, sizeof read), MAPCAST_ERR_TRUNCATED);
    CHECK(strcmp(last().fact, cut) == 0);
    CHECK(strcmp(last().advice, "remove the file, then open its writer again") == 0);
    FAILS(mapcast_bare_reader_latest_at(reader, 0, &read, sizeof read), MAPCAST_ERR_TRUNCATED);
    CHECK(strcmp(last().fact, cut) == 0);
    CHECK(mapcast_bare_writer_close(writer) == MAPCAST_OK);

    /* The advice helps. */
    FAILS_TO_OPEN(mapcast_bare_writer_open(at("cut_bare"), &layout, NULL), MAPCAST_ERR_OTHER_RECORD);
    CHECK(unlink(at("cut_bare")) == 0);
    CHECK((writer = mapcast_bare_writer_open(at("cut_bare"), &layout, NULL)) != NULL);
    CHECK(mapcast_bare_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    CHECK(mapcast_bare_reader_latest(reader, &read, sizeof read) == MAPCAST_OK && read.i32 == 3);
    CHECK(mapcast_bare_reader_close(reader) == MAPCAST_OK);
    CHECK(mapcast_bare_writer_close(writer) == MAPCAST_OK);
}

/* A group that this process is no member of; NULL if there is none. */
static const char *group_of_others(void)
{
    gid_t own[256];
    int count = getgroups(256, own);
    for (gid_t id = 1; count >= 0 && id < 1000; id++) {
        int is_own = id == getegid();
        for (int i = 0; i < count; i++)
            is_own |= own[i] == id;
        struct group *group = is_own ? NULL : getgrgid(id);
        if (group != NULL)
            return group->gr_name;
    }
    return NULL;
}

static void a_group_of_others_is_an_error_of_the_system(void)
{
    char own[4096];
    snprintf(own, sizeof own, "%s", at("given"));
    CHECK(mkdir(own, 0755) == 0 && chmod(directory, 0711) == 0);
    CHECK(getuid() != 0 || chown(own, 65534, 65534) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(getuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0));
        struct mapcast_options options = MAPCAST_OPTIONS;
        options.group = group_of_others();
        if (options.group != NULL) {
            FAILS_TO_OPEN(mapcast_writer_open(at("given/away"), &layout, &options), MAPCAST_ERR_PERMISSION);
            CHECK(last().os_error == EPERM && strstr(last().fact, "cannot be given to group") != NULL);
        }
        fflush(stdout);
        _exit(0);
    }
    int status = 1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void a_bare_file_is_an_array_of_structs(void)
{
    struct all structs[3] = {example(1), example(2), example(3)}, seven = example(7), read[3];
    mapcast_bare_writer *writer = mapcast_bare_writer_open_array(at("array"), &layout, 3, NULL);
    CHECK(mapcast_bare_writer_publish(writer, structs, sizeof structs) == MAPCAST_OK);
    CHECK(mapcast_bare_writer_publish_at(writer, 1, &seven, sizeof seven) == MAPCAST_OK);
    FAILS(mapcast_bare_writer_publish(writer, &seven, sizeof seven), MAPCAST_ERR_WRONG_SIZE);
    FAILS(mapcast_bare_writer_publish_at(writer, 1, structs, sizeof structs), MAPCAST_ERR_WRONG_SIZE);
    FAILS(mapcast_bare_writer_publish_at(writer, 3, &seven, sizeof seven), MAPCAST_ERR_INVALID);
    CHECK(strcmp(last().fact, "has no struct 3; its 3 are 0 to 2") == 0);
    FAILS(mapcast_bare_writer_publish_at(writer, UINT32_MAX, &seven, sizeof seven), MAPCAST_ERR_INVALID);
    structs[1] = seven;
    FILE *file = fopen(at("array"), "r+b"); /* as a program without the library has it */
    CHECK(file != NULL && fread(read, sizeof read, 1, file) == 1 && fgetc(file) == EOF);
    CHECK(memcmp(read, structs, sizeof read) == 0);
    structs[2] = example(9);
    CHECK(fseek(file, 2 * sizeof structs[2], SEEK_SET) == 0);
    CHECK(fwrite(&structs[2], sizeof structs[2], 1, file) == 1 && fclose(file) == 0);

    mapcast_bare_reader *reader = mapcast_bare_reader_open_array(at("array"), &layout, 3);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK(mapcast_bare_reader_latest_at(reader, i, &read[0], sizeof read[0]) == MAPCAST_OK);
        CHECK(memcmp(&read[0], &structs[i], sizeof read[0]) == 0);
    }
    CHECK(mapcast_bare_reader_latest(reader, read, sizeof read) == MAPCAST_OK);
    CHECK(memcmp(read, structs, sizeof read) == 0);
    FAILS(mapcast_bare_reader_latest(reader, read, sizeof read[0]), MAPCAST_ERR_WRONG_SIZE);
    FAILS(mapcast_bare_reader_latest_at(reader, 0, read, sizeof read), MAPCAST_ERR_WRONG_SIZE);
    FAILS(mapcast_bare_reader_latest_at(reader, 3, read, sizeof read[0]), MAPCAST_ERR_INVALID);
    FAILS(mapcast_bare_reader_latest_at(reader, 0, NULL, sizeof read[0]), MAPCAST_ERR_INVALID);
    FAILS_TO_OPEN(mapcast_bare_reader_open_array(at("array"), &layout, 4), MAPCAST_ERR_OTHER_RECORD);
    FAILS_TO_OPEN(mapcast_bare_reader_open_array(at("array"), &layout, 0), MAPCAST_ERR_INVALID);
    FAILS_TO_OPEN(mapcast_bare_reader_open(at("array"), &layout), MAPCAST_ERR_OTHER_RECORD);
    CHECK(truncate(at("array"), 6) == 0);
    FAILS(mapcast_bare_reader_latest_at(reader, 2, read, sizeof read[0]), MAPCAST_ERR_TRUNCATED);
    FAILS(mapcast_bare_reader_latest_at(reader, 2, read, sizeof read[0]), MAPCAST_ERR_TRUNCATED);
    CHECK(truncate(at("array"), sizeof structs) == 0);
    CHECK(mapcast_bare_reader_latest_at(reader, 2, read, sizeof read[0]) == MAPCAST_OK && read[0].i32 == 0);
    CHECK(mapcast_bare_reader_close(reader) == MAPCAST_OK);
    CHECK(mapcast_bare_writer_close(writer) == MAPCAST_OK);
    FAILS_TO_OPEN(mapcast_bare_writer_open_array(at("array"), &layout, 4, NULL), MAPCAST_ERR_OTHER_RECORD);
    FAILS_TO_OPEN(mapcast_bare_writer_open_array(at("array"), &layout, 0, NULL), MAPCAST_ERR_INVALID);
}

static void a_descriptor_is_published_to_and_read(void)
{
    struct all record = example(7), read;
    int fd = open(at("passed"), O_RDWR | O_CREAT | O_EXCL, 0600), read_only = open(at("passed"), O_RDONLY);
    CHECK(fd >= 0 && read_only >= 0);
    FAILS_TO_OPEN(mapcast_reader_open_fd(fd, "fd:record", &layout), MAPCAST_ERR_NOT_THERE);
    FAILS_TO_OPEN(mapcast_writer_open_fd(read_only, "fd:record", &layout, NULL), MAPCAST_ERR_PERMISSION);
    mapcast_writer *writer = mapcast_writer_open_fd(fd, "fd:record", &layout, NULL);
    CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    mapcast_reader *reader = mapcast_reader_open_fd(read_only, "fd:record", NULL);
    CHECK(close(fd) == 0 && close(read_only) == 0); /* both have one of their own */
    CHECK(mapcast_reader_latest(reader, &read, sizeof read, NULL) == MAPCAST_OK && read.i32 == 7);
    CHECK(strcmp(mapcast_reader_path(reader), "fd:record") == 0);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);
    CHECK(mapcast_reader_state(reader) == MAPCAST_CLOSED);
    CHECK(mapcast_reader_close(reader) == MAPCAST_OK);
    FAILS_TO_OPEN(mapcast_reader_open_fd(-1, "fd:record", NULL), MAPCAST_ERR_INVALID);
    FAILS_TO_OPEN(mapcast_reader_open_fd(fd, "fd:record", NULL), MAPCAST_ERR_INVALID);
    FAILS_TO_OPEN(mapcast_writer_open_fd(0, NULL, &layout, NULL), MAPCAST_ERR_INVALID);
}

static void a_descriptor_is_followed(void)
{
    struct all record = example(5);
    struct mapcast_event event;
    int fd = open(at("passed_empty"), O_RDWR | O_CREAT | O_EXCL, 0600), read_only = open(at("passed_empty"), O_RDONLY);
    CHECK(fd >= 0 && read_only >= 0);
    mapcast_follower *follower = mapcast_follower_open_fd(read_only, "fd:record", &layout, MAPCAST_BEGIN_OLDEST);
    CHECK(follower != NULL && close(read_only) == 0); /* it has one of its own */
    CHECK(mapcast_follower_next(follower, &event, 0) == MAPCAST_OK && event.kind == MAPCAST_EVENT_WAITING);
    struct pollfd polled = {mapcast_follower_fd(follower), POLLIN, 0};
    CHECK(mapcast_follower_next(follower, &event, 0) == MAPCAST_NOTHING);
    mapcast_writer *writer = mapcast_writer_open_fd(fd, "fd:record", &layout, NULL);
    CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    CHECK(poll(&polled, 1, 60000) == 1);
    CHECK(mapcast_follower_next(follower, &event, 60000) == MAPCAST_OK && event.kind == MAPCAST_EVENT_ATTACHED);
    CHECK(mapcast_follower_next(follower, &event, 60000) == MAPCAST_OK && event.kind == MAPCAST_EVENT_RECORD);
    CHECK(event.sequence == 1 && memcmp(event.record, &record, sizeof record) == 0);
    CHECK(mapcast_writer_close(writer) == MAPCAST_OK);
    CHECK(mapcast_follower_next(follower, &event, 60000) == MAPCAST_OK && event.kind == MAPCAST_EVENT_WRITER);
    CHECK(event.state == MAPCAST_CLOSED && mapcast_follower_close(follower) == MAPCAST_OK);
    CHECK(close(fd) == 0);
    FAILS_TO_OPEN(mapcast_follower_open_fd(-1, "fd:record", NULL, 0), MAPCAST_ERR_INVALID);
    FAILS_TO_OPEN(mapcast_follower_open_fd(fd, "fd:record", NULL, 0), MAPCAST_ERR_INVALID);
    FAILS_TO_OPEN(mapcast_follower_open_fd(0, NULL, NULL, 0), MAPCAST_ERR_INVALID);
}

static void a_descriptor_has_instances(void)
{
    struct all record = example(6), read;
    struct mapcast_instance instance;
    struct mapcast_event event;
    int fd = open(at("passed_fleet"), O_RDWR | O_CREAT | O_EXCL, 0600);
    mapcast_instance_writer *writer = mapcast_instance_writer_open_fd(fd, "fd:fleet", &layout, 2, NULL);
    CHECK(mapcast_instance_writer_join(writer, "left", &instance) == MAPCAST_OK);
    CHECK(mapcast_instance_writer_publish(writer, instance, &record, sizeof record) == MAPCAST_OK);
    mapcast_instance_reader *reader = mapcast_instance_reader_open_fd(fd, "fd:fleet", &layout);
    mapcast_follower *follower = mapcast_follower_open_fd(fd, "fd:fleet", NULL, MAPCAST_BEGIN_OLDEST);
    FAILS_TO_OPEN(mapcast_reader_open_fd(fd, "fd:fleet", NULL), MAPCAST_ERR_INSTANCES);
    CHECK(close(fd) == 0); /* each has one of its own */
    CHECK(mapcast_instance_reader_find(reader, "left", &instance) == MAPCAST_OK);
    CHECK(mapcast_instance_reader_latest(reader, instance, &read, sizeof read, NULL) == MAPCAST_OK);
    CHECK(memcmp(&read, &record, sizeof read) == 0);
    CHECK(mapcast_follower_next(follower, &event, 60000) == MAPCAST_OK && event.kind == MAPCAST_EVENT_ATTACHED);
    CHECK(mapcast_follower_next(follower, &event, 60000) == MAPCAST_OK && event.kind == MAPCAST_EVENT_JOINED);
    CHECK(mapcast_follower_next(follower, &event, 60000) == MAPCAST_OK && event.kind == MAPCAST_EVENT_RECORD);
    CHECK(strcmp(event.instance_name, "left") == 0);
    CHECK(mapcast_follower_close(follower) == MAPCAST_OK);
    CHECK(mapcast_instance_reader_close(reader) == MAPCAST_OK);
    CHECK(mapcast_instance_writer_close(writer) == MAPCAST_OK);
    FAILS_TO_OPEN(mapcast_instance_reader_open_fd(fd, "fd:fleet", NULL), MAPCAST_ERR_INVALID);
    FAILS_TO_OPEN(mapcast_instance_writer_open_fd(-1, "fd:fleet", &layout, 2, NULL), MAPCAST_ERR_INVALID);
}

static void a_file_that_is_cut_is_an_error(void)
{
    struct all record = example(1);
    struct mapcast_options options = MAPCAST_OPTIONS;
    options.check_every_ns = UINT64_MAX;
    mapcast_writer *writer = mapcast_writer_open(at("cut"), &layout, &options);
    CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    mapcast_reader *reader = mapcast_reader_open(at("cut"), &layout);
    CHECK(truncate(at("cut"), 0) == 0);
    FAILS(mapcast_reader_latest(reader, &record, sizeof record, NULL), MAPCAST_ERR_TRUNCATED);
    mapcast_reader_close(reader);
    mapcast_writer_close(writer);
}

/* Otherwise a forked child would have the memory of a thread that it does not have. */
static void a_thread_ends_after_its_follower(void)
{
    int threads = 0;
    for (int look = 0; threads != 1 && look < 6000; look++) {
        DIR *tasks = opendir("/proc/self/task");
        CHECK(tasks != NULL);
        threads = -2; /* "." and ".." */
        while (readdir(tasks) != NULL)
            threads++;
        closedir(tasks);
        poll(NULL, 0, 10);
    }
    CHECK(threads == 1);
}

static void a_forked_child_does_not_publish(void)
{
    struct all record = example(1);
    mapcast_writer *writer = mapcast_writer_open(at("forked"), &layout, NULL);
    pid_t child = fork();
    if (child == 0) {
        int code = mapcast_writer_publish(writer, &record, sizeof record);
        _exit(code == MAPCAST_ERR_FORKED && mapcast_writer_close(writer) == MAPCAST_OK ? 0 : 1);
    }
    int status = 1;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(mapcast_writer_publish(writer, &record, sizeof record) == MAPCAST_OK);
    mapcast_writer_close(writer);
}

int main(int argc, char **argv)
{
    directory = argc > 1 ? argv[1] : ".";
    CHECK(strcmp(mapcast_version(), MAPCAST_VERSION) == 0);
    CHECK(strcmp(mapcast_last_error(), "") == 0 && last().code == MAPCAST_OK);
    what_is_published_is_read();
    a_layout_says_what_the_compiler_knows();
    values_are_read_and_written_by_field();
    a_layout_is_built_at_run_time();
    an_error_has_file_fact_and_next_step();
    wrong_arguments_are_errors();
    options_are_checked();
    a_follower_gets_every_event();
    instances_join_publish_and_retire();
    a_region_that_changes_its_kind_is_an_error_until_it_is_opened_again();
    a_list_and_a_name_are_those_of_the_file_that_has_the_name();
    a_reader_of_any_record_goes_over_to_another_and_its_layouts_stay();
    the_error_of_a_second_writer_names_a_standby_if_there_is_one();
    a_bare_file_is_the_struct();
    an_error_of_a_bare_file_is_of_a_file_and_of_no_region();
    a_group_of_others_is_an_error_of_the_system();
    a_bare_file_is_an_array_of_structs();
    a_descriptor_is_published_to_and_read();
    a_descriptor_is_followed();
    a_descriptor_has_instances();
    a_file_that_is_cut_is_an_error();
    a_thread_ends_after_its_follower();
    a_forked_child_does_not_publish();
    printf("all hold\n");
    return 0;
}
