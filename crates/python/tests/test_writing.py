"""A writer takes a dict, keywords, a dataclass, a ctypes.Structure, a record of numpy, or bytes."""

from __future__ import annotations

import ctypes
import dataclasses
import enum
import itertools
import math
import os
import signal
import types
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, List

import mapcast
import pytest


@dataclasses.dataclass
class Drone:
    x: Annotated[mapcast.f32, mapcast.Field(unit="m")]
    laps: int
    armed: bool
    name: Annotated[str, mapcast.text(8)]
    axes: Annotated[List[float], mapcast.Field("f64[2]", unit="m/s")]


class Stu(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int), ("name", ctypes.c_char * 20), ("sex", ctypes.c_char)]
    _mapcast_ = {"id": mapcast.Field(help="student number")}


def endless() -> list[Any]:
    """A list that is in itself."""
    found: list[Any] = []
    found.append(found)
    return found


def latest(region: str) -> mapcast.Sample:
    sample = mapcast.open(region).latest()
    assert sample is not None
    return sample


def test_a_dataclass_is_the_record_and_comes_back() -> None:
    drone = Drone(1.5, 3, True, "abc", [1.0, 2.0])
    with mapcast.writer("drone", Drone) as writer:
        assert writer.publish(drone) == 1
        assert writer.schema.name == "Drone"
        assert writer.schema.units == {"x": "m", "axes": "m/s"}
        assert Drone(**latest("drone")) == drone


def test_a_structure_of_ctypes_is_the_record_byte_for_byte() -> None:
    with mapcast.writer("stu", Stu) as writer:
        stu = Stu(10, "小明".encode(), b"m")
        writer.publish(stu)
        sample = latest("stu")
        assert bytes(sample) == bytes(stu)
        assert dict(sample) == {"id": 10, "name": "小明", "sex": "m"}
        assert bytes(Stu.from_buffer_copy(bytes(sample))) == bytes(stu)
        assert (writer.schema.size, writer.schema["id"].help) == (28, "student number")
        writer.publish(id=11)
        assert (latest("stu").id, latest("stu").name) == (11, "小明")


def test_a_structure_of_ctypes_keeps_its_offsets() -> None:
    class Base(ctypes.Structure):
        _fields_ = [("a", ctypes.c_uint8), ("b", ctypes.c_double)]

    class Longer(Base):
        _fields_ = [("c", ctypes.c_int16 * 3), ("d", ctypes.c_bool)]

    schema = mapcast.schema(Longer)
    offsets = {field.name: (field.type, field.offset) for field in schema.fields}
    assert offsets == {"a": ("u8", 0), "b": ("f64", 8), "c": ("i16[3]", 16), "d": ("bool", 22)}
    assert schema.size == ctypes.sizeof(Longer) == 24


@pytest.mark.parametrize("kind", [ctypes.c_void_p, ctypes.c_wchar, Stu, ctypes.c_int.__ctype_be__])
def test_what_cannot_be_in_a_record_is_refused_by_name(kind: Any) -> None:
    class Bad(ctypes.Structure):
        _fields_ = [("a", kind)]

    with pytest.raises(mapcast.SchemaError, match='field "a" of Bad is .*; a record is flat'):
        mapcast.writer("bad", Bad)


def test_bits_and_packed_structures_are_refused() -> None:
    class Bits(ctypes.Structure):
        _fields_ = [("a", ctypes.c_uint8, 3)]

    class Packed(ctypes.Structure):
        _pack_ = 1
        _layout_ = "ms"
        _fields_ = [("a", ctypes.c_uint8), ("b", ctypes.c_double)]

    with pytest.raises(mapcast.SchemaError, match="is a bit field; give it a whole type"):
        mapcast.writer("bits", Bits)
    with pytest.raises(mapcast.SchemaError, match="b"):
        mapcast.writer("packed", Packed)


def test_any_object_with_the_fields_is_a_record() -> None:
    with mapcast.writer("load", {"one": float, "five": "f32"}) as writer:
        writer.publish(types.SimpleNamespace(one=1, five=2.5, more="ignored"))
        assert dict(latest("load")) == {"one": 1.0, "five": 2.5}
        with pytest.raises(mapcast.WrongTypeError, match='SimpleNamespace has no field "five"'):
            writer.publish(types.SimpleNamespace(one=1))
        with pytest.raises(mapcast.WrongTypeError, match="publish.. without a record; give a dict"):
            writer.publish()
        with pytest.raises(mapcast.WrongTypeError, match="bytes was published with keywords"):
            writer.publish(bytes(16), one=3)


