"""Tables 1 and 2, efficiency and the comparison, from fabricated cells and by hand."""

import csv
import io
from dataclasses import replace

import pytest

from posequery.jobs.files import BadInput
from posequery.report.captions import Captions
from posequery.report.comparison import comparison, finding
from posequery.report.efficiency import efficiency, efficiency_offline
from posequery.report.tables import Teacher, table_1, table_2, teacher_itself, write_tables
from posequery.report.typeset import to_csv


def heads(table):
    return [f"{group} {head}".strip() for group, head in table.columns]


def rows(table):
    return {row[0]: list(row[1:]) for row in table.rows}


@pytest.fixture
def offline(a_cell):
    return [
        a_cell("offline", "none", "none", 0, 30.0),
        a_cell("offline", "ground_truth", "all", 100, 17.0),
        a_cell("offline", "ground_truth", "uniform", 1, 20.126),
        a_cell("offline", "ground_truth", "uniform", 20, 18.0),
        a_cell("offline", "ground_truth", "least_confidence", 1, 21.0),
    ]


@pytest.fixture
def online(a_cell):
    return [
        a_cell("online", "none", "baseline", 0, 25.0),
        a_cell("online", "ground_truth", "continual", 100, 9.0, n=4, k=4, mpjpe_px_equal_lag=12.0),
        a_cell("online", "ground_truth", "once", 10, 22.0, trainings=1),
        a_cell("online", "ground_truth", "uniform", 10, 18.0),
        a_cell("online", "ground_truth", "uniform", 20, 15.0),
        a_cell("online", "network", "uniform", 10, 19.0),
    ]


def test_table_1_has_the_papers_rows_and_k_beside_each_rate(offline, captions):
    table = table_1(offline, captions)
    assert heads(table) == [
        "strategy",
        "0 % (k=0)",
        "1 % (k=10)",
        "20 % (k=200)",
        "100 % (k=1000)",
    ]
    assert [row[0] for row in table.rows] == ["uniform", "random", "error", "uncertainty"]
    assert rows(table) == {
        "uniform": ["30.00", "20.13", "18.00", "17.00"],
        "random": ["30.00", "–", "–", "17.00"],
        "error": ["30.00", "–", "–", "17.00"],
        "uncertainty": ["30.00", "21.00", "–", "17.00"],
    }


def test_table_1_published_stands_beside_at_the_same_rates(offline, captions):
    table = table_1(offline, captions)
    assert table.beside[0] == ("uniform", "16.33", "11.92", "9.92", "10.14")
    assert table.beside_columns[2] == ("", "1 %")
    assert "Published" in table.beside_title
    assert "11.92" not in to_csv(table)


def test_csv_tables_hold_plain_numbers_alone(a_cell, online, captions, write_cells):
    from posequery.evaluation.cells import read_cells, read_seconds

    again = [replace(cell, seed=1, mpjpe_px=cell.mpjpe_px + 2) for cell in online]
    files = write_cells(online + again)
    cells, seconds = read_cells(files[0]), read_seconds(files[1])
    for table in (table_2(cells, captions), efficiency(cells, seconds, captions)):
        text = to_csv(table)
        assert not {*"–±%"} & {*"".join(text.splitlines()[1:])}
    rows = {
        row["method"]: row for row in csv.DictReader(io.StringIO(to_csv(table_2(cells, captions))))
    }
    head = "ground truth 10 % (k=1)"
    assert (rows["uniform"][head], rows["uniform"][f"{head} sd"]) == ("19", "1.4142")
    assert rows["random"][head] == ""
    spent = list(csv.DictReader(io.StringIO(to_csv(efficiency(cells, seconds, captions)))))
    (row,) = (row for row in spent if row["rate"] == "0.2")
    # 1 second of training in a stream of 8.
    assert (row["training s"], row["training s sd"]) == ("1", "0")
    assert (row["share of real time"], row["share of real time sd"]) == ("0.125", "0")


def test_several_seeds_give_mean_and_spread(a_cell, captions):
    cells = [
        a_cell("offline", "ground_truth", "uniform", 1, px, seed=seed)
        for seed, px in enumerate((10.0, 12.0, 14.0))
    ]
    table = table_1(cells, captions)
    assert rows(table)["uniform"] == ["–", "12.00 ± 2.00", "–"]
    assert "over 3 seeds" in table.caption


