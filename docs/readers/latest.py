#!/usr/bin/env python3
"""latest.py FILE N: prints N records of a mapcast region, each the newest one, from docs/format.md alone: a line
with its number, its time, and its bytes, for struct.unpack. reader.py beside it is complete: it prints values by the
schema, follows, reads instances, and verifies the checksum. For Linux on a 64-bit little-endian machine."""
import contextlib, ctypes, mmap, os, platform, struct, sys, time

MAGIC, HEAD, FRONT, END_MARK = b"mapcast\x01", 0x140, 0x148, 0xFE8B8C9E9C8F9E92  # the magic inverted
# x86-64 does not reorder loads, and CPython makes each where it is written; 2 is memory_order_acquire.
fence = (lambda _: 0) if platform.machine() == "x86_64" else ctypes.CDLL("libatomic.so.1").atomic_thread_fence
check = lambda what, holds: holds or sys.exit(f"{sys.argv[1]}: refused: {what}")

class Region:
    def __init__(self, path):
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.status, header, self.seen = os.fstat(file), os.pread(file, 256, 0), 0
        check("no region", len(header) == 256 and header[:8] == MAGIC)
        fields = struct.unpack_from("<IIQQQIIIIQ64xQ", header, 8)
        version, header_len, _, incompatible, file_len, size, _, slots, stride, first, self.first_lineage = fields
        check("version or features", (version, header_len, incompatible) == (1, 256, 0))
        check("record_size or slots", 1 <= size <= 16 << 20 and 4 <= slots <= 65536 and slots & slots - 1 == 0)
        check("slot_stride", stride % 64 == 0 and stride >= 16 + (size + 7) // 8 * 8)
        check("slots_offset", first % 64 == 0 and 0x180 <= first <= file_len - 8 - slots * stride)
        check("file_len", file_len % 64 == 0 and file_len <= self.status.st_size)
        self.size, self.slot = size, lambda n: first + n % slots * stride
        self.map = mmap.mmap(file, file_len, mmap.MAP_SHARED, mmap.PROT_READ)
        self.words = memoryview(self.map).cast("Q")  # an element is one load of 8 bytes
        os.close(file)

    def copy(self, at, complete):
        """The record behind the stamp at `at`, with number and time, if that is `complete` before and after."""
        if complete > 0 and complete % 2 == 0 and self.words[at // 8] == complete:
            fence(2)
            found = complete // 2, self.words[at // 8 + 1], self.map[at + 16 : at + 16 + self.size]
            fence(2)
            return found if self.words[at // 8] == complete and self.words[-1] == END_MARK else None

    def latest(self):
        front = self.words[FRONT // 8]
        found = self.copy(FRONT, front) if self.size <= 40 and front // 2 >= self.seen else None
        for _ in range(10000):
            n = max(self.words[HEAD // 8], self.seen)
            fence(2)
            if found or self.words[self.slot(n) // 8] == 0:
                return found
            found = self.copy(self.slot(n), 2 * n)
        check("the newest record keeps changing", found)
        return found

path, left = sys.argv[1], int(sys.argv[2])
region = Region(path)
while left > 0:
    found = region.latest()
    if found and found[0] > region.seen:
        print(*found[:2], found[2].hex())
        region.seen, left = found[0], left - 1
    else:
        sys.stdout.flush(), time.sleep(0.001)
        with contextlib.suppress(FileNotFoundError):  # nothing has the name, or another file has taken it
            before, region = region, region if os.path.samestat(os.stat(path), region.status) else Region(path)
            region.seen = before.seen if region.first_lineage == before.first_lineage else 0
