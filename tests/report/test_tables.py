"""Tables 1 and 2 from fabricated cells and by hand."""

import csv
import io

import pytest

from posequery.evaluation.cells import of_cells
from posequery.jobs.files import BadInput, summed_by, write_summed
from posequery.online import profiles
from posequery.report.efficiency import Devices, papers_budget
from posequery.report.formats import to_csv
from posequery.report.tables import table_1, table_2, write_tables
from posequery.report.teacher import TeacherError
from posequery.timing import Timing


def heads(block):
    return [f"{group} {head}".strip() for group, head in block.columns]


def rows(table, block=None):
    texts = (block or table.ours).printed(table.formats)
    return {name: row for name, *row in texts.to_numpy().tolist()}


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


def test_table_1_has_the_papers_rows_and_k_beside_each_rate(offline, frame, captions):
    table = table_1(frame(offline), captions)
    assert heads(table.ours) == [
        "strategy",
        "0 % (k=0)",
        "1 % (k=10)",
        "20 % (k=200)",
        "100 % (k=1000)",
    ]
    assert rows(table) == {
        "uniform": ["30.00", "20.13", "18.00", "17.00"],
        "random": ["30.00", "–", "–", "17.00"],
        "error": ["30.00", "–", "–", "17.00"],
        "uncertainty": ["30.00", "21.00", "–", "17.00"],
    }
    assert [*rows(table)] == ["uniform", "random", "error", "uncertainty"]


def test_table_1_published_stands_beside_at_the_same_rates(offline, frame, captions):
    table = table_1(frame(offline), captions)
    assert rows(table, table.published)["uniform"] == ["16.33", "11.92", "9.92", "10.14"]
    assert heads(table.published)[2] == "1 %"
    assert "Published" in table.published.title
    assert "11.92" not in to_csv(table)


def test_csv_tables_hold_plain_numbers_alone(online, frame, captions):
    again = [row | {"seed": 1, "mpjpe_px": row["mpjpe_px"] + 2} for row in online]
    text = to_csv(table_2(frame(online + again), captions))
    assert not {*"–±%"} & {*"".join(text.splitlines()[1:])}
    rows = {row["method"]: row for row in csv.DictReader(io.StringIO(text))}
    head = "ground truth 10 % (k=1)"
    assert (rows["uniform"][head], rows["uniform"][f"{head} sd"]) == ("19", "1.4142")
    assert rows["random"][head] == ""


def test_several_seeds_give_mean_and_spread(a_cell, frame, captions):
    cells = [
        a_cell("offline", "ground_truth", "uniform", 1, px, seed=seed)
        for seed, px in enumerate((10.0, 12.0, 14.0))
    ]
    table = table_1(frame(cells), captions)
    assert rows(table)["uniform"] == ["–", "12.00 ± 2.00", "–"]
    assert "over 3 seeds" in table.caption


def test_captions_carry_what_must_be_said(offline, online, frame, captions):
    first, second = table_1(frame(offline), captions), table_2(frame(online), captions)
    for table in (first, second):
        assert "rendered stand-in" in table.caption
        assert "One seed, given one student: it cannot rank" in table.caption
    assert "pool's 1000" in first.caption
    assert "first videos" in first.caption
    assert "window of 10 frames" not in first.caption
    assert "window of 10 frames" in second.caption
    assert "first videos" not in second.caption
    assert "after every 4 frames, on all of them; the others wait for 10" in second.caption


