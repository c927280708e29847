"""The table of verdicts: what a study's cells say of each of the paper's claims."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from posequery.evidence import judging
from posequery.evidence.budgets import Reckoned, budgets
from posequery.evidence.claims import CLAIMS, Budget, Claim, Part, Point, cells, words
from posequery.evidence.judging import CONTRADICTED, SUPPORTED, UNDECIDED, Judged
from posequery.evidence.samples import (
    UNTRAINED,
    Cells,
    Samples,
    is_fixed,
    of_other_subjects,
    of_these_streams,
    subjects_in,
)
from posequery.evidence.statistics import (
    ALPHA,
    POWER,
    Estimate,
    detectable,
    interval,
    prediction_interval,
)

COLUMNS = (
    "claim kind says place verdict sentence part published_px seeds subjects estimate_px low_px "
    "high_px low_px_other_subjects high_px_other_subjects p p_adjusted counter_p "
    "counter_p_adjusted margin_px detectable_px"
).split()
WORDS = {SUPPORTED: "supported", CONTRADICTED: "contradicted", UNDECIDED: "undecided"}
STAND_IN = {SUPPORTED: "same direction", CONTRADICTED: "opposite", UNDECIDED: "undecided"}
NOT_RUN = "not run"


@dataclass(frozen=True)
class Design:
    """What decides how its cells are read.

    stand_in: rendered people, so that nothing is said of the paper's numbers. per_seed: a student
    per seed. margin: a share of the unadapted student's error.
    """

    stand_in: bool
    per_seed: bool
    margin: float

    @property
    def given(self) -> str:
        return "" if self.per_seed else ", given one student"

    def verdict(self, decision: int) -> str:
        where = ", in the stand-in" if self.stand_in else ""
        return f"{(STAND_IN if self.stand_in else WORDS)[decision]}{where}"


@dataclass(frozen=True)
class Measured:
    """A claim with what was measured of each part; why: why nothing could be, if so."""

    claim: Claim
    margin: float
    samples: list[Samples] = field(default_factory=list)
    estimates: list[Estimate] = field(default_factory=list)
    judged: Judged | None = None
    why: str = ""


def verdicts(rows: pd.DataFrame, seconds: pd.DataFrame, design: Design) -> pd.DataFrame:
    """A row for each claim of `CLAIMS` and `BUDGETS` and, of Human3.6M, each cell of the tables.

    rows: of ``cells.csv``. seconds: of ``seconds.csv``, of which the stream's length alone counts.
    Estimates and intervals are of the part that decides, in pixels; intervals are plain 95 % ones,
    p of `judging`, adjusted by Holm over all claims. detectable_px: see `_detectable`. Empty where
    there is no number.
    """
    known = Cells(rows, design.per_seed)
    family = [_measured(claim, known, design) for claim in CLAIMS]
    p, counter = judging.adjusted([one.judged for one in family])
    found = [_of_claim(one, float(p[i]), float(counter[i]), design) for i, one in enumerate(family)]
    found += [_of_budget(*one, design) for one in budgets(known, seconds, design.stand_in)]
    if not design.stand_in:
        found += [_of_cell(point, known, design) for point in cells()]
    return pd.DataFrame(found, columns=COLUMNS).astype({"seeds": "Int64", "subjects": "Int64"})


def _measured(claim: Claim, known: Cells, design: Design) -> Measured:
    setting = next(iter(claim.parts[0].weights)).setting
    margin = known.margin(setting, design.margin)
    if math.isnan(margin):
        return Measured(claim, margin, why=f"{words(UNTRAINED[setting])} was not run")
    samples = [known.samples(part.weights) for part in claim.parts]
    there = [one for one in samples if one is not None]
    if len(there) < len(samples):
        absent = _absent(claim, known)
        why = f"{' and '.join(absent)} had no cells" if absent else "no seed or stream in common"
        return Measured(claim, margin, why=why)
    estimates = [
        of_these_streams(part.weights, one, design.per_seed)
        for part, one in zip(claim.parts, there, strict=True)
    ]
    return Measured(claim, margin, there, estimates, judging.judge(claim, estimates, margin))


def _absent(claim: Claim, known: Cells) -> list[str]:
    points = dict.fromkeys(point for part in claim.parts for point in part.weights)
    return [words(point) for point in points if known.of(point) is None]


def _of_claim(one: Measured, p: float, counter: float, design: Design) -> dict[str, Any]:
    claim = one.claim
    row = {"claim": claim.name, "kind": claim.kind, "says": _says(claim), "place": claim.place}
    if one.judged is None:
        sentence = f"Not run: {claim.says}; {one.why}"
        return row | {"verdict": NOT_RUN, "sentence": _sentence(sentence)}
    decision = int(judging.decided(np.asarray(p), np.asarray(counter), one.judged.favours))
    by_counter = decision == CONTRADICTED and not p <= ALPHA
    at = int(one.judged.counter_part if by_counter else one.judged.part)
    part, samples, estimate = claim.parts[at], one.samples[at], one.estimates[at]
    numbers = _numbers(part, samples, estimate, design) | {
        "p": _p(float(one.judged.p)),
        "p_adjusted": _p(p),
        "counter_p": _p(float(one.judged.counter)),
        "counter_p_adjusted": _p(counter),
        "margin_px": _px(one.margin),
        "detectable_px": _px(_detectable(claim, estimate, one.margin)),
    }
    verdict = design.verdict(decision)
    sentence = f"{verdict}: {claim.says}; {_reason(claim, part, numbers, decision)}{design.given}"
    return row | numbers | {"verdict": verdict, "sentence": _sentence(sentence)}


def _detectable(claim: Claim, found: Estimate, margin: float) -> float:
    """The true difference that the part which decides would show with a chance of 80 %, even were
    it Holm's first: from 0, or for 'alike' and 'does what' one beyond the margin."""
    alpha = ALPHA / (2 * len(CLAIMS))
    if claim.kind in ("beats", "best"):
        return detectable(found, alpha)
    sides = 2 if claim.kind == "does what" else 1  # that test is one-sided
    return margin + detectable(found, sides * alpha / len(claim.parts))


