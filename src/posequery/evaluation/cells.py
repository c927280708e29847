"""A study's cells gathered into two long tables, from which every table and figure is made.

``cells.csv`` holds what a seed and a config fix to the last bit; ``seconds.csv`` what a clock
measured. Both have one row a cell, in the order setting, teacher, method, rate, seed.
"""

import csv
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from posequery.jobs.files import BadInput, whole


@dataclass(frozen=True)
class CellRow:
    """A row of ``cells.csv``; its fields are the columns, in order.

    setting: offline or online. teacher: who labelled (ground_truth, ..., none).
    method: none, all, baseline, once, continual, or a strategy.
    rate: the share picked, an exact fraction.
    k, n: frames picked and frames picked from, per window (online) or in the pool (offline).
    mpjpe_px: mean over all evaluated frames, source pixels; without_first_window: online only;
    equal_lag: of continual alone, its weights frozen at each window's start; parsed: the second
    reading, over the joints that trt_pose's parser finds. found_share: the share that those are of
    the labelled limb joints.
    trainings: how many were done. frames_trained: labelled frames used. passes: times epochs.
    frames: evaluated frames. folder: the cell's folder, relative to the CSV's own.
    """

    setting: str
    teacher: str
    method: str
    rate: Fraction
    k: int
    n: int
    seed: int
    mpjpe_px: float
    mpjpe_px_without_first_window: float | None
    mpjpe_px_equal_lag: float | None
    mpjpe_px_parsed: float | None
    found_share: float | None
    trainings: int
    frames_trained: int
    passes: int
    frames: int
    folder: str


@dataclass(frozen=True)
class SecondsRow:
    """A row of ``seconds.csv``: wall-clock seconds of one cell, empty where there is no such part.

    training_s, inference_s, selection_s: spent in each. stream_s: length of the video streamed.
    """

    setting: str
    teacher: str
    method: str
    rate: Fraction
    seed: int
    training_s: float | None
    inference_s: float | None
    selection_s: float | None
    stream_s: float | None


_REPAIR = "Delete this cell's folder and run the workflow again"


def _order(row: CellRow | SecondsRow) -> tuple[Any, ...]:
    return (row.setting, row.teacher, row.method, row.rate, row.seed)


def _load(path: Path, keys: Iterable[str]) -> dict[str, Any]:
    """The values under `keys` of a cell's JSON file."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {key: values[key] for key in keys}
    except FileNotFoundError:
        raise BadInput(path, "the cell has no such file", "Let its job finish first") from None
    except KeyError as error:
        raise BadInput(path, f"has no {error}", _REPAIR) from None
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(path, f"is not readable JSON ({error})", _REPAIR) from None


def _read_folder(folder: Path, base: Path) -> tuple[CellRow, SecondsRow]:
    path = folder / "summary.json"
    values = _load(path, [field.name for field in fields(CellRow) if field.name != "folder"])
    if values["mpjpe_px"] is None:
        fault = "has no error, since not one frame that it was measured on has a label"
        raise BadInput(path, fault, "Take videos in which the teacher sees a person")
    values["rate"] = Fraction(values["rate"])
    cell = CellRow(**values, folder=Path(os.path.relpath(folder, base)).as_posix())
    # Offline there is no stream, and frames are selected by a job of their own.
    more = ("selection", "stream") if cell.setting == "online" else ()
    spent = _load(folder / "seconds.json", ("training", "inference", *more))
    seconds = (spent.get(part) for part in ("training", "inference", "selection", "stream"))
    return cell, SecondsRow(cell.setting, cell.teacher, cell.method, cell.rate, cell.seed, *seconds)


def _write(path: Path, kind: type, rows: Iterable[CellRow | SecondsRow]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow([field.name for field in fields(kind)])
        writer.writerows(astuple(row) for row in rows)


def collect(folders: Sequence[Path], cells_csv: Path, seconds_csv: Path) -> int:
    """Gather the cells' ``summary.json`` and ``seconds.json``; returns how many cells there were.

    The order of ``folders`` is of no matter. Both files appear, or neither.
    Raises BadInput where a file is missing or broken, or two folders hold the same cell.
    """
    if not folders:
        raise BadInput(cells_csv, "there is no cell to collect", "Name at least one cell folder")
    rows = sorted(
        (_read_folder(Path(folder), cells_csv.parent) for folder in folders),
        key=lambda pair: (_order(pair[0]), pair[0].folder),
    )
    for (cell, _), (after, _) in pairwise(rows):
        if _order(cell) == _order(after):
            fault = f"holds the same cell as {cell.folder}"
            raise BadInput(cells_csv.parent / after.folder, fault, "Name each cell once")
    with whole(cells_csv) as cells_file, whole(seconds_csv) as seconds_file:
        _write(cells_file, CellRow, (cell for cell, _ in rows))
        _write(seconds_file, SecondsRow, (seconds for _, seconds in rows))
    return len(rows)
