"""What a program with types writes; test_types.py gives it to mypy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import mapcast


@dataclass
class Drone:
    x: Annotated[mapcast.f32, mapcast.Field(unit="m")]
    laps: mapcast.u16
    name: Annotated[str, mapcast.text(20)]


def read(name: str) -> float:
    reader: mapcast.Reader = mapcast.open(name)
    sample = reader.latest()
    if sample is None:
        return 0.0
    missed: int = sum(each.missed for each in reader.follow(timeout=1.0, begin="oldest"))
    instances: mapcast.InstanceReader = mapcast.open("host-net")
    one: mapcast.Sample | None = instances["eth0"].latest()
    known: set[str] = instances.keys() & {"eth0", "lo"}
    missed += len(known) + sum(name == each.name for name, each in instances.items())
    missed += 0 if instances.get("lo") is None or sample == {"x": 1.0} else 1
    units: dict[str, str] = sample.units
    age: float | None = sample.age
    return len(units) + missed + (age or 0.0) + (0 if one is None else one.sequence)


async def follow(name: str) -> None:
    async for sample in mapcast.follow(name):
        print(sample.published_at.isoformat(), Drone(**sample))
    for event in mapcast.events(name):
        if event.kind == "missed":
            print(event.value, event.instance)


def bare(path: str) -> float:
    with mapcast.bare_writer(path, Drone, mode=0o600) as writer:
        writer.publish(Drone(1.0, 2, "abc"))
    drones: mapcast.BareReader[Drone] = mapcast.open_bare(path, Drone)
    plain: float = mapcast.open_bare(path, {"x": "f32"}).latest()["x"]
    with mapcast.bare_writer(path, Drone, count=2) as array:
        array.publish_at(1, x=2.0)
    second: Drone = mapcast.open_bare(path, Drone, count=2).latest_at(1)
    plain += second.x
    passed: mapcast.Reader = mapcast.open(mapcast.Descriptor(3))
    return drones.latest().x + plain + passed.epoch


def write() -> int:
    with mapcast.writer("drone", Drone, slots=16) as writer:
        writer.publish(Drone(1.0, 2, "abc"))
    with mapcast.writer("net", {"rx": int}, instances=10) as many:
        many.retire("eth0")
        return many.publish("eth0", rx=1)
