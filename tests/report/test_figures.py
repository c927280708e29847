"""Curves by hand; figures whole, repeated to the byte, and drawn from what there is."""

import dataclasses
import xml.etree.ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posequery.evaluation.cells import read_cells
from posequery.jobs.files import BadInput
from posequery.report.by_rate import draw_by_rate
from posequery.report.curves import Curve, method_curve, rolling_mean, teacher_curve
from posequery.report.figures import write_figures
from posequery.report.over_time import Panel, Timeline, draw_over_time
from posequery.report.plotting import OTHERS, STYLES, render, styles

NAMES = {"figure2a", "figure2b", "error_by_rate"}


@pytest.fixture
def cells(a_cell):
    return [
        a_cell("offline", "none", "none", 0, 30.0),
        a_cell("offline", "ground_truth", "uniform", 1, 20.0),
        a_cell("online", "none", "baseline", 0, 25.0),
        a_cell("online", "ground_truth", "uniform", 10, 18.0),
        a_cell("online", "network", "uniform", 10, 19.0),
    ]


def test_rolling_mean_by_hand():
    values = np.array([1.0, 2.0, 6.0, np.nan, 4.0])
    assert rolling_mean(values, 1) == pytest.approx(values, nan_ok=True)
    assert rolling_mean(values, 3) == pytest.approx([1.5, 3.0, 4.0, 5.0, 4.0])
    assert rolling_mean(values, 2) == pytest.approx([1.0, 1.5, 4.0, 6.0, 4.0])
    assert np.isnan(rolling_mean(np.full(3, np.nan), 2)).all()


