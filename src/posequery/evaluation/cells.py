"""A study's cells gathered into three long tables, from which every table and figure is made.

``cells.csv`` and ``breakdown.csv`` hold what a seed and a config fix to the last bit (online, not
by `online.clock: measured`);
``seconds.csv`` what a clock measured. All are in the order setting, teacher, method, rate, seed,
stream, the first and the last with one row a cell.

Columns of ``cells.csv``: setting: offline or online. teacher: who labelled (ground_truth, ...,
none). method: none, all, all_equal_steps, baseline, once, continual, guarded, or a strategy. rate:
the share picked, an exact fraction. k, n: frames picked and frames picked from, per window (online;
of the first one, where windows are in seconds and the frame rate varies) or in the pool (offline).
seed: of what no draw enters (none, baseline), the lowest of those that share a student. stream: the
one played, a subject and, of several cameras, one of them (`cell.stream_name`); offline none. Then
the measured ones (`evaluation.columns`). trainings: how many were done. frames_trained: labelled
frames used. passes: times epochs. frames: evaluated frames. folder: the cell's folder, relative to
the CSV's own.

Of ``breakdown.csv``: by: action, subject or joint. name: which. mpjpe_px: of that part alone.

Of ``seconds.csv``: training_s, inference_s, selection_s: wall-clock seconds spent in each, empty
where there is no such part. stream_s: length of the video streamed.
"""

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from posequery.cell import KEY, REPAIR, Cell
from posequery.jobs.files import REMAKE, BadInput, read_summed, sha256, unreadable, write_summed

PARTS = ("training", "inference", "selection", "stream")
"""Of ``seconds.json``."""


def write_table(
    path: Path, names: Sequence[str], rows: Iterable[Iterable[object]], of: str = ""
) -> None:
    """Write a CSV with its sum beside it, whole or not at all; None becomes an empty field.

    of: as `write_summed` has it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    write_summed(path, text.getvalue(), of)


def collect(
    measured: Sequence[Path],
    breakdowns: Sequence[Path],
    cells: Path,
    breakdown: Path,
    seconds: Path,
) -> int:
    """Join what `measure` wrote, and the cells' ``seconds.json``; returns how many cells there are.

    The order of the files, and in them, is of no matter. All tables appear, or none. Raises
    BadInput where a file is missing or broken, a cell has no error, or two rows are of one cell.
    """
    names, rows = _joined(measured)
    if not rows:
        raise BadInput(cells, "there is no cell to collect", "Name at least one cell")
    for row, after in pairwise(rows):
        if _order(row) == _order(after):
            fault = f"holds the same cell as {row['folder']}"
            raise BadInput(after["folder"], fault, "Name each cell once")
    for row in rows:
        if not row["mpjpe_px"]:
            fault = "has no error, since not one frame that it was measured on has a label"
            raise BadInput(row["folder"], fault, "Take videos in which the teacher sees a person")
    spent = [[*(row[name] for name in KEY), *_seconds(row)] for row in rows]
    breakdown_names, parts = _joined(breakdowns)
    for row in rows:
        row["folder"] = Path(os.path.relpath(row["folder"], cells.parent)).as_posix()
    write_table(cells, names, (row.values() for row in rows))
    write_table(breakdown, breakdown_names, (row.values() for row in parts))
    write_table(seconds, [*KEY, *(f"{part}_s" for part in PARTS)], spent, of_cells(cells))
    return len(rows)


def of_cells(cells: Path) -> str:
    """What seconds.csv belongs to: the ``cells.csv`` that it was collected with."""
    return f"the cells.csv of sha256 {sha256(cells)}"


def _joined(paths: Iterable[Path]) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and the rows of tables that have the same, in the cells' order.

    A row's folder is meant from here, no more from its table.
    """
    names: list[str] = []
    rows: list[dict[str, str]] = []
    for path in paths:
        try:
            first, *lines = csv.reader(io.StringIO(read_summed(path, REMAKE), newline=""))
            more = [dict(zip(first, line, strict=True)) for line in lines]
            rows += more
            for row in more:
                _order(row)
                if "folder" in row:
                    row["folder"] = os.path.normpath(path.parent / row["folder"])
        except OSError as error:
            raise unreadable(path, error) from None
        except (ValueError, KeyError, ZeroDivisionError) as error:
            raise BadInput(path, f"is not a valid table of cells ({error})", REMAKE) from None
        names = names or first
        if first != names:
            raise BadInput(path, f"its columns are not {', '.join(names)}", REMAKE)
    return names, sorted(rows, key=lambda row: (*_order(row), row.get("folder", "")))


def _order(row: Mapping[str, str]) -> tuple[Any, ...]:
    setting, teacher, method, rate, seed, stream = (row[name] for name in KEY)
    return setting, teacher, method, Fraction(rate), int(seed), stream


def _seconds(row: Mapping[str, str]) -> list[float | None]:
    """The seconds of each of `PARTS`, of a cell's row."""
    path = Path(row["folder"]) / "seconds.json"
    # Offline there is no stream, and frames are selected by a job of their own.
    there = PARTS if row["setting"] == "online" else PARTS[:2]
    try:
        cell = Cell.model_validate({name: row[name] for name in KEY})
        spent = json.loads(read_summed(path, REPAIR, cell.folder))
        return [spent[part] if part in there else None for part in PARTS]
    except FileNotFoundError:
        raise BadInput(path, "the cell has no such file", "Let its job finish first") from None
    except KeyError as error:
        raise BadInput(path, f"has no {error}", REPAIR) from None
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, TypeError) as error:
        raise BadInput(path, f"is not readable JSON ({error})", REPAIR) from None
