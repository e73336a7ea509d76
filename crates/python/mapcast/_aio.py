"""asyncio: a follower's descriptor in the event loop."""

from __future__ import annotations

import asyncio
import os
from typing import Any

# Longest wait for a descriptor: one that another task has closed never becomes readable.
_LONGEST = 1.0
# Longest time in which records that are there keep other tasks from running, in seconds.
_TURN = 0.01

# The followers in which a task waits, by their identity: the number of a descriptor is used again after a close.
_waited_in: set[int] = set()


class Stream:
    """Iterates over a Follower or Events; ends after its timeout, and may be iterated again."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._turn_ends: float | None = None

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Any:
        loop = asyncio.get_running_loop()
        timeout = self._source.timeout
        end = None if timeout is None else loop.time() + timeout
        await self._let_others_run(loop)
        while True:
            # Before the region is read: what happens after that makes the descriptor readable again.
            self._source.clear()
            found = self._source.try_next()
            if found is not None:
                return found
            left = None if end is None else end - loop.time()
            if left is not None and left <= 0:
                raise StopAsyncIteration
            await _readable(loop, self._source, _LONGEST if left is None else min(left, _LONGEST))

    async def _let_others_run(self, loop: asyncio.AbstractEventLoop) -> None:
        """Before a record is taken: a task that is cancelled here has lost none."""
        now = loop.time()
        if self._turn_ends is None:
            self._turn_ends = now + _TURN
        elif now >= self._turn_ends:
            await asyncio.sleep(0)
            self._turn_ends = loop.time() + _TURN


async def _readable(loop: asyncio.AbstractEventLoop, source: Any, left: float) -> None:
    if id(source) in _waited_in:
        raise RuntimeError("another task waits in this follower; give each task one of its own")
    # A descriptor of the wait's own: if the follower is closed meanwhile and another one gets the number of its
    # descriptor, the loop still has each under a number of its own.
    descriptor = os.dup(source.fileno())
    readable = loop.create_future()
    _waited_in.add(id(source))
    # Not `asyncio.wait_for`: before Python 3.12 that swallows the cancellation of a task whose descriptor has become
    # readable in the same turn of the loop.
    timer = loop.call_later(left, _set, readable)
    try:
        loop.add_reader(descriptor, _set, readable)
        await readable
    finally:
        timer.cancel()
        _waited_in.discard(id(source))
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _set(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)
