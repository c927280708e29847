"""What was read how, and what the numbers were made with."""

import json
import platform
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from posequery.report.cells import of_setting
from posequery.report.html.parts import Section, Words, sheet
from posequery.report.html.sources import Sources

PACKAGES = (
    "posequery torch numpy scipy scikit-learn opencv-python-headless av h5py pandas altair "
    "vl-convert-python snakemake"
).split()
_OF = {"common": "everywhere", "offline": "offline", "online": "online"}


def readings(sources: Sources) -> Section:
    said = sources.said.readings
    rows = [[_OF[at], reading] for at in _OF for reading in said.get(at, ())]
    table = sheet(
        "How the protocol reads the paper where it is silent", ["where", "reading"], rows, 2
    )
    keys = [[key, _plain(value)] for key, value in sorted(sources.settings.items())]
    settings = replace(sheet("The study's settings", ["key", "value"], keys, 2), folded=True)
    return Section("readings", "What was read how", [table, settings])


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value))
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _versions() -> Iterator[list[str]]:
    yield ["Python", platform.python_version()]
    for name in PACKAGES:
        try:
            yield [name, version(name)]
        except PackageNotFoundError:
            continue


def _spent(sources: Sources) -> Iterator[list[str]]:
    for setting in ("offline", "online"):
        here = of_setting(sources.seconds_rows, setting)
        if len(here):
            yield [f"{setting}: cells", str(len(here))]
            yield [f"{setting}: seconds of training", f"{here['training_s'].sum():.0f}"]
            yield [f"{setting}: seconds of inference", f"{here['inference_s'].sum():.0f}"]


def _last_run(sources: Sources) -> Iterator[list[str]]:
    """Nothing within another workflow, of which no run is noted."""
    if not sources.runs:
        return
    last = sources.runs[-1]
    commit, changed = last.get("commit"), last.get("changed") or ()
    yield ["runs so far", str(len(sources.runs))]
    yield ["last run: begun", last["started"]]
    yield ["last run: ended", last.get("ended") or "not when this page was made"]
    yield ["last run: commit", commit or "not known, outside of git"]
    known = ", ".join(line[2:].strip() for line in changed) or "none"
    yield ["last run: uncommitted changes", known if commit else "not known, outside of git"]


def provenance(sources: Sources) -> Section:
    name = sources.captions.study
    first = [
        ["study", name],
        ["frames", sources.captions.source],
        ["device", str(sources.settings.get("device", "cpu"))],
        ["processor", platform.machine()],
        ["seeds", ", ".join(map(str, sorted(set(sources.cells["seed"]))))],
        ["streams", ", ".join(index.stem for index in sources.streams)],
    ]
    spent = sheet(
        "This run, and its seconds",
        ["what", "value"],
        [*first, *_last_run(sources), *_spent(sources)],
    )
    versions = sheet("Packages when this page was made", ["package", "version"], _versions())
    codes = sheet(
        "Code: a digest of each script and all that it imports",
        ["script", "digest"],
        [[script, digest] for script, digest in sorted(sources.codes.items())],
        2,
    )
    again = (
        f"Made again by: snakemake --cores all --config study={name}. Every number here is traced "
        "to a row of cells.csv, and that to the records in its folder."
    )
    same = (
        "On the CPU the same settings, code and packages give the same numbers to the last bit; "
        "seconds differ from run to run."
    )
    if sources.settings.get("online.clock") == "measured":
        same += " So do the online cells here, since seconds decide when their weights go live."
    words = Words([again, same])
    return Section("provenance", "Provenance", [words, spent, versions, codes])
