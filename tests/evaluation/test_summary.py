"""A cell's numbers, reckoned by hand."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.evaluation import summary
from posequery.jobs.files import whole


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    """Two frames of S9 walking, then three of S11 sitting, at 5 frames a second."""
    paths = []
    for name, subject, action, count in (("a", "S9", "Walking", 2), ("b", "S11", "Sitting", 3)):
        path = tmp_path / f"{name}.h5"
        info = ClipInfo(name, subject, action, 1, "c", count, 5.0, 64, 64, 32, "v.mp4")
        with whole(path) as temporary, ClipWriter(temporary) as writer:
            for _ in range(count):
                writer.append(np.zeros((32, 32, 3), np.uint8))
            writer.close(info, None)
        paths.append(path)
    write_index(tmp_path / "index.json", paths)
    return Stream(tmp_path / "index.json")


def errors() -> np.ndarray:
    """Limbs 1, 2 | 3, 4, 5 px frame by frame; one knee without a label; a face that is far off."""
    found = np.repeat(np.arange(1.0, 6.0)[:, None], 18, axis=1)
    found[4, 13] = np.nan
    found[:, 0] = 1000
    return found


def test_mpjpe_is_over_labelled_limb_joints(stream: Stream) -> None:
    told = summary.breakdown(errors(), stream)
    # 12 joints of 1, 2, 3 and 4 px, 11 of 5 px
    assert told["mpjpe_px"] == pytest.approx((12 * 10 + 55) / 59, abs=1e-4)
    assert told["frames"] == 5
    assert told["by_subject"] == {"S11": pytest.approx((12 * 7 + 55) / 35, abs=1e-4), "S9": 1.5}
    assert told["by_action"]["Walking"] == 1.5
    assert told["by_joint"]["left_knee"] == 2.5
    assert len(told["by_joint"]) == 12


def test_a_part_without_any_label_is_none(stream: Stream) -> None:
    found = errors()
    found[:2] = np.nan
    assert summary.breakdown(found, stream)["by_subject"]["S9"] is None


def test_an_online_cell(stream: Stream, tmp_path: Path) -> None:
    for name, values in (("record.h5", errors()), ("lagged.h5", errors() + 1)):
        with h5py.File(tmp_path / name, "w") as file:
            file["error"] = values
            parsed = np.full((5, 18, 2), np.nan, np.float32)
            # In the first frame both wrists, 3 and 5 px off; in the last all, 4 px off.
            parsed[0, [9, 10]] = [[10, 13], [15, 10]]
            parsed[4] = [10, 14]
            file["parsed"] = parsed
            file["version"] = np.zeros(5, int)
    reference = np.full((5, 18, 2), 10.0, np.float32)
    reference[1, 5] = np.nan
    summary.write_online(
        tmp_path,
        {"method": "uniform", "rate": "1/2"},
        stream,
        reference,
        window=2,
        stretch=2,
        trainings=1,
        frames_trained=1,
        epochs=10,
        seconds={"training": 3.0},
    )
    told = json.loads((tmp_path / "summary.json").read_text())
    assert (told["k"], told["n"], told["passes"]) == (1, 2, 10)
    assert told["mpjpe_px_without_first_window"] == pytest.approx((12 * 7 + 55) / 35, abs=1e-4)
    assert told["mpjpe_px_equal_lag"] == pytest.approx(told["mpjpe_px"] + 1, abs=2e-4)
    assert told["mpjpe_px_parsed"] == pytest.approx((3 + 5 + 12 * 4) / 14, abs=1e-4)
    assert told["found_share"] == pytest.approx(14 / 59, abs=1e-4)
    seconds = json.loads((tmp_path / "seconds.json").read_text())
    assert seconds == {"training": 3.0, "stream": 1.0}


def test_missed_frames_of_an_online_cell_count_nowhere(stream: Stream, tmp_path: Path) -> None:
    off = np.array([1, np.nan, 3, 4, np.nan], np.float32)
    with h5py.File(tmp_path / "record.h5", "w") as file:
        file["error"] = np.tile(off[:, None], 18)
        file["version"] = np.array([0, -1, 1, 1, -1])
        parsed = np.full((5, 18, 2), np.nan, np.float32)
        parsed[[0, 2]] = [10, 12]
        file["parsed"] = parsed
    with h5py.File(tmp_path / "lagged.h5", "w") as file:  # of the frames that were played
        file["error"] = np.tile(np.array([[2], [50], [6], [10]], np.float32), 18)
    summary.write_online(
        tmp_path,
        {"method": "continual", "rate": "1"},
        stream,
        np.full((5, 18, 2), 10.0, np.float32),
        window=2,
        stretch=2,
        trainings=1,
        frames_trained=2,
        epochs=10,
        seconds={},
    )
    told = json.loads((tmp_path / "summary.json").read_text())
    assert told["frames"] == 3
    assert told["mpjpe_px"] == pytest.approx(8 / 3, abs=1e-4)
    assert told["mpjpe_px_without_first_window"] == 3.5
    assert told["mpjpe_px_equal_lag"] == 6
    assert told["mpjpe_px_parsed"] == 2
    assert told["found_share"] == pytest.approx(2 / 3, abs=1e-4)
    seconds = json.loads((tmp_path / "seconds.json").read_text())
    assert seconds == {"stream": pytest.approx(5 / stream.fps)}
