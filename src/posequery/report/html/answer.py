"""The answer in a few sentences, each written from the study's numbers."""

from collections.abc import Iterator
from fractions import Fraction

import pandas as pd

from posequery.report.captions import Captions, method_name
from posequery.report.cells import ANY_RATE, of_setting, picked_at, rates, teachers
from posequery.report.formats import PIXELS, percent, span
from posequery.report.html.evidence import OPEN, by_verdict, claims, tally
from posequery.report.html.parts import Points, Section, Words
from posequery.report.html.sources import Sources
from posequery.report.spread import mean
from posequery.strategies import METHODS

QUESTION = (
    "A light pose network, the student, is trained further on frames that a teacher labels. Which "
    "frames should it be trained on, and how many, offline on a pool of frames and online on a "
    "video stream?"
)


def _errors(cells: pd.DataFrame) -> pd.Series:
    """The mean error of each strategy and rate, the lowest first; equal ones by name."""
    picked = cells[~cells["method"].isin(METHODS)]
    found = picked.groupby(["method", "rate"])["mpjpe_px"].agg(mean).dropna()
    return found.sort_index().sort_values(kind="stable")


def _of(cells: pd.DataFrame, method: str) -> str:
    """A method's error, printed; '' where it was not run."""
    found = mean(cells.loc[cells["method"] == method, "mpjpe_px"])
    return "" if pd.isna(found) else f"{PIXELS(found)} px"


def _at(errors: pd.Series, cells: pd.DataFrame, rate: Fraction) -> str:
    """From which strategy's error to which they reach at a rate."""
    here = errors[errors.index.get_level_values("rate") == rate]
    if here.empty:
        return ""
    names = [method_name(method) for method, _ in here.index]
    k = span(picked_at(cells, rate))
    low, high = PIXELS(here.iloc[0]), PIXELS(here.iloc[-1])
    if len(here) == 1:
        return f"at {percent(rate)} (k={k}) {names[0]} reaches {low} px"
    return (
        f"at {percent(rate)} (k={k}) the strategies reach from {low} px ({names[0]}) to {high} px "
        f"({names[-1]})"
    )


def _ends(cells: pd.DataFrame) -> str:
    """What the strategies reach at the lowest rate and at the highest."""
    errors, found = _errors(cells), rates(cells[cells["method"] != "once"])
    ends = [_at(errors, cells, rate) for rate in dict.fromkeys((*found[:1], *found[-1:]))]
    return "; ".join(filter(None, ends))


def _sentence(*parts: str) -> str:
    text = "; ".join(filter(None, parts))
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _offline(cells: pd.DataFrame) -> Iterator[tuple[str, str]]:
    none, every = _of(cells, "none"), _of(cells, "all")
    parts = [f"the unadapted student errs by {none}"] if none else []
    parts += [f"trained on all {span(cells['n'])} frames of the pool it errs by {every}"] * bool(
        every
    )
    few = _of(cells, "all_equal_steps")
    parts += [f"for only as many gradient steps as the highest rate takes, by {few}"] * bool(few)
    said = _sentence(*parts, _ends(cells))
    if said:
        yield "Offline", said


def _online(cells: pd.DataFrame, captions: Captions, truth: bool) -> Iterator[tuple[str, str]]:
    none = _of(cells, "baseline")
    errs = "errs by" if truth else f"differs from {captions.teacher}, its teacher, by"
    if none:
        yield "Online", f"The student that never adapts {errs} {none}, mean over the stream."
    for teacher in teachers(cells):
        own = cells[cells["teacher"] == teacher]
        once, every = _of(own, "once"), _of(own, "continual")
        parts = [_ends(own)]
        parts += [f"training once, on the first window, reaches {once}"] * bool(once)
        parts += [f"continual distillation reaches {every}"] * bool(every)
        if said := _sentence(*parts):
            yield f"Online, {captions.teacher_name(teacher)}", said


def _known(sources: Sources) -> Iterator[tuple[str, str]]:
    """What may be said of these numbers."""
    seeds = sources.cells["seed"].nunique()
    given = f" {sources.given}".rstrip()
    one = "with one seed, a difference between two methods cannot be told from chance"
    untested = f"numbers are means over {seeds} seeds, and no claim has been tested"
    if seeds > 1 and sources.verdicts:
        yield (
            "Verdicts",
            f"Of the paper's claims, in this study: {tally(claims(sources.verdicts))}{given}",
        )
        yield from _decided(sources)
    else:
        why = one if seeds < 2 else untested
        yield "Undecided", f"Which strategy is best: {why}.{given}"
    if sources.captions.stand_in:
        yield (
            "Stand-in",
            "The frames are rendered: none of these numbers says that the paper is right or wrong.",
        )


def _decided(sources: Sources) -> Iterator[tuple[str, str]]:
    """The claims on which this study decides, by verdict."""
    for verdict, own in by_verdict(claims(sources.verdicts)):
        if not verdict.startswith(OPEN):
            short = [said.partition(";")[0] for said in own]
            yield verdict.partition(",")[0].capitalize(), _sentence(*short)


def _real_time(sources: Sources) -> Iterator[tuple[str, str]]:
    online = of_setting(sources.seconds, "online")
    trained = online[online["training_s"] > 0]
    if trained.empty:
        return
    shares = (trained["training_s"] / trained["stream_s"]).groupby(
        [trained["method"], trained["rate"]]
    )
    found = shares.agg(mean).dropna().sort_index().sort_values(kind="stable")
    least, most = found.index[0], found.index[-1]
    said = [
        f"{_name(*at)} took {_few_digits(100 * found[at])} % of the stream's time"
        for at in dict.fromkeys((least, most))
    ]
    yield "Real time", f"On the machine of this run, training for {' and for '.join(said)}."


def _few_digits(percent: float) -> str:
    return f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"


def _name(method: str, rate: Fraction) -> str:
    return method_name(method) + ("" if method in ANY_RATE else f" at {percent(rate)}")


def section(sources: Sources) -> Section:
    cells = sources.cells
    said = [
        *_known(sources),
        *_offline(of_setting(cells, "offline")),
        *_online(of_setting(cells, "online"), sources.captions, sources.truth),
        *_real_time(sources),
    ]
    return Section("answer", "The question and the answer", [Words([QUESTION]), Points(said)])
