"""The measured columns of `cells.csv`: what a cell's record comes to, each one function.

A file of this folder binds `COLUMNS`. To add a column:

1. write a function of an `Evaluation` that returns a number, NaN where there is none; its docstring
   says the unit, and whose measure it is. It goes into a file here, or a new one;
2. name it in that file's `COLUMNS`, as `Column("its_name", its_function)`;
3. run `.venv/bin/python -m pytest tests/evaluation`: every column must pass the common suite, also
   for a cell without any label (NaN, without a warning).

Nothing is trained again for it: the next run measures the cells' records and writes the column into
`cells.csv`. The printed tables show the columns that they name (`report.tables`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from posequery.cell import Outcome
from posequery.metrics import joint_errors
from posequery.record import Record
from posequery.registry import Registry


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a column may look at: a cell's n frames, offline of the test, online of the stream.

    cell: what it is, and what its job counted. lagged: of `continual` alone, of the first frames.
    reference (n, 18, 2): where the joints are, source pixels; NaN where nobody says so, and in
    frames that the record says were missed, so that those count nowhere.
    """

    cell: Outcome
    record: Record
    lagged: Record | None
    reference: np.ndarray

    @cached_property
    def errors(self) -> np.ndarray:
        """Each joint's distance (n, 18) from its reference, source pixels; NaN without one."""
        return joint_errors(self.record.joints, self.reference)


@dataclass(frozen=True)
class Column:
    """A column's name, and its number, which is kept to 4 decimals."""

    name: str
    of: Callable[[Evaluation], float]


_FILES = Registry[tuple[Column, ...]](__name__, __path__, "COLUMNS", "file of columns")


def columns() -> tuple[Column, ...]:
    """All columns in their order: those of `errors`, then of the other files by name.

    Raises ValueError for a name that is there twice.
    """
    files = sorted(_FILES.names(), key=lambda file: (file != "errors", file))
    found = [column for file in files for column in _FILES.load(file)]
    names = [column.name for column in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two columns are called '{name}'")
    return tuple(found)
