"""The study's grid: which cells there are, and where each one lies."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from posequery.cell import NO_STREAM, Cell
from posequery.strategies import GUARDED
from posequery.study.schema import Study

NOTHING, EVERYTHING = Fraction(0), Fraction(1)
Place = tuple[str, str, Fraction]
"""Teacher, method and rate."""


def cells(study: Study, only: tuple[str, ...] = ()) -> list[Cell]:
    """Every cell of a study once, in the order of the tables; with `only`, those of these methods.

    A rate, seed, strategy or teacher that is named twice makes no cell twice. What trains nothing
    is run once for each student: of one that all seeds share, with the lowest.
    """
    students = study.seeds if study.student.per_seed else [min(study.seeds)]
    found: list[Cell] = []
    for seed in study.seeds:
        untrained = seed in students
        found += [_cell("offline", at, seed, NO_STREAM) for at in _offline(study, untrained)]
        for stream in study.source.streams:
            found += [_cell("online", at, seed, stream) for at in _online(study, untrained)]
    return list(dict.fromkeys(cell for cell in found if not only or cell.method in only))


def _cell(setting: Literal["offline", "online"], at: Place, seed: int, stream: str) -> Cell:
    teacher, method, rate = at
    return Cell(
        setting=setting, teacher=teacher, method=method, rate=rate, seed=seed, stream=stream
    )


def _offline(study: Study, untrained: bool) -> Iterator[Place]:
    if study.offline is None:
        return
    if untrained:
        yield "none", "none", NOTHING
    for strategy in study.strategies:
        for rate in study.offline.rates:
            yield study.reference, strategy, rate
    for method in study.offline.methods:
        yield study.reference, method, EVERYTHING


def _online(study: Study, untrained: bool) -> Iterator[Place]:
    online = study.online
    if untrained and "baseline" in online.methods:
        yield "none", "baseline", NOTHING
    for teacher in study.teachers:
        if "continual" in online.methods:
            yield teacher, "continual", EVERYTHING
        if "all" in online.methods:
            yield teacher, "all", EVERYTHING
        if "once" in online.methods:
            yield teacher, "once", online.once_rate
        guarded = [GUARDED] if GUARDED in online.methods else []
        for method in [*study.strategies, *guarded]:
            for rate in study.online_rates:
                yield teacher, method, rate


def methods(study: Study) -> list[str]:
    """The methods that `only` can name."""
    return list(dict.fromkeys(cell.method for cell in cells(study)))
