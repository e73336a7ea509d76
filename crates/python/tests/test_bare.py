"""A bare file is the struct and nothing else, as C programs share it."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import mapcast
import pytest
from conftest import DEADLINE, in_child


class Stu(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int), ("name", ctypes.c_char * 20), ("sex", ctypes.c_char)]


@dataclasses.dataclass
class Student:
    id: mapcast.i32
    name: Annotated[str, mapcast.text(20)]
    sex: Annotated[str, mapcast.Field("char")]


BYTES = b"\x0a\0\0\0xiaoming" + bytes(12) + b"m" + bytes(3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """As another program has written it."""
    path = tmp_path / "students"
    path.write_bytes(BYTES)
    return path


def test_what_is_read_is_what_describes_it(path: Path) -> None:
    student = mapcast.open_bare(path, Student).latest()
    assert student == Student(10, "xiaoming", "m")
    stu = mapcast.open_bare(path, Stu).latest()
    assert isinstance(stu, Stu) and (stu.id, stu.name, stu.sex) == (10, b"xiaoming", b"m")
    fields = {"id": "i32", "name": "char[20]", "sex": "char"}
    assert mapcast.open_bare(path, fields).latest() == {"id": 10, "name": "xiaoming", "sex": "m"}
    assert mapcast.open_bare(path, mapcast.schema(Stu)).latest()["id"] == 10


def test_a_scalar_of_numpy_is_read_by_its_dtype(path: Path) -> None:
    np = pytest.importorskip("numpy")
    dtype = np.dtype([("id", "<i4"), ("name", "S20"), ("sex", "S1")], align=True)
    found = mapcast.open_bare(path, dtype).latest()
    assert (found["id"], found["name"], found.dtype) == (10, b"xiaoming", dtype)


def test_a_writer_writes_the_bytes_of_the_struct(tmp_path: Path) -> None:
    path = tmp_path / "students"
    with mapcast.bare_writer(path, Stu, mode=0o600) as writer:
        writer.publish(Stu(10, b"xiaoming", b"m"))
        assert path.read_bytes() == BYTES and path.stat().st_mode & 0o777 == 0o600
        reader = mapcast.open_bare(path, Student)
        writer.publish(id=11)
        assert reader.latest() == Student(11, "xiaoming", "m")
        with pytest.raises(mapcast.BadValueError, match='field "id"'):
            writer.publish(id=2**40)
        with pytest.raises(mapcast.BusyError):
            mapcast.bare_writer(path, Stu)
        assert writer.path == reader.path == str(path)
        assert repr(writer) == f"<BareWriter of {path}: Stu>"
        assert repr(reader) == f"<BareReader of {path}: Student>"
        assert mapcast.BareReader[Student] == mapcast.BareReader[Student]
    for closed in (lambda: writer.publish(id=1), lambda: writer.path):
        with pytest.raises(mapcast.ClosedError, match="this writer is closed"):
            closed()
    with reader:
        pass
    with pytest.raises(mapcast.ClosedError, match="this reader is closed"):
        reader.latest()
    assert repr(reader) == "<BareReader: closed>"


def test_a_second_writer_is_told_to_end_the_first_and_of_no_standby(path: Path) -> None:
    with mapcast.bare_writer(path, Stu):
        with pytest.raises(mapcast.BusyError, match="; end that writer$"):
            mapcast.bare_writer(path, Stu)


def test_a_file_can_be_an_array_of_structs(tmp_path: Path) -> None:
    path = tmp_path / "students"
    with mapcast.bare_writer(path, Stu, count=3) as writer:
        writer.publish_at(0, Stu(10, b"xiaoming", b"m"))
        writer.publish_at(2, id=12, name="hong")
        writer.publish_at(2, sex="f")  # the other fields keep their values
        students = (Stu * 3).from_buffer_copy(path.read_bytes())
        assert bytes(students[0]) == BYTES and bytes(students[1]) == bytes(28)
        assert (students[2].id, students[2].name, students[2].sex) == (12, b"hong", b"f")
        reader = mapcast.open_bare(path, Student, count=3)
        assert reader.latest_at(0) == Student(10, "xiaoming", "m")
        assert reader.latest_at(2) == Student(12, "hong", "f")
        assert reader.tobytes() == path.read_bytes()
        assert len(reader) == len(writer) == 3
        for index in (3, -1, 2**40):
            with pytest.raises(mapcast.BadValueError, match=f"no struct {index}; use 0 to 2"):
                reader.latest_at(index)
            with pytest.raises(mapcast.BadValueError, match=f"no struct {index}; use 0 to 2"):
                writer.publish_at(index, id=1)
        with pytest.raises(mapcast.BadValueError, match=r"array of 3 structs; use latest_at\(index\)"):
            reader.latest()
        with pytest.raises(mapcast.BadValueError, match=r"array of 3 structs; use publish_at\(index"):
            writer.publish(id=1)
        assert reader.tobytes() == path.read_bytes() == bytes(students)
    for open_it in (mapcast.open_bare, mapcast.bare_writer):
        for count in (0, -1, 2**32):
            with pytest.raises(mapcast.BadValueError, match=f"count={count} cannot be used; give a number of structs"):
                open_it(path, Stu, count=count)
        for count in (1, 4):
            with pytest.raises(mapcast.SchemaError, match="has 84 bytes.*and how many"):
                open_it(path, Stu, count=count)
    os.truncate(path, 28)
    with pytest.raises(mapcast.TruncatedError):
        reader.latest_at(0)
    with pytest.raises(mapcast.TruncatedError):
        reader.tobytes()


def test_an_array_of_structs_is_one_of_numpy(path: Path) -> None:
    np = pytest.importorskip("numpy")
    path.write_bytes(BYTES + b"\x0b" + BYTES[1:])
    found = mapcast.open_bare(path, Stu, count=2).numpy()
    assert found["id"].tolist() == [10, 11] and found["name"].tolist() == [b"xiaoming"] * 2
    found["id"] = 0  # a copy
    dtype = found.dtype
    assert mapcast.open_bare(path, dtype, count=2).latest_at(1)["id"] == 11
    with mapcast.bare_writer(path, dtype, count=2) as writer:
        writer.publish_at(1, np.array([(7, b"hong", b"f")], dtype)[0])
    assert mapcast.open_bare(path, Student, count=2).latest_at(1) == Student(7, "hong", "f")


def test_a_file_of_another_size_is_refused_and_left_alone(path: Path) -> None:
    for open_it in (mapcast.open_bare, mapcast.bare_writer):
        with pytest.raises(mapcast.SchemaError, match="has 28 bytes, the record has 8; describe the struct"):
            open_it(path, {"x": float})
    assert path.read_bytes() == BYTES
    with pytest.raises(FileNotFoundError):
        mapcast.open_bare(path.with_name("none"), Stu)
    with pytest.raises(TypeError):
        mapcast.open_bare(mapcast.Descriptor(0), Stu)  # type: ignore[call-overload]


def test_a_file_that_is_cut_is_an_error_until_it_is_whole_again(path: Path) -> None:
    reader = mapcast.open_bare(path, Stu)
    os.truncate(path, 6)
    for _ in range(2):
        with pytest.raises(mapcast.TruncatedError):
            reader.latest()
    path.write_bytes(BYTES)
    assert reader.latest().id == 10


def test_the_next_file_of_the_name_is_found(path: Path) -> None:
    reader = mapcast.open_bare(path, Stu)
    other = path.with_name("other")
    other.write_bytes(b"\x0b" + BYTES[1:])
    other.rename(path)
    deadline = time.monotonic() + DEADLINE
    while reader.latest().id != 11:
        assert time.monotonic() < deadline


def test_a_forked_child_does_not_write(path: Path) -> None:
    with mapcast.bare_writer(path, Stu) as writer:

        def child() -> None:
            with pytest.raises(mapcast.ForkedError):
                writer.publish(id=1)
            writer.close()

        in_child(child)
        writer.publish(id=2)


def test_a_c_program_and_python_share_the_file(path: Path, other: Callable[[str], Any]) -> None:
    """mmap is what a program without the library has."""
    process = other(f"""if True:
        import mmap, struct
        with open({str(path)!r}, "r+b") as file:
            map = mmap.mmap(file.fileno(), 28)
        print("mapped")
        input()
        print(struct.unpack_from("<i20sc", map))
        struct.pack_into("<i", map, 0, 77)
        print("written")
    """)
    assert process.line() == "mapped"
    with mapcast.bare_writer(path, Stu) as writer:
        writer.publish(Stu(9, b"hong", b"f"))
        process.tell("read")
        assert process.line() == f"(9, {b'hong' + bytes(16)!r}, b'f')"
        assert process.line() == "written"
        assert mapcast.open_bare(path, Stu).latest().id == 77


def test_a_file_that_is_not_there_is_a_file_and_no_region(tmp_path: Path) -> None:
    path = tmp_path / "nothing"
    with pytest.raises(mapcast.NotFoundError) as caught:
        mapcast.open_bare(path, Stu)
    assert str(caught.value) == f"{path}: no such file; start its writer"


def test_a_bare_file_that_is_cut_is_told_of_no_header_and_the_next_step_helps(path: Path) -> None:
    with mapcast.bare_writer(path, Stu):
        reader = mapcast.open_bare(path, Stu)
        os.truncate(path, 6)
        for read in (reader.latest, reader.tobytes):
            with pytest.raises(mapcast.TruncatedError) as caught:
                read()
            assert str(caught.value) == (
                f"{path}: has 6 bytes, its struct takes 28; remove the file, then open its writer again"
            )
            assert caught.value.path == str(path)
    with pytest.raises(mapcast.SchemaError):
        mapcast.bare_writer(path, Stu)
    path.unlink()
    with mapcast.bare_writer(path, Stu) as writer:
        writer.publish(id=5)
        assert reader.latest().id == 5


def test_a_directory_is_no_bare_file(tmp_path: Path) -> None:
    for open_it in (mapcast.open_bare, mapcast.bare_writer):
        with pytest.raises(mapcast.FormatError, match="a directory, not a regular file; give the path of a regular"):
            open_it(tmp_path, Stu)
