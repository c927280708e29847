"""Where a study's results lie: a folder that is one, and may be written in."""

import os
from pathlib import Path

import pytest

from posequery.jobs.files import BadInput
from posequery.study.identity import require_folder, require_writable


def test_a_folder_need_not_be_there(tmp_path: Path) -> None:
    require_writable(tmp_path / "results/mine")
    assert not (tmp_path / "results").exists()


def test_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    with pytest.raises(BadInput, match="results: is a file where a folder is needed"):
        require_folder(tmp_path / "results/mine")


def test_a_read_only_folder_is_told(tmp_path: Path, monkeypatch, tried) -> None:
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(BadInput, match=r"mine: cannot be written in \(.*results is read-only\)"):
        require_writable(tmp_path / "results/mine")
    tried("11", "a results folder that is read-only", {"refused in one line": 1})
