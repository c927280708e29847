"""The environments are written down in several places, which must say the same."""

import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ENVS = ROOT / "envs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def lines(name):
    text = (ENVS / name).read_text().splitlines()
    return [line for line in text if line and not line.startswith(("#", "-r"))]


def pins(name):
    """Versions by package name; fails on anything that is not pinned exactly once."""
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
        ("test.txt", EXTRAS["test"]),
    ],
)
def test_pins_lie_in_the_ranges_of_the_project(name, wanted):
    pinned = pins(name)
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not pinned in {name}"
        assert requirement.specifier.contains(version)


def test_test_pins_add_to_the_workstations():
    assert "-r workstation.txt" in (ENVS / "test.txt").read_text().splitlines()
    assert not pins("test.txt").keys() & pins("workstation.txt").keys()


@pytest.mark.parametrize("name", ["workstation", "jetson"])
def test_conda_has_the_same_pins(name):
    environment = yaml.safe_load((ENVS / f"{name}.yaml").read_text())
    assert environment["dependencies"][-1]["pip"] == lines(f"{name}.txt")


def test_torch_is_pinned_without_a_build():
    assert pins("workstation.txt")["torch"] == "2.13.0"
    assert "torch==2.13.0" in PROJECT["dependencies"]
