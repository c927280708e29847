"""What is noted of each run."""

import subprocess
from datetime import datetime

import pytest

from posequery.jobs.files import BadInput
from posequery.study import runs


def test_each_run_is_a_record_and_a_killed_one_has_no_end(tmp_path):
    runs.end(tmp_path)
    assert runs.read(tmp_path) == []
    for number in range(3):
        runs.begin(tmp_path, tmp_path, device="cpu", seeds=[0, number])
        if number != 1:
            runs.end(tmp_path)
    records = runs.read(tmp_path)
    assert [record["ended"] is not None for record in records] == [True, False, True]
    assert [record["seeds"] for record in records] == [[0, 0], [0, 1], [0, 2]]
    started, ended = (datetime.fromisoformat(records[2][key]) for key in ("started", "ended"))
    assert started.tzinfo and started <= ended
    assert records[0]["device"] == "cpu" and records[0]["packages"].keys() >= {
        "torch",
        "scikit-learn",
    }


def test_the_commit_and_what_is_changed_since_are_noted(tmp_path):
    assert runs.code(tmp_path) == {"commit": None, "changed": []}
    (tmp_path / "a.py").write_text("a = 1\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "--quiet"], ["add", "a.py"], ["commit", "--quiet", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert runs.code(tmp_path) == {"commit": head.stdout.strip(), "changed": []}
    (tmp_path / "a.py").write_text("a = 2\n")
    assert runs.code(tmp_path)["changed"] == [" M a.py"]


@pytest.mark.parametrize("content", [b"junk", b"\xff", b"{}x", b"[1]", b'[{"started": 1}]'])
def test_a_broken_list_of_runs_is_refused(tmp_path, content):
    (tmp_path / "runs.json").write_bytes(content)
    with pytest.raises(BadInput, match="is no list of runs"):
        runs.read(tmp_path)
