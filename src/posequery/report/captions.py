"""What is printed in words: names, and the caption of every table and figure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

from posequery import strategies
from posequery.evidence import published
from posequery.online.profiles import Profile
from posequery.report.cells import ANY_RATE, lowest_rate, not_drawn, picked_at, rate_ends
from posequery.report.formats import percent, span
from posequery.report.frame_sizes import ONE_SIZE, FrameSizes
from posequery.report.teacher import TeacherError

_PRINTED = {
    "continual": "continual distillation",
    "equal_lag": "continual, equal lag",
    "none": "none (0 %)",
    "all": "all (100 %)",
    "all_equal_steps": "all, equal steps",
    "guarded": "uniform, guarded",
}
REPEAT = "last label repeated"
_SPREAD = "Mean ± sample standard deviation over {}; without ±, one run."
_MEAN = "Mean of {}."
_LOWEST = "Of {}, the lowest is shown."
_SIGNS = "Grey line: a sequence begins. Marker: new weights go live."
ALONE = (
    "Seconds are wall-clock, of the machine this study ran on, and differ from run to run: what "
    "ran beside a cell, such as other cells, makes them longer (alone: --cores 1)."
)
_CLOCK = f"{ALONE} The published ones are of the paper's devices and data."


def method_name(method: str) -> str:
    """A method's printed name."""
    if method in strategies.names():
        return strategies.load(method).label
    return _PRINTED.get(method, method.replace("_", " "))


def first_of(cells: pd.DataFrame, stream: str) -> str:
    """A sentence where cells of several streams are there and one is shown."""
    count = cells["stream"].nunique()
    return f"Of {count} streams, {stream} is shown." if count > 1 else ""


def _left_out(cells: pd.DataFrame, beside_paper: bool = True) -> str:
    names = [method_name(method) for method in not_drawn(cells, beside_paper)]
    return f"Not drawn, and in the tables: {', '.join(names)}." if names else ""


def _oracles(cells: pd.DataFrame) -> str:
    """A sentence on the strategies that a user cannot do as they do, where some were run."""
    own = set(cells["method"]) & set(strategies.names())
    names = [method_name(name) for name in sorted(own) if strategies.load(name).oracle]
    if not names:
        return ""
    return f"Looks at labels of frames that it does not pick (an oracle): {', '.join(names)}."


def _averaged(cells: pd.DataFrame) -> str:
    """A sentence on streams, where there are several."""
    streams = sorted(set(cells["stream"]))
    return f"A seed's number is its mean over the streams {', '.join(streams)}." * bool(streams[1:])


