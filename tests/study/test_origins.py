"""Two studies of one name whose files have the same names, and a study that moves."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from posequery.jobs.files import BadInput
from posequery.study.loading import load_study
from posequery.study.origins import note_origins, refuse_older_files, refuse_other_files
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


@pytest.fixture
def extracted(made: Path) -> Path:
    """The results `made`, with a clip: what Snakemake compares the video's date with."""
    (made / "clips").mkdir()
    (made / "clips/01-a.h5").touch()
    return made


@pytest.mark.parametrize("other", [longer, another_end])
@pytest.mark.parametrize("cells", [True, False])
def test_a_file_replaced_by_an_older_one_is_refused(
    tmp_path: Path, extracted: Path, other: Callable[[Path], Study], cells: bool, tried
) -> None:
    """`mv`, `cp -p`, `rsync -a` and `tar` keep dates: once the old results passed for the new."""
    found = other(tmp_path / "one")
    video = tmp_path / "one/a.mp4"
    os.utime(video, (10**9, 10**9))
    if not cells:  # a run that was killed early has extracted all the same
        shutil.rmtree(extracted / "cells")
    with pytest.raises(BadInput, match=r"a\.mp4: is not the file that study 'mine' was made of"):
        refuse_older_files(found, extracted)
    os.utime(video)  # what the message says
    refuse_older_files(found, extracted)
    tried("9", "a file replaced by an older one", {"refused": 1})


def test_a_file_with_another_size_and_the_same_date_is_another(
    tmp_path: Path, extracted: Path
) -> None:
    date = (tmp_path / "one/a.mp4").stat().st_mtime_ns
    found = longer(tmp_path / "one")
    os.utime(tmp_path / "one/a.mp4", ns=(date, date))
    with pytest.raises(BadInput, match="would be made again"):
        refuse_older_files(found, extracted)


def test_a_link_that_leads_to_another_file_is_another(tmp_path: Path, extracted: Path) -> None:
    video, target = tmp_path / "one/a.mp4", tmp_path / "first.mp4"
    video.rename(target)
    video.symlink_to(target)
    found = load_study(str(tmp_path / "one/mine.yaml"), {}, CONFIG)
    note_origins(found, extracted)
    refuse_older_files(found, extracted)
    other = tmp_path / "second.mp4"
    other.write_bytes(b"b")
    os.utime(other, (10**9, 10**9))
    video.unlink()
    video.symlink_to(other)
    with pytest.raises(BadInput, match="was made of"):
        refuse_older_files(found, extracted)


def test_an_older_date_alone_is_no_other_file(tmp_path: Path, extracted: Path) -> None:
    """Of the same file, and of labels, which a job knows by a digest of its own."""
    found = study(tmp_path / "one")
    os.utime(tmp_path / "one/a.mp4", (10**9, 10**9))
    refuse_older_files(found, extracted)
    found = another_file_of_labels(tmp_path / "one")
    os.utime(tmp_path / "one/a.mp4", (10**9, 10**9))
    os.utime(tmp_path / "one/json", (10**9, 10**9))
    refuse_older_files(found, extracted)


def test_a_note_without_sizes_is_still_one(tmp_path: Path, extracted: Path) -> None:
    """As written before they were noted."""
    path = extracted / "state/origins.json"
    noted = json.loads(path.read_text())
    for about in noted.values():
        del about["size"]
    path.write_text(json.dumps(noted))
    found = longer(tmp_path / "one")
    os.utime(tmp_path / "one/a.mp4", (10**9, 10**9))
    with pytest.raises(BadInput, match="was made of"):
        refuse_older_files(found, extracted)
