#!/usr/bin/env python3
"""Prints records of a mapcast region as JSON: a reader made from docs/format.md alone, without a library.

  reader.py FILE                   the newest record, or that of each instance
  reader.py FILE latest|follow N   N records, each the newest one, or all in order

  {"sequence": 7, "published_at": 81402000000, "record": {"id": 10, "name": "xiaoming", "sex": "m"}}
  {"missed": 12}

If the file cannot be read it ends with 1 and "FILE: OUTCOME: what was found". A file that is cut while it
is read ends it by SIGBUS. For Linux on a 64-bit little-endian machine.
"""
import ctypes, json, math, mmap, os, platform, stat, struct, sys, time

MAGIC, HEAD, FRONT, MASK = b"mapcast\x01", 0x140, 0x148, 2**64 - 1
END_MARK = bytes(byte ^ 0xFF for byte in MAGIC)
SCALARS = [None, *"bhiqBHIQfd?c"]  # of the struct module, by the code of the scalar
NAMES = "magic version header_len compatible incompatible file_len record_size record_align slots slot_stride \
slots_offset schema_offset schema_len fingerprint created_at boot_id base_sequence lineage first_lineage inode \
instances changes block_stride changes_offset names_offset checksum".split()

if platform.machine() in ("x86_64", "AMD64"):
    acquire = lambda: None  # loads are not reordered, and CPython makes each where it is written
else:
    fence = ctypes.CDLL("libatomic.so.1").atomic_thread_fence
    acquire = lambda: fence(2)  # memory_order_acquire


def refuse(outcome, what):
    sys.exit(f"{sys.argv[1]}: {outcome}: {what}")


def check(what, holds, outcome="damaged"):
    holds or refuse(outcome, what)


def xxh64(data):
    p1, p2, p3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
    p4, p5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
    turn = lambda x, bits: (x << bits | (x & MASK) >> 64 - bits) & MASK
    mix = lambda lane, word: turn(lane + word * p2 & MASK, 31) * p1 & MASK
    hashed, whole, words = p5, len(data) & ~31, len(data) & ~7
    if whole:
        lanes = [p1 + p2 & MASK, p2, 0, -p1 & MASK]
        for at in range(0, whole, 32):
            lanes = [mix(lane, word) for lane, word in zip(lanes, struct.unpack_from("<4Q", data, at))]
        hashed = sum(turn(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18)))
        for lane in lanes:
            hashed = ((hashed ^ mix(0, lane)) * p1 + p4) & MASK
    hashed += len(data)
    for (word,) in struct.iter_unpack("<Q", data[whole:words]):
        hashed = turn((hashed ^ mix(0, word)) & MASK, 27) * p1 + p4
    if len(data) - words >= 4:
        (word,) = struct.unpack_from("<I", data, words)
        hashed, words = turn((hashed ^ word * p1) & MASK, 23) * p2 + p3, words + 4
    for byte in data[words:]:
        hashed = turn((hashed ^ byte * p5) & MASK, 11) * p1
    hashed &= MASK
    hashed = (hashed ^ hashed >> 33) * p2 & MASK
    hashed = (hashed ^ hashed >> 29) * p3 & MASK
    return hashed ^ hashed >> 32


