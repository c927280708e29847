"""The loop: who predicts which frame, when it trains and on what; a kill changes nothing."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from corruption import corrupted
from playing import INFO, RECIPE, SIZE, play, same, task

from posequery import record, strategies
from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs import seeds
from posequery.jobs.files import whole
from posequery.metrics import frame_errors, joint_errors
from posequery.online import learning, loop, parts
from posequery.online.policies import Policy, policy
from posequery.online.task import Task
from posequery.student.network import build
from posequery.student.prediction import Prediction, predict_stream
from posequery.student.samples import StreamFrames
from posequery.student.training import fit
from posequery.timing import Timing


def test_the_baseline_never_trains(stream: Stream, tmp_path: Path) -> None:
    tally, network, rec = play(task(stream, "baseline"), tmp_path)
    assert (tally.trainings, tally.frames_trained) == (0, 0)
    assert same(network, build("densenet_small", "test"))
    joints = predict_stream(build("densenet_small", "test"), stream).joints
    assert np.array_equal(rec.joints, joints)
    assert rec.version.tolist() == [0] * 23


def test_every_frame_is_predicted_before_it_is_trained_on(stream: Stream, tmp_path: Path) -> None:
    # Windows of 8: [0, 8) and [8, 16) are trained on, the partial [16, 23) is tested alone.
    tally, network, rec = play(task(stream, "uniform"), tmp_path)
    assert tally.trainings == 2 and tally.frames_trained == 4
    assert rec.update_frames.tolist() == [8, 16]
    assert [picked.tolist() for picked in rec.picked] == [[0, 4], [8, 12]]
    assert rec.version.tolist() == [0] * 8 + [1] * 8 + [2] * 7

    by_hand = build("densenet_small", "test")
    for number, start in enumerate((0, 8, 16)):
        stop = min(start + 8, 23)
        joints = predict_stream(by_hand, stream, start, stop).joints
        assert np.array_equal(rec.joints[start:stop], joints)
        if number < 2:
            picked = np.array([start, start + 4])
            samples = StreamFrames(stream, picked, stream.joints(picked))
            fit(by_hand, samples, RECIPE, SIZE, ["test", "uniform", "window", start])
    assert same(network, by_hand)


def test_nothing_is_trained_that_nothing_tests(stream: Stream, tmp_path: Path) -> None:
    whole_windows = task(
        stream, "uniform", policy=policy("uniform", Fraction(1, 23), "23 frames", "5 frames")
    )
    tally, _, _ = play(whole_windows, tmp_path)
    assert tally.trainings == 0


def test_continual_trains_on_all_of_every_stretch(stream: Stream, tmp_path: Path) -> None:
    tally, _, rec = play(task(stream, "continual", "1"), tmp_path)
    # Stretches of 5: 0, 5, 10 and 15 end before frame 23; the partial one from 20 does not train.
    assert rec.update_frames.tolist() == [5, 10, 15, 20]
    assert [len(picked) for picked in rec.picked] == [5, 5, 5, 5]
    assert tally.frames_trained == 20


def test_equal_lag_freezes_the_weights_at_each_windows_start(
    stream: Stream, tmp_path: Path
) -> None:
    _, _, rec = play(task(stream, "continual", "1"), tmp_path)
    ahead = [np.load(part) for part in sorted(tmp_path.glob("lagged-*.npz"))]
    assert [len(part["joints"]) for part in ahead] == [8, 8, 7]
    # At frames 0, 8 and 16 the weights had seen 0, 1 and 3 trainings.
    assert [int(part["version"][0]) for part in ahead] == [0, 1, 3]
    lagged = np.concatenate([part["joints"] for part in ahead])
    live = rec.version == np.repeat([0, 1, 3], [8, 8, 7])
    assert np.array_equal(lagged[live], rec.joints[live])
    assert not np.array_equal(lagged[~live], rec.joints[~live])


def test_once_trains_once(stream: Stream, tmp_path: Path) -> None:
    tally, _, rec = play(task(stream, "once"), tmp_path)
    assert tally.trainings == 1 and rec.update_frames.tolist() == [8]


def test_a_strategy_gets_what_it_needs_of_its_window_alone(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[strategies.Window] = []

    def pick(window: strategies.Window, *others: object) -> strategies.Selection:
        given.append(window)
        return strategies.Selection(np.arange(window.k))

    needs = (*strategies.EXTRAS, "disagreement")
    every = strategies.Strategy("every", pick, needs)
    labels = stream.joints(np.arange(23)) + 7
    own = Policy("8 frames", strategy=every, rate=Fraction(1, 4))
    tally, _, rec = play(task(stream, "random", policy=own, labels=labels), tmp_path)
    assert tally.labelled == 16 and len(given) == 2
    by_hand = build("densenet_small", "test")
    said = predict_stream(by_hand, stream, 0, 8, wanted=strategies.EXTRAS)
    for name in strategies.EXTRAS:
        assert np.array_equal(getattr(given[0], name), said.extras[name], equal_nan=True)
    for number, here in enumerate(given):
        window = slice(8 * number, 8 * number + 8)
        apart = frame_errors(joint_errors(rec.joints[window], labels[window]))
        assert np.array_equal(here.disagreement, apart)
        assert here.features.shape == (8, said.extras["features"].shape[1])
    # Frame 8 is predicted by other weights than frame 7, and frame 10 is the first of a clip.
    assert np.flatnonzero(np.isnan(given[1].change)).tolist() == [0, 2]
    with h5py.File(tmp_path / "record.h5") as file:
        assert not {*file} & {*needs}


@pytest.mark.parametrize(
    ("method", "changed", "labelled"),
    [
        ("uniform", {}, 4),
        ("k_center", {}, 4),
        ("disagreement", {}, 16),
        # By the truth, which here is the teacher too, or by another teacher's labels.
        ("error", {}, 16),
        ("error", {"labels": None}, 4),
        ("error", {"labels": None, "error_by_labels": True}, 16),
        ("continual", {}, 20),
        ("baseline", {}, 0),
    ],
)
def test_every_frame_that_the_teacher_is_asked_for_is_counted(
    stream: Stream, tmp_path: Path, method: str, changed: dict, labelled: int
) -> None:
    if "labels" in changed:
        changed = changed | {"labels": stream.joints(np.arange(23)) + 1}
    assert play(task(stream, method, **changed), tmp_path)[0].labelled == labelled


@pytest.mark.parametrize(
    "method", ["random", "error", "least_confidence", "typiclust", "heatmap_change", "disagreement"]
)
def test_a_kill_after_any_stretch_changes_no_bit(
    stream: Stream, tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, network, rec = play(task(stream, method), tmp_path / "whole")

    class Killed(Exception):
        pass

    real = parts.write_part
    calls = iter(range(100))

    def sometimes(*arguments: object) -> None:
        if next(calls) in (1, 3):
            raise Killed
        real(*arguments)

    monkeypatch.setattr(parts, "write_part", sometimes)
    for _ in range(2):
        with pytest.raises(Killed):
            play(task(stream, method), tmp_path / "killed")
    _, resumed, again = play(task(stream, method), tmp_path / "killed")
    assert same(network, resumed)
    for name in ("joints", "peaks", "parsed", "version", "update_frames"):
        assert np.array_equal(getattr(rec, name), getattr(again, name), equal_nan=True), name
    assert all(map(np.array_equal, rec.picked, again.picked))


def play_until_killed(what: Task, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop is killed between the fourth stretch's parts and the tally that makes them count."""
    calls = iter(range(100))
    real = loop._commit

    def killed(*arguments: object, **more: object) -> None:
        if next(calls) == 3:
            raise KeyboardInterrupt
        real(*arguments, **more)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop, "_commit", killed)
        play(what, folder)


