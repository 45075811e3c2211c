"""Add measures to a sealed version, beside its content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from zhuoyu.build.seal import column_digests
from zhuoyu.errors import SpecError
from zhuoyu.flow.record import main_table
from zhuoyu.op import Bound, Measure, inputs_of
from zhuoyu.ops import load
from zhuoyu.recipe.names import make_op
from zhuoyu.store import door, lance, measures, runs, versions
from zhuoyu.store.database import Store


def add(
    store: Store, ref: str, op_name: str, params: dict[str, Any], on: tuple[str, ...] = (), label: str = "", table: str = ""
) -> dict[str, str]:
    """Compute one operator's columns over the kept rows of a version; their digests by column.

    Raises:
        SpecError: the operator is no Measure, an input is missing, or a column of that name exists.
    """
    kind = load(op_name)
    if not issubclass(kind, Measure):
        raise SpecError(f"{op_name} is a {kind.kind()}, not a measure", fix="only a measure can be added to a sealed version")
    op = make_op(kind, params)
    assert isinstance(op, Measure)
    if not op.is_default() and not label:
        raise SpecError(f"{op_name} with parameters of its own needs a name for its columns", fix="add --as NAME")
    bound = Bound(op, on, label)
    who = door.local_principal()
    with store.reading() as s:
        version = versions.find(s, ref)
        version_id = version.id
        table = table or main_table((runs.get(s, version.run_id).record or {}) if version.run_id else {}, version.tables)
    schema = pa.schema(bound.fields())
    op.open()

    def computed() -> Iterator[pa.RecordBatch]:
        for batch in door.read(store, who, version_id, table, columns=["_id", *bound.inputs]):
            columns = op.run(*inputs_of(batch, bound.inputs, op.reads))
            yield pa.RecordBatch.from_arrays([batch.column("_id"), *columns], schema=pa.schema([pa.field("_id", pa.string()), *schema]))

    path = lance.path_of(store.home, version_id, table)
    lance.add_columns(path, computed(), pa.schema([pa.field("_id", pa.string()), *schema]))
    every = column_digests(path)
    digests = {f.name: every[f.name] for f in schema}
    with store.session() as s:
        measures.record(s, version_id, table, digests, who.name)
    return digests
