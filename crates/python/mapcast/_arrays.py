"""Records as arrays of numpy and frames of pandas, which are imported when they are first used."""

from __future__ import annotations

import time
from numbers import Integral
from typing import TYPE_CHECKING, Any

from ._errors import BadValueError, SchemaError, WrongTypeError
from ._mapcast import Follower, Instance, InstanceReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy
    import pandas

    from ._mapcast import BareReader, Field, Reader, Sample, Schema

_FORMATS = {
    "i8": "<i1", "i16": "<i2", "i32": "<i4", "i64": "<i8",
    "u8": "<u1", "u16": "<u2", "u32": "<u4", "u64": "<u8",
    "f32": "<f4", "f64": "<f8", "bool": "?",
}  # fmt: skip


def dtype(schema: Schema) -> numpy.dtype[Any]:
    """The record as a type of numpy: names, formats, offsets and size are those of the schema."""
    import numpy as np

    fields = schema.fields
    layout: Any = {
        "names": [field.name for field in fields],
        "formats": [_format(field) for field in fields],
        "offsets": [field.offset for field in fields],
        "itemsize": schema.size,
    }
    made: np.dtype[Any] = np.dtype(layout)
    return made


def _format(field: Field) -> Any:
    """`char[20]` is S20, `f32[3]` is (<f4, (3,))."""
    element, _, count = field.type.rstrip("]").partition("[")
    if element == "char":
        return f"S{count or 1}"
    return (_FORMATS[element], (int(count),)) if count else _FORMATS[element]


def scalar(sample: Sample) -> numpy.void:
    import numpy as np

    found: np.void = np.frombuffer(sample.tobytes(), sample.schema.dtype)[0]
    return found


def zero_dimensional(sample: Sample, wanted: Any = None) -> numpy.ndarray[Any, Any]:
    import numpy as np

    found = np.frombuffer(bytearray(sample.tobytes()), sample.schema.dtype).reshape(())
    return found if wanted is None else found.astype(wanted)


def structs(reader: BareReader[Any]) -> numpy.ndarray[Any, Any]:
    import numpy as np

    return np.frombuffer(bytearray(reader.tobytes()), reader.schema.dtype)


def array(
    reader: Reader | Instance | Follower,
    seconds: float | None = None,
    count: int | None = None,
) -> numpy.ndarray[Any, Any]:
    """The records of the next `seconds`, or the next `count`, as a structured array of numpy."""
    import numpy as np

    samples = _of_one_record(_collected(reader, seconds, count))
    if not samples:
        schema, _ = _described(samples, reader)
        return np.empty(0, schema.dtype if schema else [])
    data = bytearray().join(sample.tobytes() for sample in samples)
    return np.frombuffer(data, samples[0].schema.dtype)


def frame(
    reader: Reader | InstanceReader | Instance | Follower,
    seconds: float | None = None,
    count: int | None = None,
) -> pandas.DataFrame:
    """The records of the next `seconds`, or the next `count`, as a frame of pandas.

    Its index is the time of publication, of a region of instances with the name of the instance before
    it, also if there were no records. Texts are text, fields with labels are categories, an array is a column for each element.
    `frame.attrs` has the units and the number of records that were missed.
    """
    import pandas as pd

    samples = _of_one_record(_collected(reader, seconds, count))
    schema, has_instances = _described(samples, reader)
    columns: dict[str, Any] = {}
    for field in schema.fields if schema else ():
        columns.update(_columns(field, samples))
    times = pd.DatetimeIndex(
        pd.to_datetime([sample.published_ns for sample in samples], utc=True), name="published_at"
    )
    index: pd.Index[Any] = times
    if has_instances:
        names = [sample.instance for sample in samples]
        index = pd.MultiIndex.from_arrays([names, times], names=["instance", "published_at"])
    found = pd.DataFrame(columns, index=index)
    found.attrs["units"] = dict(schema.units) if schema else {}
    found.attrs["missed"] = sum(sample.missed for sample in samples)
    return found


def _columns(field: Field, samples: list[Sample]) -> Iterator[tuple[str, Any]]:
    import numpy as np
    import pandas as pd

    name = field.name
    element, _, count = field.type.rstrip("]").partition("[")
    if element == "char" and not field.labels:
        yield name, pd.Series([sample[name] for sample in samples], dtype=object).array
    elif count and element != "char":
        for at in range(int(count)):
            yield f"{name}[{at}]", np.array([s[name][at] for s in samples], _FORMATS[element])
    elif field.labels:
        labels = [sample.label(name) or str(sample[name]) for sample in samples]
        known = dict.fromkeys([*field.labels.values(), *labels])
        yield name, pd.Categorical(labels, categories=list(known))
    else:
        yield name, np.array([sample[name] for sample in samples], _FORMATS[element])


def _described(
    samples: list[Sample], reader: Reader | InstanceReader | Instance | Follower
) -> tuple[Schema | None, bool]:
    """The schema of the records and whether they are of instances; without records, those of a region that exists."""
    if samples:
        return samples[0].schema, any(sample.instance is not None for sample in samples)
    if isinstance(reader, Follower):
        return reader._region()
    if isinstance(reader, Instance):
        return reader._schema(), True
    return reader.schema, isinstance(reader, InstanceReader)


def _of_one_record(collected: Iterator[Sample]) -> list[Sample]:
    """All of them, if they have one schema: bytes and units of another record have no place in the columns."""
    samples: list[Sample] = []
    for sample in collected:
        if samples and sample.schema != samples[0].schema:
            was, now = samples[0].schema, sample.schema
            fact = f"the record changed after {len(samples)} records: {was!r} is now {now!r}"
            raise SchemaError(f"{fact}; collect again, or iterate over a follower")
        samples.append(sample)
    return samples


def _collected(reader: Any, seconds: float | None, count: int | None) -> Iterator[Sample]:
    """The samples of `reader` until either is reached; an own follower is closed."""
    if seconds is None and count is None:
        raise BadValueError("nothing says when to stop; give seconds=... or count=...")
    if count is not None and not isinstance(count, Integral):
        raise WrongTypeError(f"count={count!r} is no number of records; give an integer from 0 on")
    if count is not None and count < 0:
        raise BadValueError(f"count={count!r} is no number of records; give an integer from 0 on")
    if seconds is not None and not seconds >= 0:
        raise BadValueError(f"seconds={seconds!r} is no time; give a number from 0 on")
    if not hasattr(reader, "follow") and not isinstance(reader, Follower):
        raise WrongTypeError(f"{reader!r} has no records; give a reader, an instance or a follower")
    if hasattr(reader, "follow"):
        with reader.follow() as follower:
            yield from _taken(follower, seconds, count)
    else:
        yield from _taken(reader, seconds, count)


def _taken(follower: Follower, seconds: float | None, count: int | None) -> Iterator[Sample]:
    end = None if seconds is None else time.monotonic() + seconds
    taken = 0
    while count is None or taken < count:
        left = None if end is None else max(0.0, end - time.monotonic())
        sample = follower.next(left)
        if sample is None:
            return
        yield sample
        taken += 1
        if end is not None and time.monotonic() >= end:
            return
