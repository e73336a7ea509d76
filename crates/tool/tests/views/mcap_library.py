"""Reads and writes MCAP files with the official library.

read FILE               prints a JSON object for each message
cuts FILE START         the file without its end, cut at each byte from START on: prints how many messages of the
                        topic odd come before the error
write FILE COMPRESSION  writes 1,000 messages of a topic: lz4, zstd or none
"""

import json
import struct
import sys
from io import BytesIO

from mcap.exceptions import McapError
from mcap.reader import make_reader
from mcap.records import Channel, Message
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, Writer

SCHEMA = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "half": {"type": "number"},
        "name": {"type": "string"},
    },
}


def read(path):
    with open(path, "rb") as file:
        for schema, channel, message in make_reader(file).iter_messages():
            is_json = channel.message_encoding == "json"
            found = {
                "topic": channel.topic,
                "schema": schema.encoding,
                "sequence": message.sequence,
                "time": message.publish_time,
                "bytes": list(message.data),
                "value": json.loads(message.data) if is_json else None,
            }
            print(json.dumps(found))


def cuts(path, start):
    with open(path, "rb") as file:
        whole = file.read()
    for cut in range(int(start), len(whole)):
        channels, count = {}, 0
        try:
            for record in StreamReader(BytesIO(whole[:cut])).records:
                if isinstance(record, Channel):
                    channels[record.id] = record.topic
                elif isinstance(record, Message):
                    count += channels[record.channel_id] == "odd"
        except (McapError, struct.error):
            pass
        print(count)


def write(path, compression):
    with open(path, "wb") as file:
        # Small chunks, so that there are many.
        kind = CompressionType[compression.upper()]
        writer = Writer(file, chunk_size=4096, compression=kind)
        writer.start()
        data = json.dumps(SCHEMA).encode()
        schema = writer.register_schema("Half", "jsonschema", data)
        channel = writer.register_channel("/lab/half", "json", schema)
        for n in range(1000):
            data = json.dumps({"n": n, "half": n / 2, "name": f"no {n}"}).encode()
            time = 1_000_000_000 + n
            writer.add_message(channel, time, data, time, n)
        writer.finish()


{"cuts": cuts, "read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
