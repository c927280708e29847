"""How claims become p-values and decisions, and how often those are false in made-up studies."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from posequery.evidence import judging
from posequery.evidence.claims import BASELINE, CLAIMS, NONE, Claim, Part, online
from posequery.evidence.judging import (
    CONTRADICTED,
    SUPPORTED,
    UNDECIDED,
    Judged,
    adjusted,
    decided,
    judge,
)
from posequery.evidence.samples import is_fixed, of_these_streams
from posequery.evidence.statistics import ALPHA, Estimate

DF = 4.0
PARTS = [Part(str(i), {online(str(i), Fraction(1, 100)): 1.0, BASELINE: -1.0}) for i in range(3)]


def an_estimate(value):
    """Of one pixel's standard error."""
    return Estimate(np.array(float(value)), np.array(1.0), np.array(DF))


def claim(kind, count, every=True):
    return Claim("a", kind, "it is so", "Table 1", PARTS[:count], every)


def up(t):
    """The p of a value of t or more."""
    return stats.t.sf(t, DF)


def test_one_part_that_beats_is_a_two_sided_test():
    found = judge(claim("beats", 1), [an_estimate(-3)], 2.0)
    assert found.p == pytest.approx(2 * up(3)) and found.favours
    # Within ± 2: below 2 by 5 errors, but 1 error beyond -2.
    assert found.counter == pytest.approx(up(-1))
    found = judge(claim("beats", 1), [an_estimate(3)], 2.0)
    assert found.p == pytest.approx(2 * up(3)) and not found.favours


def test_to_be_best_each_other_must_be_beaten():
    found = judge(claim("best", 3), [an_estimate(x) for x in (-5, -1, -3)], 2.0)
    assert found.p == pytest.approx(2 * up(1)) and found.favours and found.part == 1
    # One that is alike contradicts; it is looked for among three.
    assert found.counter == pytest.approx(3 * up(1)) and found.counter_part == 1
    found = judge(claim("best", 3), [an_estimate(x) for x in (-9, 8, -9)], 2.0)
    assert found.p == pytest.approx(2 * 3 * up(8)) and not found.favours and found.part == 1


def test_where_one_part_is_enough_it_is_looked_for_among_all():
    found = judge(claim("beats", 3, every=False), [an_estimate(x) for x in (1, -6, 4)], 2.0)
    assert found.p == pytest.approx(2 * 3 * up(6)) and found.favours and found.part == 1
    found = judge(claim("beats", 3, every=False), [an_estimate(x) for x in (5, 6, 7)], 2.0)
    assert found.p == pytest.approx(2 * up(5)) and not found.favours and found.part == 0


def test_alike_is_equivalence_of_the_farthest_part():
    found = judge(claim("alike", 2), [an_estimate(0.5), an_estimate(-3)], 5.0)
    assert found.p == pytest.approx(up(2)) and found.favours and found.part == 1
    assert found.counter == 1.0
    found = judge(claim("alike", 2), [an_estimate(0), an_estimate(-12)], 5.0)
    assert found.counter == pytest.approx(2 * 2 * up(7)) and found.counter_part == 1


def test_does_what_is_one_sided():
    found = judge(claim("does what", 2), [an_estimate(-20), an_estimate(1)], 5.0)
    assert found.p == pytest.approx(up(4)) and found.counter == 1.0


def a_pair(p, counter=math.nan):
    one = np.array(0)
    return Judged(np.array(p), np.array(counter), np.array(True), one, one)


def test_equivalence_counts_in_the_family_and_so_does_what_was_not_run():
    p, counter = adjusted([a_pair(0.01, 0.02), None])
    assert p[0] == pytest.approx(0.04) and counter[0] == pytest.approx(0.06)
    assert np.isnan([p[1], counter[1]]).all()


@pytest.mark.parametrize(
    ("p", "counter", "favours", "word"),
    [
        (0.05, 0.9, True, SUPPORTED),
        (0.05, 0.9, False, CONTRADICTED),
        (0.051, 0.05, True, CONTRADICTED),
        (0.01, 0.01, True, SUPPORTED),
        (0.051, 0.051, False, UNDECIDED),
        (math.nan, math.nan, True, UNDECIDED),
    ],
)
def test_decisions(p, counter, favours, word):
    assert decided(np.array(p), np.array(counter), np.array(favours)) == word


def test_without_a_spread_nothing_is_decided():
    none = Estimate(np.array(-3.0), np.array(math.nan), np.array(math.nan))
    for kind in ("beats", "best", "alike", "does what"):
        found = judge(claim(kind, 2), [none, none], 1.0)
        assert math.isnan(found.p) and math.isnan(found.counter)
        assert decided(found.p, found.counter, found.favours) == UNDECIDED


# Made-up studies whose truth is known.

POINTS = sorted({p for c in CLAIMS for part in c.parts for p in part.weights}, key=repr)
LEVEL, MARGIN = 20.0, 1.0


def equal(rng, studies):
    """Two names for one thing, throughout."""
    return {point: np.full(studies, LEVEL) for point in POINTS}


def mixed(rng, studies):
    """Each method up to one and a half margins off, and often exactly on one."""
    steps = np.array([-1.5, -1, -1, -0.5, 0, 0, 0, 0.5, 1, 1, 1.5]) * MARGIN
    return {point: LEVEL + rng.choice(steps, studies) for point in POINTS}


