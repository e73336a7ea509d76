"""The extension module: readers, followers and writers over the library that every program uses."""

import os
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, TypeVar, Union, final

import numpy as _np
from _typeshed import HasFileno

_T_co = TypeVar("_T_co", covariant=True)

@final
class Descriptor:
    """A region by an open descriptor, which another process passed, in place of its name or path."""

    def __new__(cls, file: int | HasFileno, name: str | os.PathLike[str] | None = None) -> Descriptor: ...

_File = Union[str, os.PathLike[str]]
_Place = Union[_File, Descriptor]
_Begin = Union[Literal["newest", "oldest", "next"], int]

@final
class Field:
    """A field of a record: `Field("f32", unit="m")`. `a | b` has what either says."""

    def __new__(
        cls,
        type: str = "",
        *,
        unit: str = "",
        help: str = "",
        labels: dict[int, str] | None = None,
        offset: int | None = None,
    ) -> Field: ...
    @property
    def name(self) -> str:
        """Its name in a schema; "" in a description that is not part of one."""
    @property
    def type(self) -> str:
        """i8 to i64, u8 to u64, f32, f64, bool, char, or an array of these, such as char[20]."""
    @property
    def unit(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def labels(self) -> dict[int, str]:
        """The names of values."""
    @property
    def offset(self) -> int | None:
        """Where it lies in the record, in bytes; None: after the field before it."""
    def __or__(self, other: Field) -> Field: ...

@final
class Schema:
    """What the bytes of a record mean. Iterates over the names of its fields."""

    def __new__(
        cls,
        name: str,
        fields: Iterable[tuple[str, Field]],
        *,
        size: int | None = None,
        line: str | None = None,
    ) -> Schema: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int:
        """Bytes of one record, padding included."""
    @property
    def fields(self) -> tuple[Field, ...]: ...
    @property
    def units(self) -> dict[str, str]:
        """The unit of each field that has one."""
    @property
    def dtype(self) -> _np.dtype[Any]:
        """The record as a type of numpy, which is imported for this."""
    def unpack(self, data: bytes) -> dict[str, Any]:
        """The values of a record, by name, out of its bytes."""
    def __getitem__(self, name: str) -> Field: ...
    def __contains__(self, name: object) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...

@final
class Sample(Mapping[str, Any]):
    """A record as it was published: `sample.speed`, `sample["speed"]`, `dict(sample)`.

    A field that has the name of an attribute of this class is read with brackets.
    """

    @property
    def sequence(self) -> int:
        """The record's number: the first of a region is 1."""
    @property
    def lineage(self) -> int:
        """The run of records that it belongs to; with the sequence its name for ever."""
    @property
    def published_at(self) -> datetime:
        """When it was published, in UTC."""
    @property
    def published_ns(self) -> int:
        """When it was published, in nanoseconds since 1970."""
    @property
    def age(self) -> float | None:
        """Seconds since it was published; None if that was before this boot of the machine."""
    @property
    def missed(self) -> int:
        """How many records a follower missed right before this one."""
    @property
    def instance(self) -> str | None:
        """The name of its instance, if its region has instances."""
    @property
    def schema(self) -> Schema: ...
    @property
    def units(self) -> dict[str, str]: ...
    def label(self, name: str) -> str | None:
        """The label of a field's value; None if the value has none."""
    def numpy(self) -> _np.void:
        """The record as a scalar of numpy."""
    def tobytes(self) -> bytes:
        """Its bytes as numpy takes them: zeros behind the end of a text and in padding, bools 0 or 1."""
    def __bytes__(self) -> bytes:
        """Its bytes as they were published."""
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> _np.ndarray[Any, Any]: ...
    def __getattr__(self, name: str) -> Any: ...
    def __getitem__(self, name: str) -> Any: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __eq__(self, other: object) -> bool:
        """Whether `other` is a Mapping of the same items; whether it is the same record, `sequence` says."""
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Event:
    """What has happened to a region: `kind`, and a `value` that depends on it.

    "record" has a Sample, "missed" a number of records (of a region of instances without an `instance`: of
    those that joined and were retired meanwhile), "writer" the new state as a text, "lineage" the
    lineage of the records from now on; "replaced", "waiting", "attached", "missing", "back", "truncated",
    "joined" and "retired" have None.
    """

    __match_args__ = ("kind", "value")
    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def instance(self) -> str | None: ...

class _Following:
    """What a Follower and Events have in common."""

    def fileno(self) -> int:
        """A descriptor that is readable when there may be something, also a region that is waited for."""
    def clear(self) -> None:
        """Makes the descriptor unreadable: call it before `try_next`."""
    @property
    def timeout(self) -> float | None: ...
    def close(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...

@final
class Follower(_Following):
    """Iterates over the records of a region, in order, also with `async for`."""

    def next(self, timeout: float | None = None) -> Sample | None:
        """The next record; None if there is none within `timeout` seconds."""
    def try_next(self) -> Sample | None:
        """The next record; None if there is none yet."""
    def _region(self) -> tuple[Schema | None, bool]: ...
    def __iter__(self) -> Iterator[Sample]: ...
    def __next__(self) -> Sample: ...
    def __aiter__(self) -> AsyncIterator[Sample]: ...
    def __enter__(self) -> Follower: ...

@final
class Events(_Following):
    """Iterates over everything that happens to a region, in order, also with `async for`."""

    def next(self, timeout: float | None = None) -> Event | None:
        """The next event; None if there is none within `timeout` seconds."""
    def try_next(self) -> Event | None:
        """The next event; None if there is none yet."""
    def __iter__(self) -> Iterator[Event]: ...
    def __next__(self) -> Event: ...
    def __aiter__(self) -> AsyncIterator[Event]: ...
    def __enter__(self) -> Events: ...

class Region:
    """A region that is read, of one record or of instances."""

    def follow(self, timeout: float | None = None, *, begin: _Begin | None = None) -> Follower:
        """Every record from now on, in order. Ends after `timeout` seconds without one."""
    def events(self, timeout: float | None = None, *, begin: _Begin | None = None) -> Events:
        """Everything that happens, in order. Ends after `timeout` seconds without an event."""
    @property
    def path(self) -> str:
        """The region's file."""
    @property
    def schema(self) -> Schema: ...
    @property
    def units(self) -> dict[str, str]: ...
    @property
    def dtype(self) -> _np.dtype[Any]: ...
    @property
    def state(self) -> Literal["live", "stalled", "dead", "closed", "retired", "stale"]:
        """The state of the writer."""
    @property
    def epoch(self) -> int:
        """How many writers and files the region has had."""
    @property
    def lineage(self) -> int: ...
    @property
    def pid(self) -> int:
        """The process id that the writer wrote down; it may be of another pid namespace."""
    @property
    def period(self) -> float | None:
        """The longest time between two signs of life that the writer promises, in seconds."""
    def close(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...

@final
class Reader(Region):
    """Reads a region of one record.

    It goes over to the next file of its name by itself, also if that holds another record. It does not go over to
    a region of instances: `state` is "retired", and `latest()` raises SchemaError each time that it checks the name,
    about once in 250 ms, and returns the last record of the old file in between. Open another reader then.
    """

    def latest(self) -> Sample | None:
        """The newest record; None if nothing was published yet."""
    def __enter__(self) -> Reader: ...

@final
class InstanceReader(Region, Mapping[str, Instance]):
    """Reads a region of instances: a Mapping of their names to them.

    `keys()`, `values()` and `items()` are of the instances that there were at the call, in the file that had the
    name then. It goes over to the next file of its name as a Reader does, and not to a region of one record.
    """

    def latest(self) -> dict[str, Sample]:
        """The newest record of every instance that has one."""
    def __getitem__(self, name: str) -> Instance: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __eq__(self, other: object) -> bool:
        """Whether `other` is a Mapping of the same names to instances of this reader."""
    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __enter__(self) -> InstanceReader: ...

@final
class Instance:
    """One instance of a region. Equal to another of the same name and reader."""

    @property
    def name(self) -> str: ...
    def latest(self) -> Sample | None:
        """Its newest record; None if it has none yet."""
    def follow(self, timeout: float | None = None, *, begin: _Begin | None = None) -> Follower:
        """Every record of it from now on, in order. Ends after `timeout` seconds without one."""
    def events(self, timeout: float | None = None, *, begin: _Begin | None = None) -> Events:
        """Everything that happens to it and its region, in order."""
    def _schema(self) -> Schema: ...

@final
class Writer:
    """Publishes records; belongs to the process that opened it."""

    def publish(self, values: Any = None, /, **fields: Any) -> int:
        """Publishes a record and returns its sequence number.

        `values` is a dict, an object with an attribute for each field, a record of numpy, or bytes. Fields
        without a value keep their last one, 0 at first.
        """
    def heartbeat(self) -> None:
        """A sign of life without a record."""
    def close(self) -> None:
        """Closes the region: readers see "closed", and the last record stays."""
    @property
    def schema(self) -> Schema: ...
    @property
    def path(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    @property
    def lineage(self) -> int: ...
    def __enter__(self) -> Writer: ...
    def __exit__(self, *error: object) -> None: ...

@final
class InstanceWriter:
    """Publishes records of many instances; belongs to the process that opened it."""

    def publish(self, name: str, values: Any = None, /, **fields: Any) -> int:
        """Publishes a record of the instance `name`, which joins if it is not there."""
    def retire(self, name: str) -> None:
        """Retires an instance: it is gone for readers, and its place is free."""
    def heartbeat(self) -> None:
        """A sign of life without a record."""
    def close(self) -> None:
        """Closes the region: readers see "closed", and all records stay."""
    @property
    def schema(self) -> Schema: ...
    @property
    def path(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    def __contains__(self, name: object) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __enter__(self) -> InstanceWriter: ...
    def __exit__(self, *error: object) -> None: ...

@final
class BareReader(Generic[_T_co]):
    """Reads a file that is a struct and nothing else."""

    def latest(self) -> _T_co:
        """The struct that is in the file now. It may be torn."""
    def latest_at(self, index: int) -> _T_co:
        """Struct number `index` of an array, from 0 on, that is in the file now. It may be torn."""
    def tobytes(self) -> bytes:
        """The bytes of all structs that are in the file now."""
    def numpy(self) -> _np.ndarray[Any, Any]:
        """All structs that are in the file now, as an array of numpy. They may be torn."""
    def __len__(self) -> int:
        """How many structs the file holds."""
    def close(self) -> None: ...
    @property
    def schema(self) -> Schema: ...
    @property
    def path(self) -> str: ...
    def __enter__(self) -> BareReader[_T_co]: ...
    def __exit__(self, *error: object) -> None: ...

@final
class BareWriter:
    """Writes a file that is a struct and nothing else."""

    def publish(self, values: Any = None, /, **fields: Any) -> None:
        """Writes a record over the last one; `values` is as for `Writer.publish`."""
    def publish_at(self, index: int, values: Any = None, /, **fields: Any) -> None:
        """The same of struct number `index` of an array, from 0 on."""
    def __len__(self) -> int:
        """How many structs the file holds."""
    def close(self) -> None:
        """Lets another writer have the file, which stays as it is."""
    @property
    def schema(self) -> Schema: ...
    @property
    def path(self) -> str: ...
    def __enter__(self) -> BareWriter: ...
    def __exit__(self, *error: object) -> None: ...

def open(at: _Place) -> Any:
    """Attaches to the region at `at`, a name or a path: a Reader, or an InstanceReader.

    Only the region says which: `reader: mapcast.Reader = mapcast.open("drone")`.
    """

def follow(at: _Place, timeout: float | None = None, *, begin: _Begin | None = None) -> Follower:
    """Follows the region at `at`, which need not exist yet: every record, in order."""

def events(at: _Place, timeout: float | None = None, *, begin: _Begin | None = None) -> Events:
    """Follows the region at `at`, which need not exist yet: everything that happens, in order."""

def regions() -> list[str]:
    """The names of the regions that this process finds."""

def unpickled_schema(description: bytes) -> Schema:
    """What pickle calls for a Schema."""

def unpickled_field(
    name: str, ctype: str, unit: str, help: str, labels: list[tuple[int, str]], offset: int | None
) -> Field:
    """What pickle calls for a Field."""

def open_writer(at: _Place, schema: Schema, raw: Any, settings: dict[str, Any]) -> Any:
    """Opens a writer; `mapcast.writer()` is the one to call."""

def open_bare_reader(at: _File, schema: Schema, make: Any, count: int) -> BareReader[Any]:
    """Opens a bare file; `mapcast.open_bare()` is the one to call."""

def open_bare_writer(
    at: _File, schema: Schema, raw: Any, count: int, mode: int, group: str | None
) -> BareWriter:
    """Opens the writer of a bare file; `mapcast.bare_writer()` is the one to call."""
