"""Weights that make things worse do not go live."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from playing import play, same, task

from posequery import strategies
from posequery.clips import Stream
from posequery.jobs.files import BadInput
from posequery.metrics import joint_errors, mpjpe
from posequery.online import guard, parts
from posequery.online.policies import policy, require_trainings
from posequery.online.profiles import Profile
from posequery.online.settings import Adaptation
from posequery.student.network import build
from posequery.student.prediction import predict_stream
from posequery.timing import Timing

HELD = 3


def guarded(stream: Stream, **changed: object):
    asked = policy("guarded", Fraction(1, 4), "8 frames", "5 frames", guard_frames=HELD)
    return task(stream, "uniform", policy=asked, **changed)


@pytest.mark.parametrize(
    ("size", "picked", "count", "expected"),
    [
        (8, [], 0, []),
        (8, [], 2, [2, 6]),
        (8, [0, 1, 2, 3], 2, [5, 7]),
        (9, [4], 3, [1, 5, 7]),
        (5, [1, 3], 3, [0, 2, 4]),
        (10, [], 10, list(range(10))),
    ],
)
def test_what_is_held_back_is_spread_over_what_is_not_picked(size, picked, count, expected) -> None:
    assert guard.held_back(size, np.array(picked, int), count).tolist() == expected


def test_no_frame_is_picked_and_held_back() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        size = int(random.integers(1, 60))
        picked = random.choice(size, int(random.integers(0, size + 1)), replace=False)
        count = int(random.integers(0, size - len(picked) + 1))
        held = guard.held_back(size, picked, count)
        assert len(held) == count and (np.diff(held) > 0).all()
        assert not {*held.tolist()} & {*picked.tolist()} and ((held >= 0) & (held < size)).all()
        with pytest.raises(ValueError, match="to hold back of"):
            guard.held_back(size, picked, size - len(picked) + 1)


def test_it_is_the_labels_of_what_is_held_back_that_judge(stream: Stream) -> None:
    """The poses of one network as labels: that one errs by nothing, the other by something."""
    good, bad = build("densenet_small", "one"), build("densenet_small", "two")
    labels, others = predict_stream(good, stream).joints, predict_stream(bad, stream).joints
    what, held = guarded(stream, labels=labels), np.array([1, 12, 20])
    assert guard.harms(what, good, bad, held) and not guard.harms(what, bad, good, held)
    # Equal is not worse; and where the teacher saw nobody, nothing is known.
    assert not guard.harms(what, good, good, held)
    blank = labels.copy()
    blank[held] = np.nan
    assert not guard.harms(guarded(stream, labels=blank), good, bad, held)
    blank[held[1]] = others[held[1]]
    assert not guard.harms(guarded(stream, labels=blank), good, bad, held)


@pytest.mark.parametrize("clock", [{}, {"measured": True, "overrun": "queued"}])
def test_each_training_is_judged_on_frames_that_it_does_not_see(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: dict
) -> None:
    judged = []
    real = guard.harms

    def watched(task, live, new, held):
        worse = real(task, live, new, held)
        errors = [
            mpjpe(joint_errors(predict_stream(one, stream).joints[held], task.labels[held]))
            for one in (live, new)
        ]
        judged.append((held.tolist(), worse))
        assert worse == (errors[1] > errors[0])
        return worse

    monkeypatch.setattr(guard, "harms", watched)
    tally, _, rec = play(guarded(stream, **clock), tmp_path)
    assert judged and tally.trainings >= len(rec.update_frames) == tally.version
    assert tally.refused == sum(worse for _, worse in judged[: tally.trainings])
    window = strategies.Window(8, Fraction(1, 4))
    picked = strategies.load("uniform").pick(window, np.random.default_rng(0), None).indices
    for held, _ in judged:
        first = 8 * (held[0] // 8)
        assert len(held) == HELD and all(first <= frame < first + 8 for frame in held)
        assert not {*held} & {*(first + picked).tolist()}
    # By a measured clock the last may end behind the stream.
    assert tally.labelled == (len(picked) + HELD) * len(judged)
    assert len(judged) == tally.trainings or clock


@pytest.mark.parametrize("refused", [[True, True], [True, False], [False, True], [False, False]])
@pytest.mark.parametrize(
    "clock", [{}, {"takes": "2 frames"}, {"takes": "2 frames", "missed": True}]
)
def test_what_is_refused_leaves_the_live_weights_alone(
    stream: Stream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refused: list[bool],
    clock: dict,
) -> None:
    answers = iter(refused)
    monkeypatch.setattr(guard, "harms", lambda *_: next(answers))
    tally, network, rec = play(guarded(stream, **clock), tmp_path)
    assert (tally.trainings, tally.refused) == (2, sum(refused))
    assert tally.frames_trained == 4 and tally.passes == 8
    assert rec.version.max() == len(rec.update_frames) == len(rec.picked) == 2 - sum(refused)
    assert same(network, build("densenet_small", "test")) == all(refused)
    if not any(refused):
        _, plain, own = play(task(stream, "uniform", **clock), tmp_path / "plain")
        assert same(network, plain) and np.array_equal(own.joints, rec.joints, equal_nan=True)


@pytest.mark.parametrize("clock", [{}, {"takes": "11 frames", "overrun": "queued"}])
def test_a_kill_changes_no_bit(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: dict
) -> None:
    # Refused is what is trained on the stretch that begins with frame 0.
    monkeypatch.setattr(guard, "harms", lambda _task, _live, _new, held: bool(held[0] < 8))
    what = guarded(stream, **clock)
    before, network, rec = play(what, tmp_path / "whole")
    assert before.refused
    wrote = set()
    real = parts.write_part

    class Killed(Exception):
        pass

    def once_each(path: Path, *arguments: object) -> None:
        real(path, *arguments)
        if path.name not in wrote:
            wrote.add(path.name)
            raise Killed

    monkeypatch.setattr(parts, "write_part", once_each)
    again = None
    while again is None:
        try:
            tally, resumed, again = play(what, tmp_path / "killed")
        except Killed:
            continue
    assert same(network, resumed)
    assert (tally.trainings, tally.refused) == (before.trainings, before.refused)
    for name in ("joints", "version", "update_frames"):
        assert np.array_equal(getattr(rec, name), getattr(again, name), equal_nan=True), name


def test_more_than_a_window_leaves_is_refused_before_anything_runs() -> None:
    settings = Adaptation(window="10 frames", guard_frames=8)
    require_trainings("guarded", Fraction(1, 5), Timing.even(100, 5), settings)
    with pytest.raises(BadInput, match="online.guard_frames=8: holds back more frames than 30% of"):
        require_trainings("guarded", Fraction(3, 10), Timing.even(100, 5), settings)
    require_trainings("uniform", Fraction(3, 10), Timing.even(100, 5), settings)


def test_a_device_takes_its_time_to_label_what_is_held_back() -> None:
    board = Profile(
        title="b",
        source="s",
        network="densenet_small",
        input_size=32,
        training_samples_per_second=10,
        labelling_s=0.5,
    )
    assert board.seconds(4, 5) == 4 and board.seconds(4, 5, held=3) == Fraction(11, 2)
    assert board.epochs_within(Fraction(5), 4, 9) == 7
    assert board.epochs_within(Fraction(5), 4, 9, held=3) == 3