def at_the_edge(rng, studies):
    """Rates, and methods, that should be alike or do the same, one margin apart."""

    def off(point):
        same = point.method in ("uniform", "continual") and point.measure == "mpjpe_px"
        rate = point.teacher == "openpose" and point.rate > Fraction(1, 100)
        untrained = point in (NONE, BASELINE)
        return MARGIN * (same + rate + untrained)

    return {point: np.full(studies, LEVEL + off(point)) for point in POINTS}


def drawn(means, rng, seeds, streams, per_seed):
    """Errors (studies, seeds, streams): a seed's effect goes through all streams."""
    studies = len(next(iter(means.values())))
    of_stream = rng.normal(0, 3, (studies, 1, streams))
    student = rng.normal(0, 2, (studies, seeds, 1)) * per_seed
    found = {}
    for point, mean in means.items():
        here = of_stream + rng.normal(0, 1, (studies, 1, streams))
        here = here - here.mean(-1, keepdims=True)  # of these streams the mean is the truth
        spread = 10 ** rng.uniform(-1, 0.5, (studies, 1, 1))
        draws = rng.normal(0, 1, (studies, seeds, 1)) * spread
        draws = draws + rng.normal(0, 0.5, (studies, seeds, streams)) * spread
        fixed = is_fixed(point, per_seed)
        found[point] = mean[:, None, None] + here + (0 if fixed else student + draws)
        if fixed:
            found[point] = found[point][:, :1]
    return found


def wrongly_decided(claim, means, decision, by_p):
    """Whether a decision is false; by_p: it says that there is a difference."""
    off = np.stack([sum(w * means[p] for p, w in part.weights.items()) for part in claim.parts])
    off = off.round(9)
    some = np.any if claim.every else np.all
    all_ = np.all if claim.every else np.any
    if claim.kind in ("beats", "best"):
        false = some(off >= 0, 0)
        true = all_(np.where(by_p, off <= 0, off <= -MARGIN), 0)
    elif claim.kind == "alike":
        false, true = some(abs(off) >= MARGIN, 0), all_(abs(off) <= MARGIN, 0)
    else:
        false, true = some(off >= MARGIN, 0), all_(off <= MARGIN, 0)
    return np.where(decision == SUPPORTED, false, (decision == CONTRADICTED) & true)


def error_rate(truth, seeds, streams, per_seed, studies):
    """The share of studies with one false verdict or more."""
    rng = np.random.default_rng([seeds, streams, per_seed])
    means = truth(rng, studies)
    samples = drawn(means, rng, seeds, streams, per_seed)
    family = [
        judge(c, [of_these_streams(part.weights, samples, per_seed) for part in c.parts], MARGIN)
        for c in CLAIMS
    ]
    p, counter = adjusted(family)
    wrong = np.zeros(studies, bool)
    for i, (c, one) in enumerate(zip(CLAIMS, family, strict=True)):
        decision = decided(p[:, i], counter[:, i], one.favours)
        wrong |= wrongly_decided(c, means, decision, p[:, i] <= ALPHA).astype(bool)
    return wrong.mean()


CASES = [
    (truth, n, per_seed)
    for truth in (equal, mixed, at_the_edge)
    for n in (3, 5)
    for per_seed in (False, True)
]


@pytest.mark.parametrize(("truth", "seeds", "per_seed"), CASES)
def test_false_verdicts_are_as_rare_as_is_said(truth, seeds, per_seed, tried):
    studies = 10_000
    rate = error_rate(truth, seeds, 3, per_seed, studies)
    error = math.sqrt(max(rate, 1 / studies) * (1 - rate) / studies)
    assert rate + 2 * error <= ALPHA
    wrong = round(rate * studies)
    said = {"no false verdict": studies - wrong, "a false verdict": wrong}
    tried("Verdicts", f"made-up studies, {truth.__name__.replace('_', ' ')}", said)


def test_the_simulation_sees_what_is_wrong(monkeypatch):
    """Without Holm false verdicts are found."""
    assert error_rate(equal, 3, 3, False, 2000) < ALPHA
    monkeypatch.setattr(judging, "holm", lambda p: p)
    assert error_rate(equal, 3, 3, False, 2000) > 3 * ALPHA


def test_every_claim_can_be_decided():
    """With a tiny spread each claim is supported where the paper's numbers are the truth."""
    assert len({c.name for c in CLAIMS}) == len(CLAIMS)
    for c in CLAIMS:
        there = [part for part in c.parts if not math.isnan(part.printed)]
        kept = replace(c, parts=there)
        values = [Estimate(np.array(part.printed), np.array(1e-3), np.array(4.0)) for part in there]
        if there:
            found = judge(kept, values, 0.05 * 13.52)
            decision = decided(found.p, found.counter, found.favours)
            assert decision == SUPPORTED or c.note, c.name


@pytest.mark.parametrize("kind", ["alike", "does what"])
def test_likeness_of_one_part_alone_is_no_claim(kind):
    with pytest.raises(ValueError, match="every part has to hold"):
        judge(claim(kind, 2, every=False), [an_estimate(0), an_estimate(1)], 2.0)
