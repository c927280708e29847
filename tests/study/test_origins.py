"""Two studies of one name whose files have the same names, and a study that moves."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from posequery.jobs.files import BadInput
from posequery.study.loading import load_study
from posequery.study.origins import note_origins, refuse_other_files
from posequery.study.schema import Study

CONFIG = Path(__file__).parents[2] / "config"


def study(folder: Path, size: int = 100, last: bytes = b"a") -> Study:
    """Of a video and OpenPose's files, all below a folder."""
    (folder / "json").mkdir(parents=True, exist_ok=True)
    (folder / "json/a_0_keypoints.json").write_text("{}")
    (folder / "a.mp4").write_bytes(bytes(size) + last)
    text = "videos: [a.mp4]\nteachers: [openpose]\nopenpose: {labels: json}\n"
    (folder / "mine.yaml").write_text(text)
    return load_study(str(folder / "mine.yaml"), {}, CONFIG)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Results of the study in the folder `one`."""
    out = tmp_path / "results/mine"
    note_origins(study(tmp_path / "one"), out)
    (out / "cells/online").mkdir(parents=True)
    (out / "cells/online/cell.json").touch()
    return out


def longer(folder: Path) -> Study:
    return study(folder, size=101)


def another_end(folder: Path) -> Study:
    return study(folder, last=b"b")


def another_file_of_labels(folder: Path) -> Study:
    found = study(folder)
    (folder / "json/a_0_keypoints.json").write_text("{} ")
    return found


@pytest.mark.parametrize("other", [longer, another_end, another_file_of_labels])
def test_other_files_of_the_same_names_are_refused(
    tmp_path: Path, made: Path, other: Callable[[Path], Study], tried
) -> None:
    found = other(tmp_path / "two")
    with pytest.raises(BadInput, match="study 'mine' has results of another file of that name,"):
        refuse_other_files(found, made, confirmed=False)
    refuse_other_files(found, made, confirmed=True)
    note_origins(found, made)
    refuse_other_files(found, made, confirmed=False)
    tried("9", "two studies of one name with other files", {"refused": 1})


def test_a_study_may_move(tmp_path: Path, made: Path) -> None:
    shutil.move(tmp_path / "one", tmp_path / "two")
    os.utime(tmp_path / "two/a.mp4", (0, 0))
    moved = load_study(str(tmp_path / "two/mine.yaml"), {}, CONFIG)
    refuse_other_files(moved, made, confirmed=False)


def test_a_file_that_changes_where_it_lies_is_no_other(tmp_path: Path, made: Path) -> None:
    refuse_other_files(longer(tmp_path / "one"), made, confirmed=False)


def test_without_cells_or_files_nothing_is_refused(tmp_path: Path, made: Path) -> None:
    found = longer(tmp_path / "two")
    (tmp_path / "two/a.mp4").unlink()
    refuse_other_files(found, made, confirmed=False)
    (made / "state/origins.json").write_text("[1]")
    refuse_other_files(longer(tmp_path / "two"), made, confirmed=False)
    shutil.rmtree(made / "cells")
    refuse_other_files(longer(tmp_path / "two"), made, confirmed=False)
