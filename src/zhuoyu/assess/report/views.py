"""What each section of the page shows, computed from the facts; every accessor bears a missing part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from markupsafe import Markup

from zhuoyu.assess.report import charts, numbers
from zhuoyu.assess.report.excerpts import PLACEHOLDER
from zhuoyu.assess.report.words import both, given, t, text, words

Json = dict[str, Any]

_OUTCOMES = {"passed": "pass", "not_passed": "fail", "no_verdict": "not_evaluated"}
_ORDER = {"fail": 0, "warn": 1, "pass": 2}
_SHARES = frozenset({"share", "ratio", "占比", "比例"})
LICENCES = 3
NAMES = 3


class View:
    """The facts, as the template asks for them."""

    def __init__(self, facts: Json) -> None:
        self.facts = facts
        self.record: Json = facts.get("record") or {}
        self.rows: Json = {"read": 0, "kept": 0, "rejected": 0} | (facts.get("rows") or {})
        self.assessment: Json = facts.get("assessment") or {}
        self.verdict: Json = self.assessment.get("verdict") or {}
        self.indicators: list[Json] = self.assessment.get("indicators") or []
        self.noun = "documents" if facts.get("modality") == "text" else "rows"

    # The finding

    @cached_property
    def title(self) -> dict[str, str]:
        """The page's name, for the window: one string a language."""
        gap = {"en": " ", "zh": ""}
        said = {k: self._came(k) + gap[k] + self._finding(k) for k in gap}
        said = {k: v + gap[k] + self._why(k) for k, v in said.items()} if self._held() else said
        return {k: f"{v} · {self.facts.get('version') or ''}".rstrip(" ·") for k, v in said.items()}

    def headline(self) -> list[Markup]:
        """The sentences on top; the third says what holds the version back."""
        lines = [both(self._came), both(self._finding)]
        return [*lines, both(self._why)] if self._held() else lines

    def _held(self) -> bool:
        return self.verdict.get("status") not in (None, "passed")

    def _came(self, language: str) -> str:
        return text(f"{self.noun}_in", language, n=self.rows["read"])

    def _finding(self, language: str) -> str:
        good = self.verdict.get("status") == "passed"
        return text(f"{self.noun}_{'worth' if good else 'stay'}", language, n=self.rows["kept"])

    def _why(self, language: str) -> str:
        for status, key in (("fail", "gates_failed"), ("held", "gates_held")):
            names = [g.get(language) or g["id"] for g in self.gates if g["status"] == status]
            if names:
                said = ("、" if language == "zh" else ", ").join(names[:NAMES])
                more = text("names_more", language, n=len(names) - NAMES) if len(names) > NAMES else ""
                return text(key, language, n=len(names), names=said + more)
        return text("below_coverage" if self.verdict.get("status") == "no_verdict" else "too_low", language)

    @property
    def gates(self) -> list[Json]:
        """The gates, those that hold the version first."""
        order = {"fail": 0, "held": 1, "pass": 2, "not_applicable": 3}
        return sorted(self.verdict.get("gates") or [], key=lambda g: order.get(g["status"], 4))

    def lead(self) -> Markup:
        """The sentence under the title."""
        if not self.assessment:
            return t("lead_none")
        return t("lead_held" if self._held() else "lead_passed")

    def outcome(self) -> tuple[str, Markup]:
        """(sign, word) of the verdict block."""
        status = self.verdict.get("status")
        if status not in _OUTCOMES:
            return "not_applicable", t("not_assessed")
        if status == "passed" and self.verdict.get("band"):
            return "pass", t("passed_band", band=self.verdict["band"])
        return _OUTCOMES[status], t(status)

    def outcome_lines(self) -> list[Markup]:
        """Gates and score; how much was evaluated."""
        v, out = self.verdict, []
        counted = [g for g in self.gates if g["status"] != "not_applicable"]
        first = [t("gates_of", ok=sum(g["status"] == "pass" for g in counted), n=len(counted))] if counted else []
        if v.get("score") is not None:
            edges = [95.0, 90.0, 80.0, 60.0]
            first.append(t("score", score=numbers.exact(v["score"], edges, least=1)))
        if first:
            out.append(Markup(" · ").join(first))
        if v.get("applicable"):
            covered = _share(v.get("coverage") or 0.0)
            out.append(t("evaluated_of", done=v.get("evaluated") or 0, all=v["applicable"], share=covered))
        return out

    def when(self) -> Markup:
        """When it was sealed and how long it took."""
        parts = []
        sealed = self.record.get("sealed")
        if sealed:
            parts.append(both(lambda k: numbers.moment(str(sealed), k)))
        if self.record.get("seconds") is not None:
            parts.append(self.duration())
        return Markup(" · ").join(parts)

    def duration(self) -> Markup:
        """The run's seconds."""
        return both(lambda k: numbers.duration(float(self.record.get("seconds") or 0), k))

    # What came in and what was cut

    def sources(self) -> list[Json]:
        """The sources with licences in words."""
        return [
            s | {"licence": self._licence(s), "unknown": self._unknown(s), "evidence": self._evidence(s)}
            for s in self.facts.get("sources") or []
        ]

    @staticmethod
    def _evidence(source: Json) -> Markup | str:
        """What the recipe gives as the legal basis, in its own words."""
        basis = source.get("basis") or {}
        return t("basis_says", what=lambda _: str(basis["evidence"])) if basis.get("evidence") else ""

    @staticmethod
    def _licence(source: Json) -> Markup:
        named = [k for k in source.get("licenses") or {} if k != "unknown"]
        out = Markup(", ").join(named[:LICENCES])
        rest = len(named) - LICENCES
        return out + Markup(" ") + t("and_more", n=rest) if rest > 0 else out

    @staticmethod
    def _unknown(source: Json) -> Markup | None:
        n = (source.get("licenses") or {}).get("unknown")
        if not n:
            return None
        key = "no_licence_metadata" if source.get("license") == "from_metadata" else "no_licence"
        said = t(key)
        if n == source.get("rows_in"):
            return said
        return t("licence_part", n=n, what=lambda language: text(key, language))

    @staticmethod
    def skipped(source: Json) -> Callable[[str], str]:
        """What was left unread, and why."""

        def said(language: str) -> str:
            parts = []
            for why, n in source["skipped"].items():
                key = f"skip_{why.replace(' ', '_')}"
                parts.append(text(key if key in words() else "skip_other", language, n=n, why=why))
            return ("；" if language == "zh" else ", ").join(parts)

        return said

    def widest(self) -> int:
        """Rows of the largest source."""
        return max([int(s["rows_in"]) for s in self.facts.get("sources") or []] + [1])

    def cuts(self) -> list[Json]:
        """The waterfall's lines."""
        out = []
        for cut in self.facts.get("cuts") or []:
            condition = str(cut.get("text") or "").removeprefix("keep: ")
            because = cut.get("because")
            reading = cut.get("kind") == "read"
            name = t("read") if reading else because or condition
            sub = t("read_sub", n=len(self.facts.get("sources") or [])) if reading else condition if because else ""
            quoted = sum(len(g["rows"]) for g in cut.get("examples") or [])
            out.append(cut | {"name": name, "sub": sub, "code": not reading, "reading": reading, "quoted": quoted})
        return out

    # Before and after

    def measure_name(self, column: str) -> Markup:
        """A measure's plain name, or the column's where it has none."""
        return t(f"measure_{column}") if f"measure_{column}" in words() else Markup("<code>{}</code>").format(column)

    @staticmethod
    def means(measure: Json) -> Markup:
        """The mean before and after."""
        before, after = measure["mean"]
        if after is None:
            return t("mean_before", before=numbers.short(before))
        return t("mean", before=numbers.short(before), after=numbers.short(after))

    def is_partial(self, measure: Json) -> bool:
        """True when a twentieth of the rows or more was cut before the measure was computed."""
        return (measure.get("n") or 0) < 0.95 * float(self.rows["read"])

    @staticmethod
    def is_log(measure: Json) -> bool:
        """True when bins widen: the axis is logarithmic."""
        edges = measure["edges"]
        return len(edges) > 3 and (edges[-1] - edges[-2]) > 1.5 * (edges[2] - edges[1])

    def axis(self, measure: Json) -> tuple[str, str, str]:
        """The labels under a histogram: left, middle, right."""
        edges = measure["edges"]
        return numbers.short(edges[0]), numbers.short(round(edges[len(edges) // 2], 3)), numbers.short(edges[-1])

    @staticmethod
    def category(value: str | None) -> Markup:
        """A value of a column of few; a truth value in words."""
        if value is None:
            return t("other")
        return t({"True": "is_true", "False": "is_false"}[value]) if value in ("True", "False") else Markup("{}").format(value)

    # Personal data

    def residual(self) -> int | None:
        """Rows in which the second detector still finds something; None when it was not asked."""
        found = [i for i in self.indicators if i["id"] == "LG-02" and i.get("value") is not None]
        return int(found[0].get("n_failed") or 0) if found else None

    def kinds(self) -> Callable[[str], str]:
        """47 e-mail, 12 phone."""
        found = (self.facts.get("masked") or {}).get("kinds") or {}

        def said(language: str) -> str:
            parts = [(numbers.count(n), words()[f"kind_{k}"][language] if f"kind_{k}" in words() else k) for k, n in found.items()]
            return ", ".join(f"{n} {k}" for n, k in parts) if language == "en" else "、".join(f"{k} {n}" for n, k in parts)

        return said

    @staticmethod
    def chips(said: str) -> Markup:
        """A quoted text with its placeholders as words of the reader's language."""
        out, at = Markup(""), 0
        for found in PLACEHOLDER.finditer(said):
            key = f"kind_{found[1]}"
            if key in words():
                chip = Markup('<mark class="masked">〈{}〉</mark>').format(t(key))
                out, at = out + said[at : found.start()] + chip, found.end()
        return out + said[at:]

    # The verdict

    @staticmethod
    def limit(value: Any) -> str:
        """A threshold."""
        return limit(value)

    @staticmethod
    def status(name: str) -> Markup:
        """A status in words."""
        return t(f"status_{name}") if f"status_{name}" in words() else Markup("{}").format(name)

    @staticmethod
    def pair(said: Mapping[str, str] | str) -> Callable[[str], str]:
        """A ``{en, zh}`` as a part of a sentence."""
        return lambda language: said if isinstance(said, str) else said.get(language) or said.get("en") or ""

    def dimensions(self) -> list[Json]:
        """Each dimension with its indicators, the failing ones first."""
        known = {d["id"]: d for d in self.assessment.get("dimensions") or []}
        ids = list(dict.fromkeys([*known, *(i["dimension"] for i in self.indicators)]))
        out = []
        for one in ids:
            mine = [self._indicator(i) for i in self.indicators if i["dimension"] == one]
            mine.sort(key=lambda i: (_ORDER.get(i["status"], 3), i["id"]))
            held = any(i.get("gate") and i["status"] == "fail" for i in mine)
            out.append({"en": one, "zh": one, "score": None} | known.get(one, {}) | {"indicators": mine, "held": held})
        return out

    def unevaluated(self) -> list[Json]:
        """The indicators that could not be computed."""
        return [i for i in self.indicators if i["status"] == "not_evaluated"]

    @staticmethod
    def dimension_score(dimension: Json) -> str:
        """Out of 100; missing is a dash."""
        score = dimension.get("score")
        return "–" if score is None else numbers.exact(score, [95.0, 90.0, 80.0, 60.0], least=1)

    def _indicator(self, one: Json) -> Json:
        value = self._value(one)
        drawn = both_names(one, value)
        return one | {"value_text": value, "basis": self._basis(one), "drawn": drawn}

    def _value(self, one: Json) -> str:
        return "" if one.get("value") is None else _number(one["value"], one)

    @staticmethod
    def _basis(one: Json) -> Markup:
        """What was counted."""
        if one.get("value") is None:
            return given(one.get("reason")) or t(f"status_{one['status']}")
        span = one.get("interval")
        said = {"census": t("all_rows"), "facts": t("from_facts")}.get(str(one.get("method")), t("sampled", n=one.get("n_evaluated") or 0))
        if span:
            said = Markup("[{}, {}], ").format(_number(span["low"], one), _number(span["high"], one)) + said
        failed, seen = one.get("n_failed") or 0, one.get("n_evaluated") or 0
        if one.get("method") == "facts":
            return said + Markup(" · ") + t("of_n", ok=seen - failed, n=seen) if failed else said
        return said + Markup(" · ") + t("failing", n=failed) if failed and one["status"] != "pass" else said

    # Doing it again

    def commands(self) -> list[tuple[str, str]]:
        """(key of the comment, command)."""
        version = str(self.facts.get("version") or "VERSION")
        return [
            ("cmd_reproduce", f"zhuoyu reproduce {version}"),
            ("cmd_verify", f"zhuoyu verify {version}"),
            ("cmd_assess", "zhuoyu assess ./my-folder"),
        ]

    def environment(self) -> str:
        """Versions, in one line."""
        return ", ".join(f"{k} {v}" for k, v in (self.record.get("environment") or {}).items())


def both_names(one: Json, value: str) -> Markup:
    """The indicator's drawing. A label of an image is one string: it carries both languages."""

    def name(language: str) -> str:
        status = text(f"status_{one['status']}", language)
        return text(
            "mark_name", language, status=status, value=value or "–", floor=limit(one.get("floor")), target=limit(one.get("target"))
        )

    return charts.interval(one, f"{name('en')} / {name('zh')}")


def limit(value: Any) -> str:
    """A threshold: a number, or two ends."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "–".join(limit(v) for v in value)
    return "–" if value is None else f"{value:g}"


def _number(value: float, one: Mapping[str, Any]) -> str:
    """An indicator's value on its side of both thresholds; a whole number that counts something has no decimals."""
    edges: list[float] = []
    for bound in (one.get("target"), one.get("floor")):
        edges += [float(b) for b in (bound if isinstance(bound, Sequence) else [bound]) if b is not None]
    if str(one.get("unit")) not in _SHARES and float(value).is_integer() and abs(value) > 1:
        return numbers.count(value)
    return numbers.exact(float(value), [*edges, 0.0, 1.0])


def _share(value: float) -> Callable[[str], str]:
    return lambda language: numbers.share(value, language)
