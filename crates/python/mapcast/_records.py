"""What a record is, out of what Python programs have: dicts, dataclasses, ctypes and numpy."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import typing
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Union

from ._errors import SchemaError, WrongTypeError
from ._mapcast import Descriptor, Field, Schema


if TYPE_CHECKING:
    import numpy

    File = Union[str, "os.PathLike[str]"]
    Place = Union[File, Descriptor]
    Record = Union[Schema, Mapping[str, Any], "type[Any]", "numpy.dtype[Any]"]

i8 = Annotated[int, Field("i8")]
i16 = Annotated[int, Field("i16")]
i32 = Annotated[int, Field("i32")]
i64 = Annotated[int, Field("i64")]
u8 = Annotated[int, Field("u8")]
u16 = Annotated[int, Field("u16")]
u32 = Annotated[int, Field("u32")]
u64 = Annotated[int, Field("u64")]
f32 = Annotated[float, Field("f32")]
f64 = Annotated[float, Field("f64")]

# What an annotation without a Field means. A text needs a length.
_PLAIN = {bool: Field("bool"), int: Field("i64"), float: Field("f64")}

# The longest name that a record can have.
_LONGEST_NAME = 64

# The codes of ctypes' simple types, on 64-bit Linux.
_CTYPES = {
    "b": "i8", "h": "i16", "i": "i32", "l": "i64", "q": "i64",
    "B": "u8", "H": "u16", "I": "u32", "L": "u64", "Q": "u64",
    "f": "f32", "d": "f64", "?": "bool", "c": "char",
}  # fmt: skip


def text(size: int) -> Field:
    """A text of at most `size` - 1 bytes of UTF-8: `name: Annotated[str, mapcast.text(20)]`."""
    return Field(f"char[{size}]")


def schema(record: Record, name: str | None = None) -> Schema:
    """The description of a record; `name`, if it is not that of the class."""
    return description("record", record, name)[0]


def description(at: Place, record: Record, name: str | None) -> tuple[Schema, Any]:
    """The schema, and the type of ctypes or numpy whose bytes are those of the record."""
    if isinstance(record, Schema):
        return record, None
    if isinstance(record, type) and issubclass(record, ctypes.Structure):
        fields = [_ctypes_field(record, *entry) for entry in _entries(record)]
        size = ctypes.sizeof(record)
        return Schema(name or record.__name__, fields, size=size), record
    if isinstance(record, type) and dataclasses.is_dataclass(record):
        hints = typing.get_type_hints(record, include_extras=True)
        fields = [(each.name, _field(each.name, hints[each.name])) for each in dataclasses.fields(record)]
        return Schema(name or record.__name__, fields), None
    if isinstance(record, Mapping):
        fields = [(str(key), _field(str(key), value)) for key, value in record.items()]
        return Schema(name or _stem(at), fields), None
    if _is_dtype(record):
        fields = [(key, _numpy_field(record, key)) for key in record.names or ()]
        return Schema(name or _stem(at), fields, size=record.itemsize), record
    raise WrongTypeError(
        f"{record!r} describes no record; "
        "give a dict of types, a dataclass, a ctypes.Structure, a dtype of numpy or a Schema"
    )


def maker(record: Record, schema: Schema, raw: Any) -> Callable[[bytes], Any]:
    """What makes an object out of the bytes of a record: one of what `record` is."""
    if isinstance(raw, type):
        structure: Any = raw
        return lambda data: structure.from_buffer_copy(data)
    if raw is not None:
        import numpy as np

        return lambda data: np.frombuffer(data, raw)[0]
    if isinstance(record, type):
        return lambda data: record(**schema.unpack(data))
    return schema.unpack


def _stem(at: Place) -> str:
    """A record without a name of its own has that of its region, as far as it is an identifier.

    What names no region is refused where it is opened, which says what does.
    """
    at = os.fspath(at) if isinstance(at, os.PathLike) else at
    name = os.path.basename(at) if isinstance(at, str) else "record"
    name = name[: -len(".region")] if name.endswith(".region") else name
    name = "".join(char if char.isascii() and char.isalnum() else "_" for char in name)
    name = name if name and not name[0].isdigit() else f"_{name}"
    return name[:_LONGEST_NAME]


def _field(name: str, hint: Any) -> Field:
    """A field of a dict or a dataclass: "f32", float, a Field, or Annotated with some."""
    if isinstance(hint, Field):
        return hint
    if isinstance(hint, str):
        return Field(hint)
    if isinstance(hint, type) and hint in _PLAIN:
        return _PLAIN[hint]
    if typing.get_origin(hint) is Annotated:
        plain, *notes = typing.get_args(hint)
        found = _PLAIN.get(plain, Field())
        for note in notes:
            found = found | note if isinstance(note, Field) else found
        if found.type:
            return found
    shown = getattr(hint, "__name__", hint)
    raise SchemaError(
        f'field "{name}" is {shown}, which has no size; '
        'write its type: Annotated[..., mapcast.Field("f32[3]")], for a text mapcast.text(20)'
    )


def _entries(structure: type[ctypes.Structure]) -> list[tuple[Any, ...]]:
    """The fields of a structure and of those that it extends."""
    bases = [base for base in reversed(structure.__mro__) if "_fields_" in vars(base)]
    return [tuple(entry) for base in bases for entry in vars(base)["_fields_"]]


def _ctypes_field(
    structure: type[ctypes.Structure], name: str, kind: Any, *bits: int
) -> tuple[str, Field]:
    shown = f'field "{name}" of {structure.__name__}'
    if bits:
        raise SchemaError(f"{shown} is a bit field; give it a whole type, such as c_uint8")
    count = getattr(kind, "_length_", None)
    element = kind._type_ if count is not None else kind
    code = getattr(element, "_type_", None)
    # A type of the other byte order has the same code, and a twin.
    is_foreign = getattr(element, "__ctype_le__", element) is not element
    if not isinstance(code, str) or code not in _CTYPES or is_foreign:
        raise SchemaError(
            f"{shown} is {kind.__name__}; a record is flat and little-endian: "
            "use numbers, c_bool, c_char and arrays of them"
        )
    ctype = _CTYPES[code] if count is None else f"{_CTYPES[code]}[{count}]"
    notes = getattr(structure, "_mapcast_", {}).get(name, Field())
    return name, Field(ctype, offset=getattr(structure, name).offset) | notes


def _is_dtype(record: Any) -> bool:
    return type(record).__module__.partition(".")[0] == "numpy" and hasattr(record, "names")


def _numpy_field(dtype: Any, name: str) -> Field:
    kind, offset = dtype.fields[name][:2]
    element, shape = kind.subdtype or (kind, ())
    shown = f'field "{name}" is {kind}'
    if len(shape) > 1:
        raise SchemaError(f"{shown}; an array in a record has one dimension")
    if element.byteorder == ">":
        raise SchemaError(f"{shown}; a record is little-endian, so use {element.newbyteorder('<')}")
    if element.kind == "S" and not shape:
        ctype = "char" if element.itemsize == 1 else f"char[{element.itemsize}]"
    elif element.kind == "b":
        ctype = "bool"
    elif element.kind in "iuf" and element.itemsize <= 8 and element.str != "<f2":
        ctype = f"{element.kind}{element.itemsize * 8}"
    else:
        raise SchemaError(f"{shown}; use integers, f4, f8, bool, or S20 for a text")
    return Field(f"{ctype}[{shape[0]}]" if shape else ctype, offset=offset)
