"""Scores and selections as files: what is written is read back, and nothing else is accepted."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest
from corruption import corrupted

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs import seeds
from posequery.jobs.files import BadInput, whole, write_summed
from posequery.jobs.progress import Progress
from posequery.offline import scores as pool_scores
from posequery.offline import selection
from posequery.strategies import EXTRAS, Selection, Window, select
from posequery.strategies.random import STRATEGY as RANDOM
from posequery.student import checkpoint
from posequery.student.network import build
from posequery.student.prediction import BATCH, Prediction

WORDS = ["test", "select"]
OF = "error/30pct/seed0"


@pytest.fixture
def pool(make_stream, tmp_path: Path) -> Stream:
    grey = [np.zeros((48, 64, 3), np.uint8)]
    return make_stream(tmp_path, {"a": grey * 6, "b": grey * 4})


@pytest.fixture
def scores(pool: Stream, tmp_path: Path) -> Path:
    path = tmp_path / "scores.h5"
    error = np.array([5, 1, 9, 2, 8, 3, 7, 4, 6, np.nan])
    pool_scores.write_scores(path, error, np.full((10, 18), 0.5), pool.path)
    return path


def test_a_selection_is_read_back(pool: Stream, scores: Path, tmp_path: Path) -> None:
    picked = selection.select(scores, pool, "error", Fraction(3, 10), {}, WORDS)
    path = tmp_path / "picked.csv"
    selection.write_selection(path, pool, picked, OF)
    # Frames 2, 4 and 6 have errors 9, 8 and 7; frame 6 of the pool is the first of clip b.
    assert path.read_text().splitlines() == [
        "frame,clip,clip_frame,score,decided_by",
        "2,a,2,9,",
        "4,a,4,8,",
        "6,b,0,7,",
    ]
    assert selection.read_selection(path, pool, OF).tolist() == [2, 4, 6]


def test_none_and_all(pool: Stream, scores: Path) -> None:
    def pick(method: str) -> Selection:
        return selection.select(scores, pool, method, Fraction(1), {}, WORDS)

    assert pick("none").indices.tolist() == []
    assert pick("all").indices.tolist() == list(range(10))


def test_a_rate_that_picks_nothing_is_told(pool: Stream, scores: Path) -> None:
    with pytest.raises(BadInput, match="1%: picks nothing of the pool's 10 frames"):
        selection.select(scores, pool, "uniform", Fraction(1, 100), {}, WORDS)


def test_a_share_of_each_clip(pool: Stream, scores: Path) -> None:
    def pick(method: str, rate: str) -> list[int]:
        picked = selection.select(scores, pool, method, Fraction(rate), {}, WORDS, by_clip=True)
        assert len(picked.score) == len(picked.decided_by) == len(picked.indices)
        return picked.indices.tolist()

    # Clip a has 6 frames, with errors 5 1 9 2 8 3; clip b 4, with errors 7 4 6 and none.
    assert pick("error", "1/2") == [0, 2, 4, 6, 8]
    assert pick("error", "1/4") == [2, 6]
    assert pick("uniform", "1/2") == [0, 2, 4, 6, 8]
    assert pick("error", "1/5") == [2]  # a fifth of 4 frames is none
    assert pick("none", "1") == []
    assert pick("all", "1") == list(range(10))
    with pytest.raises(BadInput, match="1/7: picks nothing of a clip's 6 frames or fewer"):
        pick("random", "1/7")


def test_each_clip_has_draws_of_its_own(make_stream, tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    pool = make_stream(tmp_path, {name: [np.zeros((48, 64, 3), np.uint8)] * 40 for name in names})
    pool_scores.write_scores(tmp_path / "s.h5", np.zeros(120), np.zeros((120, 18)), pool.path)

    rate = Fraction(1, 4)
    picked = selection.select(tmp_path / "s.h5", pool, "random", rate, {}, WORDS, by_clip=True)
    first, second, third = (picked.indices.reshape(3, 10) - [[0], [40], [80]]).tolist()
    assert first != second != third != first
    for clip, name in zip((first, second, third), names, strict=True):
        alone = select(RANDOM, Window(40, Fraction(1, 4)), seeds.generator(*WORDS, name))
        assert clip == alone.indices.tolist()


def reader(pool: Stream, calls: list[int]) -> Callable[[int, int], Prediction]:
    """Says of frame i: 3 i and 4 i pixels beside the truth, and i for its peaks."""

    def read(start: int, stop: int) -> Prediction:
        calls.append(start)
        number = np.arange(start, stop, dtype=np.float32)
        off = number[:, None, None] * np.array([3, 4], np.float32)
        joints = pool.joints(np.arange(start, stop)) + off
        return Prediction(joints, np.tile(number[:, None], 18), joints)

    return read


@pytest.fixture
def labelled(tmp_path: Path) -> Stream:
    """7 frames and 4, of which frame 2 has no label."""
    truth = np.full((11, 18, 2), 100, np.float32)
    truth[2] = np.nan
    for name, rows in (("a", truth[:7]), ("b", truth[7:])):
        info = ClipInfo(name, "S1", "any", 1, "c", len(rows), 5.0, 64, 48, 16, "v.mp4")
        with whole(tmp_path / f"{name}.h5") as path, ClipWriter(path) as writer:
            for _ in rows:
                writer.append(np.zeros((16, 16, 3), np.uint8))
            writer.close(info, rows)
    write_index(tmp_path / "pool.json", [tmp_path / "a.h5", tmp_path / "b.h5"])
    return Stream(tmp_path / "pool.json")


def test_scoring_goes_on_behind_the_last_block(
    labelled: Stream, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(pool_scores, "BLOCK", 4)
    folder = tmp_path / "state"
    folder.mkdir()
    calls: list[int] = []
    read = reader(labelled, calls)

    def killed(start: int, stop: int) -> Prediction:
        if start == 8:
            raise KeyboardInterrupt
        return read(start, stop)

    with pytest.raises(KeyboardInterrupt):
        pool_scores.in_blocks(labelled, killed, folder, [], Progress(11, "frames", "score"))
    with Progress(11, "frames", "score") as progress:
        scores = pool_scores.in_blocks(labelled, read, folder, [], progress)
    error, peaks = scores["error"], scores["peaks"]
    assert calls == [0, 4, 8] and progress.done == 11
    expected = 5 * np.arange(11, dtype=np.float32)
    expected[2] = np.nan
    np.testing.assert_array_equal(error, expected)
    np.testing.assert_array_equal(peaks, np.tile(np.arange(11)[:, None], 18))
    assert error.dtype == peaks.dtype == np.float32

    damaged = folder / "block-000000004.h5"
    damaged.write_bytes(damaged.read_bytes()[:99])
    again = pool_scores.in_blocks(labelled, read, folder, [], Progress(11, "frames", "score"))
    assert "block-000000004.h5: what a killed job left is damaged" in capsys.readouterr().err
    assert calls == [0, 4, 8, 4]
    np.testing.assert_array_equal(again["error"], error)


def test_no_damage_to_a_block_changes_a_score(
    labelled: Stream, tmp_path: Path, monkeypatch, tried
) -> None:
    """Random damage, bits flipped in what says which type and shape follows, and blocks swapped."""
    monkeypatch.setattr(pool_scores, "BLOCK", 4)
    read = reader(labelled, [])
    progress = Progress(None, "frames", "score")
    scores = pool_scores.in_blocks(labelled, read, tmp_path, [], progress)
    left, random, done = {}, seeds.generator("damage"), 0
    for path in tmp_path.glob("block-*.h5"):
        left[path] = path.read_bytes()
    first, second, last = sorted(left)
    cases = [(path, corrupted(left[path], random)) for path in sorted(left) * 100]
    cases += [(last, flipped) for flipped in _header_flips(left[last])]
    cases.append((first, left[second]))
    for path, content in cases:
        path.unlink() if content is None else path.write_bytes(content)
        again = pool_scores.in_blocks(labelled, read, tmp_path, [], progress)
        done += all(np.array_equal(again[name], scores[name], equal_nan=True) for name in scores)
        path.write_bytes(left[path])
    assert done == len(cases) > 400
    tried("5", "a damaged state of a scoring", {"same result": done})


def _header_flips(content: bytes) -> Iterator[bytes]:
    """The content with one bit flipped, in every fourth byte but those among zeros."""
    for at in (at for at in range(0, len(content), 4) if any(content[at : at + 4])):
        flipped = bytearray(content)
        flipped[at] ^= 1 << (at // 4 % 8)
        yield bytes(flipped)


def test_blocks_change_no_extra(make_stream, tmp_path: Path, monkeypatch) -> None:
    random = seeds.generator("noise")
    frames = random.integers(0, 255, (3 * BATCH + 5, 48, 64, 3)).astype(np.uint8)
    stream = make_stream(tmp_path, {"a": list(frames)})
    network = build("densenet_small", "test")
    info = checkpoint.CheckpointInfo("densenet_small", stream.size, "student")
    checkpoint.save(tmp_path / "student.pt", network, info)

    def scored(needs: list[str]) -> dict[str, np.ndarray]:
        given = {"device": "cpu", "code": "", "state": tmp_path / "state", "needs": needs}
        pool_scores.score(stream.path, tmp_path / "student.pt", tmp_path / "scores.h5", **given)
        with h5py.File(tmp_path / "scores.h5") as file:
            return {name: rows[:] for name, rows in file.items()}

    whole_pool = scored([*EXTRAS])
    monkeypatch.setattr(pool_scores, "BLOCK", BATCH)
    in_blocks = scored([*EXTRAS])
    assert set(in_blocks) == {"error", "peaks", *EXTRAS}
    for name, rows in whole_pool.items():
        assert np.array_equal(rows, in_blocks[name], equal_nan=True)
    assert np.isnan(whole_pool["change"]).sum() == 1
    plain = scored([])
    assert set(plain) == {"error", "peaks"} and np.array_equal(plain["peaks"], in_blocks["peaks"])


def test_offline_disagreement_is_the_error(pool: Stream, scores: Path) -> None:
    for by_clip in (False, True):
        picks = [
            selection.select(scores, pool, name, Fraction(1, 2), {}, WORDS, by_clip)
            for name in ("error", "disagreement")
        ]
        assert picks[0].indices.tolist() == picks[1].indices.tolist()


def test_blocks_change_no_batch() -> None:
    assert pool_scores.BLOCK % BATCH == 0


def test_a_frame_without_a_label_is_picked_last_and_has_no_score(
    pool: Stream, scores: Path, tmp_path: Path
) -> None:
    picked = selection.select(scores, pool, "error", Fraction(1), {}, WORDS)
    selection.write_selection(tmp_path / "picked.csv", pool, picked, OF)
    assert (tmp_path / "picked.csv").read_text().splitlines()[-1] == "9,b,3,,"
    picked = selection.select(scores, pool, "error", Fraction(9, 10), {}, WORDS)
    assert picked.indices.tolist() == list(range(9))


def test_scores_of_another_pool_are_told(pool: Stream, tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    pool_scores.write_scores(path, np.zeros(7), np.zeros((7, 18)), pool.path)
    with pytest.raises(BadInput, match="scores 7 frames, not the 10"):
        selection.select(path, pool, "error", Fraction(1, 2), {}, WORDS)
    (tmp_path / "b.json").write_text("another pool")
    pool_scores.write_scores(path, np.zeros(10), np.zeros((10, 18)), tmp_path / "b.json")
    with pytest.raises(BadInput, match="holds scores of a pool other than"):
        selection.select(path, pool, "error", Fraction(1, 2), {}, WORDS)
    path.write_bytes(b"no HDF5")
    with pytest.raises(BadInput, match="not a valid file of scores"):
        selection.select(path, pool, "error", Fraction(1, 2), {}, WORDS)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("frame\n1\n", "its columns are"),
        ("{head}\n99,b,0,,\n", "frame 99 of a stream of 10"),
        ("{head}\n6,a,6,,\n", "frame 6 is another one"),
        ("{head}\n1,a,1,,\n1,a,1,,\n", "names a frame twice"),
        ("{head}\nx,a,1,,\n", "invalid literal"),
        ("", "its columns are"),
    ],
)
def test_a_selection_of_something_else_is_told(
    text: str, fault: str, pool: Stream, tmp_path: Path
) -> None:
    path = tmp_path / "picked.csv"
    write_summed(path, text.format(head=",".join(selection.COLUMNS)), OF)
    with pytest.raises(BadInput, match=fault):
        selection.read_selection(path, pool, OF)
