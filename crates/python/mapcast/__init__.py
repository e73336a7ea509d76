"""Live state for the processes of one Linux host: whole records in a memory-mapped file.

    reader = mapcast.open("drone")            # a name, or a path
    reader.latest().battery                   # the newest record; dict(...) of it, or .numpy()
    for sample in reader.follow(timeout=5):   # every record; `async for` works too
        print(sample.sequence, sample)

    with mapcast.writer("fan", {"speed": "u16", "on": bool}) as writer:
        writer.publish(speed=1200, on=True)
"""

from __future__ import annotations

import atexit as _atexit
import copyreg as _copyreg
import weakref as _weakref
from collections.abc import Mapping as _Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from . import _records
from ._arrays import array, frame
from ._errors import (
    AccessError,
    BadValueError,
    BusyError,
    ClosedError,
    Error,
    ForkedError,
    FormatError,
    NoFieldError,
    NoInstanceError,
    NotFoundError,
    SchemaError,
    SystemCallError,
    TooManyInstancesError,
    TruncatedError,
    WrongTypeError,
)
from ._mapcast import (
    BareReader,
    BareWriter,
    Descriptor,
    Event,
    Events,
    Field,
    Follower,
    Instance,
    InstanceReader,
    InstanceWriter,
    Reader,
    Region,
    Sample,
    Schema,
    Writer,
    events,
    follow,
    open,
    open_bare_reader,
    open_bare_writer,
    open_writer,
    regions,
)
from ._records import f32, f64, i8, i16, i32, i64, schema, text, u8, u16, u32, u64

if TYPE_CHECKING:
    import numpy

    from ._records import File, Place, Record

_T = TypeVar("_T")

__all__ = [
    "AccessError",
    "BadValueError",
    "BareReader",
    "BareWriter",
    "BusyError",
    "ClosedError",
    "Descriptor",
    "Error",
    "Event",
    "Events",
    "Field",
    "Follower",
    "ForkedError",
    "FormatError",
    "Instance",
    "InstanceReader",
    "InstanceWriter",
    "NoFieldError",
    "NoInstanceError",
    "NotFoundError",
    "Reader",
    "Region",
    "Sample",
    "Schema",
    "SchemaError",
    "SystemCallError",
    "TooManyInstancesError",
    "TruncatedError",
    "Writer",
    "WrongTypeError",
    "array",
    "bare_writer",
    "events",
    "f32",
    "f64",
    "follow",
    "frame",
    "i16",
    "i32",
    "i64",
    "i8",
    "open",
    "open_bare",
    "regions",
    "schema",
    "text",
    "u16",
    "u32",
    "u64",
    "u8",
    "writer",
]


@overload
def writer(
    at: Place,
    record: Record,
    *,
    instances: None = None,
    name: str | None = None,
    slots: int = 8,
    mode: int = 0o644,
    group: str | None = None,
    wake: bool = True,
    period: float | None = None,
    standby: bool = False,
) -> Writer: ...
@overload
def writer(
    at: Place,
    record: Record,
    *,
    instances: int,
    name: str | None = None,
    slots: int = 8,
    mode: int = 0o644,
    group: str | None = None,
    wake: bool = True,
    period: float | None = None,
    standby: bool = False,
) -> InstanceWriter: ...
def writer(
    at: Place,
    record: Record,
    *,
    instances: int | None = None,
    name: str | None = None,
    slots: int = 8,
    mode: int = 0o644,
    group: str | None = None,
    wake: bool = True,
    period: float | None = None,
    standby: bool = False,
) -> Writer | InstanceWriter:
    """Open the writer of the region `at`: create it, resume it, or replace one of another record.

    `record` says what its fields are: a dict of types, a dataclass, a ctypes.Structure, a dtype of numpy,
    or a Schema. `name` is the record's name, if it is not that of the class. With `instances` the region
    has up to so many records, each with a name of its own.

    `slots`: records that the region keeps, a power of two from 4 on. `mode`, `group`: of the file. `wake`:
    whether a publish wakes sleeping readers. `period`: the longest time between two publishes or
    heartbeats, in seconds; readers call a writer stalled that was silent for three, and for 500 ms at least.
    `standby`: wait while another writer has the region, and take over when that one ends.
    """
    description, raw = _records.description(at, record, name)
    settings = {
        "instances": instances,
        "slots": slots,
        "mode": mode,
        "group": group,
        "wake": wake,
        "period": period,
        "standby": standby,
    }
    opened: Writer | InstanceWriter = open_writer(at, description, raw, settings)
    _writers.add(opened)
    return opened


