"""The metadata of an archive: a Workflow Run Crate 0.5, an RO-Crate that says what was run.

https://www.researchobject.org/workflow-run-crate/profiles/workflow_run_crate/
"""

import json
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

METADATA = "ro-crate-metadata.json"

_RO_CRATE = "https://w3id.org/ro/crate/1.1"
_RUNS = "https://w3id.org/ro/wfrun"
_WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_PROFILES = {
    f"{_RUNS}/process/0.5": ("Process Run Crate", "0.5"),
    f"{_RUNS}/workflow/0.5": ("Workflow Run Crate", "0.5"),
    _WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
_SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
_WORKFLOW = "workflow/Snakefile"
_RESULTS = ("cells.csv", "breakdown.csv", "seconds.csv", "report.html")
_SHA256 = "https://w3id.org/ro/terms/workflow-run#sha256"
"""A term that RO-Crate 1.1 has not, as Workflow Run Crate defines it."""
_PAPER = "https://arxiv.org/abs/2309.01612"
_TYPES = {".h5": "application/x-hdf5", ".md": "text/markdown", ".yaml": "application/yaml"}


def settings(name: str) -> str:
    """Where in a crate the settings of the study `name` are: a study's file of that name."""
    return f"settings/{name}.yaml"


class File(NamedTuple):
    """A file of the crate: its size in bytes, and the hexadecimal SHA-256 of its content."""

    size: int
    sha256: str


Entity = dict[str, Any]


def metadata(
    name: str,
    files: Mapping[str, File],
    runs: Sequence[Mapping[str, Any]],
    left_out: Sequence[str],
) -> str:
    """The text of `ro-crate-metadata.json` for the study `name`.

    files: all others of the crate, by name. runs: as `runs.read` gives them. left_out: what the
    archive does not hold of the study, in words.
    """
    entities = [*_crate(name, files, runs, left_out), *_workflow(files), *_runs(name, files, runs)]
    entities += [_file(one, about) for one, about in files.items() if one != _WORKFLOW]
    context = [f"{_RO_CRATE}/context", {"sha256": _SHA256}]
    content = {"@context": context, "@graph": entities}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _crate(
    name: str,
    files: Iterable[str],
    runs: Sequence[Mapping[str, Any]],
    left_out: Sequence[str],
) -> list[Entity]:
    lacks = f" Left out: {'; '.join(left_out)}." if left_out else ""
    dates = [run["ended"] or run["started"] for run in runs]
    profiles = [
        {"@id": key, "@type": "CreativeWork", "name": title, "version": version}
        for key, (title, version) in _PROFILES.items()
    ]
    descriptor = {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": _ids([_RO_CRATE, _WORKFLOW_CRATE]),
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"posequery study {name}",
        "description": "Results of query strategies for online active distillation of human pose, "
        f"and how they came about.{lacks}",
        # Of a study that was made before runs were noted, nobody knows when.
        "datePublished": max(dates, default="1970-01-01"),
        "license": {"@id": "#licence"},
        "citation": {"@id": _PAPER},
        "conformsTo": _ids(_PROFILES),
        "hasPart": _ids(quote(one) for one in files),
        "mainEntity": {"@id": _WORKFLOW},
        "mentions": _ids(f"#run{number}" for number in range(1, len(runs) + 1)),
    }
    licence = {
        "@id": "#licence",
        "@type": "CreativeWork",
        "name": "The workflow: MIT. The results: whatever their maker says",
        "description": "The MIT licence is that of posequery's code. It says nothing of the data "
        "that a study was given.",
    }
    paper = {"@id": _PAPER, "@type": "ScholarlyArticle", "name": "On the Query Strategies for "
             "Efficient Online Active Distillation"}  # fmt: skip
    return [descriptor, root, *profiles, licence, paper]


def _workflow(files: Mapping[str, File]) -> list[Entity]:
    rules = [one for one in files if one.startswith("workflow/") and one != _WORKFLOW]
    workflow = _file(_WORKFLOW, files[_WORKFLOW]) | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "posequery",
        "programmingLanguage": {"@id": _SNAKEMAKE},
        "hasPart": _ids(quote(one) for one in rules),
        "input": [{"@id": "#settings"}],
        "output": [{"@id": "#cells"}],
    }
    language = {
        "@id": _SNAKEMAKE,
        "@type": "ComputerLanguage",
        "name": "Snakemake",
        "alternateName": "SMK",
        "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
        "url": {"@id": "https://snakemake.readthedocs.io"},
    }
    return [
        workflow,
        language,
        _parameter("#settings", "config", "The study's settings", required=True),
        _parameter("#cells", "cells", "One row per cell of the study", required=False),
    ]


def _parameter(key: str, name: str, description: str, *, required: bool) -> Entity:
    return {
        "@id": key,
        "@type": "FormalParameter",
        "additionalType": "File",
        "conformsTo": {"@id": "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"},
        "name": name,
        "description": description,
        "valueRequired": required,
    }


def _runs(name: str, files: Iterable[str], runs: Sequence[Mapping[str, Any]]) -> list[Entity]:
    """Each run as an action, and the software, device and seeds that it had."""
    there, entities = {*files}, []  # type: set[str], list[Entity]
    results = [one for one in _RESULTS if one in there]
    for number, run in enumerate(runs, 1):
        values = {
            "commit": run["commit"] or "unknown: run outside of git",
            "uncommitted changes": ", ".join(run["changed"]) or "none",
            "device": run["device"],
            "seeds": ", ".join(map(str, run["seeds"])),
            "system": run["system"],
            "Python": run["python"],
            **run["packages"],
        }
        held = {
            f"#run{number}-{quote(key)}": {"name": key, "value": value}
            for key, value in values.items()
        }
        action = {
            "@id": f"#run{number}",
            "@type": "CreateAction",
            "name": f"Run {number} of study {name}",
            "instrument": {"@id": _WORKFLOW},
            "startTime": run["started"],
            "object": _ids([quote(settings(name)), *held]),
        }
        if run["ended"]:
            status = {"actionStatus": {"@id": "http://schema.org/CompletedActionStatus"}}
            # The results are those of the last run that made them.
            last = number == len(runs)
            action |= {"endTime": run["ended"], **status} | (
                {"result": _ids(results)} if last else {}
            )
        entities.append(action)
        entities += [{"@id": key, "@type": "PropertyValue", **about} for key, about in held.items()]
    return entities


def _file(name: str, about: File) -> Entity:
    suffix = name[name.rfind(".") :] if "." in name else ""
    kind = _TYPES.get(suffix) or mimetypes.types_map.get(suffix)
    of = "#settings" if name.startswith("settings/") else None
    of = "#cells" if name == "cells.csv" else of
    return {
        "@id": quote(name),
        "@type": "File",
        "name": name,
        "contentSize": str(about.size),
        "sha256": about.sha256,
        **({"encodingFormat": kind} if kind else {}),
        **({"exampleOfWork": {"@id": of}} if of else {}),
    }


def _ids(keys: Iterable[str]) -> list[Entity]:
    return [{"@id": key} for key in keys]
