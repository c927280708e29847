import subprocess
import sys
from pathlib import Path

import pytest

from posequery.jobs.files import BadInput
from posequery.study import provenance
from posequery.study.provenance import Code, code_digest, require_checkout

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
from toy.student import training
training.run()
"""
PACKAGE = {
    "__init__": "",
    "files": "LIMIT = 1\n",
    "metrics": "def error(x):\n    return x - 1\n",
    "student/__init__": '"""The student."""\n',
    "student/training": (
        '"""Trains."""\n'
        "def run():\n"
        '    """Train."""\n'
        "    from toy.student import network\n"
        "    return network.build()\n"
    ),
    "student/network": "from ..files import LIMIT\ndef build():\n    return LIMIT\n",
    "strategies/__init__": "import importlib\n",
    "strategies/uniform": "def pick(k):\n    return k\n",
    "strategies/random": "from toy import metrics\n",
    "jobs/__init__": "",
    "jobs/progress": "WIDTH = 80\n",
    "evaluation/__init__": "",
    "evaluation/columns/__init__": "import importlib\n",
    "evaluation/columns/errors": "from toy.metrics import error\n",
}


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A package on disk, a script, and a function that gives the script's digest afresh."""
    for name, text in PACKAGE.items():
        path = tmp_path / "src" / "toy" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "train.py").write_text(SCRIPT)
    monkeypatch.syspath_prepend(tmp_path / "src")

    def digest(*strategies, change=("files", PACKAGE["files"])):
        (tmp_path / "src" / "toy" / f"{change[0]}.py").write_text(change[1])
        modules = [f"strategies.{strategy}" for strategy in strategies]
        return Code("toy").digest(tmp_path / "train.py", modules)

    digest.script = tmp_path / "train.py"
    return digest


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n" + PACKAGE["student/training"],
        PACKAGE["student/training"].replace("Train.", "Train the network, whatever it is."),
        PACKAGE["student/training"].replace('"""Trains."""\n', ""),
        PACKAGE["student/training"].replace('    """Train."""\n', '    "A"\n    "B"\n\n'),
        PACKAGE["student/training"].replace(
            "network.build()", "(\n        network.build( )\n    )"
        ),
    ],
)
def test_comments_docstrings_and_layout_change_nothing(toy, text):
    assert toy() == toy(change=("student/training", text))


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("student/training", "network.build()", "network.build"),
        ("student/network", "return LIMIT", "return -LIMIT"),  # imported inside a function
        ("student/__init__", '"""\n', '"""\nTHREADS = 1\n'),  # a package on the way
        ("files", "1", "2"),  # imported relatively, two steps away
        ("files", "1", "'1'"),
        ("files", "1", "1.0"),
    ],
)
def test_code_in_reach_changes_the_digest(toy, module, old, new):
    edited = PACKAGE[module].replace(old, new)
    assert edited != PACKAGE[module]
    assert toy() != toy(change=(module, edited))


def test_the_script_itself_counts(toy):
    before = toy()
    toy.script.write_text(SCRIPT.replace("run()", "run(1)"))
    assert toy() != before
    toy.script.write_text("# Trains.\n" + SCRIPT)
    assert toy() == before


def test_code_out_of_reach_changes_nothing(toy):
    assert toy() == toy(change=("metrics", "K = 1\n")) == toy(change=("strategies/uniform", ""))


def test_an_edited_strategy_changes_only_digests_that_name_it(toy):
    before = toy("uniform"), toy("random"), toy("uniform", "random")
    toy(change=("strategies/uniform", "def pick(k):\n    return k + 1\n"))
    after = toy("uniform"), toy("random"), toy("uniform", "random")
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, False]


def test_a_strategy_brings_what_it_imports(toy):
    before = toy("uniform"), toy("random")
    toy(change=("metrics", "def error(x):\n    return x\n"))
    assert [toy("uniform") == before[0], toy("random") == before[1]] == [True, False]