def _says(claim: Claim) -> str:
    return f"{claim.says}; {claim.note}" if claim.note else claim.says


def _numbers(part: Part, samples: Samples, found: Estimate, design: Design) -> dict[str, Any]:
    low, high = interval(found)
    others_low, others_high = interval(of_other_subjects(part.weights, samples))
    drawn = [one for point, one in samples.items() if not is_fixed(point, design.per_seed)]
    return {
        "part": part.name,
        "published_px": _px(part.printed),
        "seeds": min(len(one) for one in drawn),
        "subjects": subjects_in(samples),
        "estimate_px": _px(float(found.value)),
        "low_px": _px(float(low)),
        "high_px": _px(float(high)),
        "low_px_other_subjects": _px(float(others_low)),
        "high_px_other_subjects": _px(float(others_high)),
    }


def _reason(claim: Claim, part: Part, numbers: Mapping[str, Any], decision: int) -> str:
    """The numbers behind a verdict, in words."""
    seeds, subjects = numbers["seeds"], numbers["subjects"] or 1
    said = f"{part.name} {numbers['estimate_px']:+.2f} px"
    if seeds < 2:
        return f"{said}; one seed has no replicate, so that nothing can be tested"
    if math.isnan(numbers["p"]):
        return f"{said}; its {seeds} seeds do not differ, so that nothing can be tested"
    counted = f"{seeds} seeds" + (f", streams of {subjects} subjects" if subjects > 1 else "")
    said += f" (95 % interval {numbers['low_px']:+.2f} to {numbers['high_px']:+.2f}, {counted}"
    low, high = numbers["low_px_other_subjects"], numbers["high_px_other_subjects"]
    said += ")" if math.isnan(low) else f"; of other subjects {low:+.2f} to {high:+.2f})"
    by_counter = decision == CONTRADICTED and numbers["p_adjusted"] > ALPHA
    test, p = (1, "counter_p_adjusted") if by_counter else (0, "p_adjusted")
    said += f", adjusted p {_printed(numbers[p])} {_test(claim, test, numbers['margin_px'])}"
    if decision == UNDECIDED and not math.isnan(numbers["detectable_px"]):
        said += f"; a true difference of {numbers['detectable_px']:.2f} px would be found with a "
        said += f"chance of {POWER:.0%}"
    return said


