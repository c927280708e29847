"""A study's folder of small files: results, and what is none."""

from pathlib import Path

FILES = {
    "cells.csv": "setting\n",
    "cells/online/none/baseline/0pct/seed0/weights.pt": "weights",
    "tables/table 1.md": "| a |\n",
    "data/S1/Walking 1.mp4": "video",
    "benchmarks/a.tsv": "1 s\n",
}
LEFT_OUT = {
    "logs/a.log": "log",
    "state/a/job": "unfinished",
    "mini.tar.gz": "an archive",
    "tables/.snakemake_timestamp": "",
    "check.txt": "looked at",
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
