"""A class that has its own readers and writers as attributes is freed with them."""

from __future__ import annotations

import ctypes
import gc
import weakref
from collections.abc import Callable
from typing import Any

import mapcast
import pytest


def structure() -> Any:
    class Stu(ctypes.Structure):
        _fields_ = [("id", ctypes.c_int)]

    return Stu


HANDLES: dict[str, Callable[[Any], Any]] = {
    "writer": lambda record: mapcast.writer("stu", record),
    "instance writer": lambda record: mapcast.writer("stu", record, instances=2),
    "bare writer": lambda record: mapcast.bare_writer("stu", record),
    "bare reader": lambda record: mapcast.open_bare("there", record),
    "reader": lambda record: mapcast.open("region"),
    "follower": lambda record: mapcast.open("region").follow(),
}


@pytest.mark.parametrize("handle", HANDLES)
def test_a_class_with_its_own_handle_is_freed(handle: str) -> None:
    record = structure()
    with mapcast.bare_writer("there", record), mapcast.writer("region", record):
        record.handle = HANDLES[handle](record)
    freed = weakref.ref(record)
    del record
    gc.collect()
    assert freed() is None


def test_a_writer_that_is_freed_with_its_class_leaves_the_region_to_others() -> None:
    for _ in range(2):
        record = structure()
        record.writers = [mapcast.writer("stu", record), mapcast.bare_writer("bare", record)]
        record.writers[0].publish(id=1)
        del record
        gc.collect()
    assert mapcast.open("stu").state == "closed"
