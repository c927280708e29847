"""What the training cost: tables made from ``seconds.csv``, which differs from run to run, and one
of what declared devices would need, which is arithmetic."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import pandas as pd

from posequery.evidence import published
from posequery.online.profiles import Profile
from posequery.report.captions import Captions, method_name
from posequery.report.cells import ANY_RATE, KEYS, of_setting, strategies, teachers
from posequery.report.formats import COUNT, RATE, Block, Format, Table
from posequery.report.spread import counts, mean, over_seeds, spread
from posequery.timing import Timing

_FORMATS = {
    "rate": RATE,
    "share of real time": Format(".1f", 100, " %"),
    **dict.fromkeys(
        ("k", "trainings", "frames trained on", "cells", "published training s"), COUNT
    ),
}


def _block(title: str, columns: dict[str, pd.Series | pd.DataFrame]) -> Block:
    """columns: by their heads, of values or of their parts."""
    parts = {
        ("", head): column.to_frame("value") if isinstance(column, pd.Series) else column
        for head, column in columns.items()
    }
    return Block(title, pd.concat(parts, axis=1))


def efficiency(cells: pd.DataFrame, seconds: pd.DataFrame, captions: Captions) -> Table:
    """Online, a row per method, labels and rate: what it trained and how long that took."""
    online = of_setting(cells, "online").merge(seconds, "left", KEYS)
    order = ["baseline", "once", "continual", "all", *strategies(online)]
    rows = online.assign(
        method=pd.Categorical(online["method"], order),
        teacher=pd.Categorical(online["teacher"], ["none", *teachers(online)]),
        share=online["training_s"] / online["stream_s"],
    )
    keys = ["method", "teacher", "rate"]
    groups = rows.groupby(keys, observed=True)
    at = groups.size().index

    rates = [None if method in ANY_RATE else rate for method, _, rate in at]
    labels = [None if name == "none" else captions.teacher_name(name) for _, name, _ in at]
    paper = [
        published.value("training_s", "online", method=method, rate=rate)
        for (method, _, _), rate in zip(at, rates, strict=True)
    ]
    columns = {
        "method": pd.Series([method_name(method) for method, _, _ in at], at, "str"),
        "labels": pd.Series(labels, at, "str"),
        "rate": pd.Series(rates, at, "float"),
        "k": counts(groups["k"]),
        "trainings": counts(groups["trainings"]),
        "frames trained on": counts(groups["frames_trained"]),
        "training s": over_seeds(rows, keys, "training_s"),
        "share of real time": over_seeds(rows, keys, "share"),
        "published training s": pd.Series(paper, at, "float"),
    }
    stream = COUNT(mean(online.groupby("stream")["stream_s"].first()))
    return Table(
        name="efficiency",
        label="Efficiency, online",
        caption=captions.efficiency(online, stream),
        ours=_block(captions.heading, columns),
        formats=_FORMATS,
    )


def efficiency_offline(cells: pd.DataFrame, seconds: pd.DataFrame, captions: Captions) -> Table:
    """Offline, a row per rate, over all strategies: the paper's Section 4.4 counts by rate too."""
    offline = of_setting(cells, "offline").merge(seconds, "left", KEYS)
    rows = offline[~offline["method"].isin(("none", "all_equal_steps"))].groupby("rate")
    at = rows.size().index
    paper = [published.value("training_s", "offline", method=None, rate=rate) for rate in at]
    columns = {
        "rate": pd.Series(at, at, "float"),
        "k": counts(rows["k"]),
        "frames trained on": counts(rows["frames_trained"]),
        "cells": rows.size(),
        "training s": spread(rows["training_s"]),
        "published training s": pd.Series(paper, at, "float"),
    }
    return Table(
        name="efficiency_offline",
        label="Efficiency, offline",
        caption=captions.efficiency_offline(),
        ours=_block(captions.heading, columns),
        formats=_FORMATS,
    )


