"""A follower has every record, in order; it waits without the interpreter, and for signals."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import mapcast
import pytest
from conftest import in_child

X = {"x": int}


def test_every_record_comes_in_order_and_the_loop_ends_after_its_timeout() -> None:
    with mapcast.writer("load", X) as writer:
        writer.publish(x=0)
        follower = mapcast.open("load").follow(timeout=0.2)
        assert next(follower).x == 0
        for x in (1, 2, 3):
            writer.publish(x=x)
        assert [sample.x for sample in follower] == [1, 2, 3]
        writer.publish(x=4)
        assert [sample.x for sample in follower] == [4], "it may be iterated again"
        assert follower.timeout == 0.2 and follower.next(0) is None and follower.try_next() is None


def test_following_begins_where_it_is_asked_to() -> None:
    with mapcast.writer("load", X, slots=4) as writer:
        for x in range(1, 11):
            writer.publish(x=x)
        reader = mapcast.open("load")

        def first(**begin: Any) -> mapcast.Sample:
            return next(reader.follow(20, **begin))

        assert first().x == first(begin="newest").x == 10
        oldest = first(begin="oldest")
        assert oldest.x in (7, 8) and oldest.missed == 0
        assert first(begin=9).x == 9
        assert first(begin=3).missed == first(begin=3).x - 3 > 0
        follower = reader.follow(20, begin="next")
        writer.publish(x=11)
        assert next(follower).x == 11


def test_what_is_missed_is_counted() -> None:
    with mapcast.writer("load", X, slots=4) as writer:
        writer.publish(x=1)
        follower = mapcast.open("load").follow()
        assert follower.next(20).x == 1  # type: ignore[union-attr]
        for x in range(2, 102):
            writer.publish(x=x)
        samples = [follower.next(20) for _ in range(2)]
        assert samples[0] is not None and samples[0].missed == samples[0].x - 2 > 90
        assert samples[1] is not None and samples[1].missed == 0


def test_a_region_that_does_not_exist_yet_is_waited_for() -> None:
    follower = mapcast.follow("later", timeout=60)
    assert follower.try_next() is None and "not attached yet" in repr(follower)
    with mapcast.writer("later", X) as writer:
        writer.publish(x=1)
        assert next(follower).x == 1
        assert repr(follower) == "<Follower of later: later, live>"


def test_events_are_everything_that_happens() -> None:
    events = mapcast.events("load", timeout=60)
    assert next(events).kind == "waiting"
    writer = mapcast.writer("load", X, slots=4)
    writer.publish(x=1)
    assert [next(events).kind, next(events).kind] == ["attached", "record"]
    for x in range(10):
        writer.publish(x=x)
    kinds = [next(events) for _ in range(2)]
    assert kinds[0].kind == "missed" and kinds[0].value == kinds[1].value.sequence - 2
    writer.close()
    while (event := next(events)).kind == "record":
        pass
    assert (event.kind, event.value, repr(event)) == ("writer", "closed", "<Event writer: 'closed'>")
    with mapcast.writer("load", {"y": float}) as writer:
        writer.publish(y=1)
        left = [next(events) for _ in range(2)]
        assert {event.kind for event in left} >= {"replaced"} or left[0].kind == "writer"
    assert type(left[0]).__match_args__ == ("kind", "value")


def test_other_threads_run_while_one_waits() -> None:
    with mapcast.writer("load", X) as writer:
        found: list[mapcast.Sample] = []
        follower = mapcast.open("load").follow()
        waiting = threading.Thread(target=lambda: found.append(next(follower)))
        waiting.start()
        # Without the interpreter, this thread would not come to publish.
        writer.publish(x=1)
        waiting.join(60)
        assert [sample.x for sample in found] == [1]


def test_a_follower_is_for_one_thread_at_a_time() -> None:
    with mapcast.writer("load", X) as writer:
        follower = mapcast.open("load").follow()
        waiting = threading.Thread(target=lambda: next(follower))
        waiting.start()
        deadline = time.monotonic() + 60
        with pytest.raises(RuntimeError, match="this follower is in use, by another thread or .*; open one for each"):
            while time.monotonic() < deadline:
                follower.try_next()
        writer.publish(x=1)
        waiting.join(60)
        assert not waiting.is_alive()


def test_a_handler_that_closes_the_follower_it_interrupts_is_told_so() -> None:
    with mapcast.writer("load", X):
        follower = mapcast.open("load").follow(begin="next")
        waiting = threading.Event()

        def interrupt() -> None:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                try:
                    follower.try_next()
                except RuntimeError:  # the main thread waits in it
                    waiting.set()
                    os.kill(os.getpid(), signal.SIGUSR1)
                    return

        before = signal.signal(signal.SIGUSR1, lambda *_: follower.close())
        try:
            interrupting = threading.Thread(target=interrupt)
            interrupting.start()
            with pytest.raises(RuntimeError, match="by the call that a signal handler interrupted"):
                follower.next(60)
            interrupting.join(60)
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert waiting.is_set()
        follower.close()


@pytest.mark.parametrize(
    "wait",
    [
        "mapcast.open('load').follow().next()",
        "next(mapcast.follow('nothing'))",
        "list(mapcast.open('load').events())",
        "mapcast.writer('load', {'x': int}, standby=True)",
    ],
)
def test_ctrl_c_ends_every_wait(wait: str, other: Callable[[str], Any]) -> None:
    with mapcast.writer("load", X):
        process = other(f"import mapcast\nprint('waiting')\n{wait}")
        assert process.line() == "waiting"
        process.process.send_signal(signal.SIGINT)
        status, _, err = process.end()
        assert status == -signal.SIGINT and err.rstrip().endswith("KeyboardInterrupt"), err


def test_the_descriptor_is_readable_when_there_is_something() -> None:
    with mapcast.writer("load", X) as writer:
        follower = mapcast.open("load").follow(begin="next")
        descriptor = follower.fileno()
        assert follower.fileno() == descriptor
        poll = select.poll()
        poll.register(follower, select.POLLIN)
        found: list[int] = []
        writer.publish(x=7)
        deadline = time.monotonic() + 60
        while not found:
            assert time.monotonic() < deadline
            poll.poll(60_000)
            follower.clear()
            found += [sample.x for sample in iter(follower.try_next, None)]
        assert found == [7]


@pytest.mark.parametrize("follow", [mapcast.follow, mapcast.events])
def test_the_descriptor_is_readable_when_the_region_that_is_waited_for_is_there(follow: Any) -> None:
    with follow("later", begin="oldest") as follower:
        follower.clear()
        with mapcast.writer("later", X) as writer:
            writer.publish(x=5)
            assert found_by_polling(follower, lambda found: getattr(found, "kind", "record") == "record")


def test_the_descriptor_of_a_file_that_has_no_region_yet_is_readable_when_it_has() -> None:
    passed = mapcast.Descriptor(os.memfd_create("later"))
    with mapcast.follow(passed, begin="oldest") as follower:
        follower.clear()
        with mapcast.writer(passed, X) as writer:
            writer.publish(x=5)
            assert found_by_polling(follower, lambda found: found.x == 5)


def found_by_polling(follower: Any, is_wanted: Callable[[Any], bool]) -> bool:
    """Whether a loop that polls the descriptor finds it, before a deadline."""
    poll = select.poll()
    poll.register(follower, select.POLLIN)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        poll.poll(60_000)
        follower.clear()
        if any(is_wanted(found) for found in iter(follower.try_next, None)):
            return True
    return False


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
def test_a_reader_and_a_follower_work_in_a_forked_child_and_a_writer_does_not() -> None:
    with mapcast.writer("load", X) as writer:
        writer.publish(x=1)
        reader = mapcast.open("load")
        follower = reader.follow(begin="oldest")
        descriptor = follower.fileno()

        def child() -> None:
            assert reader.latest().x == 1
            assert follower.next(60).x == 1  # type: ignore[union-attr]
            assert follower.fileno() != descriptor, "the parent's notifier is not the child's"
            assert select.select([follower], [], [], 60)[0] == [follower]
            with pytest.raises(mapcast.ForkedError, match="belongs to the process that opened it"):
                writer.publish(x=2)
            with pytest.raises(RuntimeError):
                writer.heartbeat()
            writer.close()

        in_child(child)
        assert reader.state == "live", "the child has closed nothing"
        assert writer.publish(x=2) == 2
        assert [follower.next(60).x, follower.next(60).x] == [1, 2]  # type: ignore[union-attr]


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
def test_a_follower_that_a_thread_waited_in_at_a_fork_is_an_error_in_the_child() -> None:
    with mapcast.writer("load", X) as writer:
        reader = mapcast.open("load")
        follower = reader.follow()
        waiting = threading.Thread(target=lambda: next(follower))
        waiting.start()
        deadline = time.monotonic() + 60
        with pytest.raises(RuntimeError):  # it waits now
            while time.monotonic() < deadline:
                follower.try_next()

        def child() -> None:
            with pytest.raises(RuntimeError, match="open one for each thread and forked process"):
                follower.try_next()
            assert reader.follow(begin="oldest").next(0) is None

        in_child(child)
        writer.publish(x=1)
        waiting.join(60)
        assert not waiting.is_alive()


def test_a_follower_goes_on_under_writers_that_are_killed_in_turn(other: Callable[[str], Any]) -> None:
    program = """if True:
        import mapcast, os, signal
        writer = mapcast.writer("turns", {"x": int}, slots=1024, standby=True)
        for _ in range(100):
            writer.publish(x=writer.sequence + 1)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    follower = mapcast.follow("turns", begin="oldest")
    for _ in range(4):
        assert other(program).end()[0] == -signal.SIGKILL
    samples = [follower.next(60) for _ in range(400)]
    assert [sample.x for sample in samples if sample is not None] == list(range(1, 401))
    assert [sample.sequence for sample in samples if sample is not None] == list(range(1, 401))
    assert sum(sample.missed for sample in samples if sample is not None) == 0
