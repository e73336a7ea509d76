/*
 * Prints records of a mapcast region as JSON: a reader made from docs/format.md alone, without a library.
 *
 *   reader FILE                   the newest record, or that of each instance
 *   reader FILE latest|follow N   N records, each the newest one, or all in order
 *
 *   {"sequence":7,"published_at":81402000000,"record":{"id":10,"name":"xiaoming","sex":"m"}}
 *   {"missed":12}
 *
 * If the file cannot be read it ends with 1 and "FILE: OUTCOME: the check that failed".
 * For Linux on a 64-bit little-endian machine: cc -std=c11 -O2 -o reader reader.c
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef unsigned long u64;
_Static_assert(sizeof(u64) == 8 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as the comment above says");

static struct {
    u64 magic;
    u32 version, header_len;
    u64 compatible, incompatible, file_len;
    u32 record_size, record_align, slots, slot_stride;
    u64 slots_offset, schema_offset;
    u32 schema_len, zero;
    u64 fingerprint, created_at, boot_id[2], base_sequence, lineage, first_lineage, inode;
    u32 instances, changes;
    u64 block_stride, changes_offset, names_offset, later[9], checksum;
} h;
_Static_assert(sizeof h == 256, "the fixed header");

enum { HEAD = 0x140, FRONT = 0x148, I64 = 4, F32 = 9, F64, BOOL, CHAR };
static const u8 SIZES[] = {0, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 1, 1}; /* by the code of the scalar */
static const u64 MAGIC = 0x017473616370616d, WAKE = 1, INSTANCES = 1;
static const char *path;
static struct stat opened;
static const u8 *map;
static u8 schema[1 << 20];
static u64 record[(16 << 20) / 8], published_at;
static u64 block, name_at, generation, name[8], name_len; /* of the instance that is read, if it is one */
static sigjmp_buf cut;

#define REQUIRE(holds, outcome) ((holds) ? (void)0 : refuse(outcome, #holds))
#define CHECK(holds) REQUIRE(holds, "damaged")

static _Noreturn void refuse(const char *outcome, const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", path, outcome, what);
    exit(1);
}

static u64 number(const u8 *at, size_t bytes)
{
    u64 value = 0;
    memcpy(&value, at, bytes);
    return value;
}

static u64 turn(u64 x, int bits) { return x << bits | x >> (64 - bits); }

static u64 xxh64(const void *bytes, size_t len)
{
    const u64 p1 = 0x9e3779b185ebca87, p2 = 0xc2b2ae3d27d4eb4f, p3 = 0x165667b19e3779f9;
    const u64 p4 = 0x85ebca77c2b2ae63, p5 = 0x27d4eb2f165667c5;
    const u8 *at = bytes, *end = at + len;
    u64 hash = p5, lane[4] = {p1 + p2, p2, 0, -p1};
    if (len >= 32) {
        for (; end - at >= 32; at += 32)
            for (int i = 0; i < 4; i++) lane[i] = turn(lane[i] + number(at + 8 * i, 8) * p2, 31) * p1;
        hash = turn(lane[0], 1) + turn(lane[1], 7) + turn(lane[2], 12) + turn(lane[3], 18);
        for (int i = 0; i < 4; i++) hash = (hash ^ turn(lane[i] * p2, 31) * p1) * p1 + p4;
    }
    hash += len;
    for (; end - at >= 8; at += 8) hash = turn(hash ^ turn(number(at, 8) * p2, 31) * p1, 27) * p1 + p4;
    for (; end - at >= 4; at += 4) hash = turn(hash ^ number(at, 4) * p1, 23) * p2 + p3;
    for (; at < end; at++) hash = turn(hash ^ *at * p5, 11) * p1;
    hash = (hash ^ hash >> 33) * p2;
    hash = (hash ^ hash >> 29) * p3;
    return hash ^ hash >> 32;
}

