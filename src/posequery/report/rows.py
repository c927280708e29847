"""Which rows and columns a study's cells make, and the numbers that stand in them."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from posequery.evaluation.cells import CellRow
from posequery.report import published
from posequery.report.captions import NONE, percent
from posequery.report.typeset import Number

ANY_RATE = ("baseline", "continual")
"""Online methods that pick at no rate; one cell of theirs stands in every rate's column."""
NO_STRATEGY = ("none", "all", "once", *ANY_RATE)


@dataclass(frozen=True)
class Spread:
    """Mean of a number over seeds and its sample standard deviation (None for one seed)."""

    mean: float
    sd: float | None
    seeds: int

    def printed(self, digits: int = 2) -> Number:
        """'10.79' or '10.79 ± 0.21'; plain: the mean, and the deviation as 'sd'."""
        text = f"{self.mean:.{digits}f}"
        if self.sd is None:
            return Number(text, {"": self.mean})
        return Number(f"{text} ± {self.sd:.{digits}f}", {"": self.mean, "sd": self.sd})


def spread(values: Iterable[float | None]) -> Spread | None:
    """Over the values that are there; None where there is none."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    sd = statistics.stdev(found) if len(found) > 1 else None
    return Spread(statistics.fmean(found), sd, len(found))


def printed(values: Iterable[float | None], digits: int = 2) -> str:
    """A table's text: '10.79', '10.79 ± 0.21' over seeds, '–' where there is no cell."""
    found = spread(values)
    return NONE if found is None else found.printed(digits)


def printed_rate(rate: Fraction) -> Number:
    """'1 %', plain as 0.01."""
    return Number(percent(rate), {"": float(rate)})


def span(numbers: Iterable[int]) -> str:
    """Counts that should agree: '15', or '14–15' where they do not."""
    found = sorted(set(numbers))
    if not found:
        return NONE
    return str(found[0]) if len(found) == 1 else f"{found[0]}–{found[-1]}"


def pick(
    cells: Iterable[CellRow],
    setting: str,
    method: str,
    teacher: str | None = None,
    rate: Fraction | None = None,
) -> list[CellRow]:
    """The seeds of one place in a table: baseline stands under every teacher and every rate."""
    return [
        cell
        for cell in cells
        if (cell.setting, cell.method) == (setting, method)
        and (teacher in (None, cell.teacher) or method == "baseline")
        and (rate in (None, cell.rate) or method in ANY_RATE)
    ]


def strategies(cells: Iterable[CellRow], setting: str) -> list[str]:
    """The paper's four, whether run or not, then the others that were run, by name."""
    run = {cell.method for cell in cells if cell.setting == setting}
    return [*published.STRATEGIES, *sorted(run - {*published.STRATEGIES, *NO_STRATEGY})]


def rates(cells: Iterable[CellRow], setting: str) -> list[Fraction]:
    """The rates that strategies (and once) were run at, ascending."""
    outside = ("none", "all", *ANY_RATE)
    return sorted(
        {cell.rate for cell in cells if cell.setting == setting and cell.method not in outside}
    )


def other_teacher(cells: Iterable[CellRow]) -> str:
    """The one teacher that is not ground truth; the paper's where this run has none."""
    found = sorted({cell.teacher for cell in cells} - {"none", "ground_truth"})
    if len(found) > 1:
        raise ValueError(f"a study has one teacher beside ground truth, not {found}")
    return found[0] if found else published.TEACHER


def published_error(setting: str, teacher: str, method: str, rate: Fraction | None) -> float | None:
    """The paper's MPJPE at this place; any teacher but ground truth stands where OpenPose did."""
    labels = None
    if setting == "online":
        labels = "ground_truth" if teacher in ("ground_truth", "none") else published.TEACHER
        rate = Fraction(1, 100) if method in ANY_RATE else rate
    number = published.find("mpjpe_px", setting, method=method, teacher=labels, rate=rate)
    return None if number is None else number.value


def seeds_sentence(cells: Sequence[CellRow]) -> str:
    """What the number of seeds allows to be said."""
    count = len({cell.seed for cell in cells})
    if count == 0:
        return "This run has none of these cells."
    if count == 1:
        return "One seed: it cannot rank the methods."
    return f"Mean ± sample standard deviation over {count} seeds; without ±, one seed."
