"""Only a killed job itself resumes from its folder."""

import shutil
from pathlib import Path

import pytest

from posequery.jobs.resume import finished, job_folder, job_key, start_over


def test_different_jobs_have_different_keys(tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_text("one")
    first = job_key({"epochs": 1}, [file])
    assert first == job_key({"epochs": 1}, [file])
    assert first != job_key({"epochs": 2}, [file])
    file.write_text("two")
    assert first != job_key({"epochs": 1}, [file])


def test_a_folder_is_emptied_for_another_job(tmp_path: Path) -> None:
    folder = job_folder(tmp_path / "state", "a")
    (folder / "epoch").write_text("3")
    assert (job_folder(tmp_path / "state", "a") / "epoch").read_text() == "3"
    assert not (job_folder(tmp_path / "state", "b") / "epoch").exists()
    finished(folder)
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a and more"])
def test_a_folder_whose_owner_cannot_be_read_is_emptied(tmp_path: Path, content: bytes) -> None:
    folder = job_folder(tmp_path / "state", "a")
    (folder / "epoch").write_text("3")
    (folder / "job").write_bytes(content)
    job_folder(folder, "a")
    assert [path.name for path in folder.iterdir()] == ["job"]


def test_a_kill_while_a_folder_is_deleted_leaves_nothing_to_resume_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = job_folder(tmp_path / "state", "a")
    (folder / "tally").write_text("of deleted parts")

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shutil, "rmtree", killed)
        finished(folder)
    job_folder(folder, "a")
    assert not (folder / "tally").exists()


def test_a_job_that_starts_over_keeps_its_folder(tmp_path: Path) -> None:
    folder = job_folder(tmp_path / "state", "a")
    (folder / "epoch").write_text("3")
    start_over(folder)
    assert [path.name for path in folder.iterdir()] == ["job"]
    (folder / "epoch").write_text("4")
    assert (job_folder(folder, "a") / "epoch").exists()