/* Whether `len` bytes from `at` on end at `end` or before; no sum here can overflow. */
static bool fits(u64 at, u64 len, u64 end) { return at <= end && len <= end - at; }
static bool on_line(u64 at) { return at % 64 == 0; }
static bool is_power(u64 n, u64 least, u64 most) { return n >= least && n <= most && (n & (n - 1)) == 0; }

static void check_header(void)
{
    u64 slots_len = (u64)h.slots * h.slot_stride;
    REQUIRE((h.incompatible & ~INSTANCES) == 0, "unsupported_features");
    CHECK(h.header_len == 256);
    CHECK(is_power(h.record_align, 1, 8));
    CHECK(h.record_size >= 1 && h.record_size <= sizeof record && h.record_size % h.record_align == 0);
    CHECK(is_power(h.slots, 4, 65536));
    CHECK(h.slot_stride >= 16 + (h.record_size + 7) / 8 * 8 && on_line(h.slot_stride));
    CHECK(h.slots_offset >= 0x180 && on_line(h.slots_offset));
    CHECK(on_line(h.schema_offset) && fits(h.slots_offset, slots_len, h.schema_offset));
    if (h.incompatible & INSTANCES) {
        CHECK(h.instances >= 1 && h.instances <= 65536 && is_power(h.changes, 64, 1 << 20));
        CHECK(on_line(h.block_stride) && fits(h.slots_offset - HEAD, slots_len, h.block_stride));
        CHECK(on_line(h.changes_offset) && h.changes_offset >= HEAD);
        CHECK(h.block_stride <= (h.changes_offset - HEAD) / h.instances);
        CHECK(on_line(h.names_offset) && fits(h.changes_offset, 64 + 8 * (u64)h.changes, h.names_offset));
        CHECK(fits(h.names_offset, 128 * (u64)h.instances, h.schema_offset));
    }
    CHECK(h.schema_len >= 1 && h.schema_len <= sizeof schema);
    CHECK(on_line(h.file_len) && fits(h.schema_offset, h.schema_len + 8, h.file_len));
    CHECK(h.lineage >= 1 && h.lineage < 1UL << 53 && h.first_lineage >= 1 && h.first_lineage <= h.lineage);
}

/* The next `len` bytes of the schema, which go to `*hashed`, too, if they are part of the fingerprint. */
static const u8 *take(u32 *at, u64 len, u8 **hashed)
{
    CHECK(fits(*at, len, h.schema_len));
    const u8 *taken = schema + *at;
    if (hashed) memcpy(*hashed, taken, len), *hashed += len;
    *at += len;
    return taken;
}

static const u8 *take_text(u32 *at, u8 **hashed) /* its length comes first */
{
    const u8 *text = take(at, 2, hashed);
    take(at, number(text, 2), hashed);
    return text;
}

static void print_text(const u8 *at, size_t len)
{
    putchar('"');
    for (; len > 0 && *at; at++, len--)
        if (*at < ' ' || *at == 0x7f || *at == '"' || *at == '\\') printf("\\u%04x", *at);
        else if (*at == 0xc2 && len > 1 && (at[1] & 0xe0) == 0x80) printf("\\u%04x", *++at), len--; /* C1 */
        else putchar(*at);
    putchar('"');
}

