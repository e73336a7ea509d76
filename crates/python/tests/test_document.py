"""What docs/python.md shows works as it is printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mapcast
import pytest

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs/python.md"


def blocks(document: Path = DOCUMENT) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE)


def test_the_first_ten_lines_work_alone(other: Callable[[str], Any]) -> None:
    first = blocks()[0]
    assert len([line for line in first.splitlines() if line]) <= 10
    status, out, err = other(first).end()
    assert status == 0, err
    lines = out.splitlines()
    assert re.fullmatch(r"1\.5 小明 % 1 [0-9.e-]+", lines[0])
    assert lines[1:] == ["{'x': 1.5, 'battery': 80, 'name': '小明'}"]


def test_every_example_works_after_those_before_it(other: Callable[[str], Any]) -> None:
    pytest.importorskip("pandas")
    examples = blocks()
    assert len(examples) == 9
    status, out, err = other("\n".join(examples)).end()
    assert status == 0, err
    lines = out.splitlines()
    assert "Drone(x=2.0, laps=4, name='abc', axes=[1.0, 2.0, 3.0])" in lines
    assert "['eth0', 'wlan0'] 10" in lines and "{'eth0': 20, 'wlan0': 2}" in lines
    assert lines[-1] == "{'battery': '%'} 0"


@pytest.mark.parametrize("document", ["README.md", "crates/python/README.md"])
def test_the_lines_of_each_readme_work(document: str, other: Callable[[str], Any]) -> None:
    (lines,) = blocks(ROOT / document)
    status, out, err = other(lines).end()
    assert status == 0 and out, err


def test_every_exception_is_in_the_document_as_what_it_is() -> None:
    text = DOCUMENT.read_text()
    for name in mapcast.__all__:
        found = getattr(mapcast, name)
        if isinstance(found, type) and issubclass(found, mapcast.Error) and found is not mapcast.Error:
            row = next(line for line in text.splitlines() if line.startswith("| `") and f"`{name}`" in line)
            like = next(base for base in found.__mro__ if base.__module__ == "builtins")
            assert f"`{like.__name__}`" in row, row