def test_an_exception_of_the_object_itself_is_raised_and_nothing_is_published() -> None:
    class Broken:
        dtype = "no type of numpy"
        x = 1.0

        @property
        def y(self) -> float:
            raise ZeroDivisionError("of its own")

    class Index:
        def __index__(self) -> int:
            raise ZeroDivisionError("of its own")

    class Float:
        def __float__(self) -> float:
            raise ZeroDivisionError("of its own")

    with mapcast.writer("load", {"x": float, "y": float}) as writer:
        with pytest.raises(ZeroDivisionError, match="of its own"):
            writer.publish(Broken())
        for number in (Index(), Float()):
            with pytest.raises(ZeroDivisionError, match="of its own"):
                writer.publish(x=number)
        assert writer.sequence == 0


def test_numbers_of_every_kind_fit_where_their_value_does() -> None:
    class Mode(enum.IntEnum):
        AUTO = 3

    fields = {"n": "u8", "wide": "u64", "low": "i64", "x": "f32", "on": bool}
    with mapcast.writer("numbers", fields) as writer:
        writer.publish(n=Mode.AUTO, wide=2**64 - 1, low=-(2**63), x=math.inf, on=2)
        assert tuple(latest("numbers").values()) == (3, 2**64 - 1, -(2**63), math.inf, True)
        writer.publish(n=7.0, x=10**30, on=0)
        sample = latest("numbers")
        assert (sample.n, sample.on) == (7, False) and math.isclose(sample.x, 1e30, rel_tol=1e-6)
        for huge in (10**400, -(10**400)):
            for name in fields:
                with pytest.raises(mapcast.BadValueError, match=f'field "{name}".*larger than any float'):
                    writer.publish(**{name: huge})


class Wrapper:
    """A number of a kind of its own, which is a float and nothing else."""

    def __float__(self) -> float:
        return 5.0


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("low", Decimal("9007199254740993"), 9007199254740993),
        ("low", Fraction(9007199254740993), 9007199254740993),
        ("low", Decimal(-(2**63)), -(2**63)),
        ("wide", Decimal(2**64 - 1), 2**64 - 1),
        ("low", Wrapper(), 5),
        ("x", Decimal("0.1"), 0.1),
        ("x", Decimal("-Infinity"), -math.inf),
        ("x", 2**64, 2.0**64),
        ("on", Decimal("1e-400"), True),
        ("on", Decimal(0), False),
        ("two", [Decimal(2**63 - 1), Fraction(3)], [2**63 - 1, 3]),
    ],
)
def test_other_numbers_are_stored_as_what_they_are(field: str, value: Any, stored: Any) -> None:
    fields = {"low": "i64", "wide": "u64", "x": "f64", "on": bool, "two": "i64[2]"}
    with mapcast.writer("numbers", fields) as writer:
        writer.publish({field: value})
        assert latest("numbers")[field] == stored


def test_a_longdouble_is_stored_as_what_it_is() -> None:
    np = pytest.importorskip("numpy")
    with mapcast.writer("numbers", {"n": "i64", "x": "f64"}) as writer:
        writer.publish(n=np.longdouble("9007199254740993"), x=np.longdouble("0.5"))
        assert tuple(latest("numbers").values()) == (9007199254740993, 0.5)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("low", -(2**63) - 1, '-9223372036854775809 does not fit field "low" .i64.'),
        ("low", 2**63, '9223372036854775808 does not fit field "low"'),
        ("wide", 2**64, '18446744073709551616 does not fit field "wide"'),
        ("wide", 10**100, r'1000.*000\.\.\. does not fit field "wide"'),
        ("two", [1, -(2**63) - 1], '-9223372036854775809 does not fit field "two"'),
        ("mode", 2**80, 'does not fit field "mode"'),
        ("low", Decimal(-(2**63) - 1), '-9223372036854775809 does not fit field "low"'),
        ("wide", Decimal(2**64), '18446744073709551616 does not fit field "wide"'),
        ("low", Decimal("1e100"), r'1E\+100 does not fit field "low"'),
        ("low", Decimal("1e300000000"), 'field "low" is i64, and the number is larger than any float'),
        ("low", Fraction(2**55 + 1, 2), '36028797018963969/2 is not a whole number, and field "low" is i64'),
        ("low", Decimal("1e-300000000"), "1E-300000000 is not a whole number"),
        ("low", Decimal("NaN"), "NaN is not a whole number"),
        ("low", Decimal("Infinity"), "inf is not a whole number"),
        ("x", Decimal("1e400"), "larger than any float"),
        ("x", Fraction(10**400), "larger than any float"),
        ("on", Decimal("NaN"), 'field "on"'),
    ],
)
def test_numbers_that_only_fit_when_they_are_rounded_are_refused(
    field: str, value: Any, message: str
) -> None:
    mode = mapcast.Field("u8", labels={1: "auto"})
    fields = {"low": "i64", "wide": "u64", "x": "f64", "on": bool, "two": "i64[2]", "mode": mode}
    with mapcast.writer("numbers", fields) as writer:
        with pytest.raises(mapcast.BadValueError, match=message):
            writer.publish({field: value})
        assert writer.sequence == 0