static void print_value(const u8 *at, u32 scalar)
{
    u64 bits = number(at, SIZES[scalar]), unused = 64 - 8 * SIZES[scalar];
    float single;
    double value;
    memcpy(&single, &bits, 4), memcpy(&value, &bits, 8);
    if (scalar == F32) value = single;
    if (scalar == BOOL) printf(bits ? "true" : "false");
    else if (scalar <= I64) printf("%ld", (long)(bits << unused) >> unused);
    else if (scalar < F32) printf("%lu", bits);
    else if (value != value) printf("\"NaN\"");
    else if (value - value != 0) printf(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else printf("%.17g", value);
}

/* Checks the schema, or prints `values` by it. */
static void read_schema(const u8 *values)
{
    u8 *start = malloc(h.schema_len), *hashed = start;
    u32 at = 0, size = number(take(&at, 4, NULL), 4), align = number(take(&at, 4, NULL), 4);
    u32 fields = number(take(&at, 4, NULL), 4);
    CHECK(size == h.record_size && align == h.record_align && fields >= 1 && fields <= 4096);
    take_text(&at, &hashed);
    hashed = (u8 *)memcpy(hashed, schema, 8) + 8;
    take_text(&at, NULL); /* the line template */
    for (u32 i = 0; i < fields; i++) {
        const u8 *fixed = take(&at, 12, NULL), *name = take_text(&at, &hashed);
        u64 offset = number(fixed, 4), count = number(fixed + 4, 4), labels = number(fixed + 10, 2);
        u8 scalar = fixed[8], bytes = SIZES[scalar <= CHAR ? scalar : 0];
        CHECK(bytes != 0 && fixed[9] == 0);
        CHECK(offset % bytes == 0 && fits(offset, count ? count * bytes : bytes, h.record_size));
        hashed = (u8 *)memcpy(hashed, fixed + 4, 6) + 6;
        hashed = (u8 *)memcpy(hashed, fixed, 4) + 4;
        take_text(&at, &hashed); /* unit */
        take_text(&at, NULL);    /* help */
        for (; labels > 0; labels--) take(&at, 8, NULL), take_text(&at, NULL);
        if (!values) continue;
        if (i) putchar(',');
        print_text(name + 2, number(name, 2));
        printf(scalar != CHAR && count ? ":[" : ":");
        if (scalar == CHAR) print_text(values + offset, count ? count : 1);
        else for (u64 e = 0; e < (count ? count : 1); e++) {
            if (e) putchar(',');
            print_value(values + offset + e * bytes, scalar);
        }
        if (scalar != CHAR && count) putchar(']');
    }
    CHECK(at == h.schema_len && (values || xxh64(start, hashed - start) == h.fingerprint));
    free(start);
}

static void attach(void)
{
    u64 mark = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    REQUIRE(file >= 0 && fstat(file, &opened) == 0, "missing");
    REQUIRE(S_ISREG(opened.st_mode) && pread(file, &h, sizeof h, 0) == sizeof h, "not_a_region");
    REQUIRE(h.magic == MAGIC, "not_a_region");
    REQUIRE(h.version == 1, "unsupported_version");
    CHECK(h.checksum == xxh64(&h, 0xf8));
    check_header();
    REQUIRE(h.file_len <= (u64)opened.st_size, "truncated");
    CHECK(pread(file, &mark, 8, h.file_len - 8) == 8 && mark == ~MAGIC);
    CHECK(pread(file, schema, h.schema_len, h.schema_offset) == (ssize_t)h.schema_len);
    read_schema(NULL);
    map = mmap(NULL, h.file_len, PROT_READ, MAP_SHARED, file, 0);
    REQUIRE(map != MAP_FAILED, "missing");
    close(file);
}

static u64 peek(u64 at) { return atomic_load_explicit((const _Atomic u64 *)(map + at), memory_order_relaxed); }
static void acquire(void) { atomic_thread_fence(memory_order_acquire); }
static u64 slot(u64 n) { return h.slots_offset + block + (n & (h.slots - 1)) * h.slot_stride; }

/* Copies the record behind the stamp at `at`; it counts if the stamp is `complete` before and after. */
static bool copy(u64 at, u64 complete)
{
    if (complete == 0 || complete % 2 == 1 || peek(at) != complete) return false;
    acquire(); /* R1 */
    published_at = peek(at + 8);
    for (u64 i = 0; i < (h.record_size + 7) / 8; i++) record[i] = peek(at + 16 + 8 * i);
    acquire(); /* R2 */
    if (peek(at) != complete) return false; /* R3 */
    if (name_at && peek(name_at) - generation > 1) return false; /* G5: perhaps of another instance */
    REQUIRE(peek(h.file_len - 8) == ~MAGIC, "truncated");
    return true;
}

/* Copies the newest record, number `seen` or later; returns its number, 0 if there is none. */
static u64 latest(u64 seen)
{
    u64 front = peek(FRONT + block);
    if (h.record_size <= 40 && front / 2 >= seen && copy(FRONT + block, front)) return front / 2;
    for (int tries = 0; tries < 10000; tries++) {
        u64 n = peek(HEAD + block);
        acquire(); /* R0 */
        if (name_at && peek(name_at) - generation > 1) return 0;
        if (n < seen) n = seen;
        if (peek(slot(n)) == 0) return 0;
        if (copy(slot(n), 2 * n)) return n;
    }
    refuse("unstable", "the newest record keeps changing");
}

/* Copies record n, which is returned; 0 if it is not published yet, or a later number: begin there. */
static u64 next(u64 n)
{
    for (int tries = 0; tries < 10000; tries++) {
        if (copy(slot(n), 2 * n)) return n;
        u64 found = peek(slot(n));
        if (found == 2 * n) continue;
        if (found <= 2 * n + 1) return 0;
        acquire();
        u64 head = peek(HEAD), oldest = head > h.slots - 2 ? head - (h.slots - 2) : 1;
        return oldest > n ? oldest : n + 1;
    }
    refuse("unstable", "the next record keeps changing");
}

static void print_record(u64 n)
{
    putchar('{');
    if (name_at) printf("\"instance\":"), print_text((const u8 *)name, name_len), putchar(',');
    printf("\"sequence\":%lu,\"published_at\":%lu,\"record\":{", n, published_at);
    read_schema((const u8 *)record);
    puts("}}");
}

/* Sleeps until there may be a record after number n. */
static void wait_after(u64 n)
{
    struct stat named;
    u64 head = peek(HEAD);
    fflush(stdout);
    if ((h.compatible & WAKE) && head <= n)
        syscall(SYS_futex, map + HEAD, FUTEX_WAIT, (u32)head, &(struct timespec){0, 250000000}, NULL, 0);
    else usleep(1000);
    bool is_named = stat(path, &named) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
    REQUIRE(is_named, "gone"); /* attach to what has the name now */
}

/* Prints `count` records: each the newest one, or all from the newest on. */
static void follow(bool all, u64 count)
{
    REQUIRE((h.incompatible & INSTANCES) == 0, "has_instances");
    u64 head = peek(HEAD), last = (head > h.base_sequence ? head : h.base_sequence + 1) - 1;
    while (count > 0) {
        u64 found = all ? next(last + 1) : latest(last);
        if (found <= last) wait_after(last);
        else if (all && found != last + 1) printf("{\"missed\":%lu}\n", found - 1 - last), last = found - 1;
        else print_record(last = found), count--;
    }
}

/* Goes over to the instance in block `index`; false if it has none. */
static bool use_block(u64 index)
{
    block = index * h.block_stride, name_at = h.names_offset + 128 * index, generation = peek(name_at);
    acquire(); /* G3 */
    name_len = peek(name_at + 0x10);
    for (int word = 0; word < 8; word++) name[word] = peek(name_at + 0x18 + 8 * word);
    acquire(); /* G4 */
    bool is_name = name_len >= 1 && name_len <= 64 && !memchr(name, 0, name_len);
    return generation % 2 == 1 && peek(name_at) == generation && is_name;
}

static void on_sigbus(int signal) { siglongjmp(cut, signal); }

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4) return fprintf(stderr, "usage: reader FILE [latest|follow RECORDS]\n"), 2;
    path = argv[1];
    signal(SIGBUS, on_sigbus);
    if (sigsetjmp(cut, 1)) refuse("truncated", "SIGBUS");
    attach();
    u64 n, blocks = h.incompatible & INSTANCES ? h.instances : 0;
    if (argc == 4) follow(strcmp(argv[2], "follow") == 0, strtoul(argv[3], NULL, 10));
    else if (blocks == 0 && (n = latest(0)) != 0) print_record(n);
    for (u64 i = 0; argc == 2 && i < blocks; i++)
        if (use_block(i) && (n = latest(0)) != 0) print_record(n);
    return 0;
}
