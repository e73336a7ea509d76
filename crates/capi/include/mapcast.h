/*
 * mapcast: live state for the processes of one Linux host. One process publishes a record, a plain struct,
 * into a memory-mapped file; any number of unrelated processes read the latest whole record from it, or
 * follow them all. See docs/c.md.
 *
 * Functions return MAPCAST_OK (0), MAPCAST_NOTHING (1), or an error, which is negative; those that open
 * something return NULL for an error. mapcast_last_error() says what is wrong and what can be done about it.
 * A function that gets NULL in place of a handle fails with the error of this thread's last open of that kind, if that
 * has failed, so that a program may check once, where it reads or publishes.
 *
 * A pointer argument has to be valid during the call: for its type, or for the size that is passed with it. A
 * string ends with a NUL. NULL where it is not allowed, a closed handle, as far as that can be seen, and a
 * wrong size are errors.
 *
 * Threads: a handle is used by one thread at a time, which need not be always the same one. Different handles
 * are independent of each other, also of one region. No thread is started, except by mapcast_follower_fd, and by
 * mapcast_writer_open_standby for a moment when its wait ends; they take no signal of the program.
 *
 * fork: a writer belongs to the process that opened it; in a child, publishing is an error, and closing it
 * changes nothing for the region. A reader works on both sides, a follower with a descriptor in the parent only.
 *
 * SIGBUS: the first region that a process maps installs a handler, which makes a file that is cut short an
 * error (MAPCAST_ERR_TRUNCATED). Set a handler of your own before that, and do not block SIGBUS in a thread
 * that uses a region.
 *
 * All bytes of a struct are published, its padding too: begin with a struct that is all zero.
 */

#ifndef MAPCAST_H
#define MAPCAST_H

#include <stddef.h>
#include <stdint.h>

#define MAPCAST_VERSION "0.1.0"

/* Options in which all settings are the usual ones: struct mapcast_options options = MAPCAST_OPTIONS; */
#define MAPCAST_OPTIONS { sizeof(struct mapcast_options), 0, 0, NULL, 0, 0, 0, 0 }

/*
 * A layout, the description of a struct: MAPCAST_LAYOUT(struct drone, "drone", fields), where fields is an
 * array of struct mapcast_field that lists all members but padding:
 *
 *     MAPCAST_FIELD(struct drone, x, "m", "east of the start")      its type by the compiler; C11
 *     MAPCAST_FIELD_AS(struct drone, x, F64, "m", "...")            its type as given: F64 is MAPCAST_F64
 *     MAPCAST_FIELD_LABELS(struct drone, mode, U8, "", "...", modes)   with an array of struct mapcast_label
 *
 * In C11 a member of another type than the given one (of its elements, if it is an array), and one that no record
 * can hold, such as a pointer or a struct, does not compile. I32 and U32 are taken for each other, as an enum is
 * one of them by the compiler's choice: give int as I32, or a reader shows -1 as 4294967295. Before C11 and in C++ only
 * the size is checked: it is that of the type or a multiple, and an array of one element is described as one value.
 */
#define MAPCAST_LAYOUT(STRUCT, NAME, FIELDS) \
    { (NAME), NULL, (FIELDS), (uint32_t)(sizeof(FIELDS) / sizeof((FIELDS)[0])), \
      (uint32_t)sizeof(STRUCT), { NULL, NULL } }
