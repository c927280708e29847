"""From estimates to decisions: each claim's two p-values, and Holm over the whole family.

What each kind tests, of parts i with margin m. 'For' needs all parts, so that its p is the largest
of theirs (an intersection-union test); 'against' needs one, so that its p is Bonferroni's over
them. A claim of 'beats' or 'best' that one part is enough for has the two the other way round.

- beats, best: p is of a difference (two-sided, its sign decides between supported and
  contradicted); the counter-p is of equivalence within m, which contradicts as well: whoever is no
  better by m does not beat.
- alike: p is of equivalence within m; the counter-p of a difference beyond m.
- does what: p is of being worse by less than m (one-sided); the counter-p of being worse by more.

All p and counter-p of `CLAIMS` are one family, of which Holm keeps the chance of any false decision
at 5 %, whatever depends on whatever. False is to call a claim supported that does not hold, or
contradicted by a difference, an equivalence or an excess over m that is not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posequery.evidence.claims import Claim
from posequery.evidence.statistics import (
    ALPHA,
    Estimate,
    beyond,
    equivalent,
    greater,
    holm,
    less,
    not_inferior,
)

Margin = float | np.ndarray


@dataclass(frozen=True)
class Judged:
    """p, counter: (...), NaN where there was nothing to test with. favours: whether a small p
    speaks for the claim. part, counter_part: which of its parts decides p, and counter, (...)."""

    p: np.ndarray
    counter: np.ndarray
    favours: np.ndarray
    part: np.ndarray
    counter_part: np.ndarray


def judge(claim: Claim, parts: Sequence[Estimate], margin: Margin) -> Judged:
    """parts: an estimate for each of the claim's parts.

    Raises ValueError for a claim of likeness of which one part is enough: no such test is known.
    """
    if claim.kind in ("beats", "best"):
        return _beats(claim, parts, margin)
    if not claim.every:
        raise ValueError(f"{claim.name}: of '{claim.kind}', every part has to hold")
    alike = claim.kind == "alike"
    right, wrong = (equivalent, beyond) if alike else (not_inferior, greater)
    each = np.stack([right(part, margin) for part in parts])
    against = np.stack([wrong(part, margin) for part in parts])
    values = np.stack([part.value for part in parts])
    far = np.abs(values) if alike else values
    favours = np.ones(each.shape[1:], bool)
    return Judged(_all(each), _one(against), favours, _most(each, far), _most(-against, far))


def _beats(claim: Claim, parts: Sequence[Estimate], margin: Margin) -> Judged:
    lower = np.stack([less(part) for part in parts])
    higher = np.stack([greater(part) for part in parts])
    alike = np.stack([equivalent(part, margin) for part in parts])
    values = np.stack([part.value for part in parts])
    if claim.every:
        for_, opposite, counter = _all(lower), _one(higher), _one(alike)
        part, counter_part = _most(lower, values), _most(-alike, values)
    else:
        no_better = np.minimum(higher, alike)
        for_, opposite, counter = _one(lower), _all(higher), _all(no_better)
        part, counter_part = _most(-lower, -values), _most(no_better, -values)
    p = np.minimum(1.0, 2 * np.minimum(for_, opposite))
    return Judged(p, counter, for_ < opposite, part, counter_part)


def _all(each: np.ndarray) -> np.ndarray:
    return each.max(0)


def _one(each: np.ndarray) -> np.ndarray:
    return np.minimum(1.0, len(each) * each.min(0))


def _most(p: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Which part has the largest p, or without p the largest value: the one that decides."""
    return np.where(np.isnan(p).any(0), values.argmax(0), p.argmax(0))


def adjusted(family: Sequence[Judged | None]) -> tuple[np.ndarray, np.ndarray]:
    """Holm's p and counter-p, (..., claims); None: a claim that nothing was tested of."""
    shape = next((one.p.shape for one in family if one), ())
    nothing = np.full(shape, np.nan)
    both = [one.p if one else nothing for one in family]
    both += [one.counter if one else nothing for one in family]
    p, counter = np.split(holm(np.stack(both, -1)), 2, -1)
    return p, counter


SUPPORTED, CONTRADICTED, UNDECIDED = 1, -1, 0


def decided(p: np.ndarray, counter: np.ndarray, favours: np.ndarray) -> np.ndarray:
    """`SUPPORTED`, `CONTRADICTED` or `UNDECIDED`, of adjusted p: (...)."""
    by_p = np.where(favours, SUPPORTED, CONTRADICTED)
    by_counter = np.where(counter <= ALPHA, CONTRADICTED, UNDECIDED)
    return np.where(p <= ALPHA, by_p, by_counter)
