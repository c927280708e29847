"""Only a killed job itself resumes from its folder."""

import shutil
from pathlib import Path

import pytest

from posequery.jobs.resume import job, start_over

TOLD = {"epochs": 1}


class Killed(Exception):
    pass


def work(folder: Path, told: dict | None = None, **inputs: Path | None) -> str | None:
    """A job that is killed after it has noted its state; what it had found there."""
    with pytest.raises(Killed), job(folder, told or TOLD, inputs) as state:
        left = state / "epoch"
        found = left.read_text() if left.exists() else None
        left.write_text("3")
        raise Killed
    return found


def test_the_same_job_resumes_and_another_starts_over(tmp_path: Path) -> None:
    folder, file = tmp_path / "state", tmp_path / "input"
    file.write_text("one")
    assert work(folder, images=file) is None
    assert work(folder, images=file) == "3"
    assert work(folder, {"epochs": 2}, images=file) is None
    assert work(folder, images=file) is None
    file.write_text("two")
    assert work(folder, images=file) is None
    # An input counts by what it is to the job.
    assert work(folder, labels=file) is None
    assert work(folder, labels=file, images=None) is None


def test_where_an_input_lies_does_not_count(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).write_text("content")
    assert work(tmp_path / "state", images=tmp_path / "one") is None
    assert work(tmp_path / "state", images=tmp_path / "other") == "3"


def test_nothing_is_left_of_a_job_that_is_done(tmp_path: Path) -> None:
    folder = tmp_path / "a/state"
    work(folder)
    with job(folder, TOLD, {}) as state:
        assert (state / "epoch").read_text() == "3"
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a and more"])
def test_a_folder_whose_owner_cannot_be_read_is_emptied(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "state"
    work(folder)
    (folder / "job").write_bytes(content)
    assert work(folder) is None


def test_a_kill_while_a_folder_is_deleted_leaves_nothing_to_resume_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shutil, "rmtree", killed)
        with job(folder, TOLD, {}) as state:
            (state / "epoch").write_text("of deleted parts")
    assert work(folder) is None


def test_a_job_that_starts_over_keeps_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    work(folder)
    start_over(folder)
    assert [path.name for path in folder.iterdir()] == ["job"]
    assert work(folder) is None
    assert work(folder) == "3"