def test_parts_written_after_the_last_whole_stretch_do_not_reach_the_record(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = task(stream, "continual", "1")
    _, _, rec = play(what, tmp_path / "whole")
    play_until_killed(what, tmp_path / "killed", monkeypatch)
    for kind, committed in (("part", 3), ("lagged", 2)):
        left = sorted((tmp_path / "killed").glob(f"{kind}-*.npz"))
        assert len(left) == committed + 1
        with np.load(left[-1]) as values:
            np.savez(left[-1], **(dict(values) | {"peaks": values["peaks"] + 99}))
    _, _, again = play(what, tmp_path / "killed")
    assert np.array_equal(rec.peaks, again.peaks)
    for part in sorted((tmp_path / "whole").glob("*.npz")):
        one, two = np.load(part), np.load(tmp_path / "killed" / part.name)
        assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one), part


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("kept.json", "cut"),
        ("kept.json", "not UTF-8"),
        ("part-000000005.npz", "missing"),
        ("part-000000005.npz", "cut"),
        ("lagged-000000008.npz", "missing"),
        ("lagged-000000008.npz", "cut"),
        ("weights-*.pt", "missing"),
        ("weights-*.pt", "cut"),
    ],
)
def test_a_damaged_state_is_told_and_played_from_the_start(
    stream: Stream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    pattern: str,
    damage: str,
) -> None:
    what = task(stream, "continual", "1")
    _, network, rec = play(what, tmp_path / "whole")
    play_until_killed(what, tmp_path / "killed", monkeypatch)
    (tmp_path / "killed" / "job").write_text("key")
    (path,) = (tmp_path / "killed").glob(pattern)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"\xff" + content)
    tally, again, played = play(what, tmp_path / "killed")
    assert "damaged" in capsys.readouterr().err
    assert (tmp_path / "killed" / "job").read_text() == "key"
    assert tally.trainings == 4
    assert same(network, again)
    for name in ("joints", "peaks", "parsed", "version", "update_frames"):
        assert np.array_equal(getattr(rec, name), getattr(played, name), equal_nan=True), name
    for part in sorted((tmp_path / "whole").glob("*.npz")):
        one, two = np.load(part), np.load(tmp_path / "killed" / part.name)
        assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one), part


