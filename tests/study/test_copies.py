"""A copy of a study: what it lacks is named, and a whole one is made current."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from result_files import FILES

from posequery.jobs.files import BadInput
from posequery.study import changes, copies, sums

ROOT = Path(__file__).resolve().parents[2]


def test_a_copy_that_is_whole_gets_one_date(results: Path, tmp_path: Path, capsys, tried) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(results, copy, copy_function=shutil.copy)
    (copy / "new.csv").write_text("of somebody's own")
    before = (copy / "new.csv").stat().st_mtime_ns
    assert copies.restore(copy) == len(FILES)
    places = [*FILES, "SHA256SUMS", "tables", "tables/.snakemake_timestamp", "cells/online"]
    assert len({(copy / place).stat().st_mtime_ns for place in places}) == 1
    assert "new.csv" in capsys.readouterr().err
    assert (copy / "new.csv").stat().st_mtime_ns == before
    # Nor does damage become right at the end of the next run.
    (copy / "cells.csv").write_text("damaged\n")
    os.utime(copy / "cells.csv", (0, 0))
    with pytest.raises(BadInput, match="1 of its files are not as they were made"):
        changes.note(copy)
    assert sums.compare(copy).changed == ["cells.csv"]
    tried("14", "a copy without dates", {"done right": 1})


def test_what_is_missing_or_changed_is_named_and_nothing_is_touched(
    results: Path, capsys, tried
) -> None:
    dates = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    for name, text in FILES.items():
        for content in (None, text[:-1], text.swapcase()):
            if content is None:
                (results / name).unlink()
            else:
                (results / name).write_text(content)
                os.utime(results / name, ns=(0, dates[results / name]))
            with pytest.raises(BadInput, match=r"[01] of its files are missing and [01] changed"):
                copies.restore(results)
            assert str(results / name) in capsys.readouterr().err
            (results / name).write_text(text)
            os.utime(results / name, ns=(0, dates[results / name]))
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()} == {
        path: date for path, date in dates.items() if path.is_file()
    }
    tried("14", "a file of a copy missing, cut or changed", {"refused": 3 * len(FILES)})


def test_a_copy_is_named_by_its_folder_or_by_the_studys_file(tmp_path, tried):
    (tmp_path / "my studies").mkdir()
    (tmp_path / "my studies/garden.yaml").write_text("extends: tiny\n")
    results = tmp_path / "results/garden"
    results.mkdir(parents=True)
    (results / "cells.csv").write_text("setting\n")
    changes.note(results)
    for named in ("results/garden", "my studies/garden.yaml"):
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts/archive.py"), named],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=True,
        )
        assert (
            done.stdout == "results/garden: 1 files agree with their checksums, and are current\n"
        )
    tried("14", "a copy verified by its folder or its study's file", {"done right": 2})


@pytest.mark.parametrize("state", [True, False])
def test_a_copy_without_dates_is_known(results: Path, tmp_path: Path, state: bool, tried) -> None:
    """Without state, as an archive has none, even a copy with dates may be one."""
    changes.note(results)
    assert not copies.looks_copied(results)
    copy = tmp_path / "copy"
    shutil.copytree(results, copy, copy_function=shutil.copy)
    os.utime(copy / "SHA256SUMS", (1, 1))
    if not state:
        shutil.rmtree(copy / "state")
    assert copies.looks_copied(copy)
    copies.restore(copy)
    assert not copies.looks_copied(copy)
    changes.note(copy)
    assert not copies.looks_copied(copy)
    tried("9", "a copy without dates that is run again", {"said": 1})


def test_what_is_no_whole_copy_is_not_taken_for_one(results: Path, tmp_path: Path) -> None:
    assert not copies.looks_copied(tmp_path / "nowhere")
    shutil.copytree(results, tmp_path / "dated")
    assert not copies.looks_copied(tmp_path / "dated")
    os.utime(results / "SHA256SUMS", (1, 1))
    (results / "state/sums.date").unlink()
    assert not copies.looks_copied(results), "of an older version"
    shutil.rmtree(results / "state")
    assert copies.looks_copied(results)
    (results / "cells.csv").unlink()
    assert not copies.looks_copied(results)
