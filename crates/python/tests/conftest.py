"""Each test has a directory of its own, and processes that end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEADLINE = 60.0


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of regions and files are those of this test alone."""
    directory = tmp_path / "regions"
    directory.mkdir(mode=0o700)
    monkeypatch.setenv("MAPCAST_DIR", str(directory))
    monkeypatch.chdir(tmp_path)


class Other:
    """Another Python that runs `program`, whose lines are read one by one."""

    def __init__(self, program: str) -> None:
        # A shell may start its children with SIGINT ignored; Python then raises no KeyboardInterrupt.
        def default() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=default,
            env=dict(os.environ),
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str, str]:
        """Its status and what is left of its output."""
        out, err = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, out, err


@pytest.fixture
def other() -> Iterator[Callable[[str], Other]]:
    started: list[Other] = []

    def start(program: str) -> Other:
        started.append(Other(program))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait(DEADLINE)
        for stream in (each.process.stdin, each.process.stdout, each.process.stderr):
            if stream is not None:
                stream.close()


def in_child(test: Callable[[], object]) -> None:
    """Runs `test` in a forked process; what it raises fails the caller."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            test()
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, said
