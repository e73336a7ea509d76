"""The stubs are right, complete, and of use to mypy."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import mapcast
import pytest

HERE = Path(__file__).parent


def mypy(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    cache = ["--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        command + cache + list(arguments), capture_output=True, text=True, cwd=tmp_path, timeout=600
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(700)
def test_the_package_and_a_program_with_types_pass_mypy(tmp_path: Path) -> None:
    assert mypy(tmp_path, "-p", "mapcast") == (0, "")
    assert mypy(tmp_path, str(HERE / "typed.py")) == (0, "")


@pytest.mark.timeout(700)
def test_a_wrong_program_does_not_pass_mypy(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "import mapcast\n"
        "mapcast.writer('x', {'x': float}, slots='many')\n"
        "mapcast.follow('x', begin='first')\n"
        "reader: mapcast.Reader = mapcast.open('x')\n"
        "reader.latest().x\n"
        "reader.state == 1\n"
    )
    status, said = mypy(tmp_path, str(wrong))
    lines = {line.split(":")[1] for line in said.splitlines() if ": error:" in line}
    assert status == 1 and lines == {"2", "3", "5", "6"}, said


def test_the_stubs_have_every_name_and_no_other() -> None:
    stub = (Path(mapcast.__file__).parent / "_mapcast.pyi").read_text()
    classes = dict(inspect.getmembers(sys.modules["mapcast._mapcast"], inspect.isclass))
    assert set(re.findall(r"^class (\w+)", stub, re.MULTILINE)) == set(classes)
    for name, found in classes.items():
        body = re.split(r"\n(?:class|def|@final)", re.split(rf"\nclass {name}\b", stub)[1])[0]
        in_stub = set(re.findall(r"^    def ([a-z]\w*)\(", body, re.MULTILINE))
        public = {member for member in vars(found) if not member.startswith("_")}
        is_mapping = name in ("Sample", "InstanceReader")
        inherited = {"get", "items", "keys", "values"} if is_mapping else set()
        assert public - inherited == in_stub, name
