"""What the passes over the rows look for. Each part takes a batch and keeps a bounded amount of it."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhuoyu.assess.report.excerpts import PLACEHOLDER, Mask, around

Json = dict[str, Any]

EXAMPLES, REASONS = 12, 200
GROUPS, CANDIDATES, CUT_SHOWN = 8, 64, 4
EXCERPTS = 10
NUMBERS, VALUES, CATEGORIES = 6, 6, 3


class Sources:
    """Rows in and kept, by source and licence."""

    def __init__(self) -> None:
        self.kept = self.rejected = 0
        self._rows: Counter[tuple[str, str | None, bool]] = Counter()

    def take(self, batch: pa.RecordBatch, *, rejected: bool) -> None:
        """Count BATCH."""
        n = batch.num_rows
        self.kept, self.rejected = self.kept + (0 if rejected else n), self.rejected + (n if rejected else 0)
        if not n:
            return
        source = pc.struct_field(batch.column("_origin"), "source") if "_origin" in batch.schema.names else pa.nulls(n, pa.string())
        licence = batch.column("_license") if "_license" in batch.schema.names else pa.nulls(n, pa.string())
        for row in pa.table([source, licence], ["s", "l"]).group_by(["s", "l"]).aggregate([([], "count_all")]).to_pylist():
            self._rows[(row["s"] or "", row["l"], rejected)] += row["count_all"]

    def facts(self, batches: Sequence[Mapping[str, Any]]) -> list[Json]:
        """One entry a source, in the recipe's order; what the landed batches say of it is beside its counts."""
        landed: dict[str, Json] = {}
        for batch in batches:
            one = landed.setdefault(str(batch.get("source") or ""), {"bytes": 0, "files": 0, "skipped": Counter()})
            one["bytes"] += int(batch.get("bytes") or 0)
            one["files"] += int(batch.get("files") or 0)
            one["skipped"].update(batch.get("skipped") or {})
            one |= {k: batch.get(k) for k in ("license", "basis", "origin") if batch.get(k)}
        names = [*landed, *sorted({s for s, _, _ in self._rows} - set(landed))]
        return [self._fact(name, landed.get(name, {})) for name in names]

    def _fact(self, name: str, landed: Json) -> Json:
        mine = {k: n for k, n in self._rows.items() if k[0] == name}
        licences: Counter[str] = Counter()
        for (_, licence, _), n in mine.items():
            licences[licence or "unknown"] += n
        return {
            "source": name,
            "rows_in": sum(mine.values()),
            "kept": sum(n for (_, _, rejected), n in mine.items() if not rejected),
            "bytes": landed.get("bytes"),
            "files": landed.get("files"),
            "skipped": dict(landed.get("skipped") or {}),
            "licenses": dict(sorted(licences.items(), key=lambda kv: (-kv[1], kv[0]))),
            **{k: landed.get(k) for k in ("license", "basis", "origin")},
        }