#define MAPCAST_FIELD_AS(STRUCT, MEMBER, TYPE, UNIT, HELP) \
    MAPCAST_FIELD_(STRUCT, MEMBER, MAPCAST_GIVEN_(((STRUCT *)0)->MEMBER, MAPCAST_##TYPE), \
                   MAPCAST_SIZE_##TYPE, UNIT, HELP, NULL, 0)
#define MAPCAST_FIELD_LABELS(STRUCT, MEMBER, TYPE, UNIT, HELP, LABELS) \
    MAPCAST_FIELD_(STRUCT, MEMBER, MAPCAST_GIVEN_(((STRUCT *)0)->MEMBER, MAPCAST_##TYPE), \
                   MAPCAST_SIZE_##TYPE, UNIT, HELP, (LABELS), \
                   (uint32_t)(sizeof(LABELS) / sizeof((LABELS)[0])))
#define MAPCAST_FIELD_(STRUCT, MEMBER, TYPE, SIZE, UNIT, HELP, LABELS, LABEL_COUNT) \
    { #MEMBER, (UNIT), (HELP), (LABELS), (LABEL_COUNT), (TYPE), \
      MAPCAST_COUNT_(((STRUCT *)0)->MEMBER, (SIZE)), (uint32_t)offsetof(STRUCT, MEMBER), \
      { NULL, NULL } }
#define MAPCAST_SIZE_I8 1
#define MAPCAST_SIZE_I16 2
#define MAPCAST_SIZE_I32 4
#define MAPCAST_SIZE_I64 8
#define MAPCAST_SIZE_U8 1
#define MAPCAST_SIZE_U16 2
#define MAPCAST_SIZE_U32 4
#define MAPCAST_SIZE_U64 8
#define MAPCAST_SIZE_F32 4
#define MAPCAST_SIZE_F64 8
#define MAPCAST_SIZE_BOOL 1
#define MAPCAST_SIZE_CHAR 1

#if !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define MAPCAST_FIELD(STRUCT, MEMBER, UNIT, HELP) \
    MAPCAST_FIELD_(STRUCT, MEMBER, MAPCAST_OF_(((STRUCT *)0)->MEMBER, MAPCAST_) % MAPCAST_ARRAY_, \
                   MAPCAST_OF_(((STRUCT *)0)->MEMBER, MAPCAST_SIZE_) % MAPCAST_ARRAY_, UNIT, HELP, \
                   NULL, 0)
/* The given type, which has to be the member's. */
#define MAPCAST_GIVEN_(MEMBER, TYPE) \
    ((TYPE) + 0 * (uint32_t)sizeof(char[ \
        MAPCAST_FITS_(TYPE, MAPCAST_OF_(MEMBER, MAPCAST_) % MAPCAST_ARRAY_) ? 1 : -1]))
/* The compiler chooses whether an enum is int or unsigned int. */
#define MAPCAST_FITS_(GIVEN, OWN) \
    ((GIVEN) == (OWN) || ((GIVEN) == MAPCAST_I32 && (OWN) == MAPCAST_U32) || \
     ((GIVEN) == MAPCAST_U32 && (OWN) == MAPCAST_I32))
/* Elements of an array, 0 for one value. */
#define MAPCAST_COUNT_(MEMBER, SIZE) \
    ((uint32_t)(MAPCAST_OF_(MEMBER, MAPCAST_) > MAPCAST_ARRAY_ ? sizeof(MEMBER) / (SIZE) : 0))
#define MAPCAST_ARRAY_ 256
/* The address tells an array from a pointer, which no record can hold. */
#define MAPCAST_OF_(MEMBER, PREFIX) \
    _Generic(&(MEMBER), \
        MAPCAST_IS_(MEMBER, signed char, PREFIX##I8), MAPCAST_IS_(MEMBER, short, PREFIX##I16), \
        MAPCAST_IS_(MEMBER, int, PREFIX##I32), MAPCAST_IS_(MEMBER, long, PREFIX##I64), \
        MAPCAST_IS_(MEMBER, long long, PREFIX##I64), MAPCAST_IS_(MEMBER, unsigned char, PREFIX##U8), \
        MAPCAST_IS_(MEMBER, unsigned short, PREFIX##U16), \
        MAPCAST_IS_(MEMBER, unsigned int, PREFIX##U32), \
        MAPCAST_IS_(MEMBER, unsigned long, PREFIX##U64), \
        MAPCAST_IS_(MEMBER, unsigned long long, PREFIX##U64), \
        MAPCAST_IS_(MEMBER, float, PREFIX##F32), MAPCAST_IS_(MEMBER, double, PREFIX##F64), \
        MAPCAST_IS_(MEMBER, _Bool, PREFIX##BOOL), MAPCAST_IS_(MEMBER, char, PREFIX##CHAR))
#define MAPCAST_IS_(MEMBER, CTYPE, CODE) \
    CTYPE *: CODE, CTYPE (*)[sizeof(MEMBER) / (sizeof(CTYPE)) + (sizeof(MEMBER) < sizeof(CTYPE))]: (CODE) + MAPCAST_ARRAY_
#else
#define MAPCAST_GIVEN_(MEMBER, TYPE) (TYPE)
/* Elements of an array, 0 for one value; a size that is no multiple of the type's does not compile. */
#define MAPCAST_COUNT_(MEMBER, SIZE) \
    ((uint32_t)(sizeof(MEMBER) == (SIZE) ? 0 : sizeof(MEMBER) / (SIZE)) + \
     0 * (uint32_t)sizeof(char[sizeof(MEMBER) % (SIZE) == 0 ? 1 : -1]))
#endif


/**
 * Success.
 */
#define MAPCAST_OK 0

/**
 * There is nothing (yet): no record, no event before the timeout, no such name.
 */
#define MAPCAST_NOTHING 1

/**
 * An argument that cannot be used: NULL, a closed handle, a text that is not UTF-8.
 */
#define MAPCAST_ERR_INVALID -1

/**
 * No region has this name (yet), or its directory does not exist.
 */
#define MAPCAST_ERR_NOT_THERE -2

/**
 * Another writer has the region.
 */
#define MAPCAST_ERR_BUSY -3

/**
 * The region or its directory belongs to somebody else, or its mode keeps this user out.
 */
#define MAPCAST_ERR_PERMISSION -4

/**
 * The file is not a region.
 */
#define MAPCAST_ERR_NOT_A_REGION -5

/**
 * The region has a version or features that this library does not know.
 */
#define MAPCAST_ERR_VERSION -6

/**
 * The region contradicts itself.
 */
#define MAPCAST_ERR_DAMAGED -7

/**
 * The file was cut short. The next call looks for another one.
 */
#define MAPCAST_ERR_TRUNCATED -8

/**
 * The region holds another record than the one of the layout.
 */
#define MAPCAST_ERR_OTHER_RECORD -9

/**
 * The region has instances where one record is wanted, or the other way round; also of a reader or follower whose
 * region was replaced by one of the other kind.
 */
#define MAPCAST_ERR_INSTANCES -10

/**
 * The instance was retired, or is one of another file.
 */
#define MAPCAST_ERR_NO_SUCH_INSTANCE -11

/**
 * The region has as many instances as it can have.
 */
#define MAPCAST_ERR_FULL -12

/**
 * The size is not that of the record.
 */
#define MAPCAST_ERR_WRONG_SIZE -13

/**
 * The newest record keeps changing while it is read: its writer is broken.
 */
#define MAPCAST_ERR_UNSTABLE -14

/**
 * A name that no region or instance can have.
 */
#define MAPCAST_ERR_BAD_NAME -15

/**
 * Options that contradict the limits of the format.
 */
#define MAPCAST_ERR_BAD_OPTIONS -16

/**
 * A layout that no record can have.
 */
#define MAPCAST_ERR_BAD_LAYOUT -17

/**
 * A value that does not fit its field.
 */
#define MAPCAST_ERR_BAD_VALUE -18

/**
 * Another file has taken the name of the writer's region.
 */
#define MAPCAST_ERR_REPLACED -19

/**
 * The writer belongs to the process that this one was forked from.
 */
#define MAPCAST_ERR_FORKED -20

/**
 * The operating system refused: os_error of mapcast_error has its errno.
 */
#define MAPCAST_ERR_SYSTEM -21

/**
 * A bug of this library. The handle may only be closed.
 */
#define MAPCAST_ERR_PANIC -22

/**
 * A record.
 */
#define MAPCAST_EVENT_RECORD 1

/**
 * The writer was faster than the follower: exactly `missed` records are gone. Of a region of instances
 * without `instance_name`: of instances that joined and were retired meanwhile.
 */
#define MAPCAST_EVENT_MISSED 2

/**
 * The state of the writer has changed, or there is another writer: `state`.
 */
#define MAPCAST_EVENT_WRITER 3

/**
 * Another file has the region's name, and is followed now. mapcast_follower_layout may have changed, if the
 * follower was opened without a layout.
 */
#define MAPCAST_EVENT_REPLACED 4

/**
 * The records after this are of another lineage: `lineage`.
 */
#define MAPCAST_EVENT_LINEAGE 5

/**
 * There is no region yet.
 */
#define MAPCAST_EVENT_WAITING 6

/**
 * The region that was awaited is there.
 */
#define MAPCAST_EVENT_ATTACHED 7

/**
 * The region's name is gone. The old file is followed until there is another.
 */
#define MAPCAST_EVENT_MISSING 8

/**
 * The region's name is back and belongs to the same file, or the file has the bytes again that a cut took away.
 */
#define MAPCAST_EVENT_BACK 9

/**
 * The file was cut short. Nothing is read until it is whole again, or there is another.
 */
#define MAPCAST_EVENT_TRUNCATED 10

/**
 * An instance is there: the first event of each.
 */
#define MAPCAST_EVENT_JOINED 11

/**
 * An instance was retired: its last event.
 */
#define MAPCAST_EVENT_RETIRED 12

/**
 * Begin with the newest record.
 */
#define MAPCAST_BEGIN_NEWEST 0

/**
 * Begin with the oldest record that is still in the region. Any other number is that of the first record.
 */
#define MAPCAST_BEGIN_OLDEST UINT64_MAX

/**
 * int8_t
 */
#define MAPCAST_I8 1

/**
 * int16_t
 */
#define MAPCAST_I16 2

/**
 * int32_t
 */
#define MAPCAST_I32 3

/**
 * int64_t
 */
#define MAPCAST_I64 4

/**
 * uint8_t
 */
#define MAPCAST_U8 5

/**
 * uint16_t
 */
#define MAPCAST_U16 6

/**
 * uint32_t
 */
#define MAPCAST_U32 7

/**
 * uint64_t
 */
#define MAPCAST_U64 8

/**
 * float
 */
#define MAPCAST_F32 9

/**
 * double
 */
#define MAPCAST_F64 10

/**
 * bool: any byte but 0 is true
 */
#define MAPCAST_BOOL 11

/**
 * char: one byte of text; an array of them is a text
 */
#define MAPCAST_CHAR 12

/**
 * As an offset: after the previous field, aligned as C does.
 */
#define MAPCAST_AUTO UINT32_MAX

/**
 * A writer has the region.
 */
#define MAPCAST_LIVE 1

/**
 * A writer has the region, but was silent for three periods, and for half a second.
 */
#define MAPCAST_STALLED 2

/**
 * The writer was killed or has crashed. The last record stays.
 */
#define MAPCAST_DEAD 3

/**
 * The writer has closed the region. The last record stays.
 */
#define MAPCAST_CLOSED 4

/**
 * Another region takes the name of this one.
 */
#define MAPCAST_RETIRED 5

/**
 * The region is left over from an earlier boot.
 */
#define MAPCAST_STALE 6

/**
 * Reads a file that is the struct and nothing else.
 */
typedef struct mapcast_bare_reader mapcast_bare_reader;

/**
 * Writes a file that is the struct and nothing else.
 */
typedef struct mapcast_bare_writer mapcast_bare_writer;

/**
 * Follows a region, which need not exist yet.
 */
typedef struct mapcast_follower mapcast_follower;

/**
 * Reads the newest record of each instance of a region.
 */
typedef struct mapcast_instance_reader mapcast_instance_reader;

/**
 * Publishes the records of a region's instances.
 */
typedef struct mapcast_instance_writer mapcast_instance_writer;

/**
 * Reads the newest record of a region.
 */
typedef struct mapcast_reader mapcast_reader;

/**
 * Publishes the records of a region, of which it is the only writer.
 */
typedef struct mapcast_writer mapcast_writer;

/**
 * A name for one value of a field: 1 is "on".
 */
typedef struct mapcast_label {
    /**
     * The value.
     */
    int64_t value;
    /**
     * Its name.
     */
    const char *text;
} mapcast_label;

/**
 * One field of a record. MAPCAST_FIELD makes it out of a member of a struct.
 */
typedef struct mapcast_field {
    /**
     * Its name, a C identifier.
     */
    const char *name;
    /**
     * Its unit: "m/s"; "" or NULL: none.
     */
    const char *unit;
    /**
     * One sentence for people; "" or NULL: none.
     */
    const char *help;
    /**
     * Names for values; NULL: none.
     */
    const struct mapcast_label *labels;
    /**
     * How many labels there are.
     */
    uint32_t label_count;
    /**
     * MAPCAST_I8 to MAPCAST_CHAR.
     */
    uint32_t type;
    /**
     * Elements of an array; 0: it is none.
     */
    uint32_t count;
    /**
     * Bytes from the beginning of the record; MAPCAST_AUTO: behind the field before, by the rules of C.
     * MAPCAST_AUTO is for opening only: mapcast_get_f64 and the like take a field of a handle's layout.
     */
    uint32_t offset;
    /**
     * NULL.
     */
    const void *reserved[2];
} mapcast_field;

/**
 * What a record is: the fields of a struct. MAPCAST_LAYOUT makes it.
 */
typedef struct mapcast_layout {
    /**
     * The name of the record, a C identifier.
     */
    const char *name;
    /**
     * How a record is printed as one line: "{x:.2} m, {label}"; NULL: every field.
     */
    const char *line;
    /**
     * The fields.
     */
    const struct mapcast_field *fields;
    /**
     * How many fields there are.
     */
    uint32_t field_count;
    /**
     * sizeof the struct; 0: what its fields take.
     */
    uint32_t size;
    /**
     * NULL.
     */
    const void *reserved[2];
} mapcast_layout;

/**
 * Settings of a writer's region; begin with MAPCAST_OPTIONS, in which all of them are the usual ones.
 */
typedef struct mapcast_options {
    /**
     * sizeof(struct mapcast_options), by which a later library knows an earlier program.
     */
    size_t struct_size;
    /**
     * Records that the region keeps, a power of two from 4 to 65536; 0: 8.
     */
    uint32_t slots;
    /**
     * Permission bits of the file, whatever the umask; 0: 0644.
     */
    uint32_t mode;
    /**
     * The group that the file belongs to, by name or number; NULL: that of the process.
     */
    const char *group;
    /**
     * How often the writer publishes or stores a heartbeat, at least, in nanoseconds. Readers call a writer
     * stalled that was silent for three of them, and for half a second; 0: never.
     */
    uint64_t period_ns;
    /**
     * How often a publish checks that the region still has its name, in nanoseconds; 0: once a second,
     * UINT64_MAX: never.
     */
    uint64_t check_every_ns;
    /**
     * 1: do not wake readers, which saves a system call at each publish and makes them poll.
     */
    uint32_t no_wake;
    /**
     * 0.
     */
    uint32_t reserved;
} mapcast_options;

/**
 * What went wrong in the last call of this thread that failed.
 */
typedef struct mapcast_error {
    /**
     * MAPCAST_ERR_..., or MAPCAST_OK if no call has failed yet.
     */
    int code;
    /**
     * The errno of the system call that failed; 0 if none did.
     */
    int os_error;
    /**
     * All of it, for people: "PATH: fact; next step".
     */
    const char *message;
    /**
     * The file; "" if it is not about a file.
     */
    const char *path;
    /**
     * What is wrong.
     */
    const char *fact;
    /**
     * What can be done about it.
     */
    const char *advice;
} mapcast_error;

/**
 * Which instance: from mapcast_instance_writer_join, mapcast_instance_reader_find or an event. That of a
 * writer means nothing to a reader.
 */
typedef struct mapcast_instance {
    /**
     * Of the library.
     */
    uint64_t words[2];
} mapcast_instance;

/**
 * What has happened. Its pointers are valid until the next mapcast_follower_next with its follower, or its close.
 */
typedef struct mapcast_event {
    /**
     * MAPCAST_EVENT_RECORD to MAPCAST_EVENT_RETIRED.
     */
    uint32_t kind;
    /**
     * Of MAPCAST_EVENT_WRITER: MAPCAST_LIVE to MAPCAST_STALE.
     */
    int state;
    /**
     * Of MAPCAST_EVENT_RECORD: the record, aligned to 8 bytes; copy one whose struct needs more.
     */
    const void *record;
    /**
     * Bytes of the record.
     */
    size_t size;
    /**
     * Of MAPCAST_EVENT_MISSED: how many.
     */
    uint64_t missed;
    /**
     * Of a record, and of MAPCAST_EVENT_LINEAGE: see mapcast_publication.
     */
    uint64_t lineage;
    /**
     * Of a record: its number.
     */
    uint64_t sequence;
    /**
     * Of a record: when it was published, in nanoseconds of CLOCK_BOOTTIME.
     */
    uint64_t published_at_ns;
    /**
     * Of a record: the same by the wall clock of its writer, in nanoseconds since 1970.
     */
    int64_t wall_time_ns;
    /**
     * The name of the instance; NULL in a region of one record.
     */
    const char *instance_name;
    /**
     * The instance.
     */
    struct mapcast_instance instance;
    /**
     * 0.
     */
    uint64_t reserved[2];
} mapcast_event;

/**
 * Which record it is, and when it was published.
 */
typedef struct mapcast_publication {
    /**
     * The run of records that it belongs to; with its sequence, its name for ever.
     */
    uint64_t lineage;
    /**
     * Its number: the first one is 1, each next one more, also under a new writer.
     */
    uint64_t sequence;
    /**
     * When it was published, in nanoseconds of CLOCK_BOOTTIME.
     */
    uint64_t published_at_ns;
} mapcast_publication;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Creates the file at `at` (a path with a '/', or a name), or continues in the one that is there. Of the
 * options, mode and group count.
 */
struct mapcast_bare_writer *mapcast_bare_writer_open(const char *at,
                                                     const struct mapcast_layout *layout,
                                                     const struct mapcast_options *options);

/**
 * As mapcast_bare_writer_open, of a file that is an array of `count` structs: `struct stu students[30]`.
 */
struct mapcast_bare_writer *mapcast_bare_writer_open_array(const char *at,
                                                           const struct mapcast_layout *layout,
                                                           uint32_t count,
                                                           const struct mapcast_options *options);

/**
 * Writes the struct, or a whole array, over the last one. `size` is that of the file.
 */
int mapcast_bare_writer_publish(struct mapcast_bare_writer *writer,
                                const void *record,
                                size_t size);

/**
 * Writes struct number `index` of an array, from 0 on, over the last one. `size` is sizeof the struct. Another
 * program that writes its neighbour at the same time may lose some bytes.
 */
int mapcast_bare_writer_publish_at(struct mapcast_bare_writer *writer,
                                   uint32_t index,
                                   const void *record,
                                   size_t size);

/**
 * Lets another writer have the file, which stays as it is. NULL is no error.
 */
int mapcast_bare_writer_close(struct mapcast_bare_writer *writer);

/**
 * Maps the file at `at`, which has to be as long as the struct.
 */
struct mapcast_bare_reader *mapcast_bare_reader_open(const char *at,
                                                     const struct mapcast_layout *layout);

/**
 * As mapcast_bare_reader_open, of a file that is an array of `count` structs.
 */
struct mapcast_bare_reader *mapcast_bare_reader_open_array(const char *at,
                                                           const struct mapcast_layout *layout,
                                                           uint32_t count);

/**
 * Copies the struct that is in the file now, or a whole array, to `record`; `size` is that of the file. It may be
 * torn. A file that was cut short is MAPCAST_ERR_TRUNCATED; another one that has taken the name is read within a
 * second.
 */
int mapcast_bare_reader_latest(struct mapcast_bare_reader *reader,
                               void *record,
                               size_t size);

/**
 * As mapcast_bare_reader_latest, of struct number `index` of an array, from 0 on; `size` is sizeof the struct.
 */
int mapcast_bare_reader_latest_at(struct mapcast_bare_reader *reader,
                                  uint32_t index,
                                  void *record,
                                  size_t size);

/**
 * Detaches from the file. NULL is no error.
 */
int mapcast_bare_reader_close(struct mapcast_bare_reader *reader);

/**
 * Returns what went wrong in the last call of this thread that failed, for people: "PATH: fact; next
 * step". Never NULL. Valid until another call of this thread fails.
 */
const char *mapcast_last_error(void);

/**
 * Writes what went wrong in the last call of this thread that failed to `details`. Its texts are valid
 * until another call of this thread fails. Returns MAPCAST_OK.
 */
int mapcast_error_details(struct mapcast_error *details);

/**
 * Returns the version of this library: "0.1.0".
 */
const char *mapcast_version(void);

/**
 * Follows the region at `at`, of one record or of instances, which need not exist yet. The record has to be
 * that of `layout`; NULL: any. It begins with the record `first`: MAPCAST_BEGIN_NEWEST (0),
 * MAPCAST_BEGIN_OLDEST, or a sequence number.
 *
 * It stays with the kind of region that it found: once a region of instances has replaced one of a single record, or
 * the other way round, mapcast_follower_next returns MAPCAST_ERR_INSTANCES. Close it then, and open another.
 */
struct mapcast_follower *mapcast_follower_open(const char *at,
                                               const struct mapcast_layout *layout,
                                               uint64_t first);

/**
 * As mapcast_follower_open, of the region in a descriptor that another process has opened; messages call it
 * `name`. The file may still be empty: the follower waits for its writer. `fd` stays the program's, which may
 * close it.
 */
struct mapcast_follower *mapcast_follower_open_fd(int fd,
                                                  const char *name,
                                                  const struct mapcast_layout *layout,
                                                  uint64_t first);

/**
 * Writes the next event to `event`; returns MAPCAST_NOTHING if there was none for `timeout_ms` milliseconds:
 * 0 does not wait, a negative one waits for ever. A signal does not end the wait.
 *
 * An error is returned once, and does not end the following: the next call tries again.
 */
int mapcast_follower_next(struct mapcast_follower *follower,
                          struct mapcast_event *event,
                          int timeout_ms);

/**
 * Returns a descriptor for poll, select or epoll, which is readable while there may be an event. Do not read
 * from it: call mapcast_follower_next with a timeout of 0 until it returns MAPCAST_NOTHING. It belongs to the
 * follower, which starts a thread for it at the first call.
 */
int mapcast_follower_fd(struct mapcast_follower *follower);

/**
 * Returns the layout of the records, out of the region, until MAPCAST_EVENT_REPLACED; NULL if there is no region
 * yet.
 */
const struct mapcast_layout *mapcast_follower_layout(struct mapcast_follower *follower);

/**
 * Ends the following; its thread, if it has one, ends within 250 ms. NULL is no error.
 */
int mapcast_follower_close(struct mapcast_follower *follower);

/**
 * Creates, resumes or replaces the region at `at` for up to `max` instances: see mapcast_writer_open.
 */
struct mapcast_instance_writer *mapcast_instance_writer_open(const char *at,
                                                             const struct mapcast_layout *layout,
                                                             uint32_t max,
                                                             const struct mapcast_options *options);

/**
 * As mapcast_instance_writer_open, of the region in a descriptor: see mapcast_writer_open_fd.
 */
struct mapcast_instance_writer *mapcast_instance_writer_open_fd(int fd,
                                                                const char *name,
                                                                const struct mapcast_layout *layout,
                                                                uint32_t max,
                                                                const struct mapcast_options *options);

/**
 * Writes the instance of this name to `instance`; it joins the region if it is not there.
 */
int mapcast_instance_writer_join(struct mapcast_instance_writer *writer,
                                 const char *name,
                                 struct mapcast_instance *instance);

/**
 * Publishes one record of an instance, of `size` bytes.
 */
int mapcast_instance_writer_publish(struct mapcast_instance_writer *writer,
                                    struct mapcast_instance instance,
                                    const void *record,
                                    size_t size);

/**
 * Retires an instance: its place is free for another one.
 */
int mapcast_instance_writer_retire(struct mapcast_instance_writer *writer,
                                   struct mapcast_instance instance);

/**
 * Closes the region: see mapcast_writer_close.
 */
int mapcast_instance_writer_close(struct mapcast_instance_writer *writer);

/**
 * Attaches to the region of instances at `at`: see mapcast_reader_open.
 */
struct mapcast_instance_reader *mapcast_instance_reader_open(const char *at,
                                                             const struct mapcast_layout *layout);

/**
 * As mapcast_instance_reader_open, of the region in a descriptor: see mapcast_reader_open_fd.
 */
struct mapcast_instance_reader *mapcast_instance_reader_open_fd(int fd,
                                                                const char *name,
                                                                const struct mapcast_layout *layout);

/**
 * Writes the instance of this name to `instance`; returns MAPCAST_NOTHING if there is none (yet). Looks first whether
 * another file has taken the region's name, then at every name in it: keep the result.
 *
 * If that file has another record, a reader of any goes over to it: the call that does so returns
 * MAPCAST_ERR_OTHER_RECORD, once. A reader with a layout stays with the old file, and each reader does if the new one
 * has no instances: mapcast_instance_reader_latest returns that as an error.
 */
int mapcast_instance_reader_find(const struct mapcast_instance_reader *reader,
                                 const char *name,
                                 struct mapcast_instance *instance);

/**
 * Copies the newest record of an instance to `record`: see mapcast_reader_latest, also for a region that is replaced.
 * After MAPCAST_ERR_NO_SUCH_INSTANCE find it again.
 */
int mapcast_instance_reader_latest(struct mapcast_instance_reader *reader,
                                   struct mapcast_instance instance,
                                   void *record,
                                   size_t size,
                                   struct mapcast_publication *publication);

/**
 * Looks which instances there are now; returns how many, or an error. mapcast_instance_reader_listed has each. Looks
 * first whether another file has taken the region's name: see mapcast_instance_reader_find.
 */
int mapcast_instance_reader_list(struct mapcast_instance_reader *reader);

/**
 * Returns the name of instance number `index` of the last list, and writes the instance to `instance`, which
 * may be NULL; NULL if there are not so many. Valid until the next list.
 */
const char *mapcast_instance_reader_listed(const struct mapcast_instance_reader *reader,
                                           uint32_t index,
                                           struct mapcast_instance *instance);

/**
 * Returns the layout of the records, out of the region; valid until the reader is closed.
 */
const struct mapcast_layout *mapcast_instance_reader_layout(struct mapcast_instance_reader *reader);

/**
 * Detaches from the region. NULL is no error.
 */
int mapcast_instance_reader_close(struct mapcast_instance_reader *reader);

/**
 * Attaches to the region at `at`, a name or, with a '/', a path. The record has to be that of `layout`; NULL:
 * any, which mapcast_reader_layout describes. Returns NULL if there is none: MAPCAST_ERR_NOT_THERE.
 */
struct mapcast_reader *mapcast_reader_open(const char *at,
                                           const struct mapcast_layout *layout);

/**
 * As mapcast_reader_open, of the region in a descriptor that another process has opened; messages call it
 * `name`. The region has no name that another file could take. `fd` stays the program's, which may close it.
 */
struct mapcast_reader *mapcast_reader_open_fd(int fd,
                                              const char *name,
                                              const struct mapcast_layout *layout);

/**
 * Copies the newest record to `record`, which has `size` bytes: sizeof the struct. Returns MAPCAST_NOTHING
 * if nothing has been published yet. Never an older record than before. `publication` may be NULL.
 *
 * Without a system call. When another file takes the region's name, it is attached by itself. If that has
 * another record, a reader of any goes over to it: the call that does so returns MAPCAST_ERR_OTHER_RECORD, once. A
 * reader with a layout stays with the old file, and each reader does if the new one has instances: every 250 ms a call
 * returns MAPCAST_ERR_OTHER_RECORD or MAPCAST_ERR_INSTANCES, and those in between the last record of the old file, whose
 * state is MAPCAST_RETIRED if it was replaced. Close it then, and open another.
 */
int mapcast_reader_latest(struct mapcast_reader *reader,
                          void *record,
                          size_t size,
                          struct mapcast_publication *publication);

/**
 * Sleeps until there is a record newer than the last one read, for `timeout_ms` milliseconds at the most,
 * or a second if that is negative. It may end earlier: a signal was handled, a second has passed, after which
 * mapcast_reader_latest looks for another file, or the writer does not wake its readers (no_wake): then after a
 * millisecond. Call it in a loop with mapcast_reader_latest.
 */
int mapcast_reader_wait(struct mapcast_reader *reader,
                        int timeout_ms);

/**
 * Returns the state of the writer, MAPCAST_LIVE to MAPCAST_STALE, or an error. One system call.
 */
int mapcast_reader_state(const struct mapcast_reader *reader);

/**
 * Returns the name of a state: "live", "stalled", "dead", "closed", "retired", "stale"; "unknown" for any
 * other number.
 */
const char *mapcast_state_name(int state);

/**
 * Returns how long ago the last record read was published, in nanoseconds; -1 if that is unknown: nothing
 * was read, or the region is left over from an earlier boot.
 */
int64_t mapcast_reader_age_ns(const struct mapcast_reader *reader);

/**
 * Returns when the last record read was published, by the wall clock of its writer, in nanoseconds since
 * 1970; -1 if nothing was read.
 */
int64_t mapcast_reader_wall_time_ns(const struct mapcast_reader *reader);

/**
 * Returns the layout of the record, out of the region; valid until the reader is closed.
 */
const struct mapcast_layout *mapcast_reader_layout(struct mapcast_reader *reader);

/**
 * Returns the path of the region's file; valid until the reader is closed.
 */
const char *mapcast_reader_path(const struct mapcast_reader *reader);

/**
 * Returns the process id that the writer wrote down, for people: it may lie in another pid namespace. 0: none.
 */
uint64_t mapcast_reader_writer_pid(const struct mapcast_reader *reader);

/**
 * Detaches from the region, of which the writer notices nothing. NULL is no error.
 */
int mapcast_reader_close(struct mapcast_reader *reader);

/**
 * Reads a number, of any type, as a double. `element` is 0 for a field that is no array.
 */
int mapcast_get_f64(const struct mapcast_field *field,
                    uint32_t element,
                    const void *record,
                    size_t size,
                    double *value);

/**
 * Reads a whole number that an int64_t holds.
 */
int mapcast_get_i64(const struct mapcast_field *field,
                    uint32_t element,
                    const void *record,
                    size_t size,
                    int64_t *value);

/**
 * Reads a whole number that a uint64_t holds.
 */
int mapcast_get_u64(const struct mapcast_field *field,
                    uint32_t element,
                    const void *record,
                    size_t size,
                    uint64_t *value);

/**
 * Writes a number, which has to fit the field: a whole one for an integer, in its range.
 */
int mapcast_set_f64(const struct mapcast_field *field,
                    uint32_t element,
                    void *record,
                    size_t size,
                    double value);

/**
 * Writes a whole number, which has to fit the field; a field of floats gets the nearest one.
 */
int mapcast_set_i64(const struct mapcast_field *field,
                    uint32_t element,
                    void *record,
                    size_t size,
                    int64_t value);

/**
 * Writes a whole number, which has to fit the field; a field of floats gets the nearest one.
 */
int mapcast_set_u64(const struct mapcast_field *field,
                    uint32_t element,
                    void *record,
                    size_t size,
                    uint64_t value);

/**
 * Writes a text, which a char array has to hold with a NUL behind it, or the label of a value.
 */
int mapcast_set_text(const struct mapcast_field *field,
                     void *record,
                     size_t size,
                     const char *text);

/**
 * Prints a field for people, as snprintf does: texts and labels as such, arrays as [1, 2]. Returns the length
 * of all of it.
 */
int mapcast_format_field(const struct mapcast_field *field,
                         const void *record,
                         size_t size,
                         char *buffer,
                         size_t buffer_size);

/**
 * Prints a record as one line for people, as snprintf does: by the line of its layout, or name=value of every
 * field. Returns the length of all of it.
 */
int mapcast_format_record(const struct mapcast_layout *layout,
                          const void *record,
                          size_t size,
                          char *buffer,
                          size_t buffer_size);

/**
 * Creates the region at `at`, resumes the one that is there, or replaces it. `at` is a name ("drone" is
 * drone.region in the user's default directory) or, with a '/', a path. `options` may be NULL.
 * Returns NULL if that is not possible: MAPCAST_ERR_BUSY, for one, if it has a writer.
 */
struct mapcast_writer *mapcast_writer_open(const char *at,
                                           const struct mapcast_layout *layout,
                                           const struct mapcast_options *options);

/**
 * Publishes to the region in a descriptor that another process has opened for reading and writing; messages call
 * it `name`. An empty file or memfd becomes a region, one of the same record is resumed, any other is
 * MAPCAST_ERR_OTHER_RECORD. `fd` stays the program's, which may close it. Of the options, mode and group do not
 * count.
 */
struct mapcast_writer *mapcast_writer_open_fd(int fd,
                                              const char *name,
                                              const struct mapcast_layout *layout,
                                              const struct mapcast_options *options);

/**
 * As mapcast_writer_open, but while another writer has the region, waits for its end and then takes over
 * at once, for about `timeout_ms` milliseconds, or for ever if that is negative. Returns NULL with
 * MAPCAST_ERR_BUSY after that. It looks at the time 10 to 20 times a second, so that 0 waits for about 0.1 s: to try
 * once, call mapcast_writer_open.
 *
 * A wait for another writer ends with a thread that closes a descriptor, and takes no signal of the program.
 */
struct mapcast_writer *mapcast_writer_open_standby(const char *at,
                                                   const struct mapcast_layout *layout,
                                                   const struct mapcast_options *options,
                                                   int timeout_ms);

/**
 * Publishes one record of `size` bytes, which is sizeof the struct.
 */
int mapcast_writer_publish(struct mapcast_writer *writer, const void *record, size_t size);

/**
 * Stores a heartbeat, for a writer with a period that has nothing to publish.
 */
int mapcast_writer_heartbeat(struct mapcast_writer *writer);

/**
 * Returns the number of the newest record: the first one of a region is 1. 0 if there is none, and for a
 * handle that cannot be used.
 */
uint64_t mapcast_writer_sequence(const struct mapcast_writer *writer);

/**
 * Returns the path of the region's file; valid until the writer is closed.
 */
const char *mapcast_writer_path(const struct mapcast_writer *writer);

/**
 * Returns the layout with the offsets and the size that its fields have got; valid until the writer is closed.
 */
const struct mapcast_layout *mapcast_writer_layout(struct mapcast_writer *writer);

/**
 * Closes the region: readers see MAPCAST_CLOSED at once, and the last record stays. NULL is no error.
 */
int mapcast_writer_close(struct mapcast_writer *writer);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MAPCAST_H */
