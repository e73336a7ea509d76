"""Nanoseconds of a call, of a record of 28 bytes: mapcast, ringfire's Python, and plain struct.

`cargo xtask python --bench` runs it. The calls take turns for 200 rounds; each figure is its least round.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import struct
import sys
import tempfile
import timeit
from collections.abc import Callable
from typing import Any

import mapcast


class Stu(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int), ("name", ctypes.c_char * 20), ("sex", ctypes.c_char)]


STU = Stu(10, b"xiaoming", b"m")


ROUNDS = 200
CALLS = 2000


def of_mapcast(directory: str) -> dict[str, Callable[[], Any]]:
    writer = mapcast.writer(os.path.join(directory, "stu.region"), Stu)
    writer.publish(STU)
    reader = mapcast.open(writer.path)
    return {
        "mapcast: latest()": lambda: reader.latest(),
        "mapcast: latest().id": lambda: reader.latest().id,
        "mapcast: dict(latest())": lambda: dict(reader.latest()),
        "mapcast: publish(Structure)": lambda: writer.publish(STU),
        "mapcast: publish(id=10)": lambda: writer.publish(id=10),
    }


def of_ringfire(directory: str) -> dict[str, Callable[[], Any]]:
    try:
        from ringfire import BlackboardConsumer, BlackboardProducer  # type: ignore[import-not-found]
    except ImportError:
        return {}
    path = os.path.join(directory, "ringfire")
    writer = BlackboardProducer(path, Stu, 4)
    writer.write(0, STU)
    reader = BlackboardConsumer(path, Stu)
    return {
        "ringfire: read(0)": lambda: reader.read(0),
        "ringfire: read(0).id": lambda: reader.read(0).id,
        "ringfire: write(0, Structure)": lambda: writer.write(0, STU),
    }


def of_struct(directory: str) -> dict[str, Callable[[], Any]]:
    """The same bytes in a file without any protection: records may be torn."""
    path = os.path.join(directory, "bare")
    with open(path, "wb") as file:
        file.write(bytes(STU))
    with open(path, "r+b") as file:
        mapped = mmap.mmap(file.fileno(), 28)
    record = struct.Struct("<i20sc3x")
    return {
        "struct: unpack_from(map)": lambda: record.unpack_from(mapped),
        "struct: pack_into(map)": lambda: record.pack_into(mapped, 0, 10, b"xiaoming", b"m"),
    }


def main() -> None:
    print(f"Python {platform.python_version()}, {platform.machine()}, Linux {platform.release()}")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        calls: dict[str, Callable[[], Any]] = {}
        for contender in (of_mapcast, of_ringfire, of_struct):
            calls.update(contender(directory))
        timers = {name: timeit.Timer(call) for name, call in calls.items()}
        least = dict.fromkeys(timers, float("inf"))
        for _ in range(ROUNDS):
            for name, timer in timers.items():
                least[name] = min(least[name], timer.timeit(CALLS))
        for name, seconds in least.items():
            print(f"{name:32}{seconds / CALLS * 1e9:8.0f} ns")


if __name__ == "__main__":
    sys.exit(main())
