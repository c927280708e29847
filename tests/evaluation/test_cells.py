"""Cells gathered: what was measured in, documented columns out, in one order."""

import csv
from pathlib import Path

import pytest

from posequery.cell import KEY, Cell
from posequery.evaluation.cells import collect, write_table
from posequery.jobs.files import BadInput, summed_by, write_summed

ROW = {
    "setting": "online",
    "teacher": "network",
    "method": "uniform",
    "rate": "1/100",
    "k": "1",
    "n": "100",
    "seed": "0",
    "stream": "S1",
    "mpjpe_px": "20.125",
    "mpjpe_px_without_first_window": "18.5",
    "mpjpe_px_equal_lag": "",
    "mpjpe_px_parsed": "9.5",
    "found_share": "0.9",
    "trainings": "8",
    "frames_trained": "8",
    "passes": "80",
    "frames": "900",
}
SECONDS = '{"training": 3.5, "inference": 1.25, "selection": 0.5, "stream": 180.0}'


class Gathered:
    """Cells' folders, with their rows in tables as `measure` writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.measured: list[Path] = []
        self.breakdowns: list[Path] = []
        self.files = [folder / f"{name}.csv" for name in ("cells", "breakdown", "seconds")]

    def add(self, *rows: tuple[str, dict[str, str]], seconds: str = SECONDS) -> "Gathered":
        """One table more, of cells in these folders that differ so from `ROW`."""
        number = len(self.measured)
        self.measured.append(self.folder / f"measures/{number}.csv")
        self.breakdowns.append(self.folder / f"measures/{number}_breakdown.csv")
        tables: list[list[dict[str, str]]] = [[], []]
        for name, changed in rows:
            row = ROW | changed
            which = {key: row[key] for key in KEY}
            write_summed(self.folder / name / "seconds.json", seconds, Cell(**which).folder)
            tables[0].append(row | {"folder": f"../{name}"})
            tables[1] += [which | {"by": "joint", "name": j, "mpjpe_px": "1.5"} for j in "ab"]
        for path, table in zip((self.measured[-1], self.breakdowns[-1]), tables, strict=True):
            write_table(path, list(table[0]), (row.values() for row in table))
        return self

    def collect(self) -> tuple[Path, Path, Path]:
        collect(self.measured, self.breakdowns, *self.files)
        return tuple(self.files)


@pytest.fixture
def gathered(tmp_path: Path) -> Gathered:
    return Gathered(tmp_path)


def test_a_row_is_what_was_measured(gathered):
    cells, breakdown, seconds = gathered.add(("cells/here", {})).collect()
    with cells.open(newline="") as handle:
        assert list(csv.reader(handle)) == [
            (
                "setting,teacher,method,rate,k,n,seed,stream,mpjpe_px,mpjpe_px_without_first_window,"
                "mpjpe_px_equal_lag,mpjpe_px_parsed,found_share,trainings,frames_trained,passes,"
                "frames,folder"
            ).split(","),
            "online,network,uniform,1/100,1,100,0,S1,20.125,18.5,,9.5,0.9,8,8,80,900,cells/here".split(
                ","
            ),
        ]
    assert breakdown.read_text() == (
        "setting,teacher,method,rate,seed,stream,by,name,mpjpe_px\n"
        "online,network,uniform,1/100,0,S1,joint,a,1.5\n"
        "online,network,uniform,1/100,0,S1,joint,b,1.5\n"
    )
    assert seconds.read_text() == (
        "setting,teacher,method,rate,seed,stream,training_s,inference_s,selection_s,stream_s\n"
        "online,network,uniform,1/100,0,S1,3.5,1.25,0.5,180.0\n"
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_numbers_are_kept_exactly(gathered):
    row = {"rate": "20/100", "mpjpe_px": repr(0.1 + 0.2), "another_column": "1"}
    cells, _, seconds = gathered.add(("one", row)).collect()
    (cell,), (clock,) = rows(cells), rows(seconds)
    assert cell["rate"] == clock["rate"] == "20/100"
    assert float(cell["mpjpe_px"]) == 0.1 + 0.2
    assert (cell["another_column"], cell["k"], cell["folder"]) == ("1", "1", "one")


def test_offline_has_no_stream(gathered):
    offline = {
        "setting": "offline",
        "stream": "none",
        "rate": "0",
        "mpjpe_px_without_first_window": "",
    }
    spent = '{"training": 1, "inference": 2}'
    cells, _, seconds = gathered.add(("a", offline), seconds=spent).collect()
    assert rows(cells)[0]["rate"] == "0"
    (clock,) = rows(seconds)
    assert (clock["training_s"], clock["selection_s"], clock["stream_s"]) == ("1", "", "")


def test_order_is_of_the_cells_not_of_the_tables(tmp_path):
    marks = [("1/5", "0"), ("1/100", "10"), ("1/100", "9"), ("1/20", "0")]
    given = [(str(n), {"rate": rate, "seed": seed}) for n, (rate, seed) in enumerate(marks)]
    offline = ("last", {"setting": "offline", "stream": "none"})
    one = Gathered(tmp_path / "one").add(*given).add(offline).collect()
    assert [cell["folder"] for cell in rows(one[0])] == ["last", "2", "1", "3", "0"]
    other = Gathered(tmp_path / "other").add(offline).add(*given[::-1]).collect()
    for path, same in zip(one, other, strict=True):
        assert path.read_bytes() == same.read_bytes()


def test_a_cell_without_any_label_is_named_and_nothing_appears(gathered):
    gathered.add(("good", {}), ("bad", {"mpjpe_px": "", "seed": "1"}))
    with pytest.raises(BadInput, match=r"bad: has no error, .* has a label"):
        gathered.collect()
    assert not any(path.exists() for path in gathered.files)


def test_missing_and_torn_files_are_named(gathered):
    gathered.add(("cell", {}))
    path, of = gathered.folder / "cell/seconds.json", Cell(**{key: ROW[key] for key in KEY}).folder
    for content in ('{"training": 1', "[]"):
        write_summed(path, content, of)
        with pytest.raises(BadInput, match=r"seconds.json: is not readable JSON"):
            gathered.collect()
    write_summed(path, '{"training": 1, "inference": 2}', of)
    with pytest.raises(BadInput, match="has no 'selection'"):
        gathered.collect()
    path.unlink()
    with pytest.raises(BadInput, match=r"seconds.json: the cell has no such file"):
        gathered.collect()
    for content in ("", "setting,folder\nonline\n", "setting,teacher\nonline,t\n"):
        write_summed(gathered.measured[0], content)
        with pytest.raises(BadInput, match=r"0.csv: is not a valid table of cells"):
            gathered.collect()
    gathered.measured[0].unlink()
    with pytest.raises(BadInput, match=r"0.csv: cannot be read"):
        gathered.collect()
    assert not any(path.exists() for path in gathered.files)


def test_tables_of_other_columns_are_not_joined(gathered):
    gathered.add(("a", {})).add(("b", {"seed": "1", "new": "1"}))
    with pytest.raises(BadInput, match=r"1.csv: its columns are not setting, "):
        gathered.collect()


def test_a_cell_is_named_once(gathered):
    with pytest.raises(BadInput, match="there is no cell"):
        gathered.collect()
    gathered.add(("a", {})).add(("b", {"rate": "2/200"}))
    with pytest.raises(BadInput, match="b: holds the same cell as .*a"):
        gathered.collect()


def test_seconds_of_another_cell_are_refused(gathered, tried):
    gathered.add(("a", {}), ("b", {"seed": "1"}))
    places = [gathered.folder / f"{name}/seconds.json" for name in "ab"]
    for name in (str, summed_by):
        one, other = (Path(name(path)) for path in places)
        one.rename(gathered.folder / "kept")
        other.rename(one)
        (gathered.folder / "kept").rename(other)
    with pytest.raises(BadInput, match=r"a/seconds\.json: is of \S+/seed1, not of \S+/seed0\."):
        gathered.collect()
    tried("5", "two files of one name exchanged with their sums", {"refused": 1})
