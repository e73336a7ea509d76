/*
 * latest FILE N: prints N records of a mapcast region, each the newest one, from docs/format.md alone: a line with
 * its number, its time, and its bytes, which are those of the writer's struct. reader.c beside it is complete: it
 * prints values by the schema, follows, reads instances, verifies the checksum, and survives a file that is cut.
 * For Linux on a 64-bit little-endian machine: cc -std=c11 -O2 -o latest latest.c
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef uint64_t u64;
static struct { /* the fixed header, as far as it is needed here */
    u64 magic;
    uint32_t version, header_len;
    u64 compatible, incompatible, file_len;
    uint32_t record_size, record_align, slots, slot_stride;
    u64 slots_offset, schema_offset, schema_len, fingerprint, created_at, boot_id[2], base_sequence, lineages[2];
} h;
enum { HEAD = 0x140, FRONT = 0x148 };
static const char *path;
static struct stat opened;
static const uint8_t *map;
static u64 record[(16 << 20) / 8], published_at, seen;
static int open_named(void) { return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); }

#define CHECK(holds) ((holds) ? (void)0 : (fprintf(stderr, "%s: refused: %s\n", path, #holds), exit(1)))

static void attach(int file)
{
    CHECK(file >= 0 && fstat(file, &opened) == 0 && S_ISREG(opened.st_mode));
    CHECK(pread(file, &h, sizeof h, 0) == sizeof h && memcmp(&h.magic, "mapcast\1", 8) == 0 && h.version == 1);
    CHECK(h.incompatible == 0 && h.header_len == 256 && h.record_size >= 1 && h.record_size <= sizeof record);
    CHECK(h.slots >= 4 && h.slots <= 65536 && (h.slots & (h.slots - 1)) == 0);
    CHECK(h.slot_stride % 64 == 0 && h.slot_stride >= 16 + (h.record_size + 7) / 8 * 8);
    CHECK(h.file_len % 64 == 0 && h.file_len >= 0x1c0 && h.file_len <= (u64)opened.st_size);
    CHECK(h.slots_offset % 64 == 0 && h.slots_offset >= 0x180 && h.slots_offset <= h.file_len - 8);
    CHECK((u64)h.slots * h.slot_stride <= h.file_len - 8 - h.slots_offset);
    map = mmap(NULL, h.file_len, PROT_READ, MAP_SHARED, file, 0);
    CHECK(map != MAP_FAILED && close(file) == 0);
}

static u64 peek(u64 at) { return atomic_load_explicit((const _Atomic u64 *)(map + at), memory_order_relaxed); }
static void acquire(void) { atomic_thread_fence(memory_order_acquire); }
static u64 slot(u64 n) { return h.slots_offset + (n & (h.slots - 1)) * h.slot_stride; }

/* Copies the record behind the stamp at `at`; it counts if the stamp is `complete` before and after. */
static bool copy(u64 at, u64 complete)
{
    if (complete == 0 || complete % 2 == 1 || peek(at) != complete) return false;
    acquire(), published_at = peek(at + 8);
    for (u64 i = 0; i < (h.record_size + 7) / 8; i++) record[i] = peek(at + 16 + 8 * i);
    acquire();
    return peek(at) == complete && peek(h.file_len - 8) == ~h.magic; /* the end mark */
}

/* Copies the newest record, and returns its number; 0: there is none. */
static u64 latest(void)
{
    u64 front = peek(FRONT);
    if (h.record_size <= 40 && front / 2 >= seen && copy(FRONT, front)) return seen = front / 2;
    for (int tries = 0; tries < 10000; tries++) {
        u64 n = peek(HEAD);
        acquire(), n = n < seen ? seen : n;
        if (peek(slot(n)) == 0) return 0;
        if (copy(slot(n), 2 * n)) return seen = n;
    }
    CHECK(!"the newest record keeps changing");
    return 0;
}

int main(int argc, char **argv)
{
    struct stat named;
    path = argc == 3 ? argv[1] : "usage: latest FILE N", CHECK(argc == 3);
    attach(open_named());
    for (long left = strtol(argv[2], NULL, 10); left > 0;) {
        u64 before = seen, first_lineage = h.lineages[1];
        if (latest() > before) {
            printf("%lu %lu ", (unsigned long)seen, (unsigned long)published_at);
            for (uint32_t i = 0; i < h.record_size; i++) printf("%02x", ((const uint8_t *)record)[i]);
            putchar('\n'), left--;
            continue;
        }
        fflush(stdout), usleep(1000);
        bool is_new = stat(path, &named) == 0 && (named.st_ino != opened.st_ino || named.st_dev != opened.st_dev);
        int file = is_new ? open_named() : -1;
        if (!is_new || (file < 0 && errno == ENOENT)) continue; /* another file has the name, or none any more */
        munmap((void *)map, h.file_len), attach(file);
        if (h.lineages[1] != first_lineage) seen = 0;
    }
}