class Region:
    def __init__(self, path):
        try:
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            refuse("missing", error.strerror)
        self.path, self.status = path, os.fstat(file)
        check("a regular file", stat.S_ISREG(self.status.st_mode), "not_a_region")
        self.check_header(os.pread(file, 256, 0))
        check("file_len", self.file_len <= self.status.st_size, "truncated")
        check("end mark", os.pread(file, 8, self.file_len - 8) == END_MARK)
        self.read_schema(os.pread(file, self.schema_len, self.schema_offset))
        self.map = mmap.mmap(file, self.file_len, mmap.MAP_SHARED, mmap.PROT_READ)
        os.close(file)
        self.words = memoryview(self.map).cast("Q")  # an element is one load of 8 bytes
        self.block, self.name_at, self.name, self.generation = 0, 0, None, 0

    def check_header(self, header):
        check("256 bytes and the magic", len(header) == 256 and header[:8] == MAGIC, "not_a_region")
        numbers = struct.unpack("<8sIIQQQIIIIQQI4xQQ16sQQQQIIQQQ72xQ", header)
        for name, value in zip(NAMES, numbers):
            setattr(self, name, value)
        power = lambda n, least, most: least <= n <= most and n & n - 1 == 0
        line = lambda at: at % 64 == 0
        check("version", self.version == 1, "unsupported_version")
        check("checksum", self.checksum == xxh64(header[:0xF8]))
        check("incompatible", self.incompatible & ~1 == 0, "unsupported_features")
        self.instances *= self.incompatible & 1
        check("header_len", self.header_len == 256)
        check("record_align", power(self.record_align, 1, 8))
        check("record_size", 1 <= self.record_size <= 16 << 20 and self.record_size % self.record_align == 0)
        check("slots", power(self.slots, 4, 65536))
        check("slot_stride", self.slot_stride >= 16 + (self.record_size + 7) // 8 * 8 and line(self.slot_stride))
        check("slots_offset", self.slots_offset >= 0x180 and line(self.slots_offset))
        end = self.slots_offset + self.slots * self.slot_stride
        if self.incompatible & 1:
            check("instances", 1 <= self.instances <= 65536 and power(self.changes, 64, 1 << 20))
            check("block_stride", end - HEAD <= self.block_stride and line(self.block_stride))
            check("changes_offset", HEAD + self.instances * self.block_stride <= self.changes_offset)
            check("names_offset", self.changes_offset + 64 + 8 * self.changes <= self.names_offset)
            check("sections", line(self.changes_offset) and line(self.names_offset))
            end = self.names_offset + 128 * self.instances
        check("schema_offset", end <= self.schema_offset and line(self.schema_offset))
        check("schema_len", 1 <= self.schema_len <= 1 << 20)
        check("file_len", self.schema_offset + self.schema_len + 8 <= self.file_len and line(self.file_len))
        check("lineage", 1 <= self.first_lineage <= self.lineage < 1 << 53)

    def read_schema(self, schema):
        at, hashed, self.fields = 0, [], []

        def take(form):
            nonlocal at
            check("schema_len", at + struct.calcsize(form) <= len(schema))
            at += struct.calcsize(form)
            return struct.unpack_from(form, schema, at - struct.calcsize(form))

        def text():
            return take(f"<{take('<H')[0]}s")[0]

        counted = lambda text: struct.pack("<H", len(text)) + text
        size, align, count = take("<III")
        check("size, align, fields", (size, align) == (self.record_size, self.record_align) and 1 <= count <= 4096)
        hashed += [counted(text()), schema[:8]]
        text()  # the line template
        for _ in range(count):
            offset, count, scalar, zero, labels = take("<IIBBH")
            name, unit, _help = text(), text(), text()
            for _ in range(labels):
                take("<q"), text()
            check("scalar", 1 <= scalar <= 12 and zero == 0)
            width = struct.calcsize(SCALARS[scalar])
            check("offset", offset % width == 0 and offset + width * (count or 1) <= size)
            hashed += [counted(name), struct.pack("<IBBI", count, scalar, 0, offset), counted(unit)]
            self.fields.append((name.decode(errors="replace"), SCALARS[scalar], offset, count))
        check("bytes behind the last field", at == len(schema))
        check("fingerprint", xxh64(b"".join(hashed)) == self.fingerprint)

    def peek(self, at):
        return self.words[at // 8]

    def slot(self, n):
        return self.slots_offset + self.block + n % self.slots * self.slot_stride

    def is_another(self):
        """Whether another instance may have the block."""
        return self.name_at and self.peek(self.name_at) - self.generation not in (0, 1)

    def copy(self, at, complete):
        """The time and bytes of the record behind the stamp at `at`, if that is `complete` before and after."""
        if complete == 0 or complete % 2 == 1 or self.peek(at) != complete:
            return None
        acquire()  # R1
        published_at, record = self.peek(at + 8), self.map[at + 16 : at + 16 + self.record_size]
        acquire()  # R2
        if self.peek(at) != complete:  # R3
            return None
        if self.is_another():  # G5
            return None
        check("end mark", self.map[self.file_len - 8 :] == END_MARK, "truncated")
        return published_at, record

    def latest(self, seen=0):
        """The newest record, number `seen` or later, and its number; None if there is none."""
        front = self.peek(FRONT + self.block)
        if self.record_size <= 40 and front // 2 >= seen and (found := self.copy(FRONT + self.block, front)):
            return front // 2, *found
        for _ in range(10000):
            n = max(self.peek(HEAD + self.block), seen)
            acquire()  # R0
            if self.is_another():
                return None
            if self.peek(self.slot(n)) == 0:
                return None
            if found := self.copy(self.slot(n), 2 * n & MASK):
                return n, *found
        refuse("unstable", "the newest record keeps changing")

    def next(self, n):
        """Record n; None if it is not published yet; the number to continue with if it is gone."""
        for _ in range(10000):
            if found := self.copy(self.slot(n), 2 * n):
                return n, *found
            stamp = self.peek(self.slot(n))
            if stamp != 2 * n:
                acquire()
                oldest = self.peek(HEAD) - (self.slots - 2)
                return None if stamp <= 2 * n + 1 else (max(oldest, n + 1),)
        refuse("unstable", "the next record keeps changing")

    def instance_names(self):
        """Goes over to each instance in turn."""
        for index in range(self.instances):
            self.block, self.name_at = index * self.block_stride, self.names_offset + 128 * index
            self.generation = self.peek(self.name_at)
            acquire()  # G3
            length, name = self.peek(self.name_at + 0x10), self.map[self.name_at + 0x18 : self.name_at + 0x58]
            acquire()  # G4
            is_name = 1 <= length <= 64 and b"\0" not in name[:length]
            if self.generation % 2 == 1 and self.peek(self.name_at) == self.generation and is_name:
                self.name = name[:length].decode(errors="replace")
                yield self.name

    def print(self, n, published_at, record):
        def value(scalar, offset, count):
            if scalar == "c":
                return record[offset : offset + (count or 1)].split(b"\0")[0].decode(errors="replace")
            values = struct.unpack_from(f"<{count or 1}{scalar}", record, offset)
            strange = lambda x: "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
            values = [x if math.isfinite(x) else strange(x) for x in values]
            return values if count else values[0]

        named = {"instance": self.name} if self.name_at else {}
        values = {name: value(*field) for name, *field in self.fields}
        print(json.dumps({**named, "sequence": n, "published_at": published_at, "record": values}))


def has_its_name(region):
    try:
        return os.path.samestat(os.stat(region.path), region.status)
    except OSError:
        return False


def follow(region, everything, count):
    check("one record", region.instances == 0, "has_instances")
    last = max(region.peek(HEAD), region.base_sequence + 1) - 1
    while count > 0:
        found = region.next(last + 1) if everything else region.latest(last)
        if found is None or found[0] <= last:
            sys.stdout.flush()
            time.sleep(0.001)
            check("attach to what has the name now", has_its_name(region), "gone")
        elif len(found) == 1:
            print(json.dumps({"missed": found[0] - 1 - last}))
            last = found[0] - 1
        else:
            region.print(*found)
            last, count = found[0], count - 1


def main(path, mode="newest", count=0):
    region = Region(path)
    if mode != "newest":
        follow(region, mode == "follow", int(count))
    elif region.incompatible & 1:
        for _ in region.instance_names():
            (found := region.latest()) and region.print(*found)
    elif found := region.latest():
        region.print(*found)


main(*sys.argv[1:])
