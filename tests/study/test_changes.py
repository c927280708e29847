"""At the end of a run: what its jobs wrote gets new sums, and nothing else does."""

import os
import shutil
from pathlib import Path

import pytest
from result_files import write

from posequery.jobs.files import BadInput
from posequery.study import changes, sums

FILES = {
    "cells.csv": "setting\n",
    "cells/online/none/baseline/0pct/seed0/cell.json": "{}",
    "cells/online/none/baseline/0pct/seed0/lagged.h5": "record",
    "tables/table 1.md": "| a |\n",
    "data/S1/Walking 1.mp4": "video",
}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results" / "mini"
    write(folder, FILES)
    changes.note(folder)
    return folder


def run(results: Path, *outputs: str) -> None:
    changes.expect(results, [str(results / output) for output in outputs])
    changes.note(results)
    changes.forget(results)


def wrong(results: Path) -> tuple[list[str], list[str], list[str]]:
    return sums.compare(results)[1:]


def test_a_job_s_files_get_new_sums(results: Path) -> None:
    write(results, {"cells.csv": "more\n", "cells.csv.sha256": "sum", "tables/new.md": "new"})
    (results / "tables/table 1.md").unlink()
    seed = "cells/online/none/baseline/0pct/seed0"
    write(results, {f"{seed}/lagged.h5": "another"})
    run(results, "cells.csv", "tables", seed)
    assert wrong(results) == ([], [], [])


def test_what_no_job_wrote_gets_none(results: Path, capsys, tried) -> None:
    before = (results / "SHA256SUMS").read_text()
    for name, text in FILES.items():
        others = [other for other in FILES if other != name]
        for date in (0, None):
            (results / name).write_text(text.swapcase() + "x")
            if date is not None:
                os.utime(results / name, (date, date))
            for _ in range(2):
                with pytest.raises(BadInput, match="1 of its files are not as they were made"):
                    run(results, *others)
            assert f"changed: {results / name}\n" in capsys.readouterr().err
            assert (results / "SHA256SUMS").read_text() == before
        (results / name).unlink()
        with pytest.raises(BadInput, match="1 of its files"):
            run(results, *others)
        assert f"missing: {results / name}\n" in capsys.readouterr().err
        assert (results / "SHA256SUMS").read_text() == before
        write(results, {name: text})
        run(results)
    tried("14", "a file changed or gone after a run, at the end of the next", {"refused": 15})


def test_a_killed_run_s_files_get_their_sums_at_the_end_of_the_next(results: Path) -> None:
    changes.expect(results, [str(results / "cells.csv")])
    write(results, {"cells.csv": "more\n", "tables/table 1.md": "new"})
    run(results, "tables", "/elsewhere/a.csv")
    assert wrong(results) == ([], [], [])
    write(results, {"cells.csv": "damaged\n"})
    with pytest.raises(BadInput, match="1 of its files"):
        run(results)


def test_what_no_job_made_is_said_and_not_listed(results: Path, capsys) -> None:
    write(results, {"tables/mine.md": "of somebody's own"})
    run(results, "cells.csv")
    assert f"unlisted: {results / 'tables/mine.md'}" in capsys.readouterr().err
    assert wrong(results) == ([], [], ["tables/mine.md"])
    (results / "SHA256SUMS").unlink()
    run(results)
    assert wrong(results) == ([], [], [])


def test_a_folder_that_was_deleted_is_said_and_no_longer_listed(results: Path, capsys) -> None:
    shutil.rmtree(results / "data")
    run(results)
    assert f"{results / 'data/S1'}: is gone; 1 files of" in capsys.readouterr().err
    assert wrong(results) == ([], [], [])


def test_a_folder_that_is_needed_is_missed_like_a_file(results: Path, capsys) -> None:
    """An archive was packed without a folder, and with the rows that came of it."""
    before = (results / "SHA256SUMS").read_text()
    shutil.move(results / "tables", results.parent / "tables")
    shutil.rmtree(results / "data")
    for _ in range(2):
        with pytest.raises(BadInput, match="1 of its files are not as they were made"):
            changes.note(results, needed=lambda name: not name.startswith("data/"))
    assert f"missing: {results / 'tables/table 1.md'}\n" in capsys.readouterr().err
    shutil.move(results.parent / "tables", results / "tables")
    changes.note(results, needed=lambda name: not name.startswith("data/"))
    after = (results / "SHA256SUMS").read_text()
    assert set(before.splitlines()[1:]) - set(after.splitlines()[1:]) == {
        line for line in before.splitlines() if "  data/" in line
    }


