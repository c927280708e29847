"""Frames predicted once more, by the weights just trained on them and by the last ones."""

import copy
from pathlib import Path

import numpy as np
import pytest
from playing import play, same, task

from posequery import record
from posequery.clips import Stream
from posequery.online import learning, parts
from posequery.student.prediction import predict_stream

CLOCKS = [
    {},
    {"takes": "3 frames"},
    {"takes": "3 frames", "missed": True},
    {"takes": "11 frames", "overrun": "skipped"},
    {"takes": "11 frames", "overrun": "queued"},
]


def joined(folder: Path, kind: str, stream: Stream) -> record.Record:
    parts.join(sorted(folder.glob(f"{kind}-*.npz")), folder / f"{kind}.h5", stream.fps)
    return record.read(folder / f"{kind}.h5")


@pytest.mark.parametrize("clock", CLOCKS)
def test_each_stretch_by_the_weights_just_trained_on_it_and_all_by_the_last(
    stream: Stream, tmp_path: Path, clock: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = []
    real = learning.finish

    def watched(task, live, network, original, training, lesson, tally):
        update = real(task, live, network, original, training, lesson, tally)
        trained.append((training.first, training.stop, copy.deepcopy(network)))
        return update

    monkeypatch.setattr(learning, "finish", watched)
    what = task(stream, "uniform", hindsight=True, **clock)
    tally, last, rec = play(what, tmp_path / "a")
    after, final = (joined(tmp_path / "a", kind, stream) for kind in ("after", "final"))
    assert trained and after.update_frames.tolist() == [first for first, _, _ in trained]
    for number, (first, stop, network) in enumerate(trained, start=1):
        own = after.version == number
        assert own.sum() == stop - first
        expected = predict_stream(network, stream, first, stop, what.reference[first:stop])
        assert np.array_equal(after.joints[own], expected.joints)
        assert np.array_equal(after.parsed[own], expected.parsed, equal_nan=True)
    assert len(after.version) == sum(stop - first for first, stop, _ in trained)
    assert np.array_equal(final.joints, predict_stream(last, stream).joints)
    assert tally.revisited == len(stream)
    # What lives on the stream is the same as without.
    plain, network, own = play(task(stream, "uniform", **clock), tmp_path / "b")
    assert same(network, last) and np.array_equal(own.joints, rec.joints, equal_nan=True)
    assert plain.passes == tally.passes and not list((tmp_path / "b").glob("after-*"))


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_kill_at_any_part_changes_no_bit_and_loses_no_whole_one(
    stream: Stream, tmp_path: Path, clock: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = task(stream, "uniform", hindsight=True, **clock)
    play(what, tmp_path / "whole")
    wrote = []
    real = parts.write_part

    class Killed(Exception):
        pass

    def once_each(path: Path, *arguments: object) -> None:
        wrote.append(path.name)
        real(path, *arguments)
        if wrote.count(path.name) == 1:
            raise Killed

    monkeypatch.setattr(parts, "write_part", once_each)
    kills, again = 0, None
    while again is None:
        try:
            _, _, again = play(what, tmp_path / "killed")
        except Killed:
            kills += 1
    expected = sorted(path.name for path in (tmp_path / "whole").glob("*-*.npz"))
    assert kills == len(expected) == len({*wrote})
    for name in expected:
        one, two = np.load(tmp_path / "whole" / name), np.load(tmp_path / "killed" / name)
        assert all(np.array_equal(one[part], two[part], equal_nan=True) for part in one), name
    # The end is written part by part: none that was whole is written again.
    final = [name for name in wrote if name.startswith("final-")]
    assert final == sorted(final) and len(final) == 2 * len({*final})