def test_a_record_without_a_name_has_one_that_a_record_can_have() -> None:
    for region, name in (("x" * 100, "x" * 64), ("1" * 64, "_" + "1" * 63), ("a-b.c", "a_b_c")):
        with mapcast.writer(region, {"x": int}) as writer:
            assert writer.schema.name == name


@pytest.mark.parametrize(
    ("field", "value", "error", "message"),
    [
        ("n", 256, mapcast.BadValueError, '256 does not fit field "n" .u8.'),
        ("n", -1, mapcast.BadValueError, '-1 does not fit field "n"'),
        ("n", 10**400, mapcast.BadValueError, 'field "n"'),
        ("n", 1.5, mapcast.BadValueError, "1.5 is not a whole number"),
        ("n", math.nan, mapcast.BadValueError, 'NaN is not a whole number, and field "n" is u8'),
        ("n", "auto", mapcast.WrongTypeError, 'field "n" is u8 and takes a whole number, not text'),
        ("n", None, mapcast.WrongTypeError, 'field "n" got NoneType; give a number'),
        ("n", {}, mapcast.WrongTypeError, 'field "n" got dict'),
        ("n", [1], mapcast.WrongTypeError, 'field "n"'),
        ("on", math.nan, mapcast.BadValueError, 'field "on"'),
        ("on", "yes", mapcast.WrongTypeError, 'field "on" is bool'),
        ("mode", "fast", mapcast.BadValueError, '"fast" is no label of field "mode"'),
        ("name", "four", mapcast.BadValueError, "text of 4 bytes does not fit"),
        ("name", "小明", mapcast.BadValueError, "text of 6 bytes does not fit"),
        ("name", "a\0b", mapcast.BadValueError, "NUL"),
        ("name", b"\xff", mapcast.BadValueError, "not UTF-8 at 0"),
        ("name", 3, mapcast.WrongTypeError, 'field "name"'),
        ("axes", [1], mapcast.BadValueError, "the list has 1 element"),
        ("axes", ["a", "b"], mapcast.WrongTypeError, 'field "axes"'),
        ("axes", 1, mapcast.WrongTypeError, 'field "axes"'),
        ("axes", range(10**9), mapcast.BadValueError, "the list has 1000000000 elements; give exactly as many"),
        ("axes", itertools.count(), mapcast.BadValueError, "the list has 3 elements"),
        ("axes", endless(), mapcast.WrongTypeError, 'field "axes" got list'),
        (3, 1, mapcast.WrongTypeError, "a field is named by a text, not by 3"),
        ("y", 1, mapcast.NoFieldError, 'record bad has no field "y"; use one of: n, on'),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    field: str, value: Any, error: type[Exception], message: str
) -> None:
    fields = {
        "n": "u8",
        "on": bool,
        "mode": mapcast.Field("u8", labels={1: "auto"}),
        "name": "char[4]",
        "axes": "f32[2]",
    }
    with mapcast.writer("bad", fields) as writer:
        writer.publish(n=1, on=True, mode="auto", name="abc", axes=(1, 2))
        with pytest.raises(error, match=message) as caught:
            writer.publish({"n": 9, field: value})
        assert isinstance(caught.value, mapcast.Error)
        writer.publish(on=False)
        sample = latest("bad")
        assert (sample.sequence, sample.n, sample.axes) == (2, 1, [1.0, 2.0])


def test_a_record_that_cannot_be_is_refused_with_its_field() -> None:
    def refused(record: Any, message: str) -> None:
        with pytest.raises(mapcast.Error, match=message):
            mapcast.writer("refused", record)

    refused({}, "field")
    refused({"a b": float}, "a b")
    refused({"x": "f16"}, "f16")
    refused({"x": str}, 'field "x" is str, which has no size; write its type')
    refused({"x": "char[0]"}, "char")
    refused({"x": list}, 'field "x" is list')
    refused(3, "3 describes no record; give a dict of types")
    refused({"x": mapcast.Field("u8", labels={300: "much"})}, "300")


def test_a_schema_checks_the_size_that_its_fields_have() -> None:
    fields = [("a", mapcast.Field("u8")), ("b", mapcast.Field("f64", offset=8))]
    assert mapcast.Schema("R", fields, size=16).size == 16
    with pytest.raises(mapcast.SchemaError, match="record R has size 24 here, and size 16 by the rules"):
        mapcast.Schema("R", fields, size=24)


def test_a_line_of_the_schema_is_how_a_sample_prints() -> None:
    schema = mapcast.Schema("P", [("x", mapcast.Field("f64"))], line="at {x:.1} m")
    with mapcast.writer("point", schema) as writer:
        writer.publish(x=1.25)
        assert str(latest("point")) == "at 1.2 m"


def test_a_sample_is_published_again_as_it_is() -> None:
    with mapcast.writer("one", {"x": float, "n": int}) as one, mapcast.writer("two", {"n": int, "x": float}) as two:
        one.publish(x=1, n=2)
        two.publish(latest("one"))
        assert dict(latest("two")) == {"n": 2, "x": 1.0}


def test_a_writer_is_closed_by_the_with_statement_and_at_the_end_of_the_program(
    other: Callable[[str], Any],
) -> None:
    with mapcast.writer("load", {"x": float}) as writer:
        writer.publish(x=1)
    assert mapcast.open("load").state == "closed"
    with pytest.raises(mapcast.ClosedError, match="this writer is closed; open another one"):
        writer.publish(x=2)
    assert repr(writer) == "<Writer: closed>"
    program = """if True:
        import mapcast
        keep = [mapcast.writer("load", {"x": float})]
        keep.append(keep)  # a cycle, which the interpreter need not free
        keep[0].publish(x=3)
    """
    status, _, err = other(program).end()
    assert status == 0, err
    assert mapcast.open("load").state == "closed" and mapcast.open("load").latest().sequence == 2


def test_another_writer_is_refused_and_a_standby_takes_over(other: Callable[[str], Any]) -> None:
    program = """if True:
        import mapcast
        writer = mapcast.writer("one", {"x": float})
        writer.publish(x=1)
        print("publishing")
        input()
    """
    first = other(program)
    assert first.line() == "publishing"
    with pytest.raises(mapcast.BusyError, match="process [0-9]+ publishes here already; end that writer") as caught:
        mapcast.writer("one", {"x": float})
    assert isinstance(caught.value, OSError) and caught.value.path is not None
    standby = other(
        """if True:
        import mapcast
        print("waiting")
        with mapcast.writer("one", {"x": float}, standby=True) as writer:
            print(writer.publish(x=2))
    """
    )
    assert standby.line() == "waiting"
    reader = mapcast.open("one")
    first.process.send_signal(signal.SIGKILL)
    assert standby.line() == "2"
    assert standby.end()[0] == 0
    assert (reader.latest().x, reader.epoch, reader.state) == (2.0, 2, "closed")


def test_a_writer_that_is_killed_is_dead_and_its_record_stays(other: Callable[[str], Any]) -> None:
    program = """if True:
        import mapcast, os, signal
        writer = mapcast.writer("one", {"x": float})
        writer.publish(x=1)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert other(program).end()[0] == -signal.SIGKILL
    reader = mapcast.open("one")
    assert (reader.state, reader.latest().x) == ("dead", 1.0)
    with mapcast.writer("one", {"x": float}) as writer:
        assert writer.publish(x=2) == 2
        assert reader.state == "live"


def test_the_options_of_a_region_are_those_asked_for() -> None:
    with mapcast.writer("opts", {"x": float}, mode=0o600, slots=16, period=0.5, wake=False) as writer:
        writer.publish(x=1)
        writer.heartbeat()
        assert os.stat(writer.path).st_mode & 0o777 == 0o600
        assert mapcast.open("opts").period == 0.5
    for wrong in ({"slots": 5}, {"mode": 0o444}, {"group": "no such group"}, {"period": -1.0}):
        with pytest.raises(mapcast.BadValueError):
            mapcast.writer("opts", {"x": float}, **wrong)  # type: ignore[arg-type]
