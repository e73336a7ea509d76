"""Publishes until it is killed, some thousand records a second: writer FILE. Prints "ready N" after the first, number N."""

import sys
import time

import mapcast

schema = mapcast.Schema("TORN", [("words", mapcast.Field("u32[16]"))])
with mapcast.writer(sys.argv[1], schema) as writer:
    print("ready", writer.publish(words=[writer.sequence + 1 & 0xFFFFFFFF] * 16), flush=True)
    while True:
        time.sleep(0.0002)
        writer.publish(words=[writer.sequence + 1 & 0xFFFFFFFF] * 16)
