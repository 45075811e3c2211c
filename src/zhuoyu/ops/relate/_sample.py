"""How much of every stratum a sample takes, and how often each row stands in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.errors import SpecError, did_you_mean
from zhuoyu.kernels import draw
from zhuoyu.kernels.arrow import Flags, Floats, Longs
from zhuoyu.kernels.hashing import Hashes

Short = Literal["shrink", "fill"]


@dataclass(frozen=True)
class Wish:
    """What a sample should be: its size, the shares of its strata, how often a row may stand in it."""

    total: float | None
    share: float | None
    ratios: Mapping[str, float]
    alpha: float
    epochs: float
    short: Short


def targets(sizes: Floats, names: Sequence[str | None], wish: Wish) -> Floats:
    """How much of each stratum the sample holds, in what SIZES count.

    Raises:
        SpecError: a stratum with a ratio is not there.

    >>> targets(np.array([90.0, 10.0]), ["web", "books"], Wish(None, None, {"web": 1, "books": 1}, 1, 2, "shrink"))
    array([20., 20.])
    >>> targets(np.array([90.0, 10.0]), ["web", "books"], Wish(60, None, {}, 0, 1, "fill"))
    array([50., 10.])
    """
    shares = _shares(sizes, names, wish)
    most = np.where(shares > 0, sizes * wish.epochs, 0)
    if not shares.sum() > 0:
        return np.zeros(len(sizes))
    total = wish.share * float(sizes[shares > 0].sum()) if wish.share is not None else wish.total
    if wish.short == "fill":
        return _filled(shares, most, float(most.sum()) if total is None else total)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = float(np.min(np.where(shares > 0, most / shares, np.inf)))
    whole = limit if total is None else min(limit, total)
    return np.asarray(np.minimum(whole * shares, most))


def _shares(sizes: Floats, names: Sequence[str | None], wish: Wish) -> Floats:
    """The share of every stratum, summing to 1; an empty stratum has none."""
    if wish.ratios:
        for missing in sorted(set(wish.ratios) - set(names) if len(sizes) else ()):
            close = did_you_mean(missing, [n for n in names if n is not None])
            raise SpecError(f"ratios: no row is of stratum {missing!r}", fix=close, stratum=missing)
        raw = np.array([wish.ratios.get(n, 0.0) if n is not None else 0.0 for n in names])
        raw = np.where(sizes > 0, raw, 0)
    else:
        raw = np.where(sizes > 0, np.where(sizes > 0, sizes, 1) ** wish.alpha, 0)
    return np.asarray(raw / raw.sum() if raw.sum() > 0 else raw)


def _filled(shares: Floats, most: Floats, total: float) -> Floats:
    """Water poured in by SHARES: what runs over at a stratum's brim goes to the others, in their shares."""
    out, open_ = np.zeros(len(shares)), shares > 0
    left = min(total, float(most.sum()))
    while open_.any():
        poured = left * shares / shares[open_].sum()
        over = open_ & (poured >= most)
        if not over.any():
            out[open_] = poured[open_]
            break
        out[over] = most[over]
        left -= float(most[over].sum())
        open_ &= ~over
    return out


def rounded(amounts: Floats) -> Floats:
    """Whole numbers with the same sum (rounded), each off by less than one: the largest remainders are rounded up.

    >>> rounded(np.array([1.4, 1.4, 1.2]))
    array([2., 1., 1.])
    """
    down = np.floor(amounts + 1e-9)
    more = round(float(amounts.sum() - down.sum()))
    down[np.argsort(down - amounts, kind="stable")[:more]] += 1
    return down


@dataclass(frozen=True)
class Pool:
    """What is drawn from: by row its ``_id``, random bits, whether it may be drawn, its stratum, and its weight and size, if given."""

    ids: pa.ChunkedArray
    keys: Hashes
    there: Flags
    strata: Longs
    names: Sequence[str | None]
    weight: Floats | None = None
    size: Floats | None = None


def drawn(pool: Pool, wish: Wish) -> Longs:
    """How often each row is drawn; 0 where it may not be, or has no weight or size above 0."""
    may = pool.there.copy()
    luck = -np.log(draw.uniform(pool.keys))
    if pool.weight is not None:
        may &= pool.weight > 0
        luck = luck / np.where(may, pool.weight, 1)
    if pool.size is not None:
        may &= (pool.size > 0) & (pool.size < np.inf)
    size_of = np.ones(len(may)) if pool.size is None else np.where(may, pool.size, 1)
    sizes = np.bincount(pool.strata[may], size_of[may], minlength=len(pool.names)).astype(np.float64)
    amounts = targets(sizes, pool.names, wish)
    at = np.flatnonzero(may)
    by_id = np.asarray(pc.rank(pool.ids, tiebreaker="dense").to_numpy(zero_copy_only=False))
    order = at[np.lexsort((by_id[at], luck[at]))]
    return _epochs(rounded(amounts) if pool.size is None else amounts, sizes, pool.strata, order, size_of)


def _epochs(amounts: Floats, sizes: Floats, strata: Longs, order: Longs, size_of: Floats) -> Longs:
    """How often each row stands in the sample: whole rounds of its stratum, and one more for those first in ORDER.

    AMOUNTS and SIZES are by stratum, STRATA and SIZE_OF (above 0) by row; ORDER lists the rows that may be taken.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rounds = np.where(sizes > 0, np.floor(amounts / sizes + 1e-12), 0)
    rest = amounts - rounds * sizes
    out = np.zeros(len(strata), np.int64)
    order = order[np.argsort(strata[order], kind="stable")]
    stratum, size = strata[order], size_of[order]
    ends = np.cumsum(size)
    first = np.flatnonzero(np.diff(stratum, prepend=-1))
    begins = np.repeat((ends - size)[first], np.diff(first, append=len(order)))
    out[order] = rounds[stratum] + (ends - size / 2 - begins <= rest[stratum] + 1e-9 * sizes[stratum])
    return out
