"""Scores and selections as files: what is written is read back, and nothing else is accepted."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from posequery import query
from posequery.clips import Stream
from posequery.files import BadInput
from posequery.strategies import Selection

WORDS = ["test", "select"]


@pytest.fixture
def pool(make_stream, tmp_path: Path) -> Stream:
    grey = [np.zeros((48, 64, 3), np.uint8)]
    return make_stream(tmp_path, {"a": grey * 6, "b": grey * 4})


@pytest.fixture
def scores(pool: Stream, tmp_path: Path) -> Path:
    path = tmp_path / "scores.h5"
    error = np.array([5, 1, 9, 2, 8, 3, 7, 4, 6, np.nan])
    query.write_scores(path, error, np.full((10, 18), 0.5))
    return path


def test_a_selection_is_read_back(pool: Stream, scores: Path, tmp_path: Path) -> None:
    picked = query.select(scores, pool, "error", Fraction(3, 10), "lowest", WORDS)
    path = tmp_path / "picked.csv"
    query.write_selection(path, pool, picked)
    # Frames 2, 4 and 6 have errors 9, 8 and 7; frame 6 of the pool is the first of clip b.
    assert path.read_text().splitlines() == [
        "frame,clip,clip_frame,score,decided_by",
        "2,a,2,9,",
        "4,a,4,8,",
        "6,b,0,7,",
    ]
    assert query.read_selection(path, pool).tolist() == [2, 4, 6]


def test_none_and_all(pool: Stream, scores: Path) -> None:
    def pick(method: str) -> Selection:
        return query.select(scores, pool, method, Fraction(1), "lowest", WORDS)

    assert pick("none").indices.tolist() == []
    assert pick("all").indices.tolist() == list(range(10))


def test_a_rate_that_picks_nothing_is_told(pool: Stream, scores: Path) -> None:
    with pytest.raises(BadInput, match="uniform at a rate of 1/100 picks none of 10 frames"):
        query.select(scores, pool, "uniform", Fraction(1, 100), "lowest", WORDS)


def test_a_frame_without_a_label_is_picked_last_and_has_no_score(
    pool: Stream, scores: Path, tmp_path: Path
) -> None:
    picked = query.select(scores, pool, "error", Fraction(1), "lowest", WORDS)
    query.write_selection(tmp_path / "picked.csv", pool, picked)
    assert (tmp_path / "picked.csv").read_text().splitlines()[-1] == "9,b,3,,"
    picked = query.select(scores, pool, "error", Fraction(9, 10), "lowest", WORDS)
    assert picked.indices.tolist() == list(range(9))


def test_scores_of_another_pool_are_told(pool: Stream, tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    query.write_scores(path, np.zeros(7), np.zeros((7, 18)))
    with pytest.raises(BadInput, match="scores 7 frames, not the 10"):
        query.select(path, pool, "error", Fraction(1, 2), "lowest", WORDS)
    path.write_bytes(b"no HDF5")
    with pytest.raises(BadInput, match="not a whole file of scores"):
        query.select(path, pool, "error", Fraction(1, 2), "lowest", WORDS)


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
    path.write_text(text.format(head=",".join(query.COLUMNS)))
    with pytest.raises(BadInput, match=fault):
        query.read_selection(path, pool)
