"""Cells measured: numbers by hand, and what is measured again."""

import csv
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from posequery import record
from posequery.clips import Stream, write_labels
from posequery.evaluation import measure as station
from posequery.evaluation.columns import Column
from posequery.evaluation.measure import measure
from posequery.jobs.files import BadInput


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def measured(
    tmp_path: Path,
    *folders: Path,
    code: str = "c",
    labels: Path | None = None,
    taught: Sequence[Path] = (),
) -> list[dict[str, str]]:
    measure(
        folders,
        tmp_path / "index.json",
        labels,
        taught,
        code=code,
        state=tmp_path / "state",
        cells=tmp_path / "measures/S1.csv",
        breakdown=tmp_path / "measures/S1_breakdown.csv",
    )
    return rows(tmp_path / "measures/S1.csv")


def test_a_row_is_what_the_job_counted_and_what_its_record_comes_to(
    stream: Stream, cell: Callable[..., Path], tmp_path: Path
) -> None:
    (row,) = measured(tmp_path, cell(lagged=[2, 3, 4, 5, 6]))
    # 12 joints of 1, 2, 3 and 4 px, 11 of 5 px; found: 3 and 5 px, and 11 of 4 px.
    assert row == {
        "setting": "online",
        "teacher": "t",
        "method": "uniform",
        "rate": "1/2",
        "k": "1",
        "n": "2",
        "seed": "0",
        "stream": "S1",
        "mpjpe_px": f"{(12 * 10 + 55) / 59:.4f}",
        "mpjpe_px_without_first_window": f"{(12 * 7 + 55) / 35:.4f}",
        "mpjpe_px_equal_lag": f"{(12 * 14 + 66) / 59:.4f}",
        "mpjpe_px_parsed": f"{(3 + 5 + 11 * 4) / 13:.1f}",
        "found_share": f"{13 / 59:.4f}",
        # A person whose joints are all in one place has no size.
        "mpjpe_share": "",
        "mpjpe_share_without_first_window": "",
        "mpjpe_share_equal_lag": "",
        "pck_20": "",
        "frames_labelled": "0",
        "mpjpe_px_blind": "",
        "regret_px": "",
        "gain_share": "",
        "unswapped_share": "",
        "forgetting_px": "",
        "refused_share": "",
        "harm_rate": "",
        "time_to_recover_s": "",
        "recovered_share": "",
        "trainings": "1",
        "frames_trained": "1",
        "passes": "10",
        "frames": "5",
        "folder": "../cells/online/S1/t/uniform/50pct/seed0",
    }


def test_missed_frames_count_nowhere(
    stream: Stream, cell: Callable[..., Path], tmp_path: Path
) -> None:
    nan = float("nan")
    # The frames ahead were read while the student itself saw nothing.
    folder = cell(off=[1, nan, 3, 4, nan], version=[0, -1, 1, 1, -1], lagged=[2, 50, 6, 10])
    (row,) = measured(tmp_path, folder)
    assert row["frames"] == "3"
    assert row["mpjpe_px"] == f"{8 / 3:.4f}"
    assert row["mpjpe_px_without_first_window"] == "3.5"
    assert row["mpjpe_px_equal_lag"] == "6.0"
    assert (row["mpjpe_px_parsed"], row["found_share"]) == ("4.0", f"{2 / 36:.4f}")


def test_errors_as_a_share_of_the_persons_size(
    stream: Stream, cell: Callable[..., Path], tmp_path: Path
) -> None:
    joints = np.full((5, 18, 2), 10, np.float32)
    # Left shoulder and right ankle apart: by 30 and 40 in the first clip, by half in the second.
    joints[:2, [5, 16]] = [[[10, 10], [40, 50]]]
    joints[2:, [5, 16]] = [[[10, 10], [25, 30]]]
    write_labels(tmp_path / "labels.h5", joints, joints[..., 0], stream.path)
    folder = cell(off=[0, 0, 0, 0, 0], lagged=[0, 0, 0, 0, 0])
    (row,) = measured(tmp_path, folder, labels=tmp_path / "labels.h5")
    # The record has the ankle at (10, 10): an error of one size in one of 12 joints.
    assert row["mpjpe_px"] == f"{(2 * 50 + 3 * 25) / 60:.4f}"
    for name in ("", "_without_first_window", "_equal_lag"):
        assert row[f"mpjpe_share{name}"] == f"{1 / 12:.4f}"


def test_the_breakdown(stream: Stream, cell: Callable[..., Path], tmp_path: Path) -> None:
    measured(tmp_path, cell())
    found = {
        (row["by"], row["name"]): row["mpjpe_px"]
        for row in rows(tmp_path / "measures/S1_breakdown.csv")
        if (row["setting"], row["method"], row["rate"]) == ("online", "uniform", "1/2")
    }
    assert found["subject", "S11"] == f"{(12 * 7 + 55) / 35:.4f}"
    assert found["subject", "S9"] == found["action", "Walking"] == "1.5"
    assert found["joint", "left_knee"] == "2.5" and found["joint", "left_ankle"] == "3.0"
    assert len(found) == 2 + 2 + 12
    # A part without any label is empty.
    nan = float("nan")
    measured(tmp_path, cell(off=[nan, nan, 1, 1, 1]))
    parts = rows(tmp_path / "measures/S1_breakdown.csv")
    assert [row["mpjpe_px"] for row in parts if row["name"] == "S9"] == [""]


def test_others_labels_may_be_the_reference(
    stream: Stream, cell: Callable[..., Path], tmp_path: Path
) -> None:
    joints = stream.joints(range(5)) + np.array([0, 3])
    write_labels(tmp_path / "labels.h5", joints, joints[..., 0], stream.path)
    (row,) = measured(tmp_path, cell(off=[4] * 5), labels=tmp_path / "labels.h5")
    assert row["mpjpe_px"] == "5.0"


