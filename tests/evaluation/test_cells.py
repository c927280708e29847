"""Cells gathered: fabricated summaries in, documented columns out, in one order."""

import csv
import json
from pathlib import Path

import pytest

from posequery.evaluation.cells import collect
from posequery.jobs.files import BadInput

SUMMARY = {
    "setting": "online",
    "teacher": "network",
    "method": "uniform",
    "rate": "1/100",
    "seed": 0,
    "k": 1,
    "n": 100,
    "mpjpe_px": 20.125,
    "mpjpe_px_without_first_window": 18.5,
    "mpjpe_px_equal_lag": None,
    "mpjpe_px_parsed": 9.5,
    "found_share": 0.9,
    "trainings": 8,
    "frames_trained": 8,
    "passes": 80,
    "frames": 900,
    "by_action": {"Walking": 20.125},
}
SECONDS = {"training": 3.5, "inference": 1.25, "selection": 0.5, "stream": 180.0}


def fabricate(folder: Path, summary: dict | None = None, seconds: dict | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(SUMMARY | (summary or {})))
    (folder / "seconds.json").write_text(json.dumps(SECONDS if seconds is None else seconds))
    return folder


def gather(tmp_path: Path, *folders: Path) -> tuple[Path, Path]:
    files = tmp_path / "cells.csv", tmp_path / "seconds.csv"
    collect(folders, *files)
    return files


def test_a_row_is_what_the_summary_says(tmp_path):
    cells, seconds = gather(tmp_path, fabricate(tmp_path / "cells/here"))
    with cells.open(newline="") as handle:
        assert list(csv.reader(handle)) == [
            (
                "setting,teacher,method,rate,k,n,seed,mpjpe_px,mpjpe_px_without_first_window,"
                "mpjpe_px_equal_lag,mpjpe_px_parsed,found_share,trainings,frames_trained,passes,"
                "frames,folder"
            ).split(","),
            "online,network,uniform,1/100,1,100,0,20.125,18.5,,9.5,0.9,8,8,80,900,cells/here".split(
                ","
            ),
        ]
    assert seconds.read_text() == (
        "setting,teacher,method,rate,seed,training_s,inference_s,selection_s,stream_s\n"
        "online,network,uniform,1/100,0,3.5,1.25,0.5,180.0\n"
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_numbers_are_written_exactly(tmp_path):
    summary = {"rate": "20/100", "mpjpe_px": 0.1 + 0.2, "mpjpe_px_equal_lag": 7}
    cells, seconds = gather(tmp_path, fabricate(tmp_path / "one", summary))
    (cell,), (clock,) = rows(cells), rows(seconds)
    assert cell["rate"] == clock["rate"] == "1/5"
    assert float(cell["mpjpe_px"]) == 0.1 + 0.2
    assert (float(cell["mpjpe_px_equal_lag"]), cell["k"], cell["folder"]) == (7.0, "1", "one")


def test_offline_has_no_stream(tmp_path):
    offline = {"setting": "offline", "rate": "0", "mpjpe_px_without_first_window": None}
    folder = fabricate(tmp_path / "a", offline, {"training": 1, "inference": 2})
    cells, seconds = gather(tmp_path, folder)
    assert rows(cells)[0]["rate"] == "0"
    clock = rows(seconds)[0]
    assert (float(clock["training_s"]), clock["selection_s"], clock["stream_s"]) == (1.0, "", "")


def test_order_is_of_the_cells_not_of_the_folders(tmp_path):
    marks = [("1/5", 0), ("1/100", 1), ("1/100", 0), ("1/20", 0)]
    folders = [
        fabricate(tmp_path / str(place), {"rate": rate, "seed": seed})
        for place, (rate, seed) in enumerate(marks)
    ]
    cells, _ = gather(tmp_path, *folders)
    first = cells.read_bytes()
    assert [row["folder"] for row in rows(cells)] == ["2", "1", "3", "0"]
    assert gather(tmp_path, *folders[::-1])[0].read_bytes() == first


def test_a_cell_without_any_label_is_named_and_nothing_appears(tmp_path):
    good, bad = fabricate(tmp_path / "good"), fabricate(tmp_path / "bad", {"mpjpe_px": None})
    with pytest.raises(BadInput, match=r"bad/summary.json: has no error, .* has a label"):
        gather(tmp_path, good, bad)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "good"]


def test_missing_and_torn_files_are_named(tmp_path):
    folder = fabricate(tmp_path / "cell")
    (folder / "seconds.json").write_text('{"training": 1')
    with pytest.raises(BadInput, match=r"seconds.json: is not readable JSON"):
        gather(tmp_path, folder)
    (folder / "seconds.json").write_text("[]")
    with pytest.raises(BadInput, match=r"seconds.json: is not readable JSON"):
        gather(tmp_path, folder)
    (folder / "summary.json").unlink()
    with pytest.raises(BadInput, match=r"summary.json: the cell has no such file"):
        gather(tmp_path, folder)


@pytest.mark.parametrize("key", ["k", "mpjpe_px_without_first_window", "teacher"])
def test_a_missing_key_is_named(tmp_path, key):
    folder = fabricate(tmp_path / "cell")
    left = {name: value for name, value in SUMMARY.items() if name != key}
    (folder / "summary.json").write_text(json.dumps(left))
    with pytest.raises(BadInput, match=f"has no '{key}'"):
        gather(tmp_path, folder)


def test_online_seconds_must_be_whole(tmp_path):
    folder = fabricate(tmp_path / "cell", seconds={"training": 1, "inference": 2})
    with pytest.raises(BadInput, match="has no 'selection'"):
        gather(tmp_path, folder)


def test_a_cell_is_named_once(tmp_path):
    folders = [fabricate(tmp_path / name) for name in "ab"]
    with pytest.raises(BadInput, match="b: holds the same cell as a"):
        gather(tmp_path, *folders)
    with pytest.raises(BadInput, match="there is no cell"):
        gather(tmp_path)
