#!/usr/bin/env python3
"""Prints records of a region of another host as JSON, over Zenoh: a reader made from docs/bridge.md and docs/format.md
alone, with the packages eclipse-zenoh and xxhash.

  bridge.py ENDPOINT HOST NAME      the newest record, or that of each instance
  bridge.py ENDPOINT HOST NAME N    N records: the newest ones, then others as they come

  {"instance": null, "lineage": 1792..., "sequence": 7, "published": 1764184..., "record": {"id": 10, "name": "xiaoming"}}

`published` is in nanoseconds since 1970, by the clock of that host. If nothing can be read it ends with 1, and says why.
"""
import json, math, queue, struct, sys, time, urllib.parse, xxhash, zenoh

SCALARS = [None, *"bhiqBHIQfd?c"]  # of the struct module, by the code of the scalar
ATTACHMENT = struct.Struct("<HBBIQQQQQ")


def refuse(what):
    sys.exit(f"{sys.argv[2]}/{sys.argv[3]}: {what}")


def check(what, holds):
    holds or refuse(f"it has no valid {what}")


class Description:
    """How records are described: what the key .../@schema replies."""

    def __init__(self, reply):
        self.hash, self.fields, self.schema, self.at = xxhash.xxh64_intdigest(reply), [], reply, 0
        version, hosts, zero, _instances = self.take("<HBBI")
        check("description", (version, zero) == (1, 0))
        for _ in range(hosts):  # over which its records have come
            self.take(f"{self.take('B')[0]}s")
        self.size, _align, count = self.take("<III")
        for _ in range(2):  # the record's name, the template of its line
            self.text()
        for _ in range(count):
            offset, count, scalar, _zero, labels = self.take("<IIBBH")
            name, _unit, _help = self.text(), self.text(), self.text()
            for _ in range(labels):
                self.take("<q"), self.text()
            check("scalar", 1 <= scalar <= 12)
            width = struct.calcsize(SCALARS[scalar])
            check("offset", offset + width * (count or 1) <= self.size)
            self.fields.append((name.decode(errors="replace"), SCALARS[scalar], offset, count))

    def take(self, form):
        self.at += struct.calcsize(form)
        check("schema", self.at <= len(self.schema))
        return struct.unpack_from(form, self.schema, self.at - struct.calcsize(form))

    def text(self):
        return self.take(f"<{self.take('<H')[0]}s")[0]

    def values(self, record):
        return {name: value(record, *field) for name, *field in self.fields}


def value(record, scalar, offset, count):
    if scalar == "c":
        return record[offset : offset + (count or 1)].split(b"\0")[0].decode(errors="replace")
    values = struct.unpack_from(f"<{count or 1}{scalar}", record, offset)
    strange = lambda x: "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    values = [x if math.isfinite(x) else strange(x) for x in values]
    return values if count else values[0]


class Source:
    def __init__(self, session, host, name):
        self.session, self.key, self.seen = session, f"mapcast/1/{host}/{name}", {}
        self.description = None

    def ask(self, selector, what_if_none):
        """The replies. A get just after a connection was made may get none, so there are some."""
        for _ in range(20):
            replies = [reply.ok for reply in self.session.get(selector, timeout=1.0) if reply.ok]
            if replies:
                return replies
            time.sleep(0.1)
        refuse(what_if_none)

    def describe(self):
        self.description = Description(bytes(self.ask(f"{self.key}/@schema", "no bridge exports it")[0].payload))

    def take(self, sample):
        """Prints a record that is newer than the one before; returns whether it is."""
        if sample.attachment is None:
            return False
        attachment, record = bytes(sample.attachment), bytes(sample.payload)
        check("attachment", len(attachment) >= ATTACHMENT.size)
        version, kind, _mode, length, description, *which, published = ATTACHMENT.unpack_from(attachment)
        check("attachment", version == 1 and kind <= 1 and length == len(record))
        which[1] *= 1 - kind  # of kind 1 it is how many records were missed
        key = str(sample.key_expr)
        if which <= self.seen.get(key, [0, 0, 0]):
            return False
        if description != self.description.hash:
            self.describe()  # it has changed
            if description != self.description.hash:
                return False
        self.seen[key] = which
        instance = urllib.parse.unquote(key[len(self.key) + 1 :]) or None
        lineage, _order, sequence = which
        values = {"instance": instance, "lineage": lineage, "sequence": sequence, "published": published}
        print(json.dumps({**values, "record": self.description.values(record)}), flush=True)
        return True


def main(endpoint, host, name, count=None):
    config = zenoh.Config()
    config.insert_json5("mode", '"client"')
    config.insert_json5("connect/endpoints", json.dumps([endpoint]))
    config.insert_json5("scouting/multicast/enabled", "false")
    with zenoh.open(config) as session:
        source, samples = Source(session, host, name), queue.SimpleQueue()
        # First, so that no record is between the newest one and those that follow.
        _subscriber = session.declare_subscriber(f"{source.key}/**", samples.put) if count else None
        source.describe()
        left = int(count or 0)
        for sample in source.ask(f"{source.key}/**", "it has no record yet"):
            left -= source.take(sample)
        while left > 0:
            left -= source.take(samples.get())


main(*sys.argv[1:])
