"""asyncio: a follower's descriptor in the event loop."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from ._errors import NotFoundError

# Between two attempts to open a region that does not exist yet, in seconds.
_LOOK_FOR_FILE = 0.1
# Longest wait for a descriptor: one that another task has closed never becomes readable.
_LONGEST = 1.0

# The followers in which a task waits, by their identity: the number of a descriptor is used again after a close.
_waited_in: set[int] = set()


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
            is_there = self._clear()
            found = self._source.try_next()
            if found is not None:
                return found
            left = None if end is None else end - loop.time()
            if left is not None and left <= 0:
                raise StopAsyncIteration
            longest = _LONGEST if is_there else _LOOK_FOR_FILE
            left = longest if left is None else min(left, longest)
            await (_readable(loop, self._source, left) if is_there else asyncio.sleep(left))

    def _clear(self) -> bool:
        """Clears the descriptor before the region is read; False: there is no region yet."""
        try:
            self._source.clear()
            self._source.fileno()
        except NotFoundError:
            return False
        return True


async def _readable(loop: asyncio.AbstractEventLoop, source: Any, left: float) -> None:
    if id(source) in _waited_in:
        raise RuntimeError("another task waits in this follower; give each task one of its own")
    # A descriptor of the wait's own: if the follower is closed meanwhile and another one gets the number of its
    # descriptor, the loop still has each under a number of its own.
    descriptor = os.dup(source.fileno())
    readable = loop.create_future()
    _waited_in.add(id(source))
    try:
        loop.add_reader(descriptor, _set, readable)
        await asyncio.wait_for(readable, left)
    except asyncio.TimeoutError:
        pass
    finally:
        _waited_in.discard(id(source))
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _set(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)
