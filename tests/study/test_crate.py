"""The metadata of an archive, and what a validator of RO-Crates says of it."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from archives import RUNS, a_study, packed

from posequery.study.unpacking import restore

ROOT = Path(__file__).parents[2]
VALIDATOR = ROOT / ".venv/crate/bin/python"

PROFILES = ["workflow-run-crate", "process-run-crate", "workflow-ro-crate"]


@pytest.fixture
def crate(tmp_path):
    archive = packed(a_study(tmp_path / "checkout"), tmp_path / "a.tar.gz")
    return restore(archive, tmp_path / "results")


def graph(crate):
    content = json.loads((crate / "ro-crate-metadata.json").read_text())
    return {entity["@id"]: entity for entity in content["@graph"]}


def test_every_file_is_described_by_its_size_and_sum(crate):
    entities = graph(crate)
    there = {
        path.relative_to(crate).as_posix()
        for path in crate.rglob("*")
        if path.is_file() and "state" not in path.parts
    } - {"ro-crate-metadata.json", "SHA256SUMS"}
    parts = [part["@id"] for part in entities["./"]["hasPart"]]
    assert sorted(map(unquote, parts)) == sorted(there)
    for part in parts:
        entity, content = entities[part], (crate / unquote(part)).read_bytes()
        assert "File" in entity["@type"]
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content))


def test_runs_are_actions_with_their_code_device_seeds_and_times(crate):
    entities = graph(crate)
    first, last = entities["#run1"], entities["#run2"]
    assert "endTime" not in first and last["endTime"] == RUNS[1]["ended"]
    assert {"@id": "cells.csv"} in last["result"] and {"@id": "settings/mini.yaml"} in last[
        "object"
    ]
    held = {
        entity["name"]: entity["value"]
        for entity in (entities[one["@id"]] for one in last["object"])
        if entity["@type"] == "PropertyValue"
    }
    assert held["commit"] == "c0ffee" and held["uncommitted changes"] == " M src/a.py"
    assert (held["device"], held["seeds"], held["torch"]) == ("cpu", "0", "2.13.0")


def test_every_reference_within_the_crate_leads_somewhere(crate):
    entities = graph(crate)

    def references(value):
        if isinstance(value, dict):
            yield from [value["@id"]] if value.keys() == {"@id"} else []
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    within = {one for one in references([*entities.values()]) if "://" not in one}
    assert len(within) > 20 and within <= entities.keys()


@pytest.mark.skipif(not VALIDATOR.is_file(), reason="make test makes its environment, .venv/crate")
@pytest.mark.parametrize(
    "profile", ["workflow-run-crate", "process-run-crate", "workflow-ro-crate"]
)
def test_a_validator_finds_all_that_is_required(crate, profile):
    command = [VALIDATOR, ROOT / "tests/builders/validate_crate.py", crate, profile]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def found():
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (found().returncode, found().stdout) == (0, ""), found().stderr[-3000:]
    (crate / "cells.csv").unlink()
    assert found().returncode == 1 and "Data Entity 'cells.csv'" in found().stdout
