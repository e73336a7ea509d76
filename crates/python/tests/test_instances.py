"""Many records of one kind in one region, each by its name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import mapcast
import pytest


@pytest.fixture
def writer() -> mapcast.InstanceWriter:
    writer = mapcast.writer("host-net", {"rx": int, "tx": int}, instances=3)
    writer.publish("eth0", rx=1, tx=2)
    writer.publish("wlan 小明", {"rx": 3, "tx": 4})
    return writer


def test_an_instance_is_read_by_its_name(writer: mapcast.InstanceWriter) -> None:
    eth0 = mapcast.open("host-net")["eth0"]
    sample = eth0.latest()
    assert (sample.rx, sample.tx, sample.instance, eth0.name) == (1, 2, "eth0", "eth0")
    writer.publish("eth0", rx=9)
    assert dict(eth0.latest()) == {"rx": 9, "tx": 2}
    assert repr(eth0) == (
        '<Instance "eth0" of <InstanceReader of host-net: host_net of 2 instances, live>>'
    )


def test_a_region_of_instances_is_a_mapping(writer: mapcast.InstanceWriter) -> None:
    reader = mapcast.open("host-net")
    assert isinstance(reader, mapcast.InstanceReader) and isinstance(reader, Mapping)
    assert sorted(reader) == sorted(reader.keys()) == ["eth0", "wlan 小明"]
    assert len(reader) == 2 and "eth0" in reader and "lo" not in reader
    latest = reader.latest()
    assert {name: sample.rx for name, sample in latest.items()} == {"eth0": 1, "wlan 小明": 3}
    with pytest.raises(KeyError, match='no instance "lo"; list.reader. has those'):
        reader["lo"]


def test_a_region_of_instances_has_all_that_a_mapping_has(writer: mapcast.InstanceWriter) -> None:
    reader = mapcast.open("host-net")
    names = {"eth0", "wlan 小明"}
    assert {name: one.latest().rx for name, one in reader.items()} == {"eth0": 1, "wlan 小明": 3}
    assert {one.name for one in reader.values()} == names == reader.keys()
    assert reader.keys() & {"eth0", "lo"} == {"eth0"}
    eth0 = reader.get("eth0")
    assert eth0 == reader["eth0"] and hash(eth0) == hash(reader["eth0"]) and eth0 != reader["wlan 小明"]
    assert reader.get("lo") is None and reader.get("lo", 3) == 3
    assert ("eth0", eth0) in reader.items() and eth0 in reader.values()
    for key in (5, None, b"eth0", ["eth0"], "\ud800"):
        assert key not in reader and key not in writer and reader.get(key) is None
        with pytest.raises(mapcast.NoInstanceError, match="no instance"):
            reader[key]


def test_the_views_of_a_region_of_instances_are_of_one_moment(writer: mapcast.InstanceWriter) -> None:
    reader = mapcast.open("host-net")
    keys, values, items = reader.keys(), reader.values(), reader.items()
    writer.retire("eth0")
    writer.publish("lo", rx=5)
    assert len(keys) == len(values) == len(items) == 2 and "eth0" in keys and "lo" not in keys
    assert set(reader) == {"lo", "wlan 小明"}
    with pytest.raises(mapcast.NoInstanceError):
        dict(items)["eth0"].latest()


def test_a_region_of_instances_is_equal_to_a_mapping_of_the_same_instances(
    writer: mapcast.InstanceWriter,
) -> None:
    reader = mapcast.open("host-net")
    instances = dict(reader)
    assert reader == reader and reader == instances and instances == reader
    assert reader != {} and reader != 5 and reader != {"eth0": reader["eth0"]}
    assert reader != mapcast.open("host-net"), "its instances are read by another reader"
    writer.publish("lo", rx=0)
    assert reader != instances
    with pytest.raises(TypeError, match="unhashable"):
        hash(reader)
    reader.close()
    assert reader == reader


def test_the_names_are_of_the_file_that_has_the_name_of_the_region() -> None:
    """Also in a program that calls nothing else."""
    first = mapcast.writer("net", {"rx": int}, instances=3)
    first.publish("old", rx=1)
    reader = mapcast.open("net")
    readers = [mapcast.open("net") for _ in range(7)]
    assert list(reader) == ["old"]
    path = first.path
    first.close()
    os.unlink(path)
    assert list(reader) == ["old"], "there is no other file yet"
    with mapcast.writer("net", {"tx": float}, instances=3) as second:
        second.publish("new", tx=2)
        second.publish("more", tx=2)
        # Of each reader one look only.
        assert sorted(readers[0]) == ["more", "new"] and len(readers[1]) == 2
        assert "old" not in readers[2] and "new" in readers[3] and readers[4].get("new") is not None
        assert readers[5].keys() == {"more", "new"} and readers[6]["new"].latest().tx == 2
    os.unlink(path)
    with mapcast.writer("net", {"rx": int}):
        assert sorted(readers[0]) == ["more", "new"], "it does not go over to a region of one record"


def test_an_instance_that_is_retired_is_an_error_until_it_joins_again(
    writer: mapcast.InstanceWriter,
) -> None:
    reader = mapcast.open("host-net")
    eth0 = reader["eth0"]
    writer.retire("eth0")
    with pytest.raises(mapcast.NoInstanceError, match="has no such instance any more"):
        eth0.latest()
    assert list(reader) == ["wlan 小明"] == list(writer) and len(writer) == 1
    writer.publish("eth0", rx=5)
    assert dict(eth0.latest()) == {"rx": 5, "tx": 0}
    with pytest.raises(mapcast.NoInstanceError, match='no instance "lo"'):
        writer.retire("lo")


def test_more_instances_than_there_is_room_for_are_refused(writer: mapcast.InstanceWriter) -> None:
    writer.publish("lo", rx=0)
    with pytest.raises(mapcast.TooManyInstancesError) as caught:
        writer.publish("eth1", rx=0)
    assert isinstance(caught.value, RuntimeError) and not isinstance(caught.value, OSError)
    assert caught.value.path == writer.path
    assert "has 3 instances, as many as it can have; retire one, or open" in str(caught.value)
    with pytest.raises(ValueError):
        writer.publish("two\nlines", rx=0)
    with pytest.raises(mapcast.WrongTypeError):
        writer.publish("eth2", rx="many")
    assert sorted(writer) == ["eth0", "lo", "wlan 小明"], "what was refused did not join"


def test_all_instances_or_one_are_followed(writer: mapcast.InstanceWriter) -> None:
    reader = mapcast.open("host-net")
    all_of_them, one = reader.follow(20, begin="oldest"), reader["wlan 小明"].follow(20, begin="oldest")
    assert {next(all_of_them).instance, next(all_of_them).instance} == {"eth0", "wlan 小明"}
    for rx in range(5):
        writer.publish("eth0", rx=rx)
    writer.publish("wlan 小明", rx=99)
    assert [next(one).rx, next(one).rx] == [3, 99]
    assert [next(all_of_them).instance for _ in range(6)] == ["eth0"] * 5 + ["wlan 小明"]


def test_events_tell_of_joins_and_retirements(writer: mapcast.InstanceWriter) -> None:
    events = mapcast.open("host-net").events(60)
    seen: list[tuple[str, Any]] = []
    writer.retire("eth0")
    while ("joined", "wlan 小明") not in seen:
        event = next(events)
        seen.append((event.kind, event.instance))
    writer.retire("wlan 小明")
    while seen[-1] != ("retired", "wlan 小明"):
        event = next(events)
        seen.append((event.kind, event.instance))
    assert seen == [("joined", "wlan 小明"), ("record", "wlan 小明"), ("retired", "wlan 小明")]


def test_a_region_of_one_record_is_no_region_of_instances(writer: mapcast.InstanceWriter) -> None:
    with mapcast.writer("plain", {"x": float}):
        with pytest.raises(TypeError):
            mapcast.open("plain")["eth0"]


def test_a_follower_goes_over_to_a_region_that_gets_instances_or_loses_them() -> None:
    plain = mapcast.writer("kind", {"n": int})
    plain.publish(n=1)
    samples = mapcast.follow("kind", timeout=60)
    assert next(samples).n == 1
    plain.close()
    many = mapcast.writer("kind", {"n": int}, instances=2)
    many.publish("a", n=2)
    many.publish("a", n=3)
    assert [(sample.n, sample.instance) for sample in (next(samples), next(samples))] == [
        (2, "a"),
        (3, "a"),
    ]
    many.close()
    plain = mapcast.writer("kind", {"n": int})
    plain.publish(n=4)
    sample = next(samples)
    assert (sample.n, sample.instance) == (4, None)


def test_a_follower_of_the_other_kind_tells_of_each_replacement_and_counts_what_is_lost() -> None:
    events = mapcast.events("kind", timeout=60)

    def until(last: int) -> tuple[list[str], int]:
        """The kinds up to the record that holds this number, and how many were published or missed."""
        kinds, count = [], 0
        while True:
            event = next(events)
            kinds.append(event.kind)
            count += {"record": 1, "missed": event.value}.get(event.kind, 0)
            if event.kind == "record" and event.value.n == last:
                return kinds, count

    writer = mapcast.writer("kind", {"n": int})
    writer.publish(n=1)
    path = writer.path
    until(1)
    for start, instances in ((100, 2), (200, 2), (300, None), (400, None), (500, 2)):
        writer.close()
        os.unlink(path)
        writer = mapcast.writer("kind", {"n": int}, slots=4, instances=instances)
        for n in range(start + 1, start + 21):
            writer.publish(*["a"] if instances else [], n=n)
        kinds, count = until(start + 20)
        assert "replaced" in kinds and "missed" in kinds and count == 20, (start, kinds)
    writer.close()


def test_a_follower_of_one_instance_has_its_records_before_the_end_of_their_writer() -> None:
    many, last = 5000, "i4999"
    with mapcast.writer("crowd", {"n": int}, instances=many) as writer:
        for n in range(many):
            writer.publish(f"i{n}", n=n)
        reader = mapcast.open("crowd")
        events = reader[last].events(60, begin="oldest")
        follower = reader[last].follow(60, begin="oldest")
        assert follower.try_next().n == many - 1, "it is there"
    kinds = []
    while (event := next(events)).kind != "writer":
        kinds.append(event.kind)
    assert kinds == ["joined", "record"]


def test_names_and_numbers_stay_under_the_next_writer(writer: mapcast.InstanceWriter) -> None:
    reader = mapcast.open("host-net")
    writer.close()
    with mapcast.writer("host-net", {"rx": int, "tx": int}, instances=3) as second:
        assert sorted(second) == ["eth0", "wlan 小明"] and "eth0" in second
        sequence = reader["eth0"].latest().sequence
        assert second.publish("eth0", rx=2) == sequence + 1
        assert repr(second).endswith("host-net.region: host_net, 2 of 3 instances>")