def test_table_2_baseline_and_continual_fill_every_rate(online, frame, captions):
    table = table_2(frame(online), captions)
    assert heads(table.ours) == [
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
    assert [*rows(table)][:4] == [
        "baseline",
        "continual distillation",
        "continual, equal lag (added)",
        "once (added)",
    ]


def test_table_2_has_the_bound_where_it_was_run(a_cell, online, frame, captions):
    bound = a_cell("online", "ground_truth", "all", 100, 5.0)
    found = rows(table_2(frame([*online, bound]), captions))
    assert found["all (100 %) (added)"] == ["3", "5.00", "5.00", "–", "–"]
    assert [*found][3] == "all (100 %) (added)"
    assert not any(name.startswith("all") for name in rows(table_2(frame(online), captions)))


def test_table_2_without_the_first_window(online, frame, captions):
    table = table_2(frame(online), captions, first_window=False)
    assert rows(table)["uniform"] == ["3", "17.00", "14.00", "18.00", "–"]
    assert "continual, equal lag (added)" not in rows(table)
    assert "without the first window" in table.caption


def test_counts_of_trainings_that_differ_show_both_ends(online, frame, captions):
    online[-1]["trainings"] = 5
    table = table_2(frame(online), captions)
    assert rows(table)["uniform"][0] == "3–5"
    lines = {line["method"]: line for line in csv.DictReader(io.StringIO(to_csv(table)))}
    assert (lines["uniform"]["# train"], lines["uniform"]["# train to"]) == ("3", "5")
    assert (lines["once (added)"]["# train"], lines["once (added)"]["# train to"]) == ("1", "")


def test_table_2_published_has_its_own_heads(online, frame, captions):
    table = table_2(frame(online), captions)
    assert [*table.published.columns][3:5] == [
        ("ground truth", "20 % (k=300)"),
        ("OpenPose", "10 % (k=150)"),
    ]
    published = rows(table, table.published)
    assert published["baseline"] == ["0", "13.52", "13.52", "13.52", "13.52"]
    # The paper has no 10 %.
    assert published["uniform"] == ["33", "–", "9.09", "–", "11.52"]


def test_the_teachers_own_error_stands_below_table_2(online, frame, captions):
    table = table_2(frame(online), captions, teacher=TeacherError(5.0, 1.0))
    assert rows(table)["teacher network itself"] == ["–", "–", "–", "5.00", "5.00"]
    assert [*rows(table)][-1] == "teacher network itself"
    published = rows(table, table.published)
    assert published["OpenPose itself"] == ["–", "–", "–", "7.87", "7.87"]
    assert "100.0 % of the labelled ones" in table.caption
    assert "itself" not in table_2(frame(online), captions).caption
    nobody = table_2(frame(online), captions, teacher=TeacherError(None, None))
    assert rows(nobody)["teacher network itself"] == ["–"] * 5
    assert "finds (none of the labelled ones)" in nobody.caption


def test_a_run_of_one_method_keeps_its_number(a_cell, frame, captions):
    table = table_2(frame([a_cell("online", "none", "baseline", 0, 25.0)]), captions)
    assert heads(table.ours)[2:] == ["ground truth any rate", "teacher network any rate"]
    assert rows(table)["baseline"] == ["0", "25.00", "25.00"]
    assert heads(table.published)[2:] == ["ground truth any rate", "OpenPose any rate"]
    assert rows(table, table.published)["continual distillation"] == ["382", "11.21", "11.84"]


def test_a_strategy_that_the_paper_lacks_gets_a_marked_row(a_cell, frame, captions):
    cells = [a_cell("offline", "ground_truth", "k_center", 5, 19.0)]
    assert rows(table_1(frame(cells), captions))["k-center (added)"] == ["–", "19.00", "–"]


def test_no_cells_make_empty_tables(frame, captions):
    table = table_1(frame([]), captions)
    assert rows(table)["error"] == ["–", "–"]
    assert "none of these cells" in table.caption
    assert rows(table_2(frame([]), captions))["error"] == ["–", "–", "–"]


def test_two_teachers_beside_ground_truth_are_refused(a_cell, frame, captions):
    cells = [a_cell("online", name, "uniform", 10, 1.0) for name in ("network", "blazepose")]
    with pytest.raises(ValueError, match="one teacher"):
        table_2(frame(cells), captions)


def test_seconds_of_another_run_are_refused(online, captions, write_cells, tmp_path, tried):
    cells_csv, seconds_csv = write_cells(online)
    kept = [path.read_bytes() for path in (seconds_csv, summed_by(seconds_csv))]
    write_cells([cell | {"mpjpe_px": cell["mpjpe_px"] + 1} for cell in online])
    for path, content in zip((seconds_csv, summed_by(seconds_csv)), kept, strict=True):
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"seconds\.csv: is of the cells\.csv of sha256 \w+, not of"):
        write_tables(cells_csv, seconds_csv, captions, tmp_path / "tables")
    tried("5", "the tables of two runs together", {"refused": 1})


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
    write_summed(
        seconds_csv, seconds_csv.read_text().replace(",8.0\n", ",80.0\n"), of_cells(cells_csv)
    )
    second = make("second")
    assert [name for name in first if first[name] != second[name]] == [
        "efficiency.csv",
        "efficiency.md",
        "efficiency.tex",
    ]


def test_devices_have_a_table_of_their_own(online, captions, write_cells, tmp_path):
    board = profiles.load("jetson_xavier_nx")
    devices = Devices({"board": board}, papers_budget(board))
    files = write_tables(
        *write_cells(online), captions, tmp_path, devices=(devices, Timing.even(40, 5))
    )
    assert {f"real_time.{ending}" for ending in ("csv", "md", "tex")} < {one.name for one in files}
    # The board's own student: in the paper's setting and in this study's.
    assert len((tmp_path / "real_time.csv").read_text().splitlines()) == 1 + 4 + 4


def test_what_is_compared_is_written_in_plain_columns(online, captions, write_cells, tmp_path):
    write_tables(*write_cells(online), captions, tmp_path)
    head, *lines = (tmp_path / "compared.csv").read_text().splitlines()
    assert head == (
        "table,setting,teacher,method,rate,k,seeds,mpjpe_px,sd_px,mpjpe_px_without_first_window,"
        "sd_px_without_first_window,published_px,published_in"
    )
    assert lines[0] == "Table 2,online,none,baseline,0,0,1,25.0,,24.0,,13.52,Table 2"
    assert lines[4] == "Table 2,online,ground_truth,uniform,1/5,2,1,15.0,,14.0,,9.09,Table 2"


def test_a_broken_input_leaves_no_table(online, captions, write_cells, tmp_path):
    cells_csv, _ = write_cells(online)
    with pytest.raises(BadInput):
        write_tables(cells_csv, tmp_path / "none.csv", captions, tmp_path / "tables")
    assert not (tmp_path / "tables").exists()
