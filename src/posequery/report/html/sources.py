"""What a page is made from: the files of a finished study, and what its settings say."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from posequery.clips import Stream
from posequery.evidence.comparisons import COLUMNS as OF_COMPARISONS
from posequery.evidence.verdicts import COLUMNS as OF_VERDICTS
from posequery.jobs.files import REMAKE, BadInput, read_summed, unreadable
from posequery.report.captions import Captions
from posequery.report.cells import on_stream, over_streams, read_cells, read_seconds
from posequery.report.efficiency import Devices
from posequery.report.frame_sizes import FrameSizes
from posequery.report.stream_report import Adaptation, read_adaptation
from posequery.report.teacher import read_teacher_error

Row = dict[str, str]


@dataclass(frozen=True)
class Sources:
    """The files of a page; an absent one is None.

    tests, streams: indices of what offline and online cells are measured on; what is drawn over
    time is of the first stream. labels: the teacher's, of that stream. seen: what the jobs that
    labelled say of each, as JSON files. evidence: the folder of the verdicts. picture: of real
    people before and after, where it may be shown.
    settings: of the study, by dotted keys. runs: what is noted of each (`runs.json`), the newest
    last. codes: the digest of each script, by name. devices: the declared boards, and what the
    study would ask of them.
    """

    cells_csv: Path
    seconds_csv: Path
    streams: Sequence[Path]
    tests: Path | None
    labels: Path | None
    consensus: Path | None
    seen: Sequence[Path]
    evidence: Path
    picture: Path | None
    said: Captions
    settings: Mapping[str, Any]
    runs: Sequence[Mapping[str, Any]]
    codes: Mapping[str, str]
    devices: Devices
    truth: bool
    """Whether there is ground truth, so that the paper's tables can be made."""
    frames: bool
    """Whether the stream's frames may be shown."""

    @cached_property
    def rows(self) -> pd.DataFrame:
        """A row a cell, of each stream."""
        return read_cells(self.cells_csv)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Each seed's means over its streams."""
        return over_streams(self.rows)

    @cached_property
    def seconds_rows(self) -> pd.DataFrame:
        """A row a cell, of each stream."""
        return read_seconds(self.seconds_csv, self.cells_csv)

    @cached_property
    def seconds(self) -> pd.DataFrame:
        """Each seed's means over its streams."""
        return over_streams(self.seconds_rows)

    @property
    def stream_index(self) -> Path:
        return self.streams[0]

    @cached_property
    def stream(self) -> Stream:
        return Stream(self.stream_index)

    @cached_property
    def captions(self) -> Captions:
        """Without the readings, which have a section of their own."""
        return replace(self.said, readings=dict.fromkeys(self.said.readings, ()))

    @property
    def folder(self) -> Path:
        """The one that the cells' folders lie in."""
        return self.cells_csv.parent

    @cached_property
    def recorded(self) -> pd.DataFrame:
        """The online cells whose records are of `stream`."""
        return on_stream(self.rows, self.stream_index)

    @cached_property
    def adaptation(self) -> Adaptation:
        """Of a stream of real people, whose labels are its teacher's."""
        assert self.labels is not None
        window = self.settings["online.window"]
        files = self.cells_csv, self.stream_index, self.labels, self.consensus
        return read_adaptation(*files, window, self.captions)

    @cached_property
    def verdicts(self) -> list[Row]:
        return read_rows(self.evidence / "verdicts.csv", OF_VERDICTS)

    @cached_property
    def comparisons(self) -> list[Row]:
        return read_rows(self.evidence / "comparisons.csv", OF_COMPARISONS)

    @property
    def given(self) -> str:
        """What every number is said given of; '' where each seed has a student of its own."""
        return "" if self.said.per_seed else "All is said given one pre-trained student."

    def frame_sizes(self, setting: str) -> FrameSizes:
        if setting == "online":
            return FrameSizes.in_indices(*self.streams)
        return FrameSizes.in_indices(self.tests)

    @property
    def teacher(self) -> Any:
        """The teacher's own error; None where only ground truth labels."""
        return read_teacher_error(*self.seen) if self.seen else None


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """The rows of a table that has these columns; none where there is no such file."""
    if not path.is_file():
        return []
    try:
        rows = list(csv.DictReader(io.StringIO(read_summed(path, REMAKE), newline=""), strict=True))
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, csv.Error) as error:
        raise BadInput(path, f"is no table ({error})", REMAKE) from None
    for row in rows:
        if missing := [name for name in columns if row.get(name) is None]:
            raise BadInput(path, f"has a row without {', '.join(missing)}", REMAKE)
    return rows


def read_facts(path: Path) -> dict[str, Any]:
    """What a job says in JSON; raises BadInput."""
    try:
        found = json.loads(read_summed(path, REMAKE))
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError as error:
        raise BadInput(path, f"is no JSON ({error})", REMAKE) from None
    return found if isinstance(found, dict) else {}
