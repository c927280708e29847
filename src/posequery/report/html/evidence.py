"""Verdicts and comparisons, whatever columns their tables have."""

from collections import Counter
from collections.abc import Sequence

from posequery.report.formats import NONE
from posequery.report.html.parts import Part, Section, Sheet, Words, sheet
from posequery.report.html.sources import Row, Sources

_FIRST = ("claim", "place", "sentence", "verdict")
"""Columns of a verdict that stand first, in words."""
_NUMBERS = ("estimate", "low", "high")
NO_VERDICTS = "No verdicts: this run has made none."


def _number(text: str) -> str:
    """As it is printed; words stay as they are."""
    try:
        value = float(text)
    except ValueError:
        return text or NONE
    if value != value:
        return NONE
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e6 else f"{value:.3g}"


def _estimate(row: Row) -> str:
    low, high = (_number(row.get(name, "")) for name in ("low", "high"))
    known = low != NONE or high != NONE
    return _number(row["estimate"]) + (f" ({low} to {high})" if known else "")


def _titles(rows: Sequence[Row]) -> dict[str, str]:
    """The columns that say anything, and their heads."""
    names = [name for name in rows[0] if name and any(row.get(name) for row in rows)]
    first = [name for name in _FIRST if name in names]
    numbers = ["estimate"] if "estimate" in names else []
    left = {*first, *(_NUMBERS if numbers else ())}
    rest = [name for name in names if name not in left]
    ends = " (95 % interval)" if {"low", "high"} <= {*names} else ""
    titles = {name: name.replace("_", " ") for name in (*first, *numbers, *rest)}
    return titles | ({"estimate": f"estimate{ends}"} if numbers else {})


def any_sheet(caption: str, rows: Sequence[Row]) -> Sheet:
    """A table of all columns that say anything; an estimate and its ends share one."""
    titles = _titles(rows)
    printed = [
        [_estimate(row) if name == "estimate" else _number(row.get(name) or "") for name in titles]
        for row in rows
    ]
    words = [any(_is_word(row.get(name) or "") for row in rows) for name in titles]
    made = sheet(caption, [*titles.values()], printed)
    return Sheet(caption, made.heads, made.rows, ["left" if word else "right" for word in words])


def _is_word(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return True
    return False


def tally(rows: Sequence[Row]) -> str:
    """'12 claims: 3 supported, 9 undecided.'"""
    counts = Counter(row.get("verdict") or "without a verdict" for row in rows)
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"{len(rows)} {'claim' if len(rows) == 1 else 'claims'}: {said}."


def section(sources: Sources) -> Section:
    rows = sources.verdicts
    if not rows:
        return Section("verdicts", "Verdicts", [Words([NO_VERDICTS])])
    parts: list[Part] = [
        Words([f"{tally(rows)} Intervals are plain 95 %; verdicts use p adjusted for all claims."]),
        any_sheet("The paper's claims, one test each", rows),
    ]
    return Section("verdicts", "Verdicts", parts)
