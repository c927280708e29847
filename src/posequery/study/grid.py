"""The study's grid: which cells there are, and where each one lies."""

from collections.abc import Iterator
from fractions import Fraction

from posequery.cell import NO_STREAM, Cell
from posequery.study.schema import Study

NOTHING, EVERYTHING = Fraction(0), Fraction(1)


def cells(study: Study, only: tuple[str, ...] = ()) -> list[Cell]:
    """Every cell of a study once, in the order of the tables; with `only`, those of these methods.

    A rate, seed, strategy or teacher that is named twice makes no cell twice. What trains nothing
    is run once for each student: of one that all seeds share, with the lowest.
    """
    students = study.seeds if study.student.per_seed else [min(study.seeds)]
    found: list[Cell] = []
    for seed in study.seeds:
        found += _offline(study, seed, untrained=seed in students)
        for stream in study.source.streams:
            found += _online(study, seed, stream, untrained=seed in students)
    return list(dict.fromkeys(cell for cell in found if not only or cell.method in only))


def _offline(study: Study, seed: int, untrained: bool) -> Iterator[Cell]:
    if study.offline is None:
        return

    def cell(teacher: str, method: str, rate: Fraction) -> Cell:
        own = {"teacher": teacher, "method": method, "rate": rate}
        return Cell(setting="offline", seed=seed, stream=NO_STREAM, **own)

    if untrained:
        yield cell("none", "none", NOTHING)
    for strategy in study.strategies:
        for rate in study.offline.rates:
            yield cell("ground_truth", strategy, rate)
    for method in study.offline.methods:
        yield cell("ground_truth", method, EVERYTHING)


def _online(study: Study, seed: int, stream: str, untrained: bool) -> Iterator[Cell]:
    online = study.online

    def cell(teacher: str, method: str, rate: Fraction) -> Cell:
        own = {"teacher": teacher, "method": method, "rate": rate}
        return Cell(setting="online", seed=seed, stream=stream, **own)

    if untrained and "baseline" in online.methods:
        yield cell("none", "baseline", NOTHING)
    for teacher in study.teachers:
        if "continual" in online.methods:
            yield cell(teacher, "continual", EVERYTHING)
        if "once" in online.methods:
            yield cell(teacher, "once", online.once_rate)
        for strategy in study.strategies:
            for rate in online.rates:
                yield cell(teacher, strategy, rate)


def methods(study: Study) -> list[str]:
    """The methods that `only` can name."""
    return list(dict.fromkeys(cell.method for cell in cells(study)))
