"""What the paper claims, as data: the confirmatory family, listed before any study is run.

Two tests each (`judging`). Nothing is added to it, and nothing taken away, for what a study has
found; all else that a study compares is exploratory (`comparisons`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from posequery.evidence import published
from posequery.evidence.published import STRATEGIES, TEACHER

Kind = Literal["beats", "best", "alike", "does what"]
"""beats: has the lower error. best: beats each other. alike: differ by less than the margin.
does what: is worse by less than the margin, if at all."""


@dataclass(frozen=True)
class Point:
    """Cells that differ in seed and stream alone, and the column that their error stands in.

    teacher: 'openpose' stands for whichever teacher a study has beside ground truth.
    """

    setting: str
    teacher: str
    method: str
    rate: Fraction
    measure: str = "mpjpe_px"

    @property
    def printed(self) -> float:
        """The paper's number; NaN where it prints none."""
        if self.measure != "mpjpe_px":
            return float("nan")
        return published.mpjpe(self.setting, self.teacher, self.method, self.rate)


Weights = dict[Point, float]
"""A weighted sum of mean errors, negative where the claim is right ('alike': 0)."""


@dataclass(frozen=True)
class Part:
    """One comparison of a claim. name: of what, as a sentence has it."""

    name: str
    weights: Weights

    @property
    def printed(self) -> float:
        """The paper's own value of it in pixels; NaN where it prints none."""
        return sum(weight * point.printed for point, weight in self.weights.items())


@dataclass(frozen=True)
class Claim:
    """says: the claim in a sentence. place: where the paper makes it. every: all of its parts must
    hold, otherwise one is enough. note: what a reader has to know beside the verdict."""

    name: str
    kind: Kind
    says: str
    place: str
    parts: Sequence[Part]
    every: bool = True
    note: str = ""


LOW, HIGH = Fraction(1, 100), Fraction(20, 100)
RATES = tuple(Fraction(percent, 100) for percent in (1, 5, 10, 20, 40))
NONE = Point("offline", "none", "none", Fraction(0))
ALL = Point("offline", "ground_truth", "all", Fraction(1))
BASELINE = Point("online", "none", "baseline", Fraction(0))
TRUTH = "ground_truth"
DISAGREE = "the paper's text and table disagree"


def offline(method: str, rate: Fraction) -> Point:
    return Point("offline", TRUTH, method, rate)


def online(method: str, rate: Fraction, teacher: str = TRUTH) -> Point:
    return Point("online", teacher, method, rate)


def continual(teacher: str, measure: str = "mpjpe_px") -> Point:
    return Point("online", teacher, "continual", Fraction(1), measure)


def named(method: str) -> str:
    return "uncertainty" if method == "least_confidence" else method


def _percent(rate: Fraction) -> str:
    return f"{float(100 * rate):g} %"


def words(point: Point) -> str:
    """A point as a sentence names it: 'uniform at 1 % with ground truth'."""
    if point in (NONE, BASELINE):
        return "the unadapted student"
    if point.method == "all":
        return "all of the data"
    rate = "" if point.method == "continual" else f" at {_percent(point.rate)}"
    labels = "ground truth" if point.teacher == TRUTH else "the teacher's labels"
    lag = ", equal lag" if point.measure.endswith("equal_lag") else ""
    return f"{named(point.method)}{rate}{lag}" + (
        f" with {labels}" if point.setting == "online" else ""
    )


def against(better: Point, other: Point) -> Part:
    return Part(f"{words(better)} against {words(other)}", {better: 1.0, other: -1.0})


def _mean(points: Iterable[Point], weight: float) -> Weights:
    found = list(points)
    return dict.fromkeys(found, weight / len(found))


def _most_of_the_gain() -> list[Part]:
    """Error below the middle between the unadapted student's and that of all data."""
    return [
        Part(
            f"{words(offline(method, LOW))} against half of the gain",
            {offline(method, LOW): 1.0, NONE: -0.5, ALL: -0.5},
        )
        for method in STRATEGIES
    ]


def _truth_against_teacher() -> Part:
    def trained(teacher: str) -> list[Point]:
        picked = [online(method, rate, teacher) for method in STRATEGIES for rate in (LOW, HIGH)]
        return [continual(teacher), *picked]

    name = "ground truth against the teacher's labels, mean of Table 2's trained methods"
    return Part(name, _mean(trained(TRUTH), 1.0) | _mean(trained(TEACHER), -1.0))


def _teacher_rates(method: str) -> Claim:
    return Claim(
        f"teacher_rates_alike_{method}",
        "alike",
        f"with the teacher's labels, {named(method)} at 1 % and at 20 % yield alike",
        "Section 4.3",
        [against(online(method, HIGH, TEACHER), online(method, LOW, TEACHER))],
        note=DISAGREE,
    )