@dataclass(frozen=True)
class Captions:
    """What a study's captions share, and the captions.

    study: its name. source: what its frames are ('rendered stand-in', 'Human3.6M'). stand_in:
    whether they are rendered, so that no number speaks of the paper's own.
    teacher: printed name of the teacher that is not ground truth ('teacher network', 'OpenPose').
    per_seed: whether each seed has a student of its own; otherwise all is said given one student.
    Frames, where asked for, are those that the numbers are of.
    readings: how the protocol reads the paper where it is silent ('window 100 frames'): of
    offline numbers, of online ones, and common to both.
    """

    study: str
    source: str
    stand_in: bool
    teacher: str
    per_seed: bool
    readings: Mapping[str, Sequence[str]]

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))

    @property
    def heading(self) -> str:
        return f"Study {self.study}, {self.source}"

    @property
    def given(self) -> str:
        """What a number over seeds is said with, where they share a student."""
        return "" if self.per_seed else ", given one student"

    def seeds(self, cells: pd.DataFrame, several: str = _SPREAD) -> str:
        """What the number of seeds allows to be said; several: of more than one."""
        count = cells["seed"].nunique()
        own = ", each with a student of its own" if count > 1 and self.per_seed else ""
        given = self.given or own
        if count < 2:
            ranked = set(cells["method"]) - {"none", "baseline", "all", "all_equal_steps"}
            rank = ": it cannot rank the methods" * (len(ranked) > 1)
            one = f"One seed{given}{rank}."
            return one if count else "This run has none of these cells."
        return several.format(f"{count} seeds{given}")

    def reading(self, setting: str) -> str:
        """One sentence that lists the readings that bear on numbers of this setting."""
        said = "; ".join((*self.readings["common"], *self.readings[setting]))
        return f"Readings: {said}." if said else ""

    @property
    def beside(self) -> str:
        """How this study's numbers stand to the published ones, in one sentence."""
        if self.stand_in:
            return (
                f"Published numbers are of {published.DATA}: other images, another student and "
                "other pixels, so that levels cannot be compared."
            )
        return f"Published numbers are the paper's ({published.PAPER})."

    def teacher_name(self, teacher: str) -> str:
        return "ground truth" if teacher == "ground_truth" else self.teacher

    def table_1(
        self, offline: pd.DataFrame, frames: FrameSizes = ONE_SIZE, truth: bool = True
    ) -> str:
        """truth: errors are of the truth, and the published ones stand beside them."""
        picked = "frames picked from" if truth else "labelled frames, of"
        zero = ", 0 % the unadapted student" * ("none" in rate_ends(offline, truth))
        return _text(
            f"{self.heading}. Offline: MPJPE in pixels of the source frames, by query strategy and "
            f"sampling rate; k is the number of {picked} the pool's {span(offline['n'])}{zero}.",
            self._control(offline),
            _oracles(offline),
            "" if truth else self._against_teacher,
            frames.said(beside=True),
            self.seeds(offline),
            self.beside if truth else "",
            self.reading("offline"),
        )

    def _control(self, offline: pd.DataFrame) -> str:
        if "all_equal_steps" not in set(offline["method"]):
            return ""
        return (
            "All, equal steps: all of the pool, for only as many gradient steps as the highest "
            "rate takes, since more frames mean more steps as well."
        )

    def table_2(
        self,
        online: pd.DataFrame,
        first_window: bool,
        teacher: TeacherError | None,
        frames: FrameSizes = ONE_SIZE,
    ) -> str:
        """first_window: it counts. teacher: its own error stands in the table."""
        every, window = _looks_ahead(online)
        counted = "mean over all frames" if first_window else "mean without the first window"
        lag = itself = ""
        if len(every):
            own = span(every)
            lag = f"Continual trains after every {own} frames, on all of them"
            lag += f"; the others wait for {span(window)}" if len(window) else ""
            if first_window:
                lag += ". Equal lag: continual with its weights frozen from each window's start"
            lag += "."
        if teacher is not None:
            share = "none" if teacher.found_share is None else f"{100 * teacher.found_share:.1f} %"
            itself = (
                f"The error of {self.teacher} itself is over the joints that it finds ({share} "
            )
            itself += "of the labelled ones)."
        return _text(
            f"{self.heading}. Online: MPJPE in pixels of the source frames, {counted}, by method, "
            f"labels and sampling rate; k is the number of frames picked from each window's "
            f"{span(window)}, # train the number of trainings.",
            frames.said(beside=True),
            lag,
            _oracles(online),
            itself,
            "" if first_window else "The paper does not say whether it counts that window.",
            self.seeds(online),
            _averaged(online),
            self.beside,
            self.reading("online"),
        )

    def efficiency(self, online: pd.DataFrame, stream: str) -> str:
        """stream: its length in seconds, printed; of several the mean."""
        paper = published.value("stream_s", "online", method=None)
        return _text(
            f"{self.heading}. Online efficiency: the share of real time is training seconds over "
            f"the stream's {stream} s (published: about {paper:.0f} s); above 100 %, training "
            "cannot keep up.",
            _averaged(online),
            _CLOCK,
            self.reading("online"),
        )

    def real_time(
        self, profiles: Iterable[Profile], network: str, input_size: int, stream: str = ""
    ) -> str:
        """network, input_size: of this study's student. stream: which of several its rows are of;
        '' of the only one."""
        found = list(profiles)
        sources = [f"Figures of {profile.title}: {profile.source}." for profile in found]
        sources += [
            f"Not charged of {profile.title}, since nobody states them: "
            f"{', '.join(profile.not_charged)}; what is needed there is a lower bound, and the "
            "most that fits an upper one."
            for profile in found
            if profile.not_charged
        ]
        own = any(profile.is_of(network, input_size) for profile in found)
        return _text(
            f"{self.heading}. Whether training keeps up on declared devices, by arithmetic: the "
            "seconds that the training on one stretch of the stream needs, and those that the next "
            "stretch lasts.",
            *sources,
            ""
            if own
            else f"No device is declared for this study's student, {network} at {input_size} "
            "pixels, and figures of another say nothing of it.",
            f"This study's rows are of its first stream, {stream}." if own and stream else "",
        )

    def efficiency_offline(self) -> str:
        return _text(
            f"{self.heading}. Offline efficiency: training seconds of one cell, mean ± sample "
            "standard deviation over the cells of that rate.",
            _CLOCK,
            self.reading("offline"),
        )

    def figure_2(
        self,
        online: pd.DataFrame,
        smoothed: str,
        part: str,
        teacher: bool,
        frames: FrameSizes = ONE_SIZE,
    ) -> str:
        """smoothed: the rolling mean's reach. part: a or b. teacher: its own error is drawn."""
        every, others = _looks_ahead(online)
        ahead = f" (it looks {span(every)} frames ahead, the others {span(others)})"
        ahead = ahead if len(every) and len(others) else ""
        what = {"a": "the query strategies", "b": f"continual{ahead}, once and uniform"}[part]
        low = lowest_rate(online)
        at = "" if low is None else f" at {percent(low)} (k={span(picked_at(online, low))})"
        return _text(
            f"{self.heading}. Error over stream time, {what}{at}. Rolling mean over {smoothed}, "
            "centred. Errors are of the source frames' pixels, always against ground truth; each "
            "panel names the labels trained on.",
            frames.said(),
            f"Green: the {self.teacher}'s own error." if teacher else "",
            f"Dotted grey: the unadapted student. {_SIGNS}",
            _oracles(online) if part == "a" else "",
            _left_out(online) if part == "a" else "",
            self.seeds(online, _MEAN),
            self.reading("online"),
        )

    def by_rate(
        self,
        offline: pd.DataFrame,
        frames: FrameSizes = ONE_SIZE,
        truth: bool = True,
        page: bool = False,
    ) -> str:
        """truth: errors are of the truth, and the published ones stand beside them. page: it is the
        page's chart, which has intervals and all strategies."""
        bars = "plain 95 % intervals" if page else "sample standard deviation"
        own = "Table 1 as lines: " * truth
        published = ", the published numbers on their own axes" * truth
        at = rate_ends(offline, truth)
        signs = ["Dotted grey: the unadapted student"] * ("none" in at)
        signs += ["Star: all of the pool"] * ("all" in at)
        signs.append(f"Bars: {bars} over seeds")
        return _text(
            f"{self.heading}. {own}MPJPE in pixels of the source frames by sampling rate "
            f"(log){published}. {'; '.join(signs)}.",
            _oracles(offline),
            "" if page else _left_out(offline, truth),
            "" if truth else self._against_teacher,
            frames.said(),
            self.seeds(offline),
            self.beside if truth else "",
            self.reading("offline"),
        )

    @property
    def _against_teacher(self) -> str:
        return (
            f"Errors are against {self.teacher}, whose labels are trained on and tested against: "
            "nobody has checked them."
        )

    def of_stream(self, scene: str, window: str, picked: str | None, consensus: bool) -> str:
        """What the figure and the table of real video share.

        scene: 'camera' or 'video'. window: its length. picked: the line whose labels 'last label
        repeated' repeats.
        """
        again = (
            f"'{REPEAT}, {picked}' gives again the last label of the {scene} that {picked} has had "
            f"from the teacher, and leaves out the frames before a {scene}'s first."
        )
        agreed = (
            "The multi-view consensus is what the same teacher's labels of all views agree on: "
            "consistency, not truth."
        )
        return _text(
            f"MPJPE of 12 joints in pixels of the source frames, windows of {window}.",
            again if picked else "",
            agreed if consensus else "",
        )

    def error_over_time(
        self,
        online: pd.DataFrame,
        shared: str,
        scene: str,
        smooth: str,
        frames: FrameSizes = ONE_SIZE,
    ) -> str:
        """shared: what `of_stream` says. smooth: the rolling mean's reach."""
        return _text(
            f"{self.heading}. Rolling mean over {smooth}. Grey line: a {scene} begins. Dot: "
            f"new weights go live. {shared}",
            frames.said(),
            self.seeds(online, _LOWEST),
            self.reading("online"),
        )

    def adaptation(
        self, online: pd.DataFrame, shared: str, scene: str, frames: FrameSizes = ONE_SIZE
    ) -> str:
        """shared: what `of_stream` says."""
        return _text(
            f"{self.heading}. {shared} 'Within a {scene}': without the frames of a {scene} in the "
            "window that it begins in, since no weights have been trained on it yet. A share in "
            "brackets: poses in that part of the labelled frames only.",
            frames.said(beside=True),
            self.seeds(online),
            self.reading("online"),
        )

    def before_after(
        self, online: pd.DataFrame, adapted: str, scene: str, frames: FrameSizes = ONE_SIZE
    ) -> str:
        """adapted: the adapted student's line."""
        return _text(
            f"{self.heading}. The unadapted student, one that adapts ({adapted}) and their "
            f"teacher, on the frame three quarters into each {scene}, or the nearest one that the "
            "teacher has labelled; the view follows the teacher's pose. Number: mean error of 12 "
            "joints to the teacher, in pixels of the source frame, and how many trainings the "
            "weights had seen. The film, overlay.mp4, shows all three over the whole stream.",
            frames.said(),
            self.seeds(online, _LOWEST),
            self.reading("online"),
        )


def _looks_ahead(online: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """How many frames continual distillation's cells and those of the others look ahead."""
    continual, any_rate = online["method"] == "continual", online["method"].isin(ANY_RATE)
    return online["n"][continual], online["n"][~any_rate]


def _text(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
