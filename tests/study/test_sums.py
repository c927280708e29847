"""The list of a study's sums: what a copy lacks is named, and a whole copy is made current."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from posequery.jobs.files import BadInput
from posequery.study import sums

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "cells.csv": "setting\n",
    "cells/online/none/baseline/0pct/seed0/weights.pt": "weights",
    "tables/table 1.md": "| a |\n",
    "data/S1/Walking 1.mp4": "video",
    "benchmarks/a.tsv": "1 s\n",
}
LEFT_OUT = {
    "logs/a.log": "log",
    "state/a/job": "unfinished",
    "mini.tar.gz": "an archive",
    "tables/.snakemake_timestamp": "",
    "check.txt": "looked at",
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results" / "mini"
    write(folder, FILES | LEFT_OUT)
    sums.note(folder)
    return folder


def test_all_that_a_copy_needs_is_listed(results: Path) -> None:
    assert sums.read(results / "SHA256SUMS").keys() == FILES.keys()
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=results, check=False).returncode == 0


def test_a_copy_that_is_whole_gets_one_date(results: Path, tmp_path: Path, capsys, tried) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(results, copy, copy_function=shutil.copy)
    (copy / "new.csv").write_text("of somebody's own")
    before = (copy / "new.csv").stat().st_mtime_ns
    assert sums.restore(copy) == len(FILES)
    places = [*FILES, "SHA256SUMS", "tables", "tables/.snakemake_timestamp", "cells/online"]
    assert len({(copy / place).stat().st_mtime_ns for place in places}) == 1
    assert "new.csv" in capsys.readouterr().err
    assert (copy / "new.csv").stat().st_mtime_ns == before
    # Nor is it hashed again at the end of the next run.
    (copy / "cells.csv").write_text("damaged\n")
    os.utime(copy / "cells.csv", (0, 0))
    sums.note(copy)
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
                sums.restore(results)
            assert str(results / name) in capsys.readouterr().err
            (results / name).write_text(text)
            os.utime(results / name, ns=(0, dates[results / name]))
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()} == {
        path: date for path, date in dates.items() if path.is_file()
    }
    tried("14", "a file of a copy missing, cut or changed", {"refused": 3 * len(FILES)})


def test_the_list_follows_the_results(results: Path) -> None:
    first = (results / "SHA256SUMS").read_text()
    sums.note(results)
    assert (results / "SHA256SUMS").read_text() == first
    later = (results / "SHA256SUMS").stat().st_mtime_ns + 10**9
    write(results, {"cells.csv": "another\n", "only/uniform/cells.csv": "a part\n"})
    os.utime(results / "cells.csv", ns=(later, later))
    (results / "data/S1/Walking 1.mp4").unlink()
    sums.note(results)
    found = sums.compare(results)
    assert (found.missing, found.changed, found.unlisted) == ([], [], [])
    assert "only/uniform/cells.csv" in found.right and "data/S1/Walking 1.mp4" not in found.right


def test_a_file_that_the_list_cannot_hold_is_named(results: Path) -> None:
    write(results, {"labels/a:b.h5": "labels"})
    sums.note(results)
    assert sums.read(results / "SHA256SUMS").keys() == FILES.keys()
    assert sums.compare(results).unlisted == ["labels/a:b.h5"]


@pytest.mark.parametrize(
    "line", ["junk", f"{'0' * 64}  ../x", f"{'0' * 64}  /etc/passwd", f"{'0' * 64}  a\\b", "\xff"]
)
def test_a_list_that_is_none_is_refused(results: Path, line: str) -> None:
    (results / "SHA256SUMS").write_text(f"{line}\n", encoding="latin-1")
    with pytest.raises(BadInput, match="no checksum|no list of sums"):
        sums.restore(results)
    sums.note(results)
    assert sums.restore(results) == len(FILES)
    (results / "SHA256SUMS").unlink()
    with pytest.raises(BadInput, match="there is no such list"):
        sums.restore(results)


def test_a_list_that_cannot_be_written_is_said(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sums, "write_text", full)
    write(results, {"new.csv": "new"})
    sums.note(results)
    assert "SHA256SUMS: is not written (No space left on device)" in capsys.readouterr().err


def test_a_copy_is_named_by_its_folder_or_by_the_studys_file(tmp_path, tried):
    (tmp_path / "my studies").mkdir()
    (tmp_path / "my studies/garden.yaml").write_text("extends: tiny\n")
    results = tmp_path / "results/garden"
    results.mkdir(parents=True)
    (results / "cells.csv").write_text("setting\n")
    sums.note(results)
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
    sums.note(results)
    assert not sums.looks_copied(results)
    copy = tmp_path / "copy"
    shutil.copytree(results, copy, copy_function=shutil.copy)
    os.utime(copy / "SHA256SUMS", (1, 1))
    if not state:
        shutil.rmtree(copy / "state")
    assert sums.looks_copied(copy)
    sums.restore(copy)
    assert not sums.looks_copied(copy)
    sums.note(copy)
    assert not sums.looks_copied(copy)
    tried("9", "a copy without dates that is run again", {"said": 1})


def test_what_is_no_whole_copy_is_not_taken_for_one(results: Path, tmp_path: Path) -> None:
    assert not sums.looks_copied(tmp_path / "nowhere")
    shutil.copytree(results, tmp_path / "dated")
    assert not sums.looks_copied(tmp_path / "dated")
    os.utime(results / "SHA256SUMS", (1, 1))
    (results / "state/sums.date").unlink()
    assert not sums.looks_copied(results), "of an older version"
    shutil.rmtree(results / "state")
    assert sums.looks_copied(results)
    (results / "cells.csv").unlink()
    assert not sums.looks_copied(results)
