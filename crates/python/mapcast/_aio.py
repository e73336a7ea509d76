"""asyncio: a follower's descriptor in the event loop."""

from __future__ import annotations

import asyncio
from typing import Any

from ._errors import NotFoundError

# Between two attempts to open a region that does not exist yet, in seconds.
_LOOK_FOR_FILE = 0.1
# Longest wait for a descriptor: one that another task has closed never becomes readable.
_LONGEST = 1.0

# The descriptors that tasks wait for.
_waited_for: set[int] = set()


class Stream:
    """Iterates over a Follower or Events; ends after its timeout, and may be iterated again."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Any:
        loop = asyncio.get_running_loop()
        timeout = self._source.timeout
        end = None if timeout is None else loop.time() + timeout
        while True:
            descriptor = self._descriptor()
            found = self._source.try_next()
            if found is not None:
                return found
            left = None if end is None else end - loop.time()
            if left is not None and left <= 0:
                raise StopAsyncIteration
            await _readable(loop, descriptor, left)

    def _descriptor(self) -> int | None:
        """The descriptor, cleared before the region is read; None: there is no region yet."""
        try:
            self._source.clear()
            descriptor: int = self._source.fileno()
        except NotFoundError:
            return None
        return descriptor


async def _readable(
    loop: asyncio.AbstractEventLoop, descriptor: int | None, left: float | None
) -> None:
    longest = _LOOK_FOR_FILE if descriptor is None else _LONGEST
    left = longest if left is None else min(left, longest)
    if descriptor is None:
        await asyncio.sleep(left)
        return
    if descriptor in _waited_for:
        raise RuntimeError("another task waits in this follower; give each task one of its own")
    readable = loop.create_future()
    loop.add_reader(descriptor, _set, readable)
    _waited_for.add(descriptor)
    try:
        await asyncio.wait_for(readable, left)
    except asyncio.TimeoutError:
        pass
    finally:
        _waited_for.discard(descriptor)
        loop.remove_reader(descriptor)


def _set(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)
