"""What is wrong with a file that a study names: missing, of another kind, or not to be read."""

import os
from pathlib import Path

import pytest

from posequery.jobs.files import BadInput
from posequery.study.clips import clips, is_there, require_sources, unusable_files
from posequery.study.loading import load_study
from posequery.study.sharing import LEFT_OUT

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def fault(tmp_path):
    (tmp_path / "mine.yaml").write_text("videos: [a.mp4]\nstudent: {checkpoint: mine.pt}\n")
    (tmp_path / "a.mp4").touch()

    def found():
        study = load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)
        (one,) = unusable_files(study)
        return one[0], str(one[1]).removeprefix(f"{tmp_path}/")

    return found


def test_a_missing_file_is_told_with_its_key(fault):
    told = "mine.pt: there is no such file. Correct its path under student.checkpoint."
    assert fault() == ("student.checkpoint", told)


def test_what_is_no_file_is_told(fault, tmp_path):
    for make in (os.mkdir, os.mkfifo):  # nobody waits for a pipe
        make(tmp_path / "mine.pt")
        assert "mine.pt: is no file. Correct" in fault()[1]
        (tmp_path / "mine.pt").rename(tmp_path / make.__name__)


def test_what_may_not_be_read_is_neither_missing_nor_broken(fault, tmp_path, monkeypatch, tried):
    (tmp_path / "mine.pt").touch()
    opened, looked = os.open, os.stat

    def denied(path, *arguments, **keys):
        if str(path).endswith("mine.pt"):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **keys)

    monkeypatch.setattr(os, "open", denied)
    assert "mine.pt: may not be read" in fault()[1] and "elete" not in fault()[1]

    def hidden(path, *arguments, **keys):
        if str(path).endswith("mine.pt"):
            raise PermissionError(13, "Permission denied", str(path))
        return looked(path, *arguments, **keys)

    monkeypatch.setattr(os, "stat", hidden)
    assert "mine.pt: may not be read" in fault()[1]
    tried("9", "a file that may not be read", {"told so": 2})


def test_a_name_that_is_too_long_is_told():
    with pytest.raises(BadInput, match="cannot be read \\(File name too long\\)"):
        is_there("x" * 300)


def test_a_restored_study_needs_its_checkpoint_no_more_than_its_videos(tmp_path):
    (tmp_path / "mine.yaml").write_text("videos: [a.mp4]\nstudent: {checkpoint: mine.pt}\n")
    study = load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)
    found = clips(study, str(tmp_path))
    for file in [*(f"clips/{slug}.h5" for slug in found), "labels/stream/blazepose.h5"]:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    with pytest.raises(BadInput, match="mine.pt: there is no such file"):
        require_sources(study, found, tmp_path)
    (tmp_path / LEFT_OUT).parent.mkdir()
    (tmp_path / LEFT_OUT).touch()
    require_sources(study, found, tmp_path)
