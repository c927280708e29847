"""The study's grid: which cells there are, and where each one lies."""

from fractions import Fraction
from typing import Literal

from posequery.cell import Cell
from posequery.study.schema import Study


def cells(study: Study, only: tuple[str, ...] = ()) -> list[Cell]:
    """Every cell of a study once, in the order of the tables; with `only`, those of these methods.

    A rate, seed, strategy or teacher that is named twice makes no cell twice.
    """
    nothing, everything = Fraction(0), Fraction(1)
    found: list[Cell] = []
    for seed in study.seeds:
        if study.offline:
            found.append(_cell("offline", "none", "none", nothing, seed))
            found += [
                _cell("offline", "ground_truth", strategy, rate, seed)
                for strategy in study.strategies
                for rate in study.offline.rates
            ]
            found.append(_cell("offline", "ground_truth", "all", everything, seed))
        online = study.online
        if "baseline" in online.methods:
            found.append(_cell("online", "none", "baseline", nothing, seed))
        for teacher in study.teachers:
            if "continual" in online.methods:
                found.append(_cell("online", teacher, "continual", everything, seed))
            if "all" in online.methods:
                found.append(_cell("online", teacher, "all", everything, seed))
            if "once" in online.methods:
                found.append(_cell("online", teacher, "once", online.once_rate, seed))
            found += [
                _cell("online", teacher, strategy, rate, seed)
                for strategy in study.strategies
                for rate in online.rates
            ]
    return list(dict.fromkeys(cell for cell in found if not only or cell.method in only))


def _cell(
    setting: Literal["offline", "online"], teacher: str, method: str, rate: Fraction, seed: int
) -> Cell:
    return Cell(setting=setting, teacher=teacher, method=method, rate=rate, seed=seed)


def methods(study: Study) -> list[str]:
    """The methods that `only` can name."""
    return list(dict.fromkeys(cell.method for cell in cells(study)))