@given(
    st.lists(st.one_of(st.just(np.nan), st.floats(0, 500)), min_size=1, max_size=40),
    st.integers(1, 60),
)
def test_rolling_mean_against_brute_force(values, window):
    values = np.array(values)
    expected = []
    for at in range(len(values)):
        part = values[max(0, at - window // 2) : at + (window + 1) // 2]
        known = part[np.isfinite(part)]
        expected.append(known.mean() if len(known) else np.nan)
    assert rolling_mean(values, window) == pytest.approx(np.array(expected), abs=1e-6, nan_ok=True)


def test_curves_are_of_limbs_of_seeds_and_of_the_teacher(
    a_cell, write_cells, stream, labels, tmp_path
):
    rows = [
        a_cell("online", "network", "uniform", 10, px, seed=seed)
        for seed, px in enumerate((10.0, 20.0))
    ]
    cells_csv, _ = write_cells(rows)
    curve = method_curve(tmp_path, read_cells(cells_csv), np.full((40, 18, 2), 10), 5)
    assert curve.error == pytest.approx(np.full(40, 15.0))
    assert curve.updates.tolist() == [10, 20, 30]
    # 3 px in x and 4 px in y.
    assert teacher_curve(labels, stream, 5).error == pytest.approx(np.full(40, 5.0))


def test_a_foreign_or_missing_record_is_named(a_cell, write_cells, tmp_path):
    rows = [a_cell("online", "network", "uniform", 10, 10.0)]
    cells_csv, _ = write_cells(rows, frames=39)
    cells = read_cells(cells_csv)
    with pytest.raises(BadInput, match="records 39 frames of a stream of 40"):
        method_curve(tmp_path, cells, np.full((40, 18, 2), 10), 5)
    (tmp_path / cells[0].folder / "record.h5").unlink()
    with pytest.raises(BadInput, match=r"record\.h5"):
        method_curve(tmp_path, cells, np.full((40, 18, 2), 10), 5)


def test_figures_are_whole_undated_and_captioned(
    cells, write_cells, stream, labels, captions, tmp_path
):
    cells_csv, _ = write_cells(cells)
    files = write_figures(cells_csv, stream.path, labels, captions, tmp_path / "figures")
    made = {file.name: file.read_bytes() for file in files}
    assert set(made) == {f"{n}.{ending}" for n in NAMES for ending in ("png", "pdf", "svg", "md")}
    for name in NAMES:
        assert made[f"{name}.png"].startswith(b"\x89PNG")
        assert made[f"{name}.pdf"].startswith(b"%PDF")
        xml.etree.ElementTree.fromstring(made[f"{name}.svg"])
        assert b"Date" not in made[f"{name}.pdf"]
        assert b"<dc:date>" not in made[f"{name}.svg"]
        caption = made[f"{name}.md"].decode()
        assert "rendered stand-in" in caption
        online = name != "error_by_rate"
        assert ("window of 10 frames" in caption) == online
        assert ("first videos" in caption) != online
        assert "One seed" in caption
    assert "Rolling mean over 2 frames (0.4 s), centred" in made["figure2a.md"].decode()
    assert r"errors\_over & 100 % \| limbs" in made["figure2a.md"].decode()


def test_the_same_drawing_gives_the_same_bytes(cells, captions):
    first, second = (render(draw_by_rate(cells[:2], captions, "n"), "a", "c") for _ in range(2))
    assert first == second
    assert set(first) == {"a.png", "a.pdf", "a.svg", "a.md"}


def test_a_broken_input_leaves_no_figure(cells, write_cells, stream, labels, captions, tmp_path):
    cells_csv, _ = write_cells(cells)
    (tmp_path / "cells/online/network/uniform/1of10/seed0/record.h5").write_bytes(b"torn")
    with pytest.raises(BadInput, match=r"network/uniform/1of10/seed0/record\.h5"):
        write_figures(cells_csv, stream.path, labels, captions, tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def drawn_texts(figure):
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


def test_a_panel_shows_starts_updates_and_names():
    curves = (
        Curve("baseline", np.full(40, 25.0), np.empty(0, np.int64)),
        Curve("uniform", np.linspace(20, 10, 40), np.array([10, 20, 40])),
    )
    timeline = Timeline(("Walking 1", "Sitting 1"), np.array([0, 20]), 40, 5.0)
    names = {"baseline": "unadapted student", "uniform": "uniform"}
    figure = draw_over_time([Panel("Labels: x", curves)], timeline, names, "rendered stand-in")
    axes = figure.axes[0]
    starts = [line for line in axes.lines if line.get_color() == "0.82"]
    assert [line.get_xdata()[0] for line in starts] == [0.0, 4.0]
    blue = [line for line in axes.lines if line.get_color() == "#0072B2"]
    dots = next(line for line in blue if line.get_linestyle() == "None")
    # An update after the last frame has nowhere to stand.
    assert dots.get_xdata().tolist() == [2.0, 4.0]
    assert dots.get_ydata() == pytest.approx(curves[1].error[[10, 20]])
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert [line.get_color() for line in dotted] == ["#000000"]
    texts = drawn_texts(figure)
    for text in ("Walking 1", "Labels: x", "rendered stand-in", "stream time (min:s)"):
        assert text in texts
    assert axes.get_ylim() == pytest.approx((0, 25 * 1.15))


def test_no_word_leaves_the_page(cells, captions):
    readings = captions.readings | {"common": ("a long reading of the paper",) * 25}
    captions = dataclasses.replace(captions, readings=readings)
    timeline = Timeline(tuple("WalkTogether 1" for _ in range(30)), np.arange(30) * 30, 900, 5.0)
    methods = ("teacher", "baseline", "uniform", "random", "error", "least_confidence", "k", "l")
    curves = tuple(Curve(m, np.full(900, 9.0), np.array([100])) for m in methods)
    names = {method: f"last label repeated, {method} 20 %" for method in methods}
    over_time = draw_over_time(
        [Panel("x", curves)] * 2, timeline, names, captions.reading("online")
    )
    for figure in (over_time, draw_by_rate(cells[:2], captions, captions.reading("online"))):
        figure.draw_without_rendering()
        box = figure.get_tightbbox()  # inches
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.get_figwidth()
        assert box.y1 <= figure.get_figheight()


def test_a_run_without_such_cells_says_so(stream, captions):
    timeline = Timeline(("Walking 1",), np.array([0]), 40, 5.0)
    for figure in (
        draw_over_time([Panel("x", ())], timeline, {}, ""),
        draw_by_rate([], captions, ""),
    ):
        assert "This run has none of these cells." in drawn_texts(figure)


def test_rate_lines_show_spread_and_the_published(a_cell, captions):
    cells = [
        a_cell("offline", "ground_truth", "uniform", percent, px + seed, seed=seed)
        for percent, px in ((1, 20.0), (10, 18.0))
        for seed in (0, 2)
    ]
    figure = draw_by_rate(cells, captions, "")
    ours, theirs = figure.axes
    blue = next(line for line in ours.lines if line.get_color() == "#0072B2")
    assert blue.get_ydata() == pytest.approx([21.0, 19.0])
    blue = next(line for line in theirs.lines if line.get_color() == "#0072B2")
    assert blue.get_xdata() == pytest.approx([0.01, 0.05, 0.1, 0.2, 0.4])
    assert blue.get_ydata() == pytest.approx([11.92, 10.49, 10.56, 9.92, 11.52])
    assert [label.get_text() for label in ours.get_xticklabels()] == [
        "1 %\n10",
        "10 %\n100",
        "100 %",
    ]


def test_styles_tell_lines_apart_without_colour():
    drawn = styles(["uniform", "random", "error", "least_confidence", "k_center", "typiclust"])
    assert len({style.marker for style in drawn.values()}) == 6
    assert len({style.color for style in STYLES.values()}) == len(STYLES) - 1  # once is error's
    repeat = STYLES["repeat"]
    others = [style for style in (*STYLES.values(), *OTHERS) if style is not repeat]
    assert repeat.line not in [style.line for style in others]
    assert repeat.color not in [style.color for style in others]


def head(sequences):
    """Inches above the panel."""
    curves = (Curve("baseline", np.full(40, 25.0), np.empty(0, np.int64)),)
    timeline = Timeline(sequences, np.array([0, 20]), 40, 5.0)
    figure = draw_over_time([Panel("x", curves)], timeline, {"baseline": "never adapted"}, "")
    figure.draw_without_rendering()
    named = [text for text in figure.axes[0].texts if text.get_text() in sequences]
    boxes = [text.get_window_extent().ymax / figure.dpi for text in named]
    room = figure.get_figheight() - max(boxes)
    return (1 - figure.axes[0].get_position().y1) * figure.get_figheight(), room


def test_the_room_for_names_is_that_of_the_longest():
    short, over_short = head(("cam01", "cam02"))
    long, over_long = head(("cam01", r"a_$\frac$_name_of_some_length_as_files"))
    assert short < 0.4 < 1 < long
    for room in (over_short, over_long):
        assert 0 < room < 0.12
