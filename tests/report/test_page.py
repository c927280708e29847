import pytest
from matplotlib.figure import Figure

from posequery.report.page import render, write_all


def drawing():
    figure = Figure(layout="constrained")
    figure.subplots().plot([1, 2], label="a")
    return figure


def test_the_same_drawing_gives_the_same_bytes():
    first, second = (render(drawing(), "a", "c") for _ in range(2))
    assert first == second
    assert set(first) == {"a.png", "a.pdf", "a.svg", "a.md"}
    assert first["a.md"] == b"c\n"
    assert b"Date" not in first["a.pdf"]
    assert b"<dc:date>" not in first["a.svg"]


def test_files_are_written_whole(tmp_path):
    assert write_all({"a": b"1", "b": b"2"}, tmp_path / "new") == [
        tmp_path / "new/a",
        tmp_path / "new/b",
    ]
    assert (tmp_path / "new/b").read_bytes() == b"2"
    (tmp_path / "new/c").mkdir()
    with pytest.raises(OSError, match="c"):
        write_all({"c": b"3"}, tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a", "b", "c"]
