"""Verdicts and comparisons as tables of the page."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from posequery.report.formats import NONE
from posequery.report.html.parts import Part, Printed, Section, Sheet, Words, sheet
from posequery.report.html.sources import Row, Sources

NO_VERDICTS = "No verdicts: this run has made none."
OPEN = ("undecided", "not run")
"""How verdicts begin that decide nothing."""


def value(row: Row, name: str) -> float:
    """The number in a column; NaN where it is none."""
    try:
        return float(row[name])
    except ValueError:
        return math.nan


def _px(number: float) -> str:
    return NONE if math.isnan(number) else f"{number:.2f}"


def _difference(number: float) -> str:
    return NONE if math.isnan(number) else f"{number:+.2f}"


def _p(number: float) -> str:
    if math.isnan(number):
        return NONE
    return f"{number:.3f}" if number >= 0.001 else "below 0.001"


def _plain(name: str) -> Callable[[Row], Printed]:
    return lambda row: (row[name] or NONE, "")


def _number(name: str, how: Callable[[float], str]) -> Callable[[Row], Printed]:
    return lambda row: (how(value(row, name)), "")


def _verdict(row: Row) -> Printed:
    """What is decided, and below it of what: 'same direction', 'in the stand-in'."""
    decided, _, where = row["verdict"].partition(", ")
    return decided, where


def _estimate(how: Callable[[float], str]) -> Callable[[Row], Printed]:
    """The estimate, and below it its interval."""

    def printed(row: Row) -> Printed:
        low, high = value(row, "low_px"), value(row, "high_px")
        ends = "" if math.isnan(low + high) else f"{how(low)} to {how(high)}"
        return how(value(row, "estimate_px")), ends

    return printed


_TESTED = {
    "beats": "difference",
    "best": "difference",
    "alike": "equivalence",
    "does what": "no worse",
    "budget": "arithmetic",
}
"""What the p of a claim of each kind is of."""
_CLAIMS: Mapping[str, tuple[str, Callable[[Row], Printed]]] = {
    "claim": ("left", _plain("says")),
    "verdict": ("left", _verdict),
    "where": ("left", _plain("place")),
    "published (px)": ("right", _number("published_px", _difference)),
    "estimate (px), plain 95 % interval": ("right", _estimate(_difference)),
    "tested": ("left", lambda row: (_TESTED.get(row["kind"], NONE), "")),
    "adjusted p": ("right", _number("p_adjusted", _p)),
    "counter p": ("right", _number("counter_p_adjusted", _p)),
    "detectable (px)": ("right", _number("detectable_px", _px)),
    "margin (px)": ("right", _number("margin_px", _px)),
}
"""The columns of the claims that stand in the open: their heads, sides and texts."""
_CELLS: Mapping[str, tuple[str, Callable[[Row], Printed]]] = {
    "cell": ("left", _plain("says")),
    "verdict": ("left", _verdict),
    "where": ("left", _plain("place")),
    "ours (px), 95 % prediction interval": ("right", _estimate(_px)),
    "seeds": ("right", _plain("seeds")),
}


def _sheet(
    caption: str,
    columns: Mapping[str, tuple[str, Callable[[Row], Printed]]],
    rows: Sequence[Row],
    folded: bool = False,
) -> Sheet:
    """The columns that say anything of any row."""
    texts = {head: [printed(row) for row in rows] for head, (_, printed) in columns.items()}
    said = [head for head, cells in texts.items() if any(text != NONE for text, _ in cells)]
    body = list(zip(*(texts[head] for head in said), strict=True))
    sides = [columns[head][0] for head in said]
    return Sheet(caption, [("", head) for head in said], body, sides, folded)


def any_sheet(caption: str, rows: Sequence[Row]) -> Sheet:
    """A table of all columns that say anything, folded away."""
    names = [name for name in rows[0] if name and any(row.get(name) for row in rows)]
    printed = [[_any(name, row.get(name) or "") for name in names] for row in rows]
    words = [any(_is_word(row.get(name) or "") for row in rows) for name in names]
    made = sheet(caption, [name.replace("_", " ") for name in names], printed)
    return replace(made, sides=["left" if word else "right" for word in words], folded=True)


def _any(name: str, text: str) -> str:
    """As it is printed: pixels with two digits after the point, other numbers with three in all;
    words stay as they are."""
    if not text or _is_word(text):
        return text or NONE
    number = float(text)
    if not math.isfinite(number):
        return NONE
    if "_px" in name:
        return _px(number)
    return f"{number:.0f}" if number.is_integer() and abs(number) < 1e6 else f"{number:.3g}"


def _is_word(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return True
    return False


def claims(rows: Sequence[Row]) -> list[Row]:
    """The rows of claims, without those of the printed cells."""
    return [row for row in rows if row["kind"] != "cell"]


def by_verdict(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Each verdict and the claims that have it; what decides nothing comes last."""

    def place(row: Row) -> tuple[bool, str]:
        return row["verdict"].startswith(OPEN), row["verdict"]

    for (_, name), own in groupby(sorted(rows, key=place), place):
        yield name, list(own)


def tally(rows: Sequence[Row]) -> str:
    """'12 claims: 3 supported, 9 undecided.'"""
    said = "; ".join(f"{len(own)} {name}" for name, own in by_verdict(rows))
    return f"{len(rows)} claim{'s' * (len(rows) != 1)}: {said}."


_CELLS_SAID = (
    "Whether each number that the paper printed, which is of a single run, lies where one more run "
    "of this study would be expected: a description, no test. One in twenty lies outside by chance."
)


_READ = (
    "Estimate: of this study, for the part of the claim that decides; published: the paper's own "
    "value of it. Negative is better for what a claim names first. Each claim has two tests. "
    "Tested by a difference, p is of any, and the counter p of none beyond the margin, which "
    "speaks against the claim as well. By equivalence, p is of none beyond the margin, and the "
    "counter p of one. By 'no worse', p is of less than the margin, and the counter p of more. "
    "Both are adjusted for all claims (Holm), and one at or below 0.05 decides. Intervals are "
    "plain 95 % ones, so that one may leave out 0 where the verdict is undecided. Detectable: "
    "the smallest true difference (where it is tested by equivalence or 'no worse', the smallest "
    "that exceeds the margin) that is found with a chance of 80 %, even if it has the smallest p "
    "of all."
)


def section(sources: Sources) -> Section:
    rows = sources.verdicts
    if not rows:
        return Section("verdicts", "Verdicts", [Words([NO_VERDICTS])])
    own = claims(rows)
    parts: list[Part] = [
        Words([tally(own), f"{_READ} {sources.given}".rstrip()]),
        _sheet("The paper's claims, two tests each", _CLAIMS, own),
    ]
    if printed := [row for row in rows if row["kind"] == "cell"]:
        parts += [Words([_CELLS_SAID]), _sheet("The printed cells", _CELLS, printed, folded=True)]
    parts.append(any_sheet("All that the verdicts are made from, with each as a sentence", rows))
    return Section("verdicts", "Verdicts on the paper's claims", parts)