def test_only_what_changed_is_measured_again(
    stream: Stream,
    cell: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    real = record.read

    def noted(path: Path) -> record.Record:
        read.append(path.parent.name)
        return real(path)

    monkeypatch.setattr(station.record, "read", noted)

    def looked_at(**more: object) -> list[str]:
        read.clear()
        measured(tmp_path, *folders, **more)
        return read.copy()

    folders = [cell(0), cell(1)]
    first = measured(tmp_path, *folders)
    assert looked_at() == []
    assert rows(tmp_path / "measures/S1.csv") == first
    folders.append(cell(2))
    assert looked_at() == ["seed2"]
    cell(1, off=[2] * 5)
    assert looked_at() == ["seed1"]
    cell(1, off=[2] * 5, trainings=7)
    assert looked_at() == ["seed1"]
    assert looked_at(code="another") == ["seed0", "seed1", "seed2"]
    joints = stream.joints(range(5))
    write_labels(tmp_path / "labels.h5", joints, joints[..., 0], stream.path)
    assert looked_at(code="another", labels=tmp_path / "labels.h5") == ["seed0", "seed1", "seed2"]
    assert looked_at() == ["seed0", "seed1", "seed2"]
    # What was kept is damaged: that cell is measured again.
    for path in (tmp_path / "state").rglob("seed1.json"):
        path.write_text(path.read_text()[:40])
    assert looked_at() == ["seed1"]


def test_a_record_that_is_not_its_cells_is_refused(
    stream: Stream, cell: Callable[..., Path], tmp_path: Path
) -> None:
    folder, other = cell(), cell(1, off=[2] * 5)
    (folder / "record.h5").write_bytes((other / "record.h5").read_bytes())
    with pytest.raises(BadInput, match=r"seed0/record\.h5: is not the one that"):
        measured(tmp_path, folder)
    (folder / "record.h5").write_bytes(b"torn")
    with pytest.raises(BadInput, match=r"seed0/record\.h5: is not the one that"):
        measured(tmp_path, folder)
    # The weights are large, and nothing is measured on them.
    (other / "weights.pt").write_text("another cell's")
    measured(tmp_path, other)
    shutil.rmtree(tmp_path / "measures")
    with pytest.raises(BadInput, match="records 4 frames of a stream of 5"):
        measured(tmp_path, cell(off=[1] * 4, version=[0] * 4))
    with pytest.raises(BadInput, match=r"nowhere/cell\.json: the cell has no such file"):
        measured(tmp_path, tmp_path / "nowhere")
    assert not (tmp_path / "measures").exists()


def test_a_cell_is_compared_with_the_unadapted_student_of_its_seed_or_the_only_one(
    stream: Stream, cell: Callable[..., Path], tmp_path: Path
) -> None:
    def unadapted(seed: int, off: float) -> Path:
        which = {"teacher": "none", "method": "baseline", "rate": "0"}
        return cell(seed, off=[off] * 5, **which)

    def harm(*folders: Path) -> list[str]:
        found = [row for row in measured(tmp_path, *folders) if row["method"] == "uniform"]
        return [row["harm_rate"] for row in found]

    adapted = [cell(seed, off=[9] * 5, version=[0, 0, 1, 1, 1]) for seed in (0, 1)]
    assert harm(*adapted) == ["", ""]
    # Windows of two frames, the first without an update.
    assert harm(*adapted, unadapted(0, 5)) == ["1.0", "1.0"]
    assert harm(unadapted(0, 5), unadapted(1, 20), *adapted) == ["1.0", "0.0"]
    assert harm(unadapted(0, 5), unadapted(2, 20), *adapted) == ["1.0", ""]
    # Another record of the unadapted student: compared again.
    assert harm(*adapted, unadapted(0, 50)) == ["0.0", "0.0"]


def test_a_cell_is_compared_with_all_of_its_own_seed_and_teacher(
    stream: Stream, cell: Callable[..., Path], tmp_path: Path
) -> None:
    def every(off: float, **more: object) -> Path:
        which = {"method": "all", "rate": "1", "teacher": "t"} | more
        return cell(off=[off] * 5, **which)

    def regret(*folders: Path) -> list[str]:
        found = [row for row in measured(tmp_path, *folders) if row["method"] == "uniform"]
        return [row["regret_px"] for row in found]

    own = [cell(seed, off=[9] * 5) for seed in (0, 1)]
    assert regret(*own, every(5, teacher="other")) == ["", ""]
    # Three windows, of two, two and one frame.
    assert regret(*own, every(5)) == ["12.0", ""]
    assert regret(*own, every(10)) == ["-3.0", ""]
    (found,) = [row for row in measured(tmp_path, *own, every(5)) if row["method"] == "all"]
    assert found["regret_px"] == "0.0"


def test_a_teachers_labels_are_those_of_the_file_called_after_it(
    stream: Stream, cell: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    noted = Column("noted", lambda evaluation: seen.append(evaluation.taught) or 0.0)
    monkeypatch.setattr(station, "columns", lambda: (noted,))

    def taught(code: str, **more: object) -> list[object]:
        seen.clear()
        for method in ("t", "ground_truth"):
            measured(tmp_path, cell(teacher=method), code=code, **more)
        return [None if joints is None else joints[0, 0, 0] for joints in seen]

    assert taught("a") == [None, 10]
    joints = stream.joints(range(5)) + 3
    write_labels(tmp_path / "t.h5", joints, joints[..., 0], stream.path)
    files = [tmp_path / "t.h5"]
    # Only the cell whose teacher has other labels is measured again.
    assert taught("a", taught=files) == [13]
    assert taught("b", taught=files) == [13, 10]