def test_only_what_was_touched_is_read_again(results: Path, monkeypatch) -> None:
    read: list[str] = []
    digest = changes.sha256
    monkeypatch.setattr(changes, "sha256", lambda path: read.append(path.name) or digest(path))
    run(results)
    read.clear()
    write(results, {"cells.csv": "more\n"})
    (results / "tables/table 1.md").touch()
    run(results, "cells.csv")
    assert sorted(read) == ["cells.csv", "table 1.md"]


def test_a_list_that_is_damaged_is_not_taken_for_none(results: Path) -> None:
    whole = (results / "SHA256SUMS").read_text()
    write(results, {"cells.csv": "damaged\n", "SHA256SUMS": whole[:-80]})
    with pytest.raises(BadInput, match="is not whole"):
        run(results)
    assert (results / "SHA256SUMS").read_text() == whole[:-80]


def test_what_is_no_file_is_named(results: Path, capsys) -> None:
    os.mkfifo(results / "tables/pipe")
    with pytest.raises(BadInput, match="1 of its files"):
        run(results)
    assert f"{results / 'tables/pipe'}: is a named pipe" in capsys.readouterr().err


def test_of_many_files_some_are_named(results: Path, capsys) -> None:
    many = {f"labels/{number}.h5": "labels" for number in range(50)}
    write(results, many)
    run(results, *many)
    write(results, dict.fromkeys(many, "damaged"))
    with pytest.raises(BadInput, match="50 of its files"):
        run(results)
    assert capsys.readouterr().err.count("changed:") == changes.SHOWN


def test_a_list_that_cannot_be_written_is_said(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    changes.expect(results, [str(results / "new.csv")])
    write(results, {"new.csv": "new"})
    monkeypatch.setattr(changes, "write_text", full)
    changes.note(results)
    assert "SHA256SUMS: is not written (No space left on device)" in capsys.readouterr().err


def test_damage_is_named_although_the_list_cannot_be_written(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    write(results, {"cells.csv": "damaged\n"})
    for broken in ("write_text", "_now"):
        with monkeypatch.context() as patch:
            patch.setattr(changes, broken, full)
            with pytest.raises(BadInput, match="1 of its files"):
                changes.note(results)
        said = capsys.readouterr().err
        assert f"changed: {results / 'cells.csv'}" in said
        assert "SHA256SUMS: is not written" in said


def test_a_file_that_cannot_be_read_is_no_list_that_cannot_be_written(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(path: Path) -> str:
        raise OSError(5, "Input/output error", str(path))

    (results / "cells.csv").touch()
    monkeypatch.setattr(changes, "sha256", failing)
    with pytest.raises(BadInput, match=r"cells\.csv: cannot be read .Input/output error"):
        changes.note(results)


def test_a_date_that_is_still_to_come_hides_no_damage(results: Path) -> None:
    date, since = (results / changes.DATE).read_text().split()
    write(results, {"cells.csv": "damaged\n", changes.DATE: f"{date} {int(since) + 10**18}"})
    with pytest.raises(BadInput, match="1 of its files"):
        changes.note(results)


@pytest.mark.parametrize("noted", ['["."]', "[1, null]", "[" * 100_000, "{", '"."'])
def test_nothing_is_expected_of_a_note_that_is_damaged(results: Path, noted: str) -> None:
    write(results, {changes.EXPECTED: noted, "cells.csv": "damaged\n"})
    with pytest.raises(BadInput, match="1 of its files"):
        changes.note(results)
    changes.expect(results, [str(results), str(results / "tables")])
    with pytest.raises(BadInput, match="1 of its files"):
        changes.note(results)


@pytest.mark.parametrize("name", [changes.DATE, changes.EXPECTED])
def test_a_pipe_in_place_of_a_note_is_not_waited_for(results: Path, name: str) -> None:
    (results / name).unlink(missing_ok=True)
    os.mkfifo(results / name)
    write(results, {"cells.csv": "damaged\n"})
    with pytest.raises(BadInput, match="1 of its files"):
        changes.note(results)


def test_a_list_that_was_there_and_is_gone_is_said(results: Path, capsys) -> None:
    (results / "SHA256SUMS").unlink()
    changes.note(results)
    assert "SHA256SUMS: was there and is gone" in capsys.readouterr().err
