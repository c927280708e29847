"""Packing a study, and holding one that is packed or copied against its sums."""

import pytest

from posequery.commands.console import called
from posequery.jobs.files import BadInput
from posequery.study import changes


def test_a_study_is_packed_by_the_workflow(started):
    called(["archive", "results/garden.yaml"])
    assert started == [["results/garden.yaml", "archive"]]


@pytest.mark.parametrize("what", ["garden", "results/garden", "studies/garden.yaml"])
def test_a_copy_is_named_by_its_name_folder_or_file(tmp_path, monkeypatch, capsys, what):
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "results/garden"
    results.mkdir(parents=True)
    (results / "cells.csv").write_text("setting\n")
    changes.note(results)
    called(["archive", "--verify", what])
    told = "results/garden: 1 files agree with their checksums, and are current\n"
    assert capsys.readouterr().out == told


def test_what_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for option in ("--verify", "--restore"):
        with pytest.raises(BadInput, match=r"none\.tar\.gz"):
            called(["archive", option, "none.tar.gz"])
    assert not list(tmp_path.iterdir())


def test_only_one_thing_is_done_at_once(posequery):
    done = posequery("archive", "--verify", "--restore", "a.tar.gz")
    assert done.returncode == 2 and "not allowed with" in done.stderr
