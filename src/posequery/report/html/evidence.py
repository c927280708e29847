"""Verdicts and comparisons, whatever columns their tables have."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from posequery.report.formats import NONE
from posequery.report.html.parts import Part, Section, Sheet, Words, sheet
from posequery.report.html.sources import Row, Sources

NO_VERDICTS = "No verdicts: this run has made none."
OPEN = ("undecided", "not run")
"""How verdicts begin that decide nothing."""
_CLAIM = ("says", "sentence", "claim")
"""Columns that hold a claim in words, the best first."""
_SHOWN = {
    "verdict": "verdict",
    "place": "place",
    "published_px": "published (px)",
    "p_adjusted": "adjusted p",
    "margin": "margin",
    "margin_px": "margin (px)",
    "detectable_px": "detectable (px)",
}
"""Heads of the columns of verdicts that stand in the open, beside claim and estimate."""


def value(row: Row, *names: str) -> float:
    """The number in the first of these columns that is there; NaN where it is none."""
    text = next((row[name] for name in names if row.get(name)), "")
    try:
        return float(text)
    except ValueError:
        return math.nan


def claim(row: Row) -> str:
    return next((row[name] for name in _CLAIM if row.get(name)), NONE)


def _number(text: str) -> str:
    """As it is printed; words stay as they are."""
    try:
        found = float(text)
    except ValueError:
        return text or NONE
    if not math.isfinite(found):
        return NONE
    return f"{found:.0f}" if found.is_integer() and abs(found) < 1e6 else f"{found:.3g}"


def _estimate(row: Row) -> tuple[str, str]:
    """The estimate, and below it its interval."""
    found = value(row, "estimate_px", "estimate")
    low, high = value(row, "low_px", "low"), value(row, "high_px", "high")
    ends = "" if math.isnan(low + high) else f"{low:.2f} to {high:.2f}"
    return (NONE if math.isnan(found) else f"{found:+.2f}"), ends


def _verdicts(rows: Sequence[Row]) -> Sheet:
    """What is read first of each verdict."""
    heads = {name: head for name, head in _SHOWN.items() if any(row.get(name) for row in rows)}
    cells = [
        [(claim(row), ""), *((_number(row.get(name) or ""), "") for name in heads), _estimate(row)]
        for row in rows
    ]
    titles = ["claim", *heads.values(), "estimate (px), 95 % interval"]
    sides = ["left" if name in ("verdict", "place") else "right" for name in heads]
    named = [("", title) for title in titles]
    return Sheet("The paper's claims, one test each", named, cells, ["left", *sides, "right"])


def any_sheet(caption: str, rows: Sequence[Row]) -> Sheet:
    """A table of all columns that say anything, folded away."""
    names = [name for name in rows[0] if name and any(row.get(name) for row in rows)]
    printed = [[_number(row.get(name) or "") for name in names] for row in rows]
    words = [any(_is_word(row.get(name) or "") for row in rows) for name in names]
    made = sheet(caption, [name.replace("_", " ") for name in names], printed)
    return replace(made, sides=["left" if word else "right" for word in words], folded=True)


def _is_word(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return True
    return False


def by_verdict(rows: Sequence[Row]) -> Iterator[tuple[str, list[str]]]:
    """Each verdict and the claims that have it; what decides nothing comes last."""

    def verdict(row: Row) -> str:
        return row.get("verdict") or "without a verdict"

    ordered = sorted(rows, key=lambda row: (verdict(row).startswith(OPEN), verdict(row)))
    for name, own in groupby(ordered, verdict):
        yield name, [claim(row) for row in own]


def tally(rows: Sequence[Row]) -> str:
    """'12 claims: 3 supported, 9 undecided.'"""
    said = "; ".join(f"{len(own)} {name}" for name, own in by_verdict(rows))
    return f"{len(rows)} claim{'s' * (len(rows) != 1)}: {said}."


def section(sources: Sources) -> Section:
    rows = sources.verdicts
    if not rows:
        return Section("verdicts", "Verdicts", [Words([NO_VERDICTS])])
    note = (
        f"{tally(rows)} Negative estimates are better for what a claim names first. Intervals are "
        "plain 95 % ones; verdicts use p adjusted for all claims. Detectable: the smallest "
        "difference that is found with a chance of 80 %."
    )
    parts: list[Part] = [Words([note]), _verdicts(rows)]
    parts.append(any_sheet("All that the verdicts are made from, with each as a sentence", rows))
    return Section("verdicts", "Verdicts", parts)
