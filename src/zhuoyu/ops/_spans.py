"""Spans of texts as a column: lists of code-point ranges, merged where they overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from zhuoyu.kernels.arrow import Flags, Longs

SPAN = [pa.field("start", pa.int64()), pa.field("end", pa.int64())]
SPANS = pa.list_(pa.struct(SPAN))
"""Code points, ascending, not overlapping; ``text[start:end]``."""


def merged(groups: Longs, starts: Longs, ends: Longs) -> tuple[Longs, Longs, Longs]:
    """The spans of each group, ascending by group and start; those that touch become one.

    >>> [a.tolist() for a in merged(np.array([1, 0, 1]), np.array([5, 0, 2]), np.array([9, 3, 6]))]
    [[0, 1], [0, 2], [3, 9]]
    """
    if len(groups) == 0:
        return groups, starts, ends
    order = np.lexsort((starts, groups))
    groups, starts, ends = groups[order], starts[order], ends[order]
    shift = (groups - groups[0]) * (int(ends.max()) + 1)  # each group's spans lie beyond those of the group before
    reach = np.maximum.accumulate(ends + shift)
    first = np.flatnonzero(np.concatenate([[True], (starts + shift)[1:] > reach[:-1]]))
    last = np.append(first[1:], len(groups)) - 1
    return groups[first], starts[first], reach[last] - shift[last]


def covered(rows: Longs, starts: Longs, ends: Longs, count: int) -> Longs:
    """Code points in the spans of each of COUNT rows, each once."""
    rows, starts, ends = merged(rows, starts, ends)
    return np.bincount(rows, ends - starts, minlength=count).astype(np.int64)


def lists(rows: Longs, fields: Mapping[str, pa.Array], valid: Flags) -> pa.Array:
    """A list of structs of FIELDS for each row that is VALID; ROWS, ascending, says whose each is.

    >>> lists(np.array([2]), {"start": pa.array([0]), "end": pa.array([4])}, np.array([True, False, True])).to_pylist()
    [[], None, [{'start': 0, 'end': 4}]]
    """
    ends = np.searchsorted(rows, np.arange(len(valid) + 1)).astype(np.int32)
    values = pa.StructArray.from_arrays(list(fields.values()), fields=[pa.field(k, v.type) for k, v in fields.items()])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values, mask=None if valid.all() else pa.array(~valid))


def labelled(hits: Longs, labels: Sequence[Sequence[int]], names: Sequence[str], valid: Flags) -> pa.Array:
    """Lists of (start, end, benchmark) from rows of (row, label, start, end), where a label stands for several NAMES."""
    many = np.array([len(owners) for owners in labels], np.int64)[hits[:, 1]] if len(hits) else np.zeros(0, np.int64)
    owner = np.array([o for label in hits[:, 1].tolist() for o in labels[label]], np.int64)
    row, start, end = (np.repeat(hits[:, k], many) for k in (0, 2, 3))
    group, start, end = merged(row * max(1, len(names)) + owner, start, end)
    row, owner = np.divmod(group, max(1, len(names)))
    said = pa.array(names, pa.string()).take(pa.array(owner))
    return lists(row, {"start": pa.array(start), "end": pa.array(end), "benchmark": said}, valid)
