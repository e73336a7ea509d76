"""Exceptions: each is a `mapcast.Error`, and the exception of Python that it is like."""

from __future__ import annotations

import errno as _numbers
import os
from typing import Any


class Error(Exception):
    """What went wrong, with the file and what to do next. `path` is the file, if there is one."""

    path: str | None

    def __init__(self, message: str, path: object = None, errno: int | None = None) -> None:
        super().__init__(message)
        self.path = None if path is None else str(path)

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy, which know nothing of `path` and `errno`."""
        return type(self), (str(self), self.path, getattr(self, "errno", None)), dict(vars(self))


class SystemCallError(Error, OSError):
    """The operating system refused; `errno` says why, if one of its calls failed, or what comes nearest."""

    _nearest: int | None = None

    def __init__(self, message: str, path: object = None, errno: int | None = None) -> None:
        super().__init__(message, path)
        self.errno = self._nearest if errno is None else errno
        self.strerror = None if self.errno is None else os.strerror(self.errno)
        self.filename = self.path


class NotFoundError(SystemCallError, FileNotFoundError):
    """No file has this name (yet)."""

    _nearest = _numbers.ENOENT


class AccessError(SystemCallError, PermissionError):
    """The file or its directory belongs to another user, or keeps this one out."""

    _nearest = _numbers.EACCES


class BusyError(SystemCallError, BlockingIOError):
    """Another writer has the region."""

    _nearest = _numbers.EAGAIN


class TruncatedError(Error, EOFError):
    """The file was cut short."""


class FormatError(Error, ValueError):
    """The file is no region, is damaged, or is of another version."""


class SchemaError(Error, ValueError):
    """A record that cannot be, or another one than the region has."""


class BadValueError(Error, ValueError):
    """A value that does not fit: a number out of range, a text too long, a name that cannot be."""


class WrongTypeError(Error, TypeError):
    """A value of the wrong kind, such as a text for a number."""


class NoFieldError(Error, KeyError):
    """The record has no such field."""


class NoInstanceError(Error, KeyError):
    """The region has no such instance (any more)."""


class TooManyInstancesError(Error, RuntimeError):
    """The region has as many instances as it can have."""


class ForkedError(Error, RuntimeError):
    """The writer belongs to the process that opened it, and this one is a fork of it."""


class ClosedError(Error, ValueError):
    """The handle was closed before."""
