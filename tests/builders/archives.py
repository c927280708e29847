"""Archives of a small study, and archives that no study makes."""

import gzip
import hashlib
import io
import json
import tarfile

from result_files import write

from posequery.study import changes
from posequery.study.archive import pack
from posequery.study.sharing import Sharing
from posequery.study.sums import as_text

ALL = Sharing(frames="held", adapted=True, student=True, page=True)
RUNS = [
    {
        "started": "2026-01-02T03:04:05+00:00",
        "ended": ended,
        "commit": "c0ffee",
        "changed": [" M src/a.py"],
        "device": "cpu",
        "seeds": [0],
        "system": "Linux x86_64",
        "python": "3.11.2",
        "packages": {"torch": "2.13.0"},
    }
    for ended in (None, "2026-01-02T04:04:05+00:00")
]


def a_study(folder):
    """A checkout and a study's results in it, a file of each kind."""
    files = {
        "results/mini/runs.json": json.dumps(RUNS),
        "results/mini/study.yaml": "seeds: [0]\n",
        "results/mini/report.html": "<p>",
        "results/mini/student/pretrained.pt": "weights",
        "results/mini/cells.csv": "setting\n",
        "results/mini/cells/online/none/baseline/0pct/seed0/weights.pt": "weights",
        "results/mini/cells/online/none/baseline/0pct/seed0/.state/epoch1.pt": "unfinished",
        "results/mini/tables/table 1.md": "| a |\n",
        "results/mini/data/human36m/S1/Videos/Walking.mp4": "video",
        "results/mini/clips/walking.h5": "clip",
        "results/mini/clips/pool.json": "[]",
        "results/mini/logs/train.log": "log",
        "results/mini/pictures/overlay.mp4": "a person",
        "results/mini/mini.tar.gz": "an older archive",
        "results/mini/only/uniform/cells.csv": "setting\n",
        "results/mini/only/uniform/pictures/overlay.mp4": "a person",
        "results/mini/only/uniform/mini.tar.gz": "an older archive",
        "workflow/Snakefile": "rule all:\n",
        "workflow/rules/archive.smk": "rule archive:\n",
        "envs/workstation.txt": "numpy==2.4.6\n",
    }
    write(folder, files)
    return folder, folder / "results" / "mini"


def packed(study, target, sharing=ALL):
    """What `pack` makes of a study at the end of a run: its path."""
    changes.note(study[1])
    return packed_as_listed(study, target, sharing)


def packed_as_listed(study, target, sharing=ALL):
    checkout, results = study
    pack(
        results, target, settings={"name": "mini", "seeds": [0]}, sharing=sharing, checkout=checkout
    )
    return target


def names(path):
    with tarfile.open(path) as tar:
        return [member.name for member in tar]


def member(name, content=b"a", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def sums(*names, content=b"a", folder="mini"):
    digest = hashlib.sha256(content).hexdigest()
    return member(f"{folder}/SHA256SUMS", as_text(dict.fromkeys(names, digest)).encode())


def archive(path, *members):
    with gzip.open(path, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return path