def _test(claim: Claim, which: int, margin: float) -> str:
    """Of what a p is: of the claim's own test (0), or of the counter one (1)."""
    return {
        "alike": (f"of equivalence within ±{margin:.2f} px", f"of more than ±{margin:.2f} px"),
        "does what": (f"of no more than {margin:.2f} px worse", f"of over {margin:.2f} px worse"),
    }.get(claim.kind, ("of a difference", f"of equivalence within ±{margin:.2f} px"))[which]


def _of_budget(budget: Budget, found: Reckoned, design: Design) -> dict[str, Any]:
    row = {"claim": budget.name, "kind": "budget", "says": budget.says, "place": budget.place}
    if found.right is None:
        sentence = f"Not run: {budget.says}; {found.sentence}"
        return row | {"verdict": NOT_RUN, "sentence": _sentence(sentence)}
    verdict = design.verdict(SUPPORTED if found.right else CONTRADICTED)
    sentence = _sentence(f"{verdict}: {budget.says}; {found.sentence}")
    return row | {"verdict": verdict, "sentence": sentence}


def _of_cell(point: Point, known: Cells, design: Design) -> dict[str, Any]:
    """Is the printed single run where one more run of ours would be expected?

    A description, no test of a claim: it has no p, and one cell in twenty is outside by chance.
    """
    name = f"{words(point)}, {point.setting}"
    row: dict[str, Any] = {
        "claim": f"cell_{point.setting}_{point.method}_{point.rate}_{point.teacher}",
        "kind": "cell",
        "says": f"{name}: {point.printed:.2f} px",
        "place": "Table 1" if point.setting == "offline" else "Table 2",
        "published_px": point.printed,
    }
    found = known.samples([point])
    if found is None:
        return row | {"verdict": NOT_RUN, "sentence": _sentence(f"Not run: {name}")}
    runs = found[point].mean(-1)
    low, high = prediction_interval(runs)
    row |= {
        "seeds": len(runs),
        "subjects": subjects_in(found),
        "estimate_px": _px(float(runs.mean())),
        "low_px": _px(low),
        "high_px": _px(high),
    }
    said = f"{name}: printed {point.printed:.2f} px, ours {runs.mean():.2f} px"
    if math.isnan(low):
        why = "no draw enters it" if known.fixed(point) else "one seed has no replicate"
        sentence = f"undecided: {said}; {why}{design.given}"
        return row | {"verdict": "undecided", "sentence": _sentence(sentence)}
    where = "inside" if low <= point.printed <= high else "outside"
    sentence = (
        f"{where} the 95 % prediction interval of one run: {said}, interval {low:.2f} to "
        f"{high:.2f}, {len(runs)} seeds{design.given}"
    )
    return row | {"verdict": where, "sentence": _sentence(sentence)}


def _px(value: float) -> float:
    return round(value, 4)


def _p(value: float) -> float:
    return float(f"{value:.4g}")


def _printed(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "below 0.001"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def as_markdown(table: pd.DataFrame, design: Design) -> str:
    """The verdicts as a page: what is known first, then why."""
    return "\n".join(_page(table, design)) + "\n"


def _page(table: pd.DataFrame, design: Design) -> Iterator[str]:
    claims, printed = table[table["kind"] != "cell"], table[table["kind"] == "cell"]
    yield "# What this study says of the paper's claims\n"
    yield (
        f"{len(CLAIMS)} claims with two tests each were listed before any run; verdicts use p "
        f"adjusted by Holm over all {2 * len(CLAIMS)}, so that the chance of any wrong one is at "
        f"most {ALPHA:.0%}. Intervals are plain 95 % ones. Negative is better for what is named "
        f"first. Alike is: within {design.margin:.1%} of the unadapted student's error. "
        + ("" if design.per_seed else "All is said given one pre-trained student. ")
        + "Claims of budget are arithmetic.\n"
    )
    yield claims[["says", "place", "verdict"]].to_markdown(index=False) + "\n"
    yield from (f"- {sentence}" for sentence in claims["sentence"])
    if len(printed):
        yield "\n## The printed cells\n"
        yield (
            "Whether each printed number, which is of a single run, lies where one more run of "
            "ours would be expected; one in twenty does not by chance.\n"
        )
        columns = ["says", "place", "estimate_px", "low_px", "high_px", "seeds", "verdict"]
        yield printed[columns].to_markdown(index=False)
