"""Exceptions are those of Python where they fit, and name the file, the fact and the next step."""

from __future__ import annotations

import copy
import errno
import os
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mapcast
import pytest


def test_what_is_not_there_is_a_file_not_found() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        mapcast.open("nothing")
    error = caught.value
    assert isinstance(error, mapcast.NotFoundError) and isinstance(error, mapcast.Error)
    assert error.path == error.filename and str(error.path).endswith("/nothing.region")
    assert str(error) == (
        f"{error.path}: no such region; start its writer; mapcast.regions() lists those that are there"
    )
    assert (error.errno, error.strerror) == (errno.ENOENT, os.strerror(errno.ENOENT))


def refusals() -> Iterator[mapcast.Error]:
    """One of each kind that has other attributes."""
    writer = mapcast.writer("here", {"x": float})
    attempts: list[Callable[[], object]] = [
        lambda: mapcast.open("nothing"),
        lambda: mapcast.open("/proc/nothing.region"),
        lambda: mapcast.writer("/proc/x.region", {"x": float}),
        lambda: mapcast.writer("here", {"x": float}),
        lambda: mapcast.open("a b"),
        lambda: writer.publish(y=1),
        lambda: writer.publish(x="text"),
    ]
    for attempt in attempts:
        with pytest.raises(mapcast.Error) as caught:
            attempt()
        yield caught.value


def test_an_exception_is_the_same_after_pickle_and_copy() -> None:
    names = ("path", "errno", "strerror", "filename", "args", "more")
    for error in refusals():
        error.more = "of the program"  # type: ignore[attr-defined]
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(again) is type(error) and str(again) == str(error)
            for name in names:
                assert getattr(again, name, None) == getattr(error, name, None), name


def test_each_error_of_the_system_has_the_number_that_is_nearest() -> None:
    found = {type(error).__name__: error.errno for error in refusals() if isinstance(error, OSError)}
    assert found["NotFoundError"] == errno.ENOENT and found["BusyError"] == errno.EAGAIN
    assert all(found.values()) and mapcast.AccessError("no").errno == errno.EACCES


@pytest.mark.skipif(os.getuid() == 0, reason="root may read every file")
def test_a_file_of_another_user_is_a_permission_error_to_others(tmp_path: Path) -> None:
    path = tmp_path / "x.region"
    with mapcast.writer(path, {"x": float}):
        path.chmod(0)
        with pytest.raises(PermissionError) as caught:
            mapcast.open(path)
        assert isinstance(caught.value, mapcast.AccessError) and caught.value.errno == 13


def test_a_directory_that_others_may_write_to_is_a_permission_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setenv("MAPCAST_DIR", str(shared))
    with pytest.raises(PermissionError) as caught:
        mapcast.writer("x", {"x": float})
    assert isinstance(caught.value, mapcast.AccessError)
    assert (caught.value.errno, caught.value.filename) == (errno.EACCES, caught.value.path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"text", "is not a region"), (b"\0" * 10000, "is not a region"), (b"", "is not a region: 0 bytes long")],
)
def test_a_file_that_is_no_region_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.region"
    path.write_bytes(content)
    with pytest.raises(mapcast.Error, match=message):
        mapcast.open(path)


def test_every_damaged_header_is_an_error_or_a_region(tmp_path: Path) -> None:
    path = tmp_path / "x.region"
    with mapcast.writer(path, {"x": float, "name": "char[8]"}) as writer:
        writer.publish(x=1)
    whole = path.read_bytes()
    damaged = tmp_path / "y.region"
    for at in range(0, len(whole), 7):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            reader = mapcast.open(damaged)
            reader.latest()
        except mapcast.Error as error:
            assert str(damaged) in str(error)


def test_a_file_that_is_cut_short_is_an_error_and_no_signal(tmp_path: Path) -> None:
    path = tmp_path / "x.region"
    with mapcast.writer(path, {"x": float}, slots=65536) as writer:
        writer.publish(x=1)
        reader = mapcast.open(path)
        os.truncate(path, 4096)
        with pytest.raises(EOFError) as caught:
            for _ in range(1000):
                reader.latest()
        assert isinstance(caught.value, mapcast.TruncatedError)


@pytest.mark.parametrize("at", ["", "a b", "x.region", "../x y"])
def test_a_bad_name_is_a_value_error_or_no_file(at: str) -> None:
    with pytest.raises((ValueError, FileNotFoundError)):
        mapcast.open(at)


class OfBytes:
    """A path as bytes, which no place is."""

    def __fspath__(self) -> bytes:
        return b"/x.region"


@pytest.mark.parametrize(
    ("at", "kind"),
    [(None, "NoneType"), (3, "int"), (["x"], "list"), (b"x", "bytes; os.fsdecode"), (OfBytes(), "OfBytes")],
)
def test_a_place_is_a_text_or_a_path(at: Any, kind: str) -> None:
    message = f"is named by a str, an os.PathLike or a mapcast.Descriptor, not by {kind}"
    for use in (mapcast.open, mapcast.follow, mapcast.events, lambda at: mapcast.writer(at, {"x": float})):
        with pytest.raises(mapcast.WrongTypeError, match=message):
            use(at)
    for use in (mapcast.open_bare, mapcast.bare_writer):
        with pytest.raises(mapcast.WrongTypeError, match=f"is named by a str or an os.PathLike, not by {kind}"):
            use(at, {"x": float})


