"""What a page is made of: sections of words, tables, charts and drawings."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from posequery.evidence import statistics
from posequery.report.formats import Block, Format, Table
from posequery.report.style import YELLOW, Style

Printed = tuple[str, str]
"""What stands in a table's place, and what stands smaller below it."""
_INK = {YELLOW: "#a89500"}
"""In place of a colour that is lost on white, and has no black edge here."""


def ink(style: Style) -> str:
    """The colour of a style, in a chart of the page."""
    return _INK.get(style.color, style.color)


@dataclass(frozen=True)
class Words:
    """Paragraphs."""

    kind: ClassVar[str] = "words"
    texts: Sequence[str]


@dataclass(frozen=True)
class Points:
    """Of each what it is about, and what is said of it."""

    kind: ClassVar[str] = "points"
    said: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Sheet:
    """A table.

    heads: (group, head); columns that share a group stand under one. sides: 'left' or 'right'.
    folded: shown when asked for.
    """

    kind: ClassVar[str] = "sheet"
    caption: str
    heads: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Printed]]
    sides: Sequence[str]
    folded: bool = False

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Each group's name and how many columns are under it; none where no column has any."""
        found: list[tuple[str, int]] = []
        for group, _ in self.heads:
            if found and found[-1][0] == group:
                found[-1] = group, found[-1][1] + 1
            else:
                found.append((group, 1))
        return found if any(group for group, _ in found) else []


_PATHS = {
    "o": "M-4.5,0A4.5,4.5 0 1,0 4.5,0A4.5,4.5 0 1,0 -4.5,0Z",
    "s": "M-4,-4H4V4H-4Z",
    "^": "M0,-5L5,4H-5Z",
    "v": "M0,5L5,-4H-5Z",
    ">": "M5,0L-4,5V-5Z",
    "<": "M-5,0L4,5V-5Z",
    "D": "M0,-5.5L5.5,0L0,5.5L-5.5,0Z",
    "P": "M-1.7,-5H1.7V-1.7H5V1.7H1.7V5H-1.7V1.7H-5V-1.7H-1.7Z",
    "X": "M-4,-4L4,4M4,-4L-4,4",
    "h": "M-5,-2.5L0,-5L5,-2.5V2.5L0,5L-5,2.5Z",
    "p": "M0,-5L4.8,-1.6L3,4H-3L-4.8,-1.6Z",
    "*": "M0,-6.5L1.9,-2.1L6.2,-2L3.1,.8L4.1,5.2L0,2.8L-4.1,5.2L-3.1,.8L-6.2,-2L-1.9,-2.1Z",
}
"""Of a legend's markers, some 10 pixels wide."""


@dataclass(frozen=True)
class Key:
    """An entry of a chart's legend.

    dashes: lengths on and off of the line, none is solid. mark: one of matplotlib's markers, or ''.
    """

    name: str
    color: str
    dashes: Sequence[float] = ()
    mark: str = ""
    line: bool = True

    @property
    def dasharray(self) -> str:
        return " ".join(f"{2 * part:g}" for part in self.dashes) or "none"

    @property
    def path(self) -> str:
        return _PATHS.get(self.mark, _PATHS["o"]) if self.mark else ""


@dataclass(frozen=True)
class Chart:
    """A chart, as Vega-Lite has it, and the same as words and as a table."""

    name: str
    title: str
    label: str
    spec: Mapping[str, Any]
    sheet: Sheet


@dataclass(frozen=True)
class Charts:
    """Charts that share a legend and a caption; side by side where the page is wide enough."""

    kind: ClassVar[str] = "charts"
    title: str
    caption: str
    charts: Sequence[Chart]
    keys: Sequence[Key] = ()
    beside: bool = False


@dataclass(frozen=True)
class Skeleton:
    """Lines ((x, y), (x, y)) in pixels of a picture, of one colour."""

    color: str
    lines: Sequence[tuple[float, float, float, float]]


@dataclass(frozen=True)
class Pose:
    """Skeletons over one another, in the box (left, top, width, height), and what is said below."""

    title: str
    box: tuple[float, float, float, float]
    skeletons: Sequence[Skeleton]
    said: str

    @property
    def stroke(self) -> float:
        """The width of a line, in pixels of the picture."""
        return round(max(self.box[2:]) / 110, 2)


@dataclass(frozen=True)
class Poses:
    kind: ClassVar[str] = "poses"
    title: str
    caption: str
    poses: Sequence[Pose]
    keys: Sequence[Key] = ()


@dataclass(frozen=True)
class Picture:
    """An image inside the page. data: a data: URI."""

    kind: ClassVar[str] = "picture"
    title: str
    caption: str
    data: str
    label: str


Part = Words | Points | Sheet | Charts | Poses | Picture


@dataclass(frozen=True)
class Section:
    """name: its anchor."""

    name: str
    title: str
    parts: Sequence[Part] = field(default_factory=list)


def sheet(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1
) -> Sheet:
    """A plain table; the first `left` columns hold words."""
    sides = ["left"] * left + ["right"] * (len(heads) - left)
    cells = [[(text, "") for text in row] for row in rows]
    return Sheet(caption, [("", head) for head in heads], cells, sides)


def interval(mean: float, sd: float, count: int) -> tuple[float, float]:
    """The plain 95 % Student interval of a mean; NaN of fewer than two numbers."""
    if count < 2 or pd.isna(sd):
        return math.nan, math.nan
    of_mean = map(np.asarray, (mean, sd / math.sqrt(count), count - 1))
    low, high = statistics.interval(statistics.Estimate(*of_mean))
    return float(low), float(high)


def _below(number: Format, parts: Mapping[str, Any], count: int) -> str:
    low, high = interval(parts["value"], parts.get("sd", math.nan), count)
    return "" if math.isnan(low) else f"{number(low)} to {number(high)}"


def sheets(table: Table, count: int) -> list[Sheet]:
    """A table's blocks. count: the seeds that each mean with a spread is over, 0 where unknown."""
    return [_sheet(table, block, count) for block in table.blocks]


def _sheet(table: Table, block: Block, count: int) -> Sheet:
    texts = block.printed(table.formats)
    columns = []
    for at, parts in block.columns.items():
        number = table.formats.get(at[1], block.number)
        rows = [dict(zip(parts, row, strict=True)) for row in zip(*parts.values(), strict=True)]
        small = [_below(number, row, count) if "sd" in parts else "" for row in rows]
        columns.append(list(zip(texts[at], small, strict=True)))
    return Sheet(block.title, list(block.columns), list(zip(*columns, strict=True)), block.sides)
