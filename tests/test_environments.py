"""The environments are described in several files, which must agree."""

import ast
import hashlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
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
    ("names", "wanted"),
    [
        (["workstation.txt"], PROJECT["dependencies"] + EXTRAS["lab"]),
        (["engines.txt"], EXTRAS["onnx"]),
        (["slurm.txt"], EXTRAS["slurm"]),
        (["test.txt", "slurm.txt"], EXTRAS["test"]),
    ],
)
def test_pins_are_in_the_ranges_of_the_project(names, wanted):
    pinned = {package: version for name in names for package, version in pins(name).items()}
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not pinned in {' or '.join(names)}"
        assert requirement.specifier.contains(version)


def test_advice_to_install_can_be_followed():
    """The project is on no package index, so nobody can install 'posequery[onnx]' from one."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = set()
    for path in [*pages, *(ROOT / "src").rglob("*.py"), *(ROOT / "workflow").rglob("*.yaml")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"pip install\s+['\"]?posequery", text), path
        named |= set(re.findall(r"pip install\s+-r\s+(envs/[\w.]+)", text))
    assert {"envs/engines.lock", "envs/workstation.lock", "envs/slurm.lock"} <= named
    for file in named:
        assert (ROOT / file).is_file(), file


def included(name):
    return [line[3:] for line in (ENVS / name).read_text().splitlines() if line.startswith("-r ")]


def test_the_tests_pins_extend_the_workstations():
    assert included("engines.txt") == included("slurm.txt") == ["workstation.txt"]
    assert included("test.txt") == ["workstation.txt", "engines.txt", "slurm.txt"]
    several = [pins(name).keys() for name in ("test.txt", *included("test.txt"))]
    assert len(set().union(*several)) == sum(map(len, several))


NAMES = sorted(path.stem for path in ENVS.glob("*.txt"))


def test_every_file_of_pins_has_a_lock():
    assert sorted(path.stem for path in ENVS.glob("*.lock")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_has_the_same_pins_each_with_checksums_and_nothing_else(name):
    """In jetson.lock also what its pins need, so that they are complete. No line names an index
    or a place on the disk of the one who made it."""
    text = (ENVS / f"{name}.lock").read_text().replace(" \\\n", "")
    body = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in body if line.startswith("-r")] == [
        f"-r {file.replace('.txt', '.lock')}" for file in included(f"{name}.txt")
    ]
    locked = {}
    for line in body:
        if not line.startswith("-r"):
            found = re.fullmatch(r"(\S+)==(\S+)(    --hash=sha256:[0-9a-f]{64})+", line)
            assert found, line
            locked[found[1]] = found[2]
    wanted = {canonicalize_name(line.split("==")[0]): line for line in lines(f"{name}.txt")}
    wanted.pop("torch", None)
    assert locked == {package: line.split("==")[1] for package, line in wanted.items()}, (
        "pin all of them, then make lock"
    )


def wheel(folder, package, version, requires=""):
    """A wheel of no code: its SHA-256."""
    path, info = folder / f"{package}-{version}-py3-none-any.whl", f"{package}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        told = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n{requires}"
        file.writestr(f"{info}/METADATA", told)
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("served", ["the locked file", "another file"])
def test_what_make_installs_is_held_to_the_checksums_and_torch_to_the_pins(tmp_path, served):
    """torch, whose build has a tag, comes last, and brings what it needs in the pinned version. The
    mark of a whole environment stands only where all was installed."""
    there = tmp_path / "there"
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/whole").touch()
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\ntest "$1" = -c || exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    there.mkdir()
    checksum = wheel(there, "poses", "1.0")
    wheel(there, "poses", "2.0")
    wheel(there, "torch", "2.13.0+cpu", "Requires-Dist: poses\n")
    locked = checksum if served == "the locked file" else "0" * 64
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs/workstation.txt").write_text("poses==1.0\ntorch==2.13.0\n")
    lock = tmp_path / "envs/workstation.lock"
    lock.write_text(f"poses==1.0 \\\n    --hash=sha256:{locked}\n")
    pip = {
        "NO_INDEX": "1",
        "FIND_LINKS": there,
        "TARGET": tmp_path / "got",
        "CONFIG_FILE": os.devnull,
    }
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    done = subprocess.run(
        ["sh", ENVS / "install.sh", "envs/workstation.lock"],
        cwd=tmp_path,
        env={**inherited, **{f"PIP_{key}": str(value) for key, value in pip.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    installed = sorted(path.name for path in (tmp_path / "got").glob("*.dist-info"))
    if served == "the locked file":
        assert done.returncode == 0, done.stderr
        assert installed == ["poses-1.0.dist-info", "torch-2.13.0+cpu.dist-info"]
    else:
        assert done.returncode and "DO NOT MATCH THE HASHES" in done.stderr
        assert f"Got        {checksum}" in done.stderr
        assert not installed
    assert (tmp_path / ".venv/whole").exists() == (served == "the locked file")


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
    assert {packages.get(name, name) for name in wanted} <= pins("jetson.txt").keys()


def test_torch_is_pinned_without_a_build_tag():
    assert pins("workstation.txt")["torch"] == "2.13.0"
    assert "torch==2.13.0" in PROJECT["dependencies"]