def test_no_damage_to_what_a_kill_left_changes_a_record(
    stream: Stream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    tried: Callable[..., None],
) -> None:
    """Damage at random to each file: the note, the parts, the weights."""
    what = task(stream, "continual", "1", recipe=RECIPE.model_copy(update={"epochs": 1}))
    _, network, _ = play(what, tmp_path / "whole")
    played = (tmp_path / "whole/record.h5").read_bytes()
    play_until_killed(what, tmp_path / "left", monkeypatch)
    names = sorted(path.name for path in (tmp_path / "left").iterdir())
    assert {name[:4] for name in names} == {"kept", "part", "lagg", "weig"}
    random, outcomes = seeds.generator("damage"), Counter()
    for number, name in enumerate(["kept.json"] * 12 + names * 3):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "left", folder)
        content = corrupted((folder / name).read_bytes(), random)
        (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
        _, again, _ = play(what, folder)
        assert same(network, again) and (folder / "record.h5").read_bytes() == played, name
        outcomes["same result"] += 1
        outcomes["reported"] += "the job starts over" in capsys.readouterr().err
        shutil.rmtree(folder)
    # What came after the last whole stretch is made again in any case; and so is all of it where
    # the note is lost as a whole.
    assert outcomes["reported"] > outcomes["same result"] / 2
    tried("5", "a damaged state of a stream", {"same result": outcomes["same result"]})


def test_what_is_written_after_each_stretch_does_not_grow(stream: Stream, tmp_path: Path) -> None:
    short = Policy("1 frames", times=0, lag="1 frames")
    play(task(stream, "baseline", policy=short), tmp_path)
    _, kept = (tmp_path / "kept.json").read_text().splitlines()
    tally = json.loads(kept)["note"]
    assert tally.pop("frame") == 23
    assert not any(isinstance(value, list) for value in tally.values())
    assert json.loads(kept)["files"] == {}


def test_a_window_with_too_few_labels_is_trained_on_those_there_are(
    stream: Stream, tmp_path: Path
) -> None:
    """As with `uniform`, of which the frames that the teacher left out are dropped."""
    labels = stream.joints(np.arange(len(stream)))
    labels[:7] = np.nan
    what = task(stream, "error", labels=labels, reference=labels)
    tally, _, rec = play(what, tmp_path)
    assert tally.frames_trained == 1 + 2
    assert 7 in rec.picked[0] and len(rec.picked[0]) == 2


def test_error_can_be_measured_against_the_teacher(stream: Stream, tmp_path: Path) -> None:
    truth = stream.joints(np.arange(len(stream)))
    labels = truth + seeds.generator("noise").normal(0, 30, truth.shape).astype(np.float32)
    joints = predict_stream(build("densenet_small", "test"), stream, 0, 8).joints
    for by_labels, against in ((False, truth), (True, labels)):
        what = task(stream, "error", labels=labels, error_by_labels=by_labels)
        _, _, rec = play(what, tmp_path / str(by_labels))
        worst = joint_errors(joints, against[:8])[:, 5:17].mean(axis=1)
        assert set(rec.picked[0]) == set(np.argsort(worst)[-2:])


def test_reset_starts_every_window_from_the_first_weights(stream: Stream, tmp_path: Path) -> None:
    _, network, _ = play(task(stream, "uniform", reset=True), tmp_path)
    by_hand = build("densenet_small", "test")
    picked = np.array([8, 12])
    samples = StreamFrames(stream, picked, stream.joints(picked))
    fit(by_hand, samples, RECIPE, SIZE, ["test", "uniform", "window", 8])
    assert same(network, by_hand)


def test_a_window_in_which_the_teacher_saw_nobody_trains_nothing(
    stream: Stream, tmp_path: Path
) -> None:
    labels = stream.joints(np.arange(len(stream)))
    labels[:8] = np.nan
    tally, _, rec = play(task(stream, "uniform", labels=labels), tmp_path)
    assert tally.trainings == 1
    assert rec.update_frames.tolist() == [16]
    assert rec.version.tolist() == [0] * 16 + [1] * 7


def runs(*pairs: tuple[int, int]) -> list[int]:
    """Versions frame by frame, of (version, frames) one after another."""
    return [version for version, count in pairs for _ in range(count)]


def test_weights_go_live_when_their_training_is_over(stream: Stream, tmp_path: Path) -> None:
    # [0, 8) is trained on until 11, [8, 16) until 19; [16, 24) is not whole.
    _, network, rec = play(task(stream, "uniform", takes="3 frames"), tmp_path)
    assert rec.update_frames.tolist() == [11, 19]
    assert [picked.tolist() for picked in rec.picked] == [[0, 4], [8, 12]]
    assert rec.version.tolist() == runs((0, 11), (1, 8), (2, 4))
    by_hand = build("densenet_small", "test")
    for start, stop, trained in ((0, 11, 0), (11, 19, 8), (19, 23, None)):
        joints = predict_stream(by_hand, stream, start, stop).joints
        assert np.array_equal(rec.joints[start:stop], joints)
        if trained is not None:
            picked = np.array([trained, trained + 4])
            samples = StreamFrames(stream, picked, stream.joints(picked))
            fit(by_hand, samples, RECIPE, SIZE, ["test", "uniform", "window", trained])
    assert same(network, by_hand)


def test_a_stretch_that_two_weights_saw_is_picked_from_as_a_whole(
    stream: Stream, tmp_path: Path
) -> None:
    _, _, rec = play(task(stream, "error", takes="3 frames"), tmp_path)
    for start, picked in zip((0, 8), rec.picked, strict=True):
        joints, truth = rec.joints[start : start + 8], stream.joints(np.arange(start, start + 8))
        worst = np.argsort(frame_errors(joint_errors(joints, truth)))[-2:]
        assert set(picked) == set(start + worst)


@pytest.mark.parametrize(
    ("takes", "live", "versions"),
    [
        (7, [15], runs((0, 15), (1, 8))),  # the second would be over at 23, where the stream ends
        (8, [16], runs((0, 16), (1, 7))),
        (15, [], runs((0, 23))),
    ],
)
def test_no_training_ends_behind_the_stream(
    stream: Stream, tmp_path: Path, takes: int, live: list[int], versions: list[int]
) -> None:
    tally, _, rec = play(task(stream, "uniform", takes=f"{takes} frames"), tmp_path)
    assert rec.update_frames.tolist() == live and tally.trainings == len(live)
    assert rec.version.tolist() == versions


@pytest.mark.parametrize(
    ("method", "takes", "live", "versions"),
    [
        ("uniform", 3, [11, 22], runs((0, 8), (-1, 3), (1, 8), (-1, 3), (2, 1))),
        # A second training would be over at 24: it is not begun, and nothing is missed for it.
        ("uniform", 4, [12], runs((0, 8), (-1, 4), (1, 11))),
        ("uniform", 12, [20], runs((0, 8), (-1, 12), (1, 3))),
        ("once", 3, [11], runs((0, 8), (-1, 3), (1, 12))),
        ("baseline", 3, [], runs((0, 23))),
    ],
)
def test_frames_are_missed_while_a_training_runs(
    stream: Stream,
    tmp_path: Path,
    method: str,
    takes: int,
    live: list[int],
    versions: list[int],
) -> None:
    _, _, rec = play(task(stream, method, takes=f"{takes} frames", missed=True), tmp_path)
    assert rec.update_frames.tolist() == live
    assert rec.version.tolist() == versions
    seen = rec.version >= 0
    for values in (rec.joints, rec.peaks):
        assert np.isfinite(values[seen]).all() and np.isnan(values[~seen]).all()
    for picked, after in zip(rec.picked, live, strict=True):
        assert picked.tolist() == [after - takes - 8, after - takes - 4]


@pytest.mark.parametrize(
    ("overrun", "trained", "live", "epochs"),
    [
        ("skipped", [0, 8], [10, 18], 2),
        ("queued", [0, 4, 8], [10, 16, 22], 2),
        ("stopped", [0, 4, 8, 12], [8, 12, 16, 20], 1),
    ],
)
def test_a_training_that_outlasts_its_window(
    stream: Stream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    overrun: str,
    trained: list[int],
    live: list[int],
    epochs: int,
) -> None:
    """Windows of 4 frames, and trainings of 2 epochs that take 6."""
    short = policy("uniform", Fraction(1, 2), window="4 frames", continual_every="5 frames")
    what = task(stream, "uniform", policy=short, takes="6 frames", overrun=overrun)
    tally, network, rec = play(what, tmp_path / "whole")
    assert rec.update_frames.tolist() == live
    assert [picked.tolist() for picked in rec.picked] == [[at, at + 2] for at in trained]
    assert rec.version.tolist() == [sum(at <= frame for at in live) for frame in range(23)]
    assert (tally.frames_trained, tally.passes) == (2 * len(live), 2 * len(live) * epochs)
    by_hand = build("densenet_small", "test")
    for first, start, stop in zip([None, *trained], [0, *live], [*live, 23], strict=True):
        if first is not None:
            samples = StreamFrames(stream, at := np.array([first, first + 2]), stream.joints(at))
            shorter = RECIPE.model_copy(update={"epochs": epochs})
            fit(by_hand, samples, shorter, SIZE, ["test", "uniform", "window", first])
        joints = predict_stream(by_hand, stream, start, stop).joints
        assert np.array_equal(rec.joints[start:stop], joints)
    assert same(network, by_hand)
    if len(live) > 2:
        play_until_killed(what, tmp_path / "killed", monkeypatch)
        _, again, played = play(what, tmp_path / "killed")
        assert same(network, again)
        assert np.array_equal(rec.joints, played.joints)
        assert played.update_frames.tolist() == live


def test_nothing_is_missed_for_a_stretch_that_teaches_nothing(
    stream: Stream, tmp_path: Path
) -> None:
    labels = stream.joints(np.arange(len(stream)))
    labels[:8] = np.nan
    what = task(stream, "uniform", labels=labels, takes="3 frames", missed=True)
    _, _, rec = play(what, tmp_path)
    assert rec.version.tolist() == runs((0, 16), (-1, 3), (1, 4))


@pytest.mark.parametrize(
    ("takes", "missed", "versions", "lagged"),
    [
        (2, False, runs((0, 7), (1, 5), (2, 5), (3, 5), (4, 1)), [0, 1, 2]),
        (2, True, runs((0, 5), (-1, 2), (1, 5), (-1, 2), (2, 5), (-1, 2), (3, 2)), [0, 1, 2]),
        # Windows begin at 8 and 16, while trainings run: the weights before are live there.
        (4, True, runs((0, 5), (-1, 4), (1, 5), (-1, 4), (2, 5)), [0, 0, 1]),
    ],
)
def test_equal_lag_takes_what_is_live_by_the_clock(
    stream: Stream,
    tmp_path: Path,
    takes: int,
    missed: bool,
    versions: list[int],
    lagged: list[int],
) -> None:
    what = task(stream, "continual", "1", takes=f"{takes} frames", missed=missed)
    _, _, rec = play(what, tmp_path)
    assert rec.version.tolist() == versions
    ahead = [np.load(part) for part in sorted(tmp_path.glob("lagged-*.npz"))]
    assert [part["version"].tolist() for part in ahead] == [
        runs((version, count)) for version, count in zip(lagged, (8, 8, 7), strict=True)
    ]
    live = rec.version == np.concatenate([part["version"] for part in ahead])
    assert live.any()
    joints = np.concatenate([part["joints"] for part in ahead])
    assert np.array_equal(joints[live], rec.joints[live])


@pytest.mark.parametrize(
    ("method", "changed"),
    [
        ("error", {"takes": "3 frames"}),
        ("random", {"takes": "3 frames", "missed": True}),
        ("continual", {"takes": "2 frames"}),
        ("continual", {"takes": "4 frames", "missed": True}),
    ],
)
def test_kills_change_no_bit_by_any_clock(
    stream: Stream,
    tmp_path: Path,
    method: str,
    changed: dict,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, network, rec = play(task(stream, method, **changed), tmp_path / "whole")

    class Killed(Exception):
        pass

    real, calls, kills = parts.write_part, iter(range(100)), 0

    def sometimes(*arguments: object) -> None:
        if next(calls) in (1, 3, 6, 9):
            raise Killed
        real(*arguments)

    monkeypatch.setattr(parts, "write_part", sometimes)
    again = None
    while again is None:
        try:
            _, resumed, again = play(task(stream, method, **changed), tmp_path / "killed")
        except Killed:
            kills += 1
    assert kills >= 2
    assert same(network, resumed)
    for name in ("joints", "peaks", "parsed", "version", "update_frames"):
        assert np.array_equal(getattr(rec, name), getattr(again, name), equal_nan=True), name
    assert all(map(np.array_equal, rec.picked, again.picked))
    for part in sorted((tmp_path / "whole").glob("*.npz")):
        one, two = np.load(part), np.load(tmp_path / "killed" / part.name)
        assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one), part


class Long:
    """A stream of so many frames, at which nobody looks."""

    size, fps = SIZE, 50.0

    def __init__(self, frames: int) -> None:
        self.count = frames
        self.timing = Timing.even(frames, self.fps)

    def __len__(self) -> int:
        return self.count

    def frames(self, indices: np.ndarray) -> np.ndarray:
        return np.zeros((len(indices), SIZE, SIZE, 3), np.uint8)

    def source_size(self, indices: np.ndarray) -> np.ndarray:
        return np.tile([1000, 1002], (len(indices), 1))


@pytest.mark.parametrize(
    ("frames", "changed", "trainings", "step"),
    [
        # One camera of S1.
        (62_094, {}, 41, 1500),
        (62_094, {"takes": "381 frames", "missed": True}, 33, 1881),
        # 33 windows are seen, but the last training would end 12 frames behind the stream.
        (62_094, {"takes": "382 frames", "missed": True}, 32, 1882),
        (49_023, {}, 32, 1500),
    ],
)
def test_how_often_the_paper_s_stream_trains(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    frames: int,
    changed: dict,
    trainings: int,
    step: int,
) -> None:
    def read(
        network: object, stream: Long, start: int, stop: int, reference: object, **more: object
    ) -> Prediction:
        nothing = np.zeros((stop - start, 18, 2), np.float32)
        return Prediction(nothing, nothing[..., 0], nothing)

    monkeypatch.setattr(loop, "predict_stream", read)
    monkeypatch.setattr(learning, "fit", lambda *arguments, **named: [None] * RECIPE.epochs)
    zeros = np.zeros((frames, 18, 2), np.float32)
    given = {
        "labels": zeros,
        "reference": zeros,
        "policy": policy("uniform", Fraction(1, 100), "1500 frames", "128 frames"),
        "recipe": RECIPE,
        "words": ["test"],
    }
    tally = loop.run(Task(Long(frames), **(given | changed)), torch.nn.Linear(1, 1), INFO, tmp_path)
    parts.join(sorted(tmp_path.glob("part-*.npz")), tmp_path / "record.h5", 50)
    rec = record.read(tmp_path / "record.h5")
    assert (tally.trainings, tally.frames_trained) == (trainings, 15 * trainings)
    assert rec.update_frames.tolist() == [step * (n + 1) for n in range(trainings)]
    assert np.count_nonzero(rec.version >= 0) == frames - trainings * (step - 1500)
    assert len(rec.version) == frames


def test_windows_in_seconds_at_a_variable_rate(tmp_path: Path, tried: Callable[..., None]) -> None:
    """10 frames a second for 12 frames, then 30: windows of 1 s are 10, 26 and 30 frames long."""
    shown = np.concatenate([np.arange(12) / 10, 1.2 + np.arange(60) / 30])
    random = seeds.generator("frames")
    info = ClipInfo("v", "S1", "Walking", 1, "c", 72, 22.5, 64, 48, SIZE, "v.mp4")
    with whole(tmp_path / "v.h5") as path, ClipWriter(path) as writer:
        for _ in range(72):
            writer.append(random.integers(0, 255, (SIZE, SIZE, 3)).astype(np.uint8))
        writer.close(info, random.uniform(0, 48, (72, 18, 2)).astype(np.float32), times=shown)
    write_index(tmp_path / "stream.json", [tmp_path / "v.h5"], any_rate=True)
    varied = Stream(tmp_path / "stream.json")
    what = task(varied, "random", policy=policy("random", Fraction(1, 4), "1 s", "0.5 s"))
    tally, _, rec = play(what, tmp_path / "random")
    # [0, 10) lasts until 1.0 s. 1 s after that frame is 2.0 s: 0.2 s at 10 a second, 0.8 at 30.
    assert rec.update_frames.tolist() == [10, 36, 66]
    assert rec.version.tolist() == runs((0, 10), (1, 26), (2, 30), (3, 6))
    # A quarter of each window's own frames.
    assert [len(picked) for picked in rec.picked] == [2, 6, 7] and tally.frames_trained == 15
    for picked, (first, stop) in zip(rec.picked, ((0, 10), (10, 36), (36, 66)), strict=True):
        assert first <= picked.min() and picked.max() < stop

    what = task(
        varied,
        "continual",
        "1",
        policy=policy("continual", Fraction(1), "1 s", "0.5 s"),
        takes="0.2 s",
    )
    _, _, rec = play(what, tmp_path / "continual")
    ahead = [np.load(part)["joints"] for part in sorted((tmp_path / "continual").glob("lagged*"))]
    assert [len(part) for part in ahead] == [10, 26, 30, 6]
    # Stretches of 0.5 s end at 5, 10, 21 (1.5 s), 36, 51 and 66; 0.2 s later their weights are
    # live, the last ones' at the stream's end.
    assert rec.update_frames.tolist() == [7, 12, 27, 42, 57]
    tried("3", "windows in seconds at a variable rate", {"done right": 3 + 4 + 5})
