"""Objects found by name, in a folder that a test fills."""

import sys

import pytest

from posequery.jobs.files import BadInput
from posequery.registry import Registry


@pytest.fixture
def birds(tmp_path, monkeypatch):
    """A package of two modules; gives its registry."""
    folder = tmp_path / "birds"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "wren.py").write_text("BIRD = 'small'\n")
    (folder / "crane").mkdir()
    (folder / "crane/__init__.py").write_text("BIRD = 'large'\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield Registry("birds", [str(folder)], "BIRD", "bird")
    for name in [name for name in sys.modules if name.partition(".")[0] == "birds"]:
        del sys.modules[name]


def test_files_and_packages_are_found_and_none_is_imported(birds):
    assert birds.names() == ("crane", "wren")
    assert "birds" not in sys.modules


def test_an_object_is_loaded_by_its_files_name(birds):
    assert (birds.load("wren"), birds.load("crane")) == ("small", "large")
    assert "birds.crane" in sys.modules


def test_what_is_dropped_into_the_folder_is_found(birds, tmp_path):
    (tmp_path / "birds/owl.py").write_text("BIRD = 'wise'\n")
    assert birds.names() == ("crane", "owl", "wren")
    assert birds.load("owl") == "wise"


def test_an_unknown_name_gets_the_nearest(birds):
    with pytest.raises(ValueError, match="no bird is called 'wern': did you mean 'wren'?"):
        birds.load("wern")
    with pytest.raises(ValueError, match="there are crane, wren"):
        birds.load("ostrich")


def test_a_file_that_binds_nothing_is_named(birds, tmp_path):
    (tmp_path / "birds/stone.py").touch()
    with pytest.raises(BadInput, match="birds/stone: binds no BIRD"):
        birds.load("stone")


@pytest.mark.parametrize("name", ["z-z", "Owl", "owl.old", "é", "x" * 101])
def test_a_name_that_is_no_folders_is_refused_with_the_fix(birds, tmp_path, name):
    (tmp_path / f"birds/{name}.py").touch()
    if "." in name:  # which Python takes for no module
        assert birds.names() == ("crane", "wren")
        return
    with pytest.raises(BadInput, match=f"birds/{name}: no bird may be called .* Rename the file"):
        birds.names()


def test_a_reserved_name_is_refused(birds, tmp_path):
    kept = Registry("birds", [str(tmp_path / "birds")], "BIRD", "bird", reserved=("all",))
    assert kept.names() == ("crane", "wren")
    (tmp_path / "birds/all.py").touch()
    with pytest.raises(BadInput, match="birds/all: no bird may be called 'all', which means"):
        kept.names()


@pytest.mark.parametrize(
    ("label", "named"),
    [
        ("large bird", "that of birds/crane"),
        ("wren", "the name of another"),
        ("all", "the name of another"),
    ],
)
def test_two_with_one_label_are_refused(birds, tmp_path, label, named):
    kept = Registry("birds", [str(tmp_path / "birds")], "BIRD", "bird", reserved=("all",))
    kind = "from types import SimpleNamespace\nBIRD = SimpleNamespace(label={!r})\n"
    for name, own in (("crane/__init__", "large bird"), ("wren", "small bird")):
        (tmp_path / f"birds/{name}.py").write_text(kind.format(own))
    assert kept.by_label("label") == {"large bird": "crane", "small bird": "wren"}
    (tmp_path / "birds/owl.py").write_text(kind.format(label))
    with pytest.raises(BadInput, match=f"birds/owl: is printed as '{label}', which is {named}\\."):
        kept.by_label("label")