@pytest.mark.parametrize("name", ["\udcff", "\ud800"])
def test_a_name_is_utf_8_and_no_path(name: str) -> None:
    for use in (mapcast.open, mapcast.follow, lambda at: mapcast.writer(at, {"x": float})):
        with pytest.raises(mapcast.BadValueError, match="is no name of a region: names are UTF-8"):
            use(name)
    with pytest.raises(mapcast.BadValueError, match="is no name"):
        mapcast.bare_writer(name, {"x": float})
    assert os.listdir() == ["regions"]


def test_a_path_may_be_no_utf_8_and_has_bytes(tmp_path: Path) -> None:
    with mapcast.writer(tmp_path / "\udcff.region", {"x": float}) as writer:
        writer.publish(x=1)
    assert mapcast.open("./\udcff.region").latest().x == 1
    with pytest.raises(mapcast.BadValueError, match="is no path: no bytes"):
        mapcast.open("./\ud800.region")


def test_seconds_and_begin_are_checked() -> None:
    with mapcast.writer("x", {"x": float}):
        reader = mapcast.open("x")
        for seconds, shown in ((-1, "-1.0"), (float("nan"), "NaN"), (1e300, "1e300")):
            with pytest.raises(mapcast.BadValueError, match=f"timeout={shown} is no time in seconds"):
                reader.follow(seconds)
        for begin in ("first", 1.5, -1):
            told = 'is not a place to begin; use "newest", "oldest", "next" or'
            with pytest.raises(mapcast.BadValueError, match=told):
                reader.follow(begin=begin)
        with pytest.raises(TypeError):
            reader.follow("soon")


def test_no_handle_is_pickled_or_copied() -> None:
    with mapcast.writer("x", {"x": float}) as writer, mapcast.writer("i", {"x": float}, instances=2) as many:
        writer.publish(x=1)
        many.publish("a", x=1)
        reader, instances = mapcast.open("x"), mapcast.open("i")
        handles = [writer, many, reader, instances, instances["a"], reader.follow(), reader.events()]
        for handle in handles:
            for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
                with pytest.raises(TypeError, match="is neither copied nor pickled; pass the region's name"):
                    attempt(handle)
        with pytest.raises(TypeError, match="a Descriptor is neither copied nor pickled; use it several times"):
            pickle.dumps(mapcast.Descriptor(os.open(os.devnull, os.O_RDONLY)))
        with pytest.raises(TypeError, match="an Event is not pickled; pass its kind"):
            pickle.dumps(reader.events().next(60))
        with pytest.raises(TypeError, match="a Sample is not pickled; pass dict"):
            pickle.dumps(reader.latest())
        assert pickle.loads(pickle.dumps(dict(reader.latest()))) == {"x": 1.0}


def test_a_closed_handle_is_an_error_and_may_be_closed_again() -> None:
    with mapcast.writer("x", {"x": float}) as writer:
        writer.publish(x=1)
        with mapcast.open("x") as reader, reader.follow() as follower, reader.events() as events:
            pass
        for handle, call in ((reader, reader.latest), (follower, follower.try_next), (events, events.try_next)):
            handle.close()
            with pytest.raises(mapcast.ClosedError, match="is closed; open another one"):
                call()
            assert "closed" in repr(handle)
        with pytest.raises(ValueError):
            reader.state
        with pytest.raises(ValueError):
            next(follower)
        with pytest.raises(ValueError):
            follower.fileno()


def test_the_classes_are_made_by_functions_alone() -> None:
    for cls in (mapcast.Reader, mapcast.Writer, mapcast.Sample, mapcast.Follower):
        with pytest.raises(TypeError):
            cls()


@pytest.mark.parametrize(
    "setting",
    [
        {"slots": -1}, {"slots": 2**40}, {"slots": "8"}, {"instances": -1}, {"mode": -1}, {"group": 5},
        {"wake": "no"}, {"standby": 2}, {"period": "long"},
    ],
)  # fmt: skip
def test_a_setting_that_does_not_fit_is_an_error_that_names_it(setting: dict[str, Any]) -> None:
    with pytest.raises(mapcast.Error, match=f"{next(iter(setting))}=.* cannot be used; give "):
        mapcast.writer("settings", {"x": int}, **setting)


