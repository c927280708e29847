"""Figures whole, repeated to the byte, and drawn from what there is."""

import xml.etree.ElementTree

import pytest

from posequery.jobs.files import BadInput
from posequery.report.figures import write_figures

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
    again = write_figures(cells_csv, stream.path, labels, captions, tmp_path / "again")
    assert {file.name: file.read_bytes() for file in again} == made


@pytest.fixture
def panels(monkeypatch):
    """The panels that each figure over time was drawn with."""
    drawn = []
    from posequery.report import figures

    draw = figures.draw_over_time
    monkeypatch.setattr(
        figures, "draw_over_time", lambda panels, *rest: drawn.append(panels) or draw(panels, *rest)
    )
    return drawn


def test_each_panel_has_the_lowest_rate_of_its_teacher_and_what_all_share(
    a_cell, cells, write_cells, stream, labels, captions, panels, tmp_path
):
    more = [
        a_cell("online", "ground_truth", "uniform", 20, 99.0),
        a_cell("online", "ground_truth", "once", 5, 17.0, trainings=1),
        a_cell("online", "ground_truth", "continual", 100, 16.0),
    ]
    cells_csv, _ = write_cells(cells + more)
    write_figures(cells_csv, stream.path, labels, captions, tmp_path / "figures")
    found = [
        [(panel.title, {curve.label: curve.error[0] for curve in panel.curves}) for panel in figure]
        for figure in panels
    ]
    shared = {"teacher network itself": 5.0, "unadapted student": 25.0}
    truth, taught = "Trained on: ground truth", "Trained on: teacher network"
    own = {"continual distillation": 16.0, "once": 17.0, "uniform": 18.0}
    assert found == [
        [(truth, shared | {"uniform": 18.0}), (taught, shared | {"uniform": 19.0})],
        [(truth, shared | own), (taught, shared | {"uniform": 19.0})],
    ]


def test_a_run_restricted_to_the_offline_half_says_so(
    cells, write_cells, stream, captions, panels, tmp_path
):
    cells_csv, _ = write_cells(cells[:2])
    write_figures(cells_csv, stream.path, None, captions, tmp_path / "figures")
    assert [[(panel.title, panel.curves) for panel in figure] for figure in panels] == [
        [("Trained on: ground truth", ())]
    ] * 2
    assert "none of these cells" in (tmp_path / "figures/figure2a.md").read_text()


def test_a_broken_input_leaves_no_figure(cells, write_cells, stream, labels, captions, tmp_path):
    cells_csv, _ = write_cells(cells)
    (tmp_path / "cells/online/stream/network/uniform/1of10/seed0/record.h5").write_bytes(b"torn")
    with pytest.raises(BadInput, match=r"network/uniform/1of10/seed0/record\.h5"):
        write_figures(cells_csv, stream.path, labels, captions, tmp_path / "figures")
    assert not (tmp_path / "figures").exists()