def test_captions_carry_what_must_be_said(offline, online, captions):
    for table in (table_1(offline, captions), table_2(online, captions)):
        assert "rendered stand-in" in table.caption
        assert "One seed: it cannot rank" in table.caption
    assert "pool's 1000" in table_1(offline, captions).caption
    for table in (table_1(offline, captions), efficiency_offline(offline, [], captions)):
        assert "first videos" in table.caption
        assert "window of 10 frames" not in table.caption
    for table in (table_2(online, captions), efficiency(online, [], captions)):
        assert "window of 10 frames" in table.caption
        assert "first videos" not in table.caption
    assert "looks 4 ahead where the others look 10" in table_2(online, captions).caption


def test_table_2_baseline_and_continual_fill_every_rate(online, captions):
    table = table_2(online, captions)
    assert heads(table) == [
        "method",
        "# train",
        "ground truth 10 % (k=1)",
        "ground truth 20 % (k=2)",
        "teacher network 10 % (k=1)",
        "teacher network 20 % (k=2)",
    ]
    assert rows(table) == {
        "baseline": ["0", "25.00", "25.00", "25.00", "25.00"],
        "continual distillation": ["3", "9.00", "9.00", "–", "–"],
        "continual, equal lag (added)": ["3", "12.00", "12.00", "–", "–"],
        "once (added)": ["1", "22.00", "–", "–", "–"],
        "uniform": ["3", "18.00", "15.00", "19.00", "–"],
        "random": ["–"] * 5,
        "error": ["–"] * 5,
        "uncertainty": ["–"] * 5,
    }


def test_table_2_without_the_first_window(online, captions):
    table = table_2(online, captions, first_window=False)
    assert rows(table)["uniform"] == ["3", "17.00", "14.00", "18.00", "–"]
    assert "continual, equal lag (added)" not in rows(table)
    assert "without the first window" in table.caption


def test_table_2_published_has_its_own_heads(online, captions):
    table = table_2(online, captions)
    assert table.beside_columns[3:5] == (
        ("ground truth", "20 % (k=300)"),
        ("OpenPose", "10 % (k=150)"),
    )
    published = {row[0]: row[1:] for row in table.beside}
    assert published["baseline"] == ("0", "13.52", "13.52", "13.52", "13.52")
    # The paper has no 10 %.
    assert published["uniform"] == ("33", "–", "9.09", "–", "11.52")


def test_the_teachers_own_error_stands_below_table_2(online, captions, stream, labels):
    """The labels are 3 px to the right of the truth and 4 px below it."""
    teacher = teacher_itself(labels, stream)
    assert teacher == Teacher(5.0, 1.0)
    table = table_2(online, captions, teacher=teacher)
    assert rows(table)["teacher network itself"] == ["–", "–", "–", "5.00", "5.00"]
    assert table.beside[-1] == ("OpenPose itself", "–", "–", "–", "7.87", "7.87")
    assert "100.0 % of the labelled ones" in table.caption
    assert "itself" not in table_2(online, captions).caption


def test_a_run_of_one_method_keeps_its_number(a_cell, captions):
    table = table_2([a_cell("online", "none", "baseline", 0, 25.0)], captions)
    assert heads(table)[2:] == ["ground truth any rate", "teacher network any rate"]
    assert rows(table)["baseline"] == ["0", "25.00", "25.00"]


def test_a_strategy_that_the_paper_lacks_gets_a_marked_row(a_cell, captions):
    cells = [a_cell("offline", "ground_truth", "k_center", 5, 19.0)]
    assert rows(table_1(cells, captions))["k center (added)"] == ["–", "19.00", "–"]


def test_no_cells_make_empty_tables(captions):
    assert rows(table_1([], captions))["error"] == ["–", "–"]
    assert "none of these cells" in table_1([], captions).caption
    assert rows(table_2([], captions))["error"] == ["–", "–", "–"]
    assert efficiency([], [], captions).rows == ()


def test_two_teachers_beside_ground_truth_are_refused(a_cell, captions):
    cells = [a_cell("online", name, "uniform", 10, 1.0) for name in ("network", "blazepose")]
    with pytest.raises(ValueError, match="one teacher"):
        table_2(cells, captions)