@dataclass(frozen=True)
class Budget:
    """What decides whether a device keeps up with a stream.

    window: what a strategy picks from, by the shares `rates`. continual_every: the stretch that
    continual trains on whole; None without it. epochs: of each training. network, input_size: the
    student's.
    """

    window: str
    continual_every: str | None
    rates: tuple[Fraction, ...]
    epochs: int
    network: str
    input_size: int

    def pace(self, profile: Profile, timing: Timing) -> Iterator[dict[str, Any]]:
        """Rows of what a device needs for each training, and, last, of the most that it can do
        while the next stretch of the stream passes."""
        window, seconds = _stretch(timing, self.window)
        for rate in self.rates:
            yield self._row(profile, "a strategy", rate, int(window * rate), seconds)
        if self.continual_every:
            batch, lasts = _stretch(timing, self.continual_every)
            yield self._row(profile, "continual", Fraction(1), batch, lasts)
        most = min(window, profile.most(seconds, self.epochs))
        yield self._row(profile, "the most that fits", Fraction(most, window), most, seconds)

    def _row(
        self, profile: Profile, what: str, rate: Fraction, k: int, lasts: Fraction
    ) -> dict[str, Any]:
        needs = profile.seconds(k, self.epochs)
        return {
            "trains on": method_name(what),
            "rate": float(rate),
            "k": k,
            "stretch s": float(lasts),
            "needs s": float(needs),
            "share of real time": float(needs / lasts),
            "keeps up": "yes" if needs <= lasts else "no",
        }


def _stretch(timing: Timing, stretch: str) -> tuple[int, Fraction]:
    """The frames of a stretch, and how many seconds they last, on average."""
    frames = timing.frames_in(stretch)
    if stretch.endswith(" s"):
        return frames, Fraction(stretch.removesuffix(" s"))
    return frames, Fraction(str(timing.seconds)) * frames / len(timing)


@dataclass(frozen=True)
class Devices:
    """The declared device profiles by name, and what this study would ask of them."""

    profiles: Mapping[str, Profile]
    study: Budget

    @classmethod
    def from_json(cls, text: str) -> Self:
        given = json.loads(text)
        profiles = {name: Profile(**fields) for name, fields in given.pop("profiles").items()}
        return cls(profiles, Budget(**given | {"rates": tuple(map(Fraction, given["rates"]))}))


PAPERS_TIMING = Timing.even(int(published.value("stream_s", "online", method=None)) * 50, 50)
"""The paper's stream: about 21 minutes at 50 frames a second."""


def papers_budget(profile: Profile) -> Budget:
    """What the paper asks of a device, if the device's own student stands for the paper's."""
    rates = (Fraction(1, 100), Fraction(20, 100))
    window, batch = f"{published.WINDOW} frames", f"{published.BATCH} frames"
    return Budget(window, batch, rates, published.EPOCHS, profile.network, profile.input_size)


def real_time(devices: Devices, timing: Timing, captions: Captions, stream: str = "") -> Table:
    """For each declared device what every training needs, in the paper's setting and in this
    study's: a device's figures are of one student, and applied to no other.

    timing: of the study's stream, or of one of several, which is called `stream`; '' of the only
    one.
    """
    rows: list[dict[str, Any]] = []
    study = devices.study
    for profile in devices.profiles.values():
        asked = [("the paper's", papers_budget(profile), PAPERS_TIMING)]
        if profile.is_of(study.network, study.input_size):
            asked.append(("this study's", study, timing))
        for setting, budget, shown in asked:
            about = {"device": profile.title, "setting": setting}
            rows += [about | row for row in budget.pace(profile, shown)]
    heads = ["device", "setting", "trains on", "rate", "k", "stretch s", "needs s"]
    frame = pd.DataFrame(rows, columns=[*heads, "share of real time", "keeps up"])
    return Table(
        name="real_time",
        label="Real time",
        caption=captions.real_time(
            devices.profiles.values(), study.network, study.input_size, stream
        ),
        ours=_block(
            "Computed from declared device profiles", {head: frame[head] for head in frame}
        ),
        formats=_FORMATS | {"stretch s": Format(".4g"), "needs s": Format(".4g")},
    )
