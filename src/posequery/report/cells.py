"""The study's two long tables read back, a row a cell, and which rows and columns they make."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from posequery.cell import KEY
from posequery.evaluation.cells import of_cells
from posequery.evidence import published
from posequery.jobs.files import REMAKE, BadInput, read_summed, unreadable
from posequery.strategies import METHODS

ANY_RATE = ("baseline", "continual", "all")
"""Online methods that pick at no rate; one cell of theirs stands in every rate's column."""
KEYS = list(KEY)


def _optional(text: str) -> float:
    return float(text) if text else float("nan")


Columns = Mapping[str, Callable[[str], Any]]
_KEYS: Columns = dict.fromkeys(KEYS, str) | {"rate": Fraction, "seed": int}
_CELLS: Columns = {
    **_KEYS,
    **dict.fromkeys(("k", "n", "trainings", "frames_trained", "passes", "frames"), int),
    "mpjpe_px": float,
    "mpjpe_px_without_first_window": _optional,
    "mpjpe_px_equal_lag": _optional,
    "mpjpe_px_parsed": _optional,
    "found_share": _optional,
    "mpjpe_share": _optional,
    "mpjpe_share_without_first_window": _optional,
    "mpjpe_share_equal_lag": _optional,
    "folder": str,
}
_MOST = 6
"""Strategies that one panel of a figure can keep apart."""
_CLOCK = ("training_s", "inference_s", "selection_s", "stream_s")
_SECONDS: Columns = {**_KEYS, **dict.fromkeys(_CLOCK, _optional)}
_DTYPES = {str: "str", int: "int64", float: "float64", _optional: "float64", Fraction: "object"}


def read_cells(path: Path) -> pd.DataFrame:
    """The rows of ``cells.csv``, in its order.

    Numbers are exact, an empty one is NaN. Columns that are not known here are kept: as numbers
    where all of their texts are. Raises BadInput where the file is missing, lacks a column or
    holds a broken line.
    """
    return _read(path, _CELLS)


def read_seconds(path: Path, cells: Path) -> pd.DataFrame:
    """The rows of ``seconds.csv``, as `read_cells`; raises BadInput if it is not of `cells`."""
    return _read(path, _SECONDS, of_cells(cells))


def _read(path: Path, columns: Columns, of: str = "") -> pd.DataFrame:
    try:
        head, *lines = csv.reader(io.StringIO(read_summed(path, REMAKE, of), newline=""))
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, csv.Error) as error:
        raise BadInput(path, f"is no table ({error})", REMAKE) from None
    if missing := [name for name in columns if name not in head]:
        fault = f"its columns are not those of such a table: it lacks {', '.join(missing)}"
        raise BadInput(path, fault, REMAKE)
    try:
        texts = list(zip(*lines, strict=True)) or [()] * len(head)
        pairs = zip(head, texts, strict=True)
        return pd.DataFrame({name: _column(text, columns.get(name)) for name, text in pairs})
    except (ValueError, ZeroDivisionError) as error:
        raise BadInput(path, f"holds a broken line ({error})", REMAKE) from None


def _column(texts: Sequence[str], parse: Callable[[str], Any] | None) -> pd.Series:
    if parse is None:
        try:
            return _column(texts, _optional)
        except ValueError:
            return _column(texts, str)
    return pd.Series([parse(text) for text in texts], dtype=_DTYPES[parse])


def of_setting(cells: pd.DataFrame, setting: str) -> pd.DataFrame:
    return cells[cells["setting"] == setting]


def on_stream(cells: pd.DataFrame, index: Path) -> pd.DataFrame:
    """Those that play the stream of an index, which is called after it."""
    return cells[cells["stream"] == index.stem]


def over_streams(table: pd.DataFrame) -> pd.DataFrame:
    """Each seed's means over its streams: a row a cell and seed, under its first stream's name.

    Whole numbers are those of the first. A table of one stream stays as it is.
    """
    keys = [key for key in KEYS if key != "stream"]
    if not table.duplicated(keys).any():
        return table
    how = {
        name: "mean" if pd.api.types.is_float_dtype(table[name]) else "first"
        for name in table
        if name not in keys
    }
    return table.groupby(keys, sort=False, as_index=False).agg(how)[list(table)]


def strategies(cells: pd.DataFrame, beside_paper: bool = True) -> list[str]:
    """The paper's four, beside published numbers also those that were not run; then the others that
    were run, by name."""
    run = set(cells["method"])
    paper = [method for method in published.STRATEGIES if beside_paper or method in run]
    return [*paper, *sorted(run - {*published.STRATEGIES, *METHODS})]


def rate_ends(cells: pd.DataFrame, beside_paper: bool = True) -> set[str]:
    """Of 'none' and 'all', where the rates begin and end, those that are shown: beside published
    numbers both, otherwise what was run."""
    both = {"none", "all"}
    return both if beside_paper else both & set(cells["method"])


def drawn(cells: pd.DataFrame, beside_paper: bool = True) -> list[str]:
    """Those of `strategies` that a figure draws: the first ones, whose curves can be told apart."""
    return strategies(cells, beside_paper)[:_MOST]


def not_drawn(cells: pd.DataFrame, beside_paper: bool = True) -> list[str]:
    return strategies(cells, beside_paper)[_MOST:]


def rates(cells: pd.DataFrame) -> list[Fraction]:
    """The rates that strategies (and once) were run at, ascending."""
    picked = ~cells["method"].isin({*METHODS} - {"once"})
    return sorted(set(cells["rate"][picked]))


def lowest_rate(cells: pd.DataFrame) -> Fraction | None:
    """The lowest of a strategy; `once` may have one of its own, below."""
    return next(iter(rates(cells[cells["method"] != "once"])), None)


def picked_at(cells: pd.DataFrame, rate: Fraction) -> pd.Series:
    """How many frames each cell picks at a rate, of a window or of the pool."""
    any_rate = (cells["setting"] == "online") & cells["method"].isin(ANY_RATE)
    return cells["k"][(cells["rate"] == rate) & ~any_rate]


def teachers(cells: pd.DataFrame) -> list[str]:
    """Ground truth and the one other teacher: the paper's where this run has none."""
    found = sorted(set(cells["teacher"]) - {"none", "ground_truth"})
    if len(found) > 1:
        raise ValueError(f"a study has one teacher beside ground truth, not {found}")
    return ["ground_truth", *(found or [published.TEACHER])]


def repeated(
    cells: pd.DataFrame, methods: Sequence[str], column: str, values: Sequence[Any]
) -> pd.DataFrame:
    """`cells`, those of `methods` once for each of `values` in `column`.

    So the unadapted student stands under every teacher, and continual distillation under every
    rate.
    """
    shared = cells["method"].isin(methods)
    copies = [cells[shared].assign(**{column: value}) for value in values]
    return pd.concat([cells[~shared], *copies])
