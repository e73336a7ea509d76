"""numpy and pandas: types, scalars, arrays and frames; neither is needed for anything else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import mapcast
import pytest

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")

DRONE = {
    "x": mapcast.Field("f32", unit="m"),
    "armed": bool,
    "mode": mapcast.Field("u8", labels={0: "off", 1: "自动"}),
    "name": "char[20]",
    "letter": "char",
    "axes": "f64[3]",
    "n": "u64",
}


@pytest.fixture
def writer() -> mapcast.Writer:
    writer = mapcast.writer("drone", DRONE)
    writer.publish(x=0.5, armed=True, mode=1, name="小明", letter="m", axes=[1, 2, 3], n=2**64 - 1)
    return writer


def test_the_dtype_has_the_names_offsets_and_size_of_the_schema(writer: mapcast.Writer) -> None:
    dtype = mapcast.open("drone").dtype
    assert dtype.itemsize == writer.schema.size
    assert dtype.names == tuple(DRONE)
    offsets = {name: dtype.fields[name][1] for name in dtype.names}
    assert offsets == {field.name: field.offset for field in writer.schema.fields}
    assert dtype["x"] == np.dtype("<f4") and dtype["name"] == np.dtype("S20")
    assert dtype["letter"] == np.dtype("S1") and dtype["armed"] == np.dtype("?")
    assert dtype["axes"] == np.dtype(("<f8", (3,))) and dtype["n"] == np.dtype("<u8")


def test_a_sample_is_a_scalar_and_an_array(writer: mapcast.Writer) -> None:
    sample = mapcast.open("drone").latest()
    scalar, array = sample.numpy(), np.asarray(sample)
    assert scalar["x"] == 0.5 and scalar["armed"] and scalar["n"] == 2**64 - 1
    assert scalar["name"].decode() == "小明" and list(scalar["axes"]) == [1, 2, 3]
    assert array.shape == () and array.dtype == sample.schema.dtype and array["mode"] == 1
    array["x"] = 2  # a copy of its own
    assert sample.x == 0.5


def test_a_record_of_numpy_is_published_as_it_is() -> None:
    dtype = np.dtype([("id", "<i4"), ("name", "S20"), ("on", "?"), ("xy", "<f8", (2,))], align=True)
    with mapcast.writer("numpy", dtype) as writer:
        assert writer.schema.size == dtype.itemsize and writer.schema.name == "numpy"
        rows = np.array([(1, "小明".encode(), True, [1, 2]), (2, b"b", False, [3, 4])], dtype)
        for row in rows:
            writer.publish(row)
        sample = mapcast.open("numpy").latest()
        assert dict(sample) == {"id": 2, "name": "b", "on": False, "xy": [3.0, 4.0]}
        assert sample.numpy() == rows[1] and mapcast.open("numpy").dtype == dtype
        # Another layout with the same fields goes by their names.
        packed = np.dtype([("xy", "<f4", (2,)), ("on", "?"), ("id", "<i8"), ("name", "S4")])
        writer.publish(np.array([([5, 6], True, 7, b"c")], packed)[0])
        assert dict(mapcast.open("numpy").latest()) == {"id": 7, "name": "c", "on": True, "xy": [5.0, 6.0]}
        with pytest.raises(mapcast.WrongTypeError, match='void has no field "id"'):
            writer.publish(np.zeros((), [("on", "?")])[()])
        with pytest.raises(mapcast.BadValueError, match="a record of size"):
            writer.publish(rows)


def test_scalars_and_arrays_of_numpy_are_values(writer: mapcast.Writer) -> None:
    writer.publish(
        x=np.float32(1.5), armed=np.bool_(False), mode=np.uint8(0), name=np.bytes_(b"b"),
        letter=np.str_("z"), axes=np.arange(3), n=np.int64(3),
    )  # fmt: skip
    assert tuple(mapcast.open("drone").latest().values()) == (1.5, False, 0, "b", "z", [0.0, 1.0, 2.0], 3)
    for value, error in ((np.float64("nan"), ValueError), (np.int64(-1), ValueError), (np.zeros(2), TypeError)):
        with pytest.raises(error):
            writer.publish(n=value)


@pytest.mark.parametrize(
    ("dtype", "message"),
    [
        ([("a", ">i4")], "a record is little-endian, so use"),
        ([("a", "U20")], "use integers, f4, f8, bool, or S20 for a text"),
        ([("a", "<f2")], "use integers, f4, f8"),
        ([("a", "<c16")], "use integers, f4, f8"),
        ([("a", "<M8[s]")], "use integers, f4, f8"),
        ([("a", "<f8", (2, 2))], "an array in a record has one dimension"),
        ([("a", [("b", "<f8")])], "use integers, f4, f8"),
        ([("a", "u1"), ("b", "<f8")], "b"),
        ("<f8", ""),
    ],
)
def test_a_dtype_that_is_no_record_is_refused(dtype: Any, message: str) -> None:
    with pytest.raises(mapcast.SchemaError, match=message or "field"):
        mapcast.writer("refused", np.dtype(dtype))


def publishing(writer: mapcast.Writer, values: range) -> threading.Thread:
    def publish() -> None:
        for value in values:
            writer.publish(n=value)

    thread = threading.Thread(target=publish)
    thread.start()
    return thread


def test_an_array_has_the_next_records(writer: mapcast.Writer) -> None:
    follower = mapcast.open("drone").follow(begin="oldest")
    thread = publishing(writer, range(5))
    array = mapcast.array(follower, count=6)
    thread.join(60)
    assert array.dtype == writer.schema.dtype and list(array["n"]) == [2**64 - 1, 0, 1, 2, 3, 4]
    array["n"] = 0
    assert len(mapcast.array(mapcast.open("drone"), count=1)) == 1
    empty = mapcast.array(follower, seconds=0)
    assert len(empty) == 0


def test_a_frame_has_times_labels_texts_and_units(writer: mapcast.Writer) -> None:
    follower = mapcast.open("drone").follow(begin="oldest")
    thread = publishing(writer, range(3))
    frame = mapcast.frame(follower, count=4)
    thread.join(60)
    assert list(frame.columns) == ["x", "armed", "mode", "name", "letter", "axes[0]", "axes[1]", "axes[2]", "n"]
    assert list(frame["n"]) == [2**64 - 1, 0, 1, 2] and frame["n"].dtype == np.dtype("u8")
    assert list(frame["name"]) == ["小明"] * 4 and list(frame["mode"]) == ["自动"] * 4
    assert list(frame["mode"].cat.categories) == ["off", "自动"]
    assert frame["x"].dtype == np.dtype("f4") and frame["armed"].dtype == np.dtype(bool)
    assert frame.index.name == "published_at" and str(frame.index.tz) == "UTC"
    assert frame.index.is_monotonic_increasing
    assert frame.attrs == {"units": {"x": "m"}, "missed": 0}


def test_a_frame_of_seconds_ends_and_may_be_empty() -> None:
    with mapcast.writer("still", {"x": float}):
        frame = mapcast.frame(mapcast.open("still"), seconds=0.05)
        assert list(frame.columns) == ["x"] and len(frame) == 0
        with pytest.raises(mapcast.BadValueError, match="nothing says when to stop; give seconds"):
            mapcast.frame(mapcast.open("still"))
        with pytest.raises(mapcast.WrongTypeError, match="3 has no records; give a reader"):
            mapcast.frame(3, count=1)  # type: ignore[arg-type]


def test_a_frame_of_instances_has_their_names() -> None:
    with mapcast.writer("net", {"rx": int}, instances=4) as writer:
        writer.publish("eth0", rx=1)
        writer.publish("eth1", rx=2)
        frame = mapcast.frame(mapcast.open("net"), count=2)
        assert frame.index.names == ["instance", "published_at"]
        assert dict(zip(frame.index.get_level_values(0), frame["rx"])) == {"eth0": 1, "eth1": 2}


def test_a_frame_of_instances_has_their_names_in_its_index_also_if_it_is_empty() -> None:
    with mapcast.writer("net", {"rx": int}, instances=4) as writer:
        reader = mapcast.open("net")
        full = indexed(mapcast.frame(reader, seconds=0))
        writer.publish("eth0", rx=1)
        for follow in (reader["eth0"].follow, reader.follow, partial(mapcast.follow, "net")):
            assert indexed(mapcast.frame(follow(begin="next"), seconds=0)) == full
        names, times, columns = full
        assert names == ["instance", "published_at"] and times == "UTC" and columns == ["rx"]


def indexed(frame: Any) -> tuple[list[str], str, list[str]]:
    assert len(frame) == 0 and isinstance(frame.index, pd.MultiIndex)
    return list(frame.index.names), str(frame.index.levels[1].tz), list(frame.columns)


def test_an_instance_without_a_record_has_an_empty_table_of_its_record() -> None:
    with mapcast.writer("net", {"rx": int}, instances=4) as writer:
        writer.publish("eth0", rx=1)
        instance = mapcast.open("net")["eth0"]
        writer.retire("eth0")
        assert indexed(mapcast.frame(instance, seconds=0))[2] == ["rx"]
        assert mapcast.array(instance, seconds=0).dtype == writer.schema.dtype
        assert mapcast.array(mapcast.follow("net"), seconds=0).dtype == writer.schema.dtype
    assert len(mapcast.array(mapcast.follow("later"), seconds=0)) == 0
    assert len(mapcast.frame(mapcast.follow("later"), seconds=0)) == 0


@pytest.mark.parametrize("collect", [mapcast.array, mapcast.frame])
def test_what_ends_a_collection_is_checked(collect: Any, writer: mapcast.Writer) -> None:
    reader = mapcast.open("drone")
    for count in (1.5, 1.0, "1"):
        with pytest.raises(mapcast.WrongTypeError, match=f"count={count!r} is no number of records"):
            collect(reader, count=count)
    for wrong in ({"count": -1}, {"seconds": -1}, {"seconds": float("nan")}):
        with pytest.raises(mapcast.BadValueError, match="is no (number of records|time); give"):
            collect(reader, **wrong)
    assert len(collect(reader, count=np.int64(1))) == 1 and len(collect(reader, count=0)) == 0


@pytest.mark.parametrize("collect", [mapcast.array, mapcast.frame])
@pytest.mark.parametrize("second", [mapcast.Field("i32"), mapcast.Field("f32", unit="km")])
def test_records_of_two_schemas_are_not_one_table(collect: Any, second: mapcast.Field) -> None:
    with mapcast.writer("changed", {"x": mapcast.Field("f32", unit="m")}) as writer:
        writer.publish(x=1)
        follower = mapcast.open("changed").follow(begin="oldest")
    with mapcast.writer("changed", {"x": second}) as writer:
        writer.publish(x=7)
        with pytest.raises(mapcast.SchemaError, match="the record changed after 1 records"):
            collect(follower, count=2)
        assert len(collect(mapcast.open("changed"), count=1)) == 1


def test_nothing_else_needs_numpy(other: Callable[[str], Any]) -> None:
    program = """if True:
        import sys
        sys.modules["numpy"] = sys.modules["pandas"] = None
        import mapcast
        with mapcast.writer("bare", {"x": float, "axes": "f64[2]"}) as writer:
            writer.publish(x=1, axes=[1, 2])
            reader = mapcast.open("bare")
            print(next(reader.follow(20)).axes, reader.latest().x)
            try:
                reader.dtype
            except ImportError as error:
                print(type(error).__name__)
    """
    status, out, err = other(program).end()
    assert status == 0, err
    assert out.splitlines() == ["[1.0, 2.0] 1.0", "ModuleNotFoundError"]