class Examples:
    """The rows with the smallest ids of every step and reason."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, str], list[tuple[str, str | None]]] = {}
        self._counts: Counter[tuple[int, str]] = Counter()

    def take(self, batch: pa.RecordBatch) -> None:
        """Look at one batch of rejected rows."""
        table = pa.table({k: batch.column(k) for k in ("_step", "_reason", "_id", "_found")})
        for row in table.group_by(["_step", "_reason"]).aggregate([([], "count_all")]).to_pylist():
            key = (int(row["_step"] if row["_step"] is not None else -1), str(row["_reason"] or ""))
            if key not in self._rows and len(self._rows) >= REASONS:
                continue
            self._counts[key] += row["count_all"]
            mine = pc.and_(_same(table["_step"], row["_step"]), _same(table["_reason"], row["_reason"]))
            some = table.filter(mine)
            first = some.take(pc.select_k_unstable(some, EXAMPLES, [("_id", "ascending")]))
            best = [*self._rows.get(key, []), *zip(first["_id"].to_pylist(), first["_found"].to_pylist(), strict=True)]
            self._rows[key] = sorted(best, key=lambda r: r[0])[:EXAMPLES]

    def wanted(self) -> set[str]:
        """The ids of all examples."""
        return {i for rows in self._rows.values() for i, _ in rows}

    def of(self, step: int) -> list[tuple[str, int, list[tuple[str, str | None]]]]:
        """(reason, rows, examples) of a step; the most frequent first."""
        mine = [(reason, self._counts[(s, reason)], rows) for (s, reason), rows in self._rows.items() if s == step]
        return sorted(mine, key=lambda one: (-one[1], one[0]))


def _same(column: pa.ChunkedArray, value: Any) -> pa.ChunkedArray:
    return pc.is_null(column) if value is None else pc.fill_null(pc.equal(column, value), False)


class Clusters:
    """Near-duplicate groups: how many, and a few of them (the smallest names, which are hashes: a random choice, always the same)."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._groups = self._rows = self._cut = 0
        self._order: list[str] = []
        self._sizes: Counter[str] = Counter()
        self._cuts: dict[str, list[tuple[float, str, str]]] = {}

    def take(self, batch: pa.RecordBatch, *, rejected: bool) -> None:
        """Look at the rows of BATCH that are in a group."""
        if not self._names or not set(self._names.values()) <= set(batch.schema.names):
            return
        cluster, of = batch.column(self._names["cluster"]), batch.column(self._names["of"])
        grouped = pc.is_valid(cluster)
        self._rows += pc.sum(grouped).as_py() or 0
        self._groups += pc.sum(pc.and_(grouped, pc.is_null(of))).as_py() or 0
        gone = pc.and_(grouped, pc.is_valid(of))
        if not rejected or not batch.num_rows:
            self._count_kept(cluster)
            return
        self._cut += pc.sum(gone).as_py() or 0
        columns = [cluster, batch.column(self._names["jaccard"]), batch.column("_id"), of]
        for name, jaccard, row, partner in zip(*(c.filter(gone).to_pylist() for c in columns), strict=True):
            if self._holds(name):
                self._sizes[name] += 1
                best = [*self._cuts.get(name, []), (jaccard if jaccard is not None else 1.0, row, partner)]
                self._cuts[name] = sorted(best)[:CUT_SHOWN]

    def _holds(self, name: str) -> bool:
        """Is NAME among the smallest so far? What is dropped here never comes back, so counts stay whole."""
        at = bisect.bisect_left(self._order, name)
        if at < len(self._order) and self._order[at] == name:
            return True
        if at >= CANDIDATES:
            return False
        self._order.insert(at, name)
        for lost in self._order[CANDIDATES:]:
            self._sizes.pop(lost, None)
            self._cuts.pop(lost, None)
        del self._order[CANDIDATES:]
        return True

    def _count_kept(self, cluster: pa.Array) -> None:
        for one in pc.value_counts(cluster.filter(pc.is_in(cluster, pa.array(self._order, cluster.type)))).to_pylist():
            self._sizes[one["values"]] += one["counts"]

    def wanted_kept(self) -> set[str]:
        """The rows that stay, of the candidates."""
        return {partner for cuts in self._cuts.values() for _, _, partner in cuts}

    def wanted_cut(self) -> set[str]:
        """The rows cut, of the candidates."""
        return {row for cuts in self._cuts.values() for _, row, _ in cuts}

    def shown(self, texts: Mapping[str, str]) -> list[Json]:
        """Up to 8 groups whose kept row is in TEXTS: first those with something to compare, then the larger ones."""
        out = []
        for name, cuts in self._cuts.items():
            stays = cuts[0][2]
            if stays in texts:
                pairs = [(row, jaccard) for jaccard, row, partner in cuts if partner == stays]
                out.append({"cluster": name, "size": self._sizes[name], "stays": stays, "cut": pairs})
        return sorted(out, key=_interesting)[:GROUPS]

    def facts(self) -> Json:
        """Groups, rows in them, rows cut."""
        return {"groups": self._groups, "rows": self._rows, "cut": self._cut}


def _interesting(group: Json) -> tuple[bool, int, str]:
    return group["cut"][0][1] == 1.0, -group["size"], group["cluster"]