@overload
def open_bare(
    at: File, record: type[_T], *, count: int = 1, name: str | None = None
) -> BareReader[_T]: ...
@overload
def open_bare(
    at: File, record: numpy.dtype[Any], *, count: int = 1, name: str | None = None
) -> BareReader[numpy.void]: ...
@overload
def open_bare(
    at: File, record: Schema | _Mapping[str, Any], *, count: int = 1, name: str | None = None
) -> BareReader[dict[str, Any]]: ...
def open_bare(
    at: File, record: Record, *, count: int = 1, name: str | None = None
) -> BareReader[Any]:
    """Open the bare file `at`: one that is a struct and nothing else, as C programs share it.

    `record` is as for `writer`. `latest()` returns one of these: an object of the dataclass or
    ctypes.Structure, a scalar of numpy, else a dict. It may be torn, and nothing can tell. With
    `count` the file is an array of so many structs, which `latest_at(index)` reads.
    """
    description, raw = _records.description(at, record, name)
    return open_bare_reader(at, description, _records.maker(record, description, raw), count)


def bare_writer(
    at: File,
    record: Record,
    *,
    count: int = 1,
    name: str | None = None,
    mode: int = 0o644,
    group: str | None = None,
) -> BareWriter:
    """Open the writer of the bare file `at`: create the file, or continue in the one that is there.

    `record` is as for `writer`; `mode`, `group`: of a file that is created. With `count` the file is an
    array of so many structs, which `publish_at(index, ...)` writes.
    """
    description, raw = _records.description(at, record, name)
    opened = open_bare_writer(at, description, raw, count, mode, group)
    _writers.add(opened)
    return opened


# The interpreter need not drop what is left at its end, and readers would call the writer dead.
_writers: _weakref.WeakSet[Writer | InstanceWriter | BareWriter] = _weakref.WeakSet()


@_atexit.register
def _close_writers() -> None:
    for opened in list(_writers):
        opened.close()


def _not_pickled(handle: object) -> NoReturn:
    what = type(handle).__name__
    raise TypeError(
        f"{what}: a handle is neither copied nor pickled; pass the region's name and open it by that"
    )


def _sample_not_pickled(sample: Sample) -> NoReturn:
    raise TypeError("a Sample is not pickled; pass dict(sample), or bytes(sample) and sample.schema")


def _event_not_pickled(event: Event) -> NoReturn:
    raise TypeError("an Event is not pickled; pass its kind, instance and value, of a Sample dict(value)")


def _descriptor_not_pickled(descriptor: Descriptor) -> NoReturn:
    raise TypeError(
        "a Descriptor is neither copied nor pickled; use it several times, and pass its file to another "
        "process (pass_fds, SCM_RIGHTS)"
    )


for _handle in (
    BareReader, BareWriter, Events, Follower, Instance, InstanceReader, InstanceWriter, Reader, Writer
):  # fmt: skip
    _copyreg.pickle(_handle, _not_pickled)
_copyreg.pickle(Sample, _sample_not_pickled)
_copyreg.pickle(Event, _event_not_pickled)
_copyreg.pickle(Descriptor, _descriptor_not_pickled)
_Mapping.register(Sample)
_Mapping.register(InstanceReader)