def test_efficiency(online, offline, captions, write_cells):
    from posequery.evaluation.cells import read_cells, read_seconds

    cells_csv, seconds_csv = write_cells(online + offline)
    cells, seconds = read_cells(cells_csv), read_seconds(seconds_csv)
    table = efficiency(cells, seconds, captions)
    # Training took k / 2 seconds of a stream of 8 in these fabricated cells.
    assert [row for row in table.rows if row[0] == "uniform"] == [
        ("uniform", "ground truth", "10 %", "1", "3", "3", "0.50", "6.2 %", "–"),
        ("uniform", "ground truth", "20 %", "2", "3", "6", "1.00", "12.5 %", "–"),
        ("uniform", "teacher network", "10 %", "1", "3", "3", "0.50", "6.2 %", "–"),
    ]
    assert table.rows[0] == ("baseline", "–", "–", "0", "0", "0", "0.00", "0.0 %", "–")
    assert table.rows[2][:3] == ("continual distillation", "ground truth", "–")
    assert table.rows[2][-1] == "25200"
    by_rate = efficiency_offline(cells, seconds, captions)
    assert by_rate.rows == (
        ("1 %", "10", "10", "2", "5.00 ± 0.00", "540"),
        ("20 %", "200", "200", "1", "100.00", "21600"),
        ("100 %", "1000", "1000", "1", "500.00", "–"),
    )


@pytest.mark.parametrize(
    ("changes", "published", "word"),
    [
        ([-5.0], -4.0, "undecided"),
        ([], -4.0, "undecided"),
        ([-5.0, -5.2, -4.8], -4.0, "same direction"),
        ([5.0, 5.2, 4.8], -4.0, "opposite"),
        ([5.0, 5.2, 4.8], 0.15, "same direction"),
        # 95 % interval of [-1, -3]: -2 ± 12.7.
        ([-1.0, -3.0], -4.0, "undecided"),
    ],
)
def test_finding(changes, published, word, captions):
    assert finding(changes, published, captions) == f"{word}, in the stand-in"
    real = Captions("s", "Human3.6M", "OpenPose", captions.readings)
    assert finding(changes, published, real) == word


def test_comparison_has_a_line_a_cell_beside_the_published(a_cell, offline, captions):
    twice = [
        a_cell(c.setting, c.teacher, c.method, int(c.rate * 100), c.mpjpe_px + seed / 10, seed=seed)
        for c in offline
        for seed in (0, 1)
    ]
    lines = list(csv.DictReader(io.StringIO(comparison(twice, captions))))
    assert len(lines) == len(offline)
    uniform = next(
        line for line in lines if line["method"] == "uniform" and line["rate"] == "1/100"
    )
    assert float(uniform["mpjpe_px"]) == pytest.approx(20.176)
    assert float(uniform["sd_px"]) == pytest.approx(0.0707, abs=1e-4)
    assert (uniform["seeds"], uniform["k"], uniform["published_px"]) == ("2", "10", "11.92")
    assert uniform["finding"] == "same direction, in the stand-in"
    none = next(line for line in lines if line["method"] == "none")
    assert (none["published_px"], none["finding"]) == ("16.33", "")


def test_seconds_touch_the_efficiency_tables_alone(
    online, offline, captions, write_cells, tmp_path
):
    cells_csv, seconds_csv = write_cells(online + offline)

    def make(name):
        files = write_tables(cells_csv, seconds_csv, captions, tmp_path / name)
        return {file.name: file.read_bytes() for file in files}

    first = make("first")
    assert sorted(first) == sorted(
        [
            f"{name}.{ending}"
            for name in (
                "table1",
                "table2",
                "table2_without_first_window",
                "efficiency",
                "efficiency_offline",
            )
            for ending in ("csv", "md", "tex")
        ]
        + ["compared.csv"]
    )
    seconds_csv.write_text(seconds_csv.read_text().replace(",8.0\n", ",80.0\n"))
    second = make("second")
    assert [name for name in first if first[name] != second[name]] == [
        "efficiency.csv",
        "efficiency.md",
        "efficiency.tex",
    ]


def test_a_broken_input_leaves_no_table(online, captions, write_cells, tmp_path):
    cells_csv, _ = write_cells(online)
    with pytest.raises(BadInput):
        write_tables(cells_csv, tmp_path / "none.csv", captions, tmp_path / "tables")
    assert not (tmp_path / "tables").exists()
