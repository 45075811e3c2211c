"""Distributions that add up: one histogram a measure, with edges fixed by its unit, so that batches and workers merge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BINS = 40
_TOP = 60
Profile = dict[str, Any]


def edges(unit: str) -> np.ndarray:
    """Bin edges: 40 equal ones from 0 to 1 for shares, else four a doubling from 1 to 2^31, with 0 apart.

    >>> edges("share")[:3].round(3).tolist()
    [0.0, 0.025, 0.05]
    """
    if unit == "share":
        return np.linspace(0.0, 1.0, _BINS + 1)
    return np.concatenate([[0.0], 2.0 ** (np.arange(0, 125) / 4)])


def profile(values: pa.Array, unit: str) -> Profile:
    """The distribution of one column in one batch."""
    out: Profile = {"n": len(values), "nulls": values.null_count}
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        numbers = values.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
        numbers = numbers[np.isfinite(numbers)]
        if not len(numbers):
            return out
        at = np.clip(np.searchsorted(edges(unit), numbers, side="right") - 1, 0, len(edges(unit)) - 2)
        used, counts = np.unique(at, return_counts=True)
        out |= {"min": float(numbers.min()), "max": float(numbers.max()), "sum": float(numbers.sum())}
        out["bins"] = {str(k): int(v) for k, v in zip(used, counts, strict=True)}
    elif pa.types.is_string(values.type) or pa.types.is_large_string(values.type) or pa.types.is_boolean(values.type):
        if unit == "row id":
            return out
        counted = pc.value_counts(values.drop_null())
        out["top"] = {str(e["values"]): e["counts"] for e in counted.to_pylist()}
    return out


def merge(a: Profile, b: Profile) -> Profile:
    """The distribution of both together.

    >>> merge({"n": 1, "nulls": 0, "bins": {"3": 1}, "min": 2.0}, {"n": 2, "nulls": 1, "bins": {"3": 1}, "min": 1.0})["bins"]
    {'3': 2}
    """
    out: Profile = {"n": a["n"] + b["n"], "nulls": a["nulls"] + b["nulls"]}
    for key, pick in (("min", min), ("max", max), ("sum", lambda x: x[0] + x[1])):
        said = [p[key] for p in (a, b) if key in p]
        if said:
            out[key] = pick(said) if len(said) == 2 else said[0]
    for key in ("bins", "top"):
        if key in a or key in b:
            out[key] = dict(a.get(key, {}))
            for k, v in b.get(key, {}).items():
                out[key][k] = out[key].get(k, 0) + v
    return out


def shown(p: Profile, unit: str) -> dict[str, Any]:
    """The profile as the run record keeps it: mean, edges and counts, and the most frequent values."""
    out: dict[str, Any] = {k: p[k] for k in ("n", "nulls", "min", "max") if k in p}
    seen = p["n"] - p["nulls"]
    if "sum" in p and seen:
        out["mean"] = p["sum"] / seen
    if "bins" in p:
        at = sorted(int(k) for k in p["bins"])
        cut = edges(unit)[at[0] : at[-1] + 2]
        out |= {"edges": [float(e) for e in cut], "counts": [p["bins"].get(str(i), 0) for i in range(at[0], at[-1] + 1)]}
    if "top" in p:
        out["top"] = dict(sorted(p["top"].items(), key=lambda kv: (-kv[1], kv[0]))[:_TOP])
    return out
