"""`async for` over a follower, by its descriptor."""

from __future__ import annotations

import asyncio
import os
import select
import time
from typing import Any

import mapcast
import pytest
from mapcast._aio import Stream

X = {"x": int}


def test_async_for_has_every_record_and_ends_after_its_timeout() -> None:
    async def main() -> list[int]:
        with mapcast.writer("load", X) as writer:
            writer.publish(x=0)
            found = []
            async for sample in mapcast.open("load").follow(timeout=0.3):
                found.append(sample.x)
                if sample.x < 3:
                    writer.publish(x=sample.x + 1)
            return found

    assert asyncio.run(main()) == [0, 1, 2, 3]


def test_other_tasks_run_while_one_waits_and_a_wait_is_cancelled() -> None:
    async def main() -> None:
        with mapcast.writer("load", X) as writer:
            follower = mapcast.open("load").follow(begin="next")
            first = asyncio.ensure_future(_first(follower))
            await asyncio.sleep(0)
            writer.publish(x=1)
            assert (await asyncio.wait_for(first, 60)).x == 1
            waiting = asyncio.ensure_future(_first(follower))
            await asyncio.sleep(0.05)
            waiting.cancel()
            assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)
            writer.publish(x=2)
            assert (await asyncio.wait_for(_first(follower), 60)).x == 2

    asyncio.run(main())


def test_a_region_that_does_not_exist_yet_is_waited_for() -> None:
    async def main() -> None:
        first = asyncio.ensure_future(_first(mapcast.follow("later")))
        await asyncio.sleep(0.01)
        with mapcast.writer("later", X) as writer:
            writer.publish(x=5)
            assert (await asyncio.wait_for(first, 60)).x == 5

    asyncio.run(main())


def test_events_are_iterated_too() -> None:
    async def main() -> list[str]:
        with mapcast.writer("load", X) as writer:
            writer.publish(x=1)
            kinds = []
            async for event in mapcast.open("load").events(timeout=60):
                kinds.append(event.kind)
                if event.kind == "record":
                    writer.close()
                if event.kind == "writer":
                    return kinds
        raise AssertionError(kinds)

    assert asyncio.run(main()) == ["record", "writer"]


def test_an_error_is_raised_and_does_not_end_the_iteration() -> None:
    async def main() -> None:
        follower = mapcast.follow("load")
        stream = follower.__aiter__()
        with mapcast.writer("load", X) as writer:
            writer.publish(x=1)
            assert (await stream.__anext__()).x == 1
            writer.publish(x=2)
            assert (await stream.__anext__()).x == 2
        follower.close()
        try:
            await stream.__anext__()
        except mapcast.ClosedError:
            return
        raise AssertionError("a closed follower was read")

    asyncio.run(main())


def test_a_follower_is_for_one_task_at_a_time_and_its_end_ends_the_wait() -> None:
    async def main() -> None:
        with mapcast.writer("load", X):
            follower = mapcast.open("load").follow(begin="next")
            waiting = asyncio.ensure_future(_first(follower))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task waits in this follower"):
                await _first(follower)
            follower.close()
            with pytest.raises(mapcast.ClosedError):
                await asyncio.wait_for(waiting, 60)

    asyncio.run(main())


def test_a_follower_does_not_care_about_one_that_was_closed() -> None:
    async def main() -> None:
        with mapcast.writer("load", X) as writer:
            closed = mapcast.open("load").follow(begin="next")
            waiting = asyncio.ensure_future(_first(closed))
            await asyncio.sleep(0)
            number = closed.fileno()
            closed.close()
            end = time.monotonic() + 60
            while _is_open(number) and time.monotonic() < end:
                time.sleep(0.01)
            # One of these gets the number of the closed one's descriptor.
            others = [mapcast.open("load").follow(begin="next") for _ in range(8)]
            assert number in [other.fileno() for other in others]
            found = [asyncio.ensure_future(_first(other)) for other in others]
            with pytest.raises(mapcast.ClosedError):
                await asyncio.wait_for(waiting, 60)
            writer.publish(x=1)
            assert [sample.x for sample in await asyncio.wait_for(asyncio.gather(*found), 60)] == [1] * 8

    asyncio.run(main())


def test_a_task_that_is_cancelled_when_its_descriptor_becomes_readable_ends() -> None:
    async def main() -> None:
        with mapcast.writer("load", X) as writer:
            for _ in range(5):
                with mapcast.open("load").follow(begin="next") as follower:
                    task = asyncio.ensure_future(_all(follower))
                    await asyncio.sleep(0.1)
                    writer.publish(x=1)
                    # Until the notifier's thread has seen it; the loop has not.
                    assert select.select([follower], [], [], 60)[0]
                    await asyncio.sleep(0)
                    task.cancel()
                    assert await _is_cancelled(task)

    asyncio.run(main())


def test_records_that_are_always_there_keep_no_task_from_running_and_from_cancelling() -> None:
    async def main() -> None:
        records = Endless()
        task = asyncio.ensure_future(_all(Stream(records)))
        await asyncio.sleep(0)
        task.cancel()
        assert await _is_cancelled(task)
        assert records.taken < Endless.END, "the loop did not run before the last record"

    asyncio.run(main())


class Endless:
    """A source that has a record at each call, until so many that no other task has run."""

    END = 1_000_000
    timeout = None

    def __init__(self) -> None:
        self.taken = 0

    def clear(self) -> None:
        pass

    def try_next(self) -> int:
        self.taken += 1
        if self.taken >= self.END:
            raise AssertionError("no other task has run")
        return self.taken


async def _all(records: Any) -> None:
    async for _ in records:
        pass


async def _is_cancelled(task: asyncio.Future[None]) -> bool:
    """Whether the task ends by one cancellation; ends it by more, else."""
    done, _ = await asyncio.wait({task}, timeout=5)
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.1)
    return bool(done) and task.cancelled()


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


async def _first(follower: mapcast.Follower) -> mapcast.Sample:
    async for sample in follower:
        return sample
    raise AssertionError("it ended")
