"""A study's cells gathered into two long tables, from which every table and figure is made.

``cells.csv`` holds what a seed and a config fix to the last bit; ``seconds.csv`` what a clock
measured. Both have one row a cell, in the order setting, teacher, method, rate, seed.
"""

import csv
import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from posequery.files import BadInput, whole


@dataclass(frozen=True)
class CellRow:
    """A row of ``cells.csv``; its fields are the columns, in order.

    setting: offline or online. teacher: who labelled (ground_truth, ..., none).
    method: none, all, baseline, once, continual, or a strategy.
    rate: the share picked, an exact fraction; empty where the method has none.
    k, n: frames picked and frames picked from, per window (online) or in the pool (offline).
    mpjpe_px: mean over all evaluated frames, source pixels; without_first_window: online only;
    equal_lag: of continual alone, its weights frozen at each window's start.
    trainings: how many were done. frames_trained: labelled frames used. passes: times epochs.
    frames: evaluated frames. folder: the cell's folder, relative to the CSV's own.
    """

    setting: str
    teacher: str
    method: str
    rate: Fraction | None
    k: int
    n: int
    seed: int
    mpjpe_px: float
    mpjpe_px_without_first_window: float | None
    mpjpe_px_equal_lag: float | None
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
    rate: Fraction | None
    seed: int
    training_s: float | None
    inference_s: float | None
    selection_s: float | None
    stream_s: float | None


_REPAIR = "Delete this cell's folder and run the workflow again"


def _order(row: CellRow | SecondsRow) -> tuple[Any, ...]:
    return (row.setting, row.teacher, row.method, row.rate is not None, row.rate or 0, row.seed)


def _load(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(path, "the cell has no such file", "Let its job finish first") from None
    except (OSError, ValueError) as error:
        raise BadInput(path, f"is not readable JSON ({error})", _REPAIR) from None
    if not isinstance(data, dict):
        raise BadInput(path, "does not hold a JSON object", _REPAIR)
    return data


def _take(path: Path, data: dict[str, Any], key: str, kind: str) -> Any:
    """A checked value: kind is word, count, number, 'number or null' or 'fraction or null'."""
    if key not in data:
        raise BadInput(path, f"has no '{key}'", _REPAIR)
    value = data[key]
    if value is None and kind.endswith("or null"):
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "word" and isinstance(value, str) and value:
        return value
    if kind == "count" and number and isinstance(value, int) and value >= 0:
        return value
    if kind.startswith("number") and number and math.isfinite(value):
        return float(value)
    if kind.startswith("fraction") and isinstance(value, str):
        try:
            rate = Fraction(value)
        except (ValueError, ZeroDivisionError):
            rate = Fraction(-1)
        if 0 <= rate <= 1:
            return rate
    raise BadInput(path, f"'{key}' is {value!r}, not a {kind}", _REPAIR)


def _read_folder(folder: Path, base: Path) -> tuple[CellRow, SecondsRow]:
    path = folder / "summary.json"
    data = _load(path)
    words = {key: _take(path, data, key, "word") for key in ("setting", "teacher", "method")}
    if words["setting"] not in ("offline", "online"):
        raise BadInput(path, f"setting '{words['setting']}' is not offline or online", _REPAIR)
    rate = _take(path, data, "rate", "fraction or null")
    counts = {
        key: _take(path, data, key, "count")
        for key in ("k", "n", "seed", "trainings", "frames_trained", "passes", "frames")
    }
    also = {
        key: _take(path, data, key, "number or null")
        for key in ("mpjpe_px_without_first_window", "mpjpe_px_equal_lag")
    }
    cell = CellRow(
        **words,
        **counts,
        **also,
        rate=rate,
        mpjpe_px=_take(path, data, "mpjpe_px", "number"),
        folder=Path(os.path.relpath(folder, base)).as_posix(),
    )
    path = folder / "seconds.json"
    data = _load(path)
    # Offline there is no stream, and frames are selected by a job of their own.
    data = {"selection": None, "stream": None, **data} if words["setting"] == "offline" else data
    parts = ("training", "inference", "selection", "stream")
    spent = {f"{part}_s": _take(path, data, part, "number or null") for part in parts}
    return cell, SecondsRow(**words, rate=rate, seed=counts["seed"], **spent)


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


def _parse(text: str, kind: Any) -> Any:
    options = {str: str, int: int, float: float, Fraction: Fraction}
    if kind in options:
        return options[kind](text)
    return options[kind.__args__[0]](text) if text else None


def _read(path: Path, kind: type) -> list[Any]:
    names = [field.name for field in fields(kind)]
    fix = "Make it again with the rule collect"
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            lines = list(csv.reader(handle))
    except (OSError, ValueError) as error:
        raise BadInput(path, f"is not readable ({error})", fix) from None
    if not lines or lines[0] != names:
        raise BadInput(path, f"its columns are not {', '.join(names)}", fix)
    kinds = [field.type for field in fields(kind)]
    try:
        pairs = [zip(line, kinds, strict=True) for line in lines[1:]]
        return [kind(*(_parse(text, expected) for text, expected in each)) for each in pairs]
    except (ValueError, ZeroDivisionError) as error:
        raise BadInput(path, f"holds a broken line ({error})", fix) from None


def read_cells(path: Path) -> list[CellRow]:
    """The rows of ``cells.csv``; raises BadInput where it is missing or has other columns."""
    return _read(path, CellRow)


def read_seconds(path: Path) -> list[SecondsRow]:
    """The rows of ``seconds.csv``; raises BadInput where it is missing or has other columns."""
    return _read(path, SecondsRow)
