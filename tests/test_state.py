"""A killed job's folder is gone on from by that job alone."""

from pathlib import Path

from posequery.state import finished, job_folder, job_key


def test_the_key_tells_jobs_apart(tmp_path: Path) -> None:
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
