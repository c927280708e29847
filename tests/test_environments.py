"""The environments are described in several files, which must agree."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from grimp import build_graph
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from posequery import strategies, teachers

ROOT = Path(__file__).resolve().parent.parent
ENVS = ROOT / "envs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def lines(name):
    text = (ENVS / name).read_text().splitlines()
    return [line for line in text if line and not line.startswith(("#", "-r"))]


def pins(name):
    """Versions by package name; fails on a package that is not pinned exactly once."""
    found = {}
    for line in lines(name):
        package, version = line.split("==")
        assert canonicalize_name(package) == package not in found
        found[package] = version
    return found


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("workstation.txt", PROJECT["dependencies"] + EXTRAS["lab"]),
        ("engines.txt", EXTRAS["onnx"]),
        ("test.txt", EXTRAS["test"]),
    ],
)
def test_pins_are_in_the_ranges_of_the_project(name, wanted):
    pinned = pins(name)
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not pinned in {name}"
        assert requirement.specifier.contains(version)


def test_the_tests_pins_extend_the_workstations():
    assert "-r workstation.txt" in (ENVS / "test.txt").read_text().splitlines()
    assert "-r workstation.txt" in (ENVS / "engines.txt").read_text().splitlines()
    several = [pins(name).keys() for name in ("workstation.txt", "engines.txt", "test.txt")]
    assert len(set().union(*several)) == sum(map(len, several))


@pytest.mark.parametrize("name", ["workstation", "jetson"])
def test_conda_has_the_same_pins(name):
    environment = yaml.safe_load((ENVS / f"{name}.yaml").read_text())
    assert environment["dependencies"][-1]["pip"] == lines(f"{name}.txt")


def reached(script, loaded=()):
    """Packages outside the standard library that a script brings in, by all that it imports and
    by the modules that it loads by name."""
    graph = build_graph("posequery", include_external_packages=True, cache_dir=None)
    tree = ast.parse(script.read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in nodes for alias in node.names if isinstance(node, ast.Import)}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    ours = {*names, *loaded} & graph.modules
    for module in list(ours):
        ours |= graph.find_upstream_modules(module)
    tops = {name.partition(".")[0] for name in names | ours}
    return tops - sys.stdlib_module_names - {"posequery"}


def test_a_boards_own_python_runs_the_scripts_that_need_torch_and_has_what_they_import():
    rules = (ROOT / "workflow/rules/common.smk").read_text()
    named = ast.literal_eval(re.search(r"^TORCH = (\{.*?^\})", rules, re.DOTALL | re.M)[1])
    needs = {script.stem: reached(script) for script in (ROOT / "scripts").glob("*.py")}
    assert {name for name in needs if "torch" in needs[name]} == named & needs.keys()
    label = ROOT / "scripts/label.py"
    taught = {name: reached(label, [f"posequery.teachers.{name}"]) for name in teachers.names()}
    able = {name for name in taught if teachers.load(name).torch}
    assert {name for name in taught if "torch" in taught[name]} == able
    # Online, a strategy runs within the job that adapts.
    picks = [f"posequery.strategies.{name}" for name in strategies.names()]
    needs["adapt"] |= reached(ROOT / "scripts/adapt.py", picks)
    packages = {"cv2": "opencv-python-headless", "sklearn": "scikit-learn", "yaml": "pyyaml"}
    brought = [needs[name] for name in named & needs.keys()] + [taught[name] for name in able]
    # An export is no job: it runs on the workstation.
    wanted = set().union(*brought) - {"torch", "onnx", "onnxscript"}
    assert {packages.get(name, name) for name in wanted} == pins("jetson.txt").keys()


def test_torch_is_pinned_without_a_build_tag():
    assert pins("workstation.txt")["torch"] == "2.13.0"
    assert "torch==2.13.0" in PROJECT["dependencies"]