def test_what_only_shows_things_does_not_count(toy):
    script = toy.script.read_text() + "from toy.jobs import progress\n"
    toy.script.write_text(script)
    assert toy() == toy(change=("jobs/progress", "WIDTH = 100\n"))


def test_a_listed_package_brings_all_its_modules(toy):
    column = ("evaluation/columns/errors", "from toy.metrics import error\nK = 1\n")
    assert toy() == toy(change=column)
    toy.script.write_text("from toy.evaluation import columns\n")
    before = toy()
    assert before != toy(change=("evaluation/columns/errors", "K = 2\n"))
    before = toy()
    assert before != toy(change=("evaluation/columns/another", "K = 1\n"))


def test_imports_for_type_checkers_do_not_count(toy):
    guarded = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import toy.metrics\n"
    (toy.script.parent / "src" / "toy" / "student" / "network.py").write_text(guarded)
    assert toy() == toy(change=("metrics", ""))


def test_the_order_of_strategies_does_not_count(toy):
    assert toy("uniform", "random") == toy("random", "uniform")


def test_what_is_wrong_is_named(toy, tmp_path):
    toy.script.write_text("import toy.studnet\n")
    with pytest.raises(BadInput, match=r"train\.py: line 1 imports toy\.studnet"):
        toy()
    toy.script.write_text("import (\n")
    with pytest.raises(BadInput, match=r"train\.py: line 1"):
        toy()
    toy.script.unlink()
    with pytest.raises(BadInput, match=r"train\.py: cannot be read"):
        toy()


def test_the_digest_is_the_same_in_every_process(toy):
    assert toy() == toy()
    script = ROOT / "scripts" / "archive.py"
    program = (
        "import sys, pathlib; from posequery.study.provenance import code_digest; "
        "print(code_digest(pathlib.Path(sys.argv[1])))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, script],
        env={"PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == code_digest(script)


def test_the_checkout_must_be_what_python_imports(tmp_path):
    require_checkout(ROOT / "src")
    with pytest.raises(BadInput, match="pip uninstall posequery"):
        require_checkout(tmp_path)


def test_a_package_that_shadows_the_checkout_is_noticed(tmp_path, monkeypatch):
    (tmp_path / "posequery").mkdir()
    (tmp_path / "posequery" / "__init__.py").write_text("")
    monkeypatch.delitem(sys.modules, "posequery")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadInput, match=str(tmp_path)):
        require_checkout(ROOT / "src")


@pytest.mark.parametrize("script", sorted(path.name for path in ROOT.glob("scripts/*.py")))
def test_every_script_has_a_digest(script):
    assert len(code_digest(ROOT / "scripts" / script)) == 16


def test_registries_alone_load_by_name():
    """Any other dynamic import would run code that no digest covers."""
    loaders = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "src").rglob("*.py")
        if "import_module" in path.read_text() or "__import__" in path.read_text()
    }
    assert loaders == {"src/posequery/registry.py"}
    registries = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "src").rglob("*.py")
        if "Registry[" in path.read_text()
    }
    rooms = ("strategies", "teachers", "sources/kinds", "evaluation/columns")
    rooms += ("student/engines",)
    assert registries == {f"src/posequery/{room}/__init__.py" for room in rooms}


def test_no_script_hides_a_module():
    """A script's folder comes first in its search path: scripts/select.py would hide `select`."""
    taken = sys.stdlib_module_names | {provenance.PACKAGE, "numpy", "torch", "av", "cv2", "h5py"}
    assert not taken & {path.stem for path in ROOT.glob("scripts/*.py")}


def test_a_sum_of_thousands_of_terms_has_a_digest_that_changes_with_it(toy):
    long = f"LIMIT = {' + '.join(['1'] * 3000)}\n"
    first = toy(change=("files", long))
    assert first != toy(change=("files", f"{long[:-1]} + 1\n"))
    assert first == toy(change=("files", long))
