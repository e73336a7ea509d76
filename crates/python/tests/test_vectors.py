"""The package reads every vector of docs/vectors as it says."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import mapcast
import pytest

FOLDER = Path(__file__).parents[3] / "docs/vectors"
VECTORS = json.loads((FOLDER / "vectors.json").read_text())

REFUSED = {
    "not_a_region": (mapcast.FormatError, "is not a region"),
    "unsupported_version": (mapcast.FormatError, "has region format"),
    "unsupported_features": (mapcast.FormatError, "needs features"),
    "damaged": (mapcast.FormatError, "is damaged"),
    "truncated": (mapcast.TruncatedError, "its header promises"),
    "unstable": (mapcast.Error, "keeps changing"),
}


def same(found: Any, listed: Any) -> bool:
    """Whether a value is the listed one, a float to its last bit."""
    if isinstance(found, list):
        return len(found) == len(listed) and all(map(same, found, listed))
    if isinstance(found, float):
        listed = float(listed)
        return math.isnan(found) and math.isnan(listed) or struct.pack("d", found) == struct.pack("d", listed)
    return type(found) is type(listed) and bool(found == listed)


def check(sample: mapcast.Sample | None, listed: dict[str, Any]) -> None:
    assert sample is not None
    assert (sample.sequence, sample.published_ns) == (listed["sequence"], listed["wall_time"])
    assert list(sample) == list(listed["record"])
    for name, value in listed["record"].items():
        assert same(sample[name], value), (name, sample[name], value)


def check_region(latest: Any, follower: mapcast.Follower, listed: dict[str, Any]) -> None:
    """The newest record, and all of them from the oldest on."""
    with follower:
        records = listed["records"]
        for record in records:
            check(follower.next(60), record)
        assert follower.try_next() is None
    if listed["latest"] is None:
        assert latest is None
    else:
        assert latest.sequence == listed["latest"]
        check(latest, next(record for record in records if record["sequence"] == listed["latest"]))


def check_schema(schema: mapcast.Schema, listed: dict[str, Any]) -> None:
    assert (schema.name, schema.size) == (listed["record"], listed["size"])
    fields = [(each.name, each.type, each.offset, each.unit, each.help) for each in schema.fields]
    parts = ("name", "type", "offset", "unit", "help")
    assert fields == [tuple(field[part] for part in parts) for field in listed["fields"]]
    labels = [{str(value): text for value, text in each.labels.items()} for each in schema.fields]
    assert labels == [field["labels"] for field in listed["fields"]]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["file"])
def test_a_vector_is_read_or_refused_as_listed(vector: dict[str, Any]) -> None:
    path = FOLDER / vector["file"]
    if vector["outcome"] != "read":
        error, message = REFUSED[vector["outcome"]]
        with pytest.raises(error, match=message):
            mapcast.open(path).latest()
        return
    reader = mapcast.open(path)
    assert (reader.state, reader.lineage) == (vector["state"], vector["lineage"])
    check_schema(reader.schema, vector["schema"])
    if vector.get("instances") is None:
        check_region(reader.latest(), reader.follow(begin="oldest"), vector)
        return
    assert list(reader) == [instance["name"] for instance in vector["instances"]]
    for instance in vector["instances"]:
        one = reader[instance["name"]]
        check_region(one.latest(), one.follow(begin="oldest"), instance)


def test_there_is_a_vector_of_each_outcome() -> None:
    assert {vector["outcome"] for vector in VECTORS} == {"read", *REFUSED}
