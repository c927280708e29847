"""Whether training keeps up with the stream: on the machine of this run, and on declared boards."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import pandas as pd

from posequery.online.profiles import Profile
from posequery.report.captions import ALONE, method_name
from posequery.report.cells import ANY_RATE, KEYS, of_setting, strategies
from posequery.report.efficiency import (
    PAPERS_TIMING,
    Budget,
    Devices,
    efficiency,
    efficiency_offline,
    papers_budget,
    real_time,
)
from posequery.report.formats import Table, percent
from posequery.report.html.parts import Chart, Charts, Part, Points, Section, Words, ink, sheets
from posequery.report.html.points import point, points_chart
from posequery.report.html.sources import Sources
from posequery.report.style import method_style
from posequery.strategies import METHODS
from posequery.timing import Timing


def trained(cells: pd.DataFrame, seconds: pd.DataFrame) -> pd.DataFrame:
    """The online cells that trained, with their seconds."""
    online = of_setting(cells, "online").merge(seconds, "left", KEYS)
    return online[(online["training_s"] > 0) & (online["stream_s"] > 0)]


def _most(profile: Profile, budget: Budget, timing: Timing) -> str:
    """The most frames of a window that a device trains on before the next one ends."""
    *_, last = budget.pace(profile, timing)
    k, window = last["k"], timing.frames_in(budget.window)
    if not k:
        return f"none of a window's {window} frames fit"
    whole = " (all of them)" if k == window else f" ({percent(_floor(k, window))})"
    return (
        f"at most {k} of a window's {window} frames{whole} fit into the {last['stretch s']:.3g} s "
        f"of the next window, trained on {budget.epochs} times each"
    )


def _floor(k: int, window: int) -> Fraction:
    """k of a window as a rate that can be asked for: in tenths of a percent, not above it."""
    return Fraction(1000 * k // window, 1000)


def this_machine(sources: Sources) -> Sequence[str]:
    """How fast the machine of this run is, and what it can afford; none where it trained nothing.

    Its speed is that of the strategies' trainings at the highest rate, since short ones are slower
    by the image.
    """
    # Of each stream, not means over them: counts are whole numbers, of which no mean is taken.
    found = trained(sources.rows, sources.seconds_rows)
    found = found[~found["method"].isin(METHODS)]
    found = found[found["rate"] == found["rate"].max()]
    if found.empty:
        return ()
    speed = found["passes"].sum() / found["training_s"].sum()
    own = found["inference_s"].sum() / found["stream_s"].sum()
    each = found["selection_s"].sum() / found["trainings"].sum()
    study, timing = sources.devices.study, sources.stream.timing
    measured = Profile(
        title="the machine of this run",
        source="seconds.csv",
        network=study.network,
        input_size=study.input_size,
        training_samples_per_second=max(0.0, 1 - own) * speed or 1e-6,
        selection_s=each,
    )
    rate = percent(found["rate"].iloc[0])
    beside = f"beside the student itself, which takes {100 * own:.0f} %"
    return (
        f"it trained on {speed:.0f} images a second (measured at {rate})",
        f"{beside}, {_most(measured, study, timing)}",
    )


def _board(profile: Profile, devices: Devices, timing: Timing) -> str:
    speed = f"{profile.training_samples_per_second:g} images a second"
    said = [
        f"{speed} for {profile.network} at {profile.input_size} pixels (from {profile.source}).",
        f"In the paper's setting {_most(profile, papers_budget(profile), PAPERS_TIMING)}.",
    ]
    if missing := profile.not_charged:
        said.append(f"Nobody states what {', '.join(missing)} take there, so that less fits.")
    study = devices.study
    if profile.is_of(study.network, study.input_size):
        said.append(f"In this study {_most(profile, study, timing)}.")
    else:
        said.append(
            f"It says nothing of this study's student, {study.network} at {study.input_size} "
            "pixels."
        )
    return " ".join(said)


def _declared(sources: Sources) -> Devices:
    """Without ground truth nothing stands beside the paper, and a board counts only if it is
    declared for this study's student."""
    devices, study = sources.devices, sources.devices.study
    own = {
        name: profile
        for name, profile in devices.profiles.items()
        if sources.truth or profile.is_of(study.network, study.input_size)
    }
    return replace(devices, profiles=own)


def _afforded(sources: Sources) -> Iterator[tuple[str, str]]:
    if said := "; ".join(this_machine(sources)):
        yield "The machine of this run", f"{said[0].upper()}{said[1:]}."
    devices, timing = _declared(sources), sources.stream.timing
    for profile in devices.profiles.values():
        name = f"{profile.title[0].upper()}{profile.title[1:]}"
        yield name, _board(profile, devices, timing)


def _shares(sources: Sources) -> Chart | None:
    """Training seconds as a share of the stream's, a point a method, rate and teacher."""
    online = trained(sources.cells, sources.seconds)
    points = []
    for (method, teacher, rate), here in online.groupby(["method", "teacher", "rate"]):
        at = "" if method in ANY_RATE else f" {percent(rate)}"
        name = f"{method_name(method)}{at}, {sources.captions.teacher_name(teacher)}"
        color = ink(method_style(method, *strategies(online)))
        points.append(point(name, 100 * here["training_s"] / here["stream_s"], color))
    axis = "training time, % of the stream's"
    return points_chart("shares", "Online", points, axis, zero=True) if points else None


_SHARE = (
    "The share of real time is training seconds over the stream's; above 100 %, training cannot "
    "keep up."
)
_ONE_CELL = (
    "Training seconds of one cell, mean ± sample standard deviation over those of that rate."
)


def _unpublished(table: Table, caption: str) -> Table:
    """The table of training seconds without the paper's, which are of other data."""
    values = table.ours.values.drop(columns="published training s", level=1)
    return replace(table, caption=caption, ours=replace(table.ours, values=values))


def section(sources: Sources) -> Section:
    spent, said = (sources.rows, sources.seconds_rows), sources.captions
    parts: list[Part] = [
        Words(["Which rate can be afforded, if training must keep up with the stream:"]),
        Points(list(_afforded(sources))),
    ]
    if chart := _shares(sources):
        caption = (
            "Training seconds as a share of the stream's, on the machine of this run; bars: plain "
            "95 % intervals over seeds. At 100 % training takes as long as the stream lasts, and "
            "nothing is left to the student itself."
        )
        parts.append(Charts("Share of real time", caption, [chart]))
    tables = [efficiency(*spent, said)]
    if len(of_setting(sources.rows, "offline")):
        tables.append(efficiency_offline(*spent, said))
    if not sources.truth:
        captions = (f"{_SHARE} {ALONE}", f"{_ONE_CELL} {ALONE}")
        tables = [_unpublished(table, text) for table, text in zip(tables, captions, strict=False)]
    devices = _declared(sources)
    if devices.profiles:
        stream = sources.stream_index.stem if len(sources.streams) > 1 else ""
        tables.append(real_time(devices, sources.stream.timing, said, stream))
    for table in tables:
        parts += [Words([f"{table.label}. {table.caption}"]), *sheets(table, 0)]
    return Section("real-time", "Real time", parts)