CLAIMS: Sequence[Claim] = (
    Claim(
        "all_beats_none",
        "beats",
        "fine-tuning on all of the data beats none",
        "Table 1",
        [against(ALL, NONE)],
    ),
    Claim(
        "one_percent_brings_most",
        "beats",
        "1 % of the data, picked by whichever strategy, brings most of the gain of all",
        "Table 1",
        _most_of_the_gain(),
        note="most: more than half",
    ),
    Claim(
        "active_learning_beats_all",
        "beats",
        "active learning can improve on training on everything",
        "Section 5",
        [
            against(offline(method, rate), ALL)
            for method, rate in (
                ("uniform", HIGH),
                ("random", RATES[-1]),
                ("least_confidence", RATES[-1]),
            )
        ],
        every=False,
        note="Table 1's three cells below 100 %; a higher rate takes more gradient steps as well",
    ),
    Claim(
        "uniform_random_alike_offline",
        "alike",
        "offline, random and uniform yield alike",
        "Section 5",
        [against(offline("uniform", rate), offline("random", rate)) for rate in RATES],
        note=DISAGREE,
    ),
    Claim(
        "uniform_random_alike_online",
        "alike",
        "online, random and uniform yield alike",
        "Section 5",
        [
            against(online("uniform", rate, teacher), online("random", rate, teacher))
            for teacher in (TRUTH, TEACHER)
            for rate in (LOW, HIGH)
        ],
        note=DISAGREE,
    ),
    Claim(
        "uniform_random_beat_baseline",
        "beats",
        "online, uniform and random at 1 % beat the unadapted student",
        "Table 2, Section 4.3",
        [
            against(online(method, LOW, teacher), BASELINE)
            for method in ("uniform", "random")
            for teacher in (TRUTH, TEACHER)
        ],
    ),
    Claim(
        "error_uncertainty_do_not_beat_baseline",
        "does what",
        "online, error and uncertainty at 1 % do not beat the unadapted student",
        "Table 2, Section 4.3",
        [
            against(BASELINE, online(method, LOW, teacher))
            for method in ("error", "least_confidence")
            for teacher in (TRUTH, TEACHER)
        ],
    ),
    Claim(
        "error_best_at_20",
        "best",
        "online, error is the best strategy at 20 %",
        "Section 5, Table 2",
        [
            against(online("error", HIGH, teacher), online(other, HIGH, teacher))
            for teacher in (TRUTH, TEACHER)
            for other in ("uniform", "random", "least_confidence")
        ],
    ),
    Claim(
        "uniform_best_at_1",
        "best",
        "online, uniform at 1 % with ground truth is best of the strategies at 1 %",
        "Section 4.4, Table 2",
        [
            against(online("uniform", LOW), online(other, LOW))
            for other in ("random", "error", "least_confidence")
        ],
    ),
    Claim(
        "truth_beats_teacher",
        "beats",
        "online, ground truth beats the teacher's labels",
        "Section 4.3, Table 2",
        [_truth_against_teacher()],
        note="on average over Table 2's nine trained methods, which may differ in sign",
    ),
    *(_teacher_rates(method) for method in STRATEGIES),
    Claim(
        "few_trainings_beat_continual",
        "beats",
        "few trainings (uniform at 1 %) beat continual distillation, with ground truth",
        "Table 2, Section 4.4",
        [against(online("uniform", LOW), continual(TRUTH))],
        note="continual looks a batch ahead, the others a window",
    ),
    Claim(
        "few_trainings_lose_with_teacher",
        "beats",
        "continual distillation beats few trainings (uniform at 1 %), with the teacher's labels",
        "Table 2",
        [against(continual(TEACHER), online("uniform", LOW, TEACHER))],
        note=DISAGREE,
    ),
    Claim(
        "few_trainings_do_what_continual_does",
        "does what",
        "few trainings (uniform at 1 %) do what continual distillation does at equal lag",
        "Section 4.4",
        [
            against(online("uniform", LOW), continual(TRUTH, "mpjpe_px_equal_lag")),
        ],
        note="the paper prints no numbers at equal lag",
    ),
    Claim(
        "repeated_beats_once",
        "beats",
        "repeated training (uniform at 1 %) beats a single one",
        "Figure 2(b)",
        [against(online("uniform", LOW), online("once", LOW))],
    ),
)
"""Each enters Holm's family with two p-values, whether its cells were run or not."""


@dataclass(frozen=True)
class Budget:
    """A claim that is arithmetic: no interval, no p."""

    name: str
    says: str
    place: str


TRAININGS = Budget(
    "fewer_trainings",
    "uniform at 1 % trains far less often than continual distillation (33 times against 382)",
    "Section 4.4, Table 2",
)
FITS = Budget(
    "uniform_fits_in_real_time",
    "uniform at 1 % trains in less time than the stream lasts, on the paper's board",
    "Section 4.4",
)
TOO_SLOW = Budget(
    "continual_does_not_fit",
    "continual distillation takes longer to train than the stream lasts, on the paper's board",
    "Section 4.4",
)
BUDGETS = (TRAININGS, FITS, TOO_SLOW)


def cells() -> list[Point]:
    """The cells of the paper's two tables, each once."""
    found = [NONE, ALL, BASELINE]
    found += [offline(method, rate) for method in STRATEGIES for rate in RATES]
    for teacher in (TRUTH, TEACHER):
        found.append(continual(teacher))
        found += [online(method, rate, teacher) for method in STRATEGIES for rate in (LOW, HIGH)]
    return found
