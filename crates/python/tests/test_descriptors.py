"""A region by a descriptor that another process passed, in place of its name."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import mapcast
import pytest

X = {"x": int}


def memfd() -> int:
    return os.memfd_create("region")


def test_an_empty_descriptor_becomes_a_region_and_is_read() -> None:
    fd = memfd()
    with mapcast.writer(mapcast.Descriptor(fd, "the record"), X) as writer:
        with open(fd) as file:  # closes fd: the writer has one of its own
            passed = mapcast.Descriptor(file)
        assert writer.publish(x=1) == 1
        assert writer.schema.name == "record" and writer.path == "the record"
        reader = mapcast.open(passed)
        assert (reader.latest().x, reader.path) == (1, f"fd:{fd}")
        assert repr(reader) == f"<Reader of fd:{fd}: record, live>" and repr(passed) == f"Descriptor(fd:{fd})"
        follower = reader.follow(60, begin="oldest")
        assert next(follower).x == 1
        writer.publish(x=2)
        assert next(follower).x == 2
    assert reader.state == "closed"
    with mapcast.writer(passed, X) as writer:
        assert writer.publish(x=3) == 3, "it is resumed"


def test_a_child_reads_what_its_parent_passes() -> None:
    fd = memfd()
    with mapcast.writer(mapcast.Descriptor(fd), X) as writer:
        writer.publish(x=7)
        program = f"import mapcast; print(mapcast.open(mapcast.Descriptor({fd})).latest().x)"
        child = subprocess.run(
            [sys.executable, "-c", program], pass_fds=[fd], capture_output=True, text=True, timeout=60
        )
        assert (child.stdout, child.stderr) == ("7\n", "")


def test_instances_are_published_and_read_by_a_descriptor() -> None:
    passed = mapcast.Descriptor(memfd())
    with mapcast.writer(passed, X, instances=3) as writer:
        writer.publish("a", x=1)
        assert mapcast.open(passed)["a"].latest().x == 1


def test_a_region_that_is_filled_later_is_awaited_in_an_event_loop() -> None:
    async def main() -> None:
        passed = mapcast.Descriptor(memfd())
        stream = mapcast.follow(passed).__aiter__()
        first = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0)
        with mapcast.writer(passed, X) as writer:
            writer.publish(x=1)
            assert (await asyncio.wait_for(first, 60)).x == 1

    asyncio.run(main())


def test_what_is_no_descriptor_of_a_region_is_refused(tmp_path: Path) -> None:
    for number in (-1, 2**20):
        with pytest.raises(mapcast.BadValueError, match="fd:.*; pass a descriptor that is open"):
            mapcast.Descriptor(number)
    for nothing in ("x", None, 2**40):
        with pytest.raises(mapcast.Error, match="file=.* cannot be used; give the number"):
            mapcast.Descriptor(nothing)  # type: ignore[arg-type]
    with open(os.devnull) as file, pytest.raises(mapcast.FormatError, match="fd:"):
        mapcast.open(mapcast.Descriptor(file))
    path = tmp_path / "x"
    path.write_bytes(b"")
    with open(path) as file:
        passed = mapcast.Descriptor(file)
        with pytest.raises(FileNotFoundError):
            mapcast.open(passed)
        with pytest.raises(mapcast.AccessError, match="is not open for reading and writing"):
            mapcast.writer(passed, X)
    with open(path, "r+") as file:
        passed = mapcast.Descriptor(file)
        with pytest.raises(mapcast.BadValueError, match="open it without standby"):
            mapcast.writer(passed, X, standby=True)
        with mapcast.writer(passed, X):
            with pytest.raises(mapcast.BusyError, match="; end that writer$"):
                mapcast.writer(passed, X)
        with pytest.raises(mapcast.SchemaError, match="cannot be replaced; pass an empty file"):
            mapcast.writer(passed, {"y": float})