def test_a_number_that_does_not_fit_is_a_bad_value_and_no_overflow(tmp_path: Path) -> None:
    path = tmp_path / "bare"
    attempts: list[tuple[str, Callable[[Any], object]]] = [
        ("mode", lambda it: mapcast.bare_writer(path, {"x": int}, mode=it)),
        ("count", lambda it: mapcast.bare_writer(path, {"x": int}, count=it)),
        ("count", lambda it: mapcast.open_bare(path, {"x": int}, count=it)),
        ("offset", lambda it: mapcast.Field("u8", offset=it)),
        ("size", lambda it: mapcast.Schema("R", [("x", mapcast.Field("u8"))], size=it)),
    ]
    for name, attempt in attempts:
        for number in (-1, 2**70):
            with pytest.raises(mapcast.BadValueError, match=f"{name}={number} cannot be used; give "):
                attempt(number)
        with pytest.raises(mapcast.WrongTypeError, match=f"{name}='x' cannot be used; give "):
            attempt("x")
    with pytest.raises(mapcast.WrongTypeError, match="group=5.5 cannot be used"):
        mapcast.bare_writer(path, {"x": int}, group=5.5)  # type: ignore[arg-type]
    with mapcast.bare_writer(path, {"x": int}, count=2) as writer:
        reader = mapcast.open_bare(path, {"x": int}, count=2)
        for use in (reader.latest_at, lambda index: writer.publish_at(index, x=1)):
            with pytest.raises(mapcast.BadValueError, match=f"no struct {2**70}; use 0 to 1"):
                use(2**70)
            with pytest.raises(mapcast.WrongTypeError, match="index='x' cannot be used"):
                use("x")  # type: ignore[arg-type]


def test_an_error_of_a_region_ends_with_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "x.region"
    with mapcast.writer(path, {"x": float}):
        whole = path.read_bytes()
    other = tmp_path / "y.region"

    def told(content: bytes) -> str:
        other.write_bytes(content)
        with pytest.raises(mapcast.FormatError) as caught:
            mapcast.open(other)
        return str(caught.value)

    assert told(b"text").endswith("; give the path of a region; mapcast.open_bare() reads files without a header")
    damaged = {told(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]) for at in (8, 12, 16, 20, 24, 28)}
    nexts = {message.rsplit("; ", 1)[-1] for message in damaged}
    assert nexts <= {"install a newer mapcast", "start its writer again, which replaces it"} and nexts
    writer = mapcast.writer(path, {"x": float})
    path.unlink()
    with mapcast.writer(path, {"x": float}):
        with pytest.raises(mapcast.Error, match="; end the writer it belongs to, or open a writer again$"):
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:  # it looks at the name now and then
                writer.publish(x=1)


def test_the_fields_of_a_schema_are_any_iterable_of_pairs() -> None:
    pairs = {"x": mapcast.Field("u8"), "y": mapcast.Field("f64")}
    schema = mapcast.Schema("R", list(pairs.items()))
    assert mapcast.Schema("R", pairs.items()) == mapcast.Schema("R", iter(pairs.items())) == schema
    assert mapcast.Schema("R", ((name, field) for name, field in pairs.items())) == schema
    with pytest.raises(mapcast.WrongTypeError, match="fields='x' cannot be used; give pairs of a name and a Field"):
        mapcast.Schema("R", pairs)  # type: ignore[arg-type]


def test_what_is_no_record_no_text_and_no_descriptor_is_an_error() -> None:
    np = pytest.importorskip("numpy")
    with pytest.raises(mapcast.SchemaError, match='field "x" is'):
        mapcast.writer("other", {"x": [1]})
    with pytest.raises(mapcast.WrongTypeError, match="describes no record"):
        mapcast.writer("other", np.zeros(2, [("x", "<i4")]))
    with pytest.raises(mapcast.WrongTypeError, match="file='x' cannot be used"):
        mapcast.Descriptor("x")
    with pytest.raises(mapcast.BadValueError, match="labels=.* cannot be used"):
        mapcast.Field("u8", labels={2**70: "x"})
    with mapcast.writer("other", {"t": "char[8]"}) as writer:
        with pytest.raises(mapcast.BadValueError, match='for field "t" has no UTF-8'):
            writer.publish(t="\ud800")


def test_what_never_changes_is_its_own_copy() -> None:
    with mapcast.writer("x", {"x": mapcast.Field("u8", unit="m", labels={1: "one"})}) as writer:
        writer.publish(x=1)
        reader = mapcast.open("x")
        sample, event = reader.latest(), reader.events().next(60)
        for each in (sample, event, reader.schema, reader.schema["x"]):
            assert copy.copy(each) is each and copy.deepcopy([each])[0] is each


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_schema_and_its_fields_are_pickled(protocol: int) -> None:
    fields = [
        ("a", mapcast.Field("u8", unit="m", help="how far", labels={1: "one", 2: "二"})),
        ("b", mapcast.Field("f64[3]", offset=8)),
        ("name", mapcast.text(20)),
    ]
    schema = mapcast.Schema("R", fields, line="at {a}")
    for each in (schema, schema["a"], schema["b"], mapcast.Field("f32", unit="m"), mapcast.Field()):
        again = pickle.loads(pickle.dumps(each, protocol))
        assert again == each and repr(again) == repr(each)
    with mapcast.writer("x", pickle.loads(pickle.dumps(schema, protocol))) as writer:
        writer.publish(a=1)
        assert str(mapcast.open("x").latest()) == "at one" and writer.schema == schema
