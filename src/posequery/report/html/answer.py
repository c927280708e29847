"""The answer in a few sentences, each written from the study's numbers."""

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pandas as pd

from posequery.evidence.statistics import ALPHA
from posequery.metrics import joint_errors, mpjpe
from posequery.report.captions import Captions, method_name
from posequery.report.cells import ANY_RATE, of_setting, picked_at, rates, teachers
from posequery.report.formats import PIXELS, percent, span
from posequery.report.html.evidence import OPEN, by_verdict, claims, tally, value
from posequery.report.html.parts import Points, Section, Words
from posequery.report.html.real_time import this_machine, trained
from posequery.report.html.sources import Row, Sources
from posequery.report.lines import main_line
from posequery.report.spread import mean
from posequery.report.stream_report import Adaptation
from posequery.strategies import METHODS

QUESTION = (
    "A light pose network, the student, is trained further on frames that a teacher labels. Which "
    "frames should it be trained on, and how many, offline on a pool of frames and online on a "
    "video stream?"
)
QUESTION_OF_VIDEOS = (
    "A light pose network, the student, plays a video stream and is trained further on some of its "
    "frames, which a teacher labels. Does it come closer to its teacher, and how many labels does "
    "that take?"
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
        return f"at {percent(rate)} (k={k}) {low} px ({names[0]})"
    return f"at {percent(rate)} (k={k}) from {low} px ({names[0]}) to {high} px ({names[-1]})"


def _ends(cells: pd.DataFrame) -> str:
    """What the strategies reach at the lowest rate and at the highest."""
    errors, found = _errors(cells), rates(cells[cells["method"] != "once"])
    ends = [_at(errors, cells, rate) for rate in dict.fromkeys((*found[:1], *found[-1:]))]
    return "; ".join(filter(None, ends))


def _sentence(*parts: str) -> str:
    text = "; ".join(filter(None, parts))
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _gain(cells: pd.DataFrame, rate: Fraction) -> str:
    """From which share to which the strategies bring, at a rate, of what all of the pool brings."""
    none, every = (mean(cells.loc[cells["method"] == m, "mpjpe_px"]) for m in ("none", "all"))
    errors = _errors(cells)
    here = errors[errors.index.get_level_values("rate") == rate].droplevel("rate")
    if here.empty or pd.isna(none + every) or none <= every:
        return ""
    shares = [
        f"{100 * (none - error) / (none - every):.0f} % ({method_name(method)})"
        for method, error in here.iloc[::-1].items()
    ]
    return " to ".join(dict.fromkeys((shares[0], shares[-1])))


def _offline(cells: pd.DataFrame) -> Iterator[tuple[str, str]]:
    none, every = _of(cells, "none"), _of(cells, "all")
    parts = [f"the unadapted student errs by {none}"] * bool(none)
    parts += [f"trained on all {span(cells['n'])} frames of the pool by {every}"] * bool(every)
    few = _of(cells, "all_equal_steps")
    parts += [f"for only as many gradient steps as the highest rate takes, by {few}"] * bool(few)
    if said := _sentence(*parts, _ends(cells)):
        yield "Offline", said
    gains = [f"at {percent(rate)}: {gain}" for rate in rates(cells) if (gain := _gain(cells, rate))]
    if gains:
        said = "Of the gain that all frames of the pool bring, the strategies bring, "
        said += f"{'; '.join(gains)}. A higher rate takes more gradient steps as well."
        yield "How many", said


def _online(cells: pd.DataFrame, captions: Captions) -> Iterator[tuple[str, str]]:
    if none := _of(cells, "baseline"):
        yield "Online", f"The unadapted student errs by {none}, mean over the stream."
    for teacher in teachers(cells):
        own = cells[cells["teacher"] == teacher]
        once, every = _of(own, "once"), _of(own, "continual")
        parts = [_ends(own)]
        parts += [f"trained once, on the first window, {once}"] * bool(once)
        parts += [f"continual distillation {every}"] * bool(every)
        if said := _sentence(*parts):
            yield f"Online, {captions.teacher_name(teacher)}", said


def _videos(cells: pd.DataFrame, captions: Captions) -> Iterator[tuple[str, str]]:
    """Before and after, of people whose joints nobody knows but the teacher."""
    none, found = mean(cells.loc[cells["method"] == "baseline", "mpjpe_px"]), _errors(cells)
    before = f"the unadapted student differs from {captions.teacher}, its teacher, by "
    before += f"{PIXELS(none)} px, mean over the stream"
    parts = [] if pd.isna(none) else [before]
    for rate in sorted(set(found.index.get_level_values("rate")), reverse=True):
        for (method, _), error in found[found.index.get_level_values("rate") == rate].items():
            part = f"adapted by {_name(method, rate)} (k={span(picked_at(cells, rate))}) by "
            part += f"{PIXELS(error)} px"
            parts.append(part + ("" if pd.isna(none) else f", {_change(error, none)}"))
    if said := _sentence(*parts):
        yield "Before and after", said


def _needed(cells: pd.DataFrame, captions: Captions) -> Iterator[tuple[str, str]]:
    """How many labelled frames of its own videos a student needs, where it was tried: shares of
    the gain of all of them, or errors where there is none."""
    none, every, tried = _of(cells, "none"), _of(cells, "all"), rates(cells)
    parts = [f"the unadapted student differs from {captions.teacher} by {none}"] * bool(none)
    all_of_them = f"trained on all {span(cells['n'])} labelled frames of their starts by {every}"
    parts += [all_of_them] * bool(every)
    labels = {rate: f"{span(picked_at(cells, rate))} labels ({percent(rate)})" for rate in tried}
    gains = [f"{labels[rate]} bring {gain}" for rate in tried if (gain := _gain(cells, rate))]
    if not gains:
        parts += [f"trained on {labels[rate]} of their starts {_by(cells, rate)}" for rate in tried]
    said = "; ".join(parts)
    said += f". Of that gain, {', '.join(gains)}" * bool(gains)
    if said:
        yield "How many labels", f"On the end of each video {said}."


def _by(cells: pd.DataFrame, rate: Fraction) -> str:
    """'by 9.00 px (uniform)', from the best strategy to the worst."""
    here = _errors(cells).xs(rate, level="rate")
    said = [f"{PIXELS(error)} px ({method_name(method)})" for method, error in here.items()]
    return f"by {' to '.join(dict.fromkeys((said[0], said[-1])))}"


def _change(error: float, before: float) -> str:
    share = 100 * (error - before) / before
    return f"{abs(share):.0f} % {'less' if share < 0 else 'more'}"


def _blind(found: Adaptation, teacher: str) -> Iterator[tuple[str, str]]:
    """Whether a student is any better than the labels that it was trained on, shown again."""
    lines, (taught, *_) = found.lines, found.references.values()
    repeated = next((line for line in lines if line.method == "repeat"), None)
    adapted = main_line(lines)
    if repeated is None or adapted is None:
        return
    off = [joint_errors(line.joints, taught) for line in (repeated, adapted)]
    both = np.isfinite(off[0]).any(axis=1) & np.isfinite(off[1]).any(axis=1)
    if both.any():
        blind, student = (mpjpe(one[both]) for one in off)
        said = (
            f"The last label that {adapted.label} had from {teacher}, repeated until the next, "
            f"differs by {PIXELS(blind)} px; the student that it adapted, in the same "
            f"{100 * both.mean():.0f} % of the frames, by {PIXELS(student)} px."
        )
        yield "Without a student", said


def _known(sources: Sources) -> Iterator[tuple[str, str]]:
    """What may be said of these numbers."""
    seeds = sources.cells["seed"].nunique()
    given = f" {sources.given}".rstrip()
    one = "with one seed, no difference can be told from chance"
    several = sources.cells.loc[~sources.cells["method"].isin(METHODS), "method"].nunique() > 1
    about = "Which strategy is best" if several else "What another draw would give"
    untested = f"numbers are means over {seeds} seeds, and no claim has been tested"
    if seeds > 1 and sources.verdicts:
        yield "Verdicts", f"Of the paper's {tally(claims(sources.verdicts))}{given}"
        yield from _decided(sources)
    else:
        why = one if seeds < 2 else untested
        yield "Undecided", f"{about}: {why}.{given}"
    if sources.captions.stand_in:
        said = "none of these numbers says that the paper is right or wrong."
        yield "Stand-in", f"The frames are rendered: {said}"
    if not sources.truth:
        said = "what it gets wrong, a student that follows it gets wrong as well."
        yield "No truth", f"Nobody has checked the labels of {sources.captions.teacher}: {said}"


def _decided(sources: Sources) -> Iterator[tuple[str, str]]:
    """The claims on which this study decides, by verdict, and what else is told apart."""
    for verdict, own in by_verdict(claims(sources.verdicts)):
        if not verdict.startswith(OPEN):
            word = verdict.partition(",")[0]
            head = "Opposite of the claim" if word == "opposite" else word.capitalize()
            yield head, _sentence(*(_found(row) for row in own))
    rows = [row for row in sources.comparisons if row["against"] == "uniform"]
    better = [row["strategy"] for row in rows if value(row, "high_px") < 0]
    worse = [row["strategy"] for row in rows if value(row, "low_px") > 0]
    if rows:
        said = (
            f"Of {len(rows)} comparisons of a strategy with uniform (each rate, setting and "
            f"teacher) {len(better)} have a plain 95 % interval below 0 (better{_often(better)}) "
            f"and {len(worse)} one above it (worse{_often(worse)}); by chance alone, one in twenty "
            "would be either."
        )
        yield "Exploratory", said


def _found(row: Row) -> str:
    """A claim on which this study decides, and what it found."""
    said, estimate = row["says"].partition(";")[0], value(row, "estimate_px")
    if math.isnan(estimate):
        return said
    alike = value(row, "p_adjusted") > ALPHA and row["kind"] in ("beats", "best")
    margin = f", alike within ±{value(row, 'margin_px'):.2f}" if alike else ""
    part = f"{row['part']} {estimate:+.2f} px".lstrip()
    return f"{said} (found: {part}{margin})"


def _often(names: list[str]) -> str:
    """': error 3 times, random', the most frequent first."""
    counts = Counter(sorted(map(method_name, names))).most_common()
    said = [name + (f" {count} times" if count > 1 else "") for name, count in counts]
    return f": {', '.join(said)}" if said else ""


def _real_time(sources: Sources) -> Iterator[tuple[str, str]]:
    cells = trained(sources.cells, sources.seconds)
    if cells.empty:
        return
    shares = (cells["training_s"] / cells["stream_s"]).groupby([cells["method"], cells["rate"]])
    found = shares.agg(mean).dropna().sort_index().sort_values(kind="stable")
    least, most = found.index[0], found.index[-1]
    said = [
        f"{_few_digits(100 * found[at])} % ({_name(*at)})" for at in dict.fromkeys((least, most))
    ]
    text = f"On this machine, beside all else that ran, training took {' to '.join(said)} of the "
    text += "stream's time"
    late = found.iloc[-1] > 1 and sources.settings["online.clock"] == "ideal"
    ideal = "errors are of an ideal clock, on which training takes no time: more than 100 % is late"
    said = [text, *([ideal] if late else []), *this_machine(sources)[-1:]]
    yield "Real time", "; ".join(said) + "."


def _few_digits(percent: float) -> str:
    return f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"


def _name(method: str, rate: Fraction) -> str:
    return method_name(method) + ("" if method in ANY_RATE else f" at {percent(rate)}")


def section(sources: Sources) -> Section:
    online = of_setting(sources.cells, "online")
    if sources.truth:
        question = QUESTION
        said = [*_known(sources), *_offline(of_setting(sources.cells, "offline"))]
        said += _online(online, sources.captions)
    else:
        question = QUESTION_OF_VIDEOS
        said = [*_needed(of_setting(sources.cells, "offline"), sources.captions)]
        said += _videos(online, sources.captions)
        said += _blind(sources.adaptation, sources.captions.teacher)
        said += _known(sources)
    said += _real_time(sources)
    return Section("answer", "The question and the answer", [Words([question]), Points(said)])