class Masked:
    """Spans of kept rows that were masked: counts by kind, and some places after the masking."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._kinds: Counter[str] = Counter()
        self._by: set[str] = set()
        self._rows = 0
        self._places: list[tuple[tuple[int, str], Json]] = []
        self._seen: Counter[str] = Counter()

    def take(self, batch: pa.RecordBatch) -> None:
        """Look at the rows of BATCH that have masked spans."""
        if "_cells" not in batch.schema.names:
            return
        cells = batch.column("_cells")
        flat = pc.list_flatten(cells)
        if not len(flat):
            return
        parents = pc.list_parent_indices(cells).filter(pc.equal(pc.struct_field(flat, "how"), "masked"))
        for i in pc.unique(parents).to_pylist():
            self._row(batch, i, [c for c in cells[i].as_py() if c["how"] == "masked"])

    def _row(self, batch: pa.RecordBatch, i: int, cells: list[Json]) -> None:
        self._rows += 1
        texts = {c: str(batch.column(c)[i].as_py() or "") for c in {c["column"] for c in cells} if c in batch.schema.names}
        quoted = False
        for cell in cells:
            self._by.add(str(cell["by"] or ""))
            text = texts.get(cell["column"], "")
            known = PLACEHOLDER.fullmatch(text[cell["start"] : cell["end"]]) if text else None
            kind = known[1] if known else "OTHER"
            self._kinds[kind] += 1
            if known and not quoted and self._seen[kind] < EXCERPTS:
                self._quote(batch, i, kind, around(text, cell["start"], cell["end"], self._mask) | {"at": cell["start"]})
                quoted = True

    def _quote(self, batch: pa.RecordBatch, i: int, kind: str, place: Json) -> None:
        """The n-th place of a kind competes with the n-th of the others, so that rare kinds are seen too."""
        origin = batch.column("_origin")[i].as_py() if "_origin" in batch.schema.names else None
        place |= {"kind": kind, "uri": (origin or {}).get("uri") or "", "id": batch.column("_id")[i].as_py()}
        self._places.append(((self._seen[kind], kind), place))
        self._seen[kind] += 1

    def facts(self, safe: Callable[[list[str]], list[str]]) -> Json:
        """Counts, and up to 10 places; SAFE masks their origins."""
        places = [p for _, p in sorted(self._places, key=lambda p: p[0])[:EXCERPTS]]
        for place, uri in zip(places, safe([p["uri"] for p in places]), strict=True):
            place["uri"] = uri
        kinds = dict(sorted(self._kinds.items(), key=lambda kv: (-kv[1], kv[0])))
        return {"rows": self._rows, "findings": sum(kinds.values()), "kinds": kinds, "by": sorted(self._by - {""}), "places": places}


class Measures:
    """Each measure's distribution over all rows (as the run record has it) and, on the same edges, over the kept ones."""

    def __init__(self, profiles: Sequence[Json], schema: pa.Schema, steps: Sequence[Json]) -> None:
        self._asked = " ".join(str(s.get("text") or "") for s in steps if s.get("kind") == "keep")
        first: dict[str, Json] = {}
        for profile in sorted(profiles, key=lambda p: p.get("step", 0)):
            first.setdefault(str(profile["column"]), profile)
        self._numbers = [p for p in first.values() if self._is_number(p)]
        self._values = [p for p in first.values() if p.get("top") and not p["column"].endswith("_cluster")]
        self.columns = [p["column"] for p in (*self._numbers, *self._values) if p["column"] in schema.names]
        self._counts = {p["column"]: np.zeros(len(p["counts"]), np.int64) for p in self._numbers}
        self._sums: dict[str, tuple[int, float]] = {}
        self._tops: dict[str, Counter[str]] = {p["column"]: Counter() for p in self._values}

    def _is_number(self, p: Json) -> bool:
        return len(p.get("counts") or ()) > 1 and len(p.get("edges") or ()) == len(p["counts"]) + 1 and "duplicate" not in p["column"]

    def take(self, batch: pa.RecordBatch) -> None:
        """Count the kept rows of BATCH."""
        for p in self._numbers:
            if p["column"] in batch.schema.names:
                self._count(p, batch.column(p["column"]))
        for p in self._values:
            if p["column"] in batch.schema.names:
                for one in pc.value_counts(batch.column(p["column"]).drop_null()).to_pylist():
                    value = str(one["values"])
                    self._tops[p["column"]][value if value in p["top"] else ""] += one["counts"]

    def _count(self, p: Json, column: pa.Array) -> None:
        values = column.drop_null().cast(pa.float64()).to_numpy(zero_copy_only=False)
        values = values[np.isfinite(values)]
        edges = np.asarray(p["edges"], np.float64)
        at = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
        self._counts[p["column"]] += np.bincount(at, minlength=len(edges) - 1)
        n, total = self._sums.get(p["column"], (0, 0.0))
        self._sums[p["column"]] = (n + len(values), total + float(values.sum()))

    def _rank(self, p: Json) -> tuple[bool, bool, bool, int]:
        """Shown first: what a condition asks about and what can be compared."""
        return (p["column"] not in self.columns, p["column"] not in self._asked, p.get("unit") == "bytes", p.get("step", 0))

    def numbers(self) -> list[Json]:
        """Up to 6 histograms; ``kept`` is null for a measure that is not in the kept table."""
        out = []
        for p in sorted(self._numbers, key=self._rank)[:NUMBERS]:
            n, total = self._sums.get(p["column"], (0, 0.0))
            there = p["column"] in self.columns
            one = {k: p.get(k) for k in ("column", "unit", "n", "nulls", "min", "max", "edges", "counts")}
            one["kept"] = [int(c) for c in self._counts[p["column"]]] if there else None
            one["mean"] = [p.get("mean"), total / n if n else None]
            out.append(one | {"kept_n": n if there else None})
        return out

    def categories(self) -> list[Json]:
        """Up to 3 columns of few values, each with its most frequent ones and the rest as ``other``."""
        out = []
        for p in sorted(self._values, key=self._rank)[:CATEGORIES]:
            top: dict[str, int] = p["top"]
            seen = p.get("n", 0) - p.get("nulls", 0)
            shown = list(top)[:VALUES]
            if sum(top.values()) * 2 < seen:
                continue  # nearly every row has a value of its own: a name, not a category
            there, kept = p["column"] in self.columns, self._tops[p["column"]]
            rows = [{"value": v, "in": top[v], "kept": kept[v] if there else None} for v in shown]
            rest = seen - sum(top[v] for v in shown)
            if rest:
                rows.append({"value": None, "in": rest, "kept": sum(kept.values()) - sum(kept[v] for v in shown) if there else None})
            survived = sum(1 for v in top if kept[v]) if there else None
            out.append({"column": p["column"], "unit": p.get("unit"), "values": len(top), "survived": survived, "rows": rows})
        return out
