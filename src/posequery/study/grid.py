"""The study's grid: which cells there are, and where each one lies."""

from dataclasses import dataclass
from fractions import Fraction

from posequery.study.schema import Study


def rate_slug(rate: Fraction) -> str:
    """A rate as part of a path: '5pct', or '1of3pct' where it is no whole percentage."""
    percent = rate * 100
    whole = percent.denominator == 1
    return f"{percent}pct" if whole else f"{percent.numerator}of{percent.denominator}pct"


def parse_rate_slug(slug: str) -> Fraction:
    """The rate that `rate_slug` wrote."""
    return Fraction(slug.removesuffix("pct").replace("of", "/")) / 100


@dataclass(frozen=True)
class Cell:
    """One point of the grid: one folder, one row of `cells.csv`.

    `rate` is 0 for methods that train on nothing, 1 for those that train on everything.
    """

    setting: str
    teacher: str
    method: str
    rate: Fraction
    seed: int

    @property
    def folder(self) -> str:
        """Path of the cell below the study's `cells/`."""
        slug = rate_slug(self.rate)
        return f"{self.setting}/{self.teacher}/{self.method}/{slug}/seed{self.seed}"


def cells(study: Study, only: tuple[str, ...] = ()) -> list[Cell]:
    """Every cell of a study once, in the order of the tables; with `only`, those of these methods.

    A rate, seed, strategy or teacher that is named twice makes no cell twice.
    """
    nothing, everything = Fraction(0), Fraction(1)
    found = []
    for seed in study.seeds:
        if study.offline:
            found.append(Cell("offline", "none", "none", nothing, seed))
            found += [
                Cell("offline", "ground_truth", strategy, rate, seed)
                for strategy in study.strategies
                for rate in study.offline.rates
            ]
            found.append(Cell("offline", "ground_truth", "all", everything, seed))
        online = study.online
        if "baseline" in online.methods:
            found.append(Cell("online", "none", "baseline", nothing, seed))
        for teacher in study.teachers:
            if "continual" in online.methods:
                found.append(Cell("online", teacher, "continual", everything, seed))
            if "once" in online.methods:
                found.append(Cell("online", teacher, "once", online.once_rate, seed))
            found += [
                Cell("online", teacher, strategy, rate, seed)
                for strategy in study.strategies
                for rate in online.rates
            ]
    return list(dict.fromkeys(cell for cell in found if not only or cell.method in only))


def methods(study: Study) -> list[str]:
    """The methods that `only` can name."""
    return list(dict.fromkeys(cell.method for cell in cells(study)))
