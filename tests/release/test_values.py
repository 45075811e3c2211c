"""Arrow to JSON and back, for every type a version can hold."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from test_record import EVERY_TYPE
from zhuoyu.kernels import encode
from zhuoyu.release.values import from_json, to_json


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_every_type_comes_back(name: str) -> None:
    array = EVERY_TYPE[name]
    said = json.loads(json.dumps(to_json(array), allow_nan=False))
    plain = encode.plain(array)
    back = from_json(said, plain.type if plain.type != pa.list_(pa.dictionary(pa.int8(), pa.string())) else pa.list_(pa.string()))
    assert encode.values(back) == encode.values(array)


def test_what_is_written_is_readable() -> None:
    assert to_json(pa.array([1_500_000_000_000_000_001]).cast(pa.timestamp("ns", "UTC"))) == ["2017-07-14T02:40:00.000000001Z"]
    assert to_json(pa.array([3_600]).cast(pa.int32()).cast(pa.time32("s"))) == ["01:00:00"]
    assert to_json(pa.array([b"\0\1"])) == ["AAE="]
