"""A reader has the newest record, whole, with its fields, its name and its time."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable, ItemsView, KeysView, Mapping, ValuesView
from pathlib import Path
from types import MappingProxyType

import mapcast
import pytest

DRONE = {
    "x": mapcast.Field("f32", unit="m", help="to the east"),
    "laps": int,
    "armed": bool,
    "mode": mapcast.Field("u8", labels={0: "off", 1: "自动"}),
    "name": "char[20]",
    "axes": "f64[3]",
    "letter": "char",
}


@pytest.fixture
def writer() -> mapcast.Writer:
    writer = mapcast.writer("drone", DRONE)
    writer.publish(x=0.5, laps=-7, armed=True, mode="自动", name="小明", axes=[1, 2, 3.5], letter="m")
    return writer


def newest() -> mapcast.Sample:
    sample = mapcast.open("drone").latest()
    assert sample is not None
    return sample


def test_a_field_is_an_attribute_and_an_item(writer: mapcast.Writer) -> None:
    sample = newest()
    assert (sample.x, sample.laps, sample.armed, sample.mode) == (0.5, -7, True, 1)
    assert (sample.name, sample["axes"], sample["letter"]) == ("小明", [1.0, 2.0, 3.5], "m")


def test_a_sample_is_a_mapping(writer: mapcast.Writer) -> None:
    sample = newest()
    assert list(sample) == list(DRONE) == list(sample.keys())
    assert dict(sample) == dict(sample.items()) == {**sample}
    assert isinstance(sample, Mapping) and len(sample) == 7 and "x" in sample
    assert sample.get("y") is None and sample.get("y", 3) == 3
    with pytest.raises(KeyError, match='no field "y"; use one of: x, laps'):
        sample["y"]
    with pytest.raises(AttributeError, match='no field "y"'):
        sample.y
    assert "axes" in dir(sample)


def test_a_field_that_is_called_like_an_attribute_is_read_with_brackets() -> None:
    fields = dict.fromkeys(["sequence", "keys", "__class__", "x"], int)
    with mapcast.writer("names", fields) as writer:
        writer.publish({"sequence": 70, "keys": 71, "__class__": 72, "x": 73})
        sample = mapcast.open("names").latest()
        assert dict(sample) == {"sequence": 70, "keys": 71, "__class__": 72, "x": 73}
        assert (sample.sequence, sample["sequence"], sample.x, type(sample)) == (1, 70, 73, mapcast.Sample)
        assert sample.__class__ is mapcast.Sample


def test_units_labels_and_help_come_with_the_record(writer: mapcast.Writer) -> None:
    sample = newest()
    assert sample.units == {"x": "m"}
    assert sample.label("mode") == "自动" and sample.label("laps") is None
    field = sample.schema["x"]
    assert (field.type, field.unit, field.help, field.offset) == ("f32", "m", "to the east", 0)
    assert sample.schema["mode"].labels == {0: "off", 1: "自动"}
    assert (sample.schema.name, sample.schema.size) == ("drone", 72)


def test_a_sample_has_a_number_a_time_and_an_age(writer: mapcast.Writer) -> None:
    before = newest()
    writer.publish(laps=8)
    sample = newest()
    assert (before.sequence, sample.sequence) == (1, 2)
    assert sample.lineage == before.lineage == writer.lineage
    assert sample.age is not None and 0 <= sample.age < 3600
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs((now - sample.published_at).total_seconds()) < 3600
    assert abs(sample.published_ns - time.time_ns()) < 3600 * 10**9


def test_a_field_that_is_not_given_keeps_its_value(writer: mapcast.Writer) -> None:
    writer.publish(laps=8)
    assert (newest().laps, newest().name) == (8, "小明")


def test_repr_and_str_are_worth_reading(writer: mapcast.Writer) -> None:
    sample = newest()
    assert repr(sample).startswith("<Sample drone #1: x=0.5 m, laps=-7, armed=true, mode=自动, name='小明'")
    assert str(sample).startswith("x=0.5\tlaps=-7\tarmed=true\tmode=自动")
    assert repr(mapcast.open("drone")) == "<Reader of drone: drone, live>"
    assert repr(writer).endswith("drone.region: drone #1, epoch 1>")
    assert "\n     0 x f32  m  to the east\n" in repr(sample.schema)
    assert repr(sample.schema["mode"]) == "Field(mode, \"u8\", labels={0: 'off', 1: '自动'}, offset=17)"


def test_nothing_is_there_before_the_first_record() -> None:
    with mapcast.writer("empty", {"x": float}):
        assert mapcast.open("empty").latest() is None


def test_a_reader_says_what_its_region_is(writer: mapcast.Writer) -> None:
    reader = mapcast.open("drone")
    assert reader.state == "live" and reader.epoch == 1 and reader.pid == os.getpid()
    assert reader.path == writer.path and reader.path.endswith("/drone.region")
    assert reader.period is None and reader.lineage == writer.lineage
    writer.close()
    assert reader.state == "closed" and reader.latest().laps == -7


def test_a_region_is_found_by_name_and_by_path(writer: mapcast.Writer) -> None:
    assert mapcast.regions() == ["drone"]
    for at in (writer.path, Path(writer.path)):
        assert mapcast.open(at).latest() == newest()


def test_a_relative_path_is_that_of_the_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with mapcast.writer("./here.region", {"x": float}) as writer:
        writer.publish(x=1)
        reader = mapcast.open(Path("here.region"))
        monkeypatch.chdir(tmp_path / "elsewhere")
        writer.publish(x=2)
        assert next(reader.follow(10)).x == 2


def test_a_sample_is_equal_to_a_mapping_of_the_same_items(writer: mapcast.Writer) -> None:
    sample = newest()
    items = dict(sample)
    assert sample == items and items == sample and sample == MappingProxyType(items)
    assert sample != {**items, "laps": 8} and sample != {} and sample != {**items, "y": 1}
    assert sample != list(items) and sample != None and not sample == 5  # noqa: E711
    writer.publish(sample)
    again = newest()
    assert again == sample == newest() and again.sequence == sample.sequence + 1
    writer.publish(x=float("nan"))
    assert newest() == newest(), "one record, whose NaN is no other"
    with pytest.raises(TypeError, match="unhashable"):
        hash(sample)


def test_samples_of_other_regions_are_equal_if_their_items_are() -> None:
    with mapcast.writer("a", {"x": int, "y": "f32"}) as a, mapcast.writer("b", {"y": float, "x": "u8"}) as b:
        a.publish(x=1, y=2)
        b.publish(x=1, y=2)
        assert mapcast.open("a").latest() == mapcast.open("b").latest()
        b.publish(x=2)
        assert mapcast.open("a").latest() != mapcast.open("b").latest()


def test_what_is_no_name_is_not_in_a_sample(writer: mapcast.Writer) -> None:
    sample = newest()
    for key in (5, None, b"x", ["x"], "\ud800", "y"):
        assert key not in sample and key not in sample.schema, key
    for key in (5, None, b"x", "\ud800"):
        assert sample.get(key) is None and sample.get(key, 3) == 3
        with pytest.raises(mapcast.NoFieldError, match="has no field"):
            sample[key]


def test_the_keys_values_and_items_of_a_sample_are_views(writer: mapcast.Writer) -> None:
    sample = newest()
    assert sample.keys() & {"x", "y"} == {"x"} and sample.keys() == set(DRONE)
    assert ("laps", -7) in sample.items() and len(sample.values()) == 7
    assert isinstance(sample.keys(), KeysView) and isinstance(sample.items(), ItemsView)
    assert isinstance(sample.values(), ValuesView)


def test_a_region_that_is_replaced_by_another_record_is_read_with_its_schema() -> None:
    reader = None
    for size in (1, 2, 400, 3):
        with mapcast.writer("changing", {"values": f"i32[{size}]", "n": int}) as writer:
            writer.publish(n=size, values=range(size))
            reader = reader or mapcast.open("changing")
            deadline = time.monotonic() + 60
            while (sample := reader.latest()) is None or sample.n != size:
                assert time.monotonic() < deadline, f"the record of size {size} was not read"
            assert sample["values"] == list(range(size)) and sample.schema == reader.schema


def test_a_text_ends_at_its_first_nul_whatever_is_behind_it() -> None:
    with mapcast.writer("text", {"name": "char[8]", "on": bool}) as writer:
        writer.publish(b"ab\0left\0\x02")  # also a bool that is neither 0 nor 1
        with pytest.raises(mapcast.BadValueError, match="a record of size 8 for one of size 9"):
            writer.publish(b"ab\0left\0")
        sample = mapcast.open("text").latest()
        assert (sample.name, sample.on) == ("ab", True)
        assert bytes(sample) == b"ab\0left\0\x02"
        assert sample.tobytes() == b"ab\0\0\0\0\0\0\x01"


def test_no_record_is_torn_under_a_writer_that_never_pauses(other: Callable[[str], object]) -> None:
    program = """if True:
        import mapcast
        writer = mapcast.writer("busy", {"same": "u64[100]"})
        n = 0
        while True:
            writer.publish(same=[n] * 100)
            if n == 0:
                print("publishing")
            n += 1
    """
    process = other(program)
    assert process.line() == "publishing"  # type: ignore[attr-defined]
    reader = mapcast.open("busy")
    seen = set()
    deadline = time.monotonic() + 60
    while len(seen) < 500:
        assert time.monotonic() < deadline
        sample = reader.latest()
        assert len(set(sample.same)) == 1, "torn"
        seen.add(sample.sequence)


@pytest.mark.parametrize("first", [None, 3])
def test_a_reader_of_a_region_that_is_of_the_other_kind_now_says_so_now_and_then(first: int | None) -> None:
    second = 3 if first is None else None
    with mapcast.writer("load", {"x": int}, instances=first) as writer:  # type: ignore[call-overload]
        writer.publish(*(["a"] if first else []), x=1)
        reader = mapcast.open("load")
        was = reader.latest()
    with mapcast.writer("load", {"x": int}, instances=second) as writer:  # type: ignore[call-overload]
        writer.publish(*(["a"] if second else []), x=2)
        seen: set[str] = set()
        deadline = time.monotonic() + 60
        while seen != {"the old record", "an error"} and time.monotonic() < deadline:
            try:
                assert reader.latest() == was
                seen.add("the old record")
            except mapcast.SchemaError as error:
                assert "open it again" in str(error)
                seen.add("an error")
        assert seen == {"the old record", "an error"} and reader.state == "retired"
        assert type(mapcast.open("load")) is not type(reader)
