"""What a run of a study consists of, and where each of its files lies.

The rules ask here for their inputs and parameters, station by station; what is there before any
cell is in `inputs`.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from posequery import strategies
from posequery.cell import NO_STREAM, Cell, draw, parse_rate_slug
from posequery.evaluation.columns import columns
from posequery.online import profiles
from posequery.student import engines
from posequery.study import conditions, grid, identity, origins, readings, sharing
from posequery.study.inputs import Inputs
from posequery.study.loading import load_study
from posequery.study.schema import Study, protocol

SOLE_STREAMS = ("stream", "S1")
"""Streams whose names seed no draw: once a study had one stream, and these numbers stay."""


def as_json(section: BaseModel) -> str:
    """A section of the settings as a job takes it."""
    return json.dumps(section.model_dump(mode="json"), sort_keys=True)


class Plan(Inputs):
    """A study, or with `only` those of its cells whose method is named.

    final: where cells.csv, tables and figures go, which for a part of a study is not `out`. cells:
    the points of the grid that this run makes. Raises BadInput for a study that is known to fail
    before any file is read.
    """

    def __init__(self, study: Study, only: tuple[str, ...] = ()) -> None:
        super().__init__(study)
        self.only = only
        self.final = f"{self.out}/only/{'+'.join(only)}" if only else self.out
        self.archive = f"{self.final}/{study.name}.tar.gz"
        self.cells = grid.cells(study, only)
        conditions.require_cells(study, self.cells)
        if self.fits:
            known = {slug: clip.known for slug, clip in self.clips.items() if clip.known}
            for fault in conditions.of_frames(study, self.cells, self.clips, known):
                raise fault

    # Cells

    def strategy_modules(self, method: str) -> list[str]:
        """The strategy that a method runs, as the name of its module; `once` and `guarded` pick
        uniformly."""
        picks = "uniform" if method in ("once", strategies.GUARDED) else method
        return [f"strategies.{picks}"] if picks in strategies.names() else []

    def engine_modules(self) -> list[str]:
        """What computes the student's maps online, as the name of its module."""
        return [f"student.engines.{self.study.online.engine}"]

    def require_engine(self, python: str = sys.executable) -> None:
        """Raise `BadInput` where packages of the engine that online cells are made by are missing.

        python: the interpreter of the jobs that need torch.
        """
        engine = self.study.online.engine
        engines.load(engine).require(engine, python)

    def strategy_parameters(self, method: str) -> str:
        """A strategy's own parameters, as JSON; of another method none."""
        own = self.study.strategies.get(method)
        return as_json(own) if own else "{}"

    def forgetting_option(self, method: str) -> str:
        """Of `uniform` alone."""
        return "--forgetting" if self.study.online.forgetting and method == "uniform" else ""

    def score_needs(self) -> list[str]:
        """What the student's network computes of the pool beside its predictions."""
        picks = [strategies.load(name) for name in self.study.strategies]
        needs = {extra for strategy in picks for extra in strategy.extras}
        return [extra for extra in strategies.EXTRAS if extra in needs]

    def needs_features(self, method: str) -> bool:
        """Whether a method compares frames by their features, which takes memory and time."""
        known = method in strategies.names()
        return known and "features" in strategies.load(method).needs

    def selection_files(self) -> list[str]:
        return [
            f"{self.out}/selections/{draw(cell.method, cell.rate, cell.seed)}.csv"
            for cell in self.cells
            if cell.setting == "offline"
        ]

    def cell_files(self, setting: str) -> list[str]:
        cells = (cell for cell in self.cells if cell.setting == setting)
        return [f"{self.out}/cells/{cell.folder}/cell.json" for cell in cells]

    def cell(self, setting: Literal["offline", "online"], wildcards: Any) -> str:
        """What the cell of a job's wildcards is, as JSON."""
        cell = Cell(
            setting=setting,
            teacher=wildcards.teacher,
            method=wildcards.method,
            rate=parse_rate_slug(wildcards.rate),
            seed=int(wildcards.seed),
            stream=wildcards.stream if setting == "online" else NO_STREAM,
        )
        return as_json(cell)

    def online_words(self, stream: str, *draw: str) -> str:
        """The words that seed an online cell's random draws, as JSON."""
        return self.seed_words("online", *([] if stream in SOLE_STREAMS else [stream]), *draw)

    def finetune_options(self, method: str) -> list[str]:
        """What a method adds to the script's options."""
        rate = self.study.offline and self.study.offline.steps_of(method)
        return ["--steps-of", str(rate)] if rate else []

    def profile_options(self) -> list[str]:
        """The device that the online clock is of, if it is one's."""
        profile = self.study.online.profile
        return ["--profile", as_json(profile)] if profile else []

    def adapt_labels(self, stream: str, teacher: str) -> list[str]:
        """The labels trained on, or, of real people, looked for as well."""
        truth = self.study.source.has_truth
        return self.teacher_labels(stream, teacher) if truth else self.reference_labels(stream)

    # Measuring

    def tested(self, stream: str) -> list[Cell]:
        """The cells that are measured on a stream; 'test' stands for that of the offline ones."""
        own = NO_STREAM if stream == "test" else stream
        return [cell for cell in self.cells if cell.stream == own]

    def tested_folders(self, stream: str) -> list[str]:
        return [f"{self.out}/cells/{cell.folder}" for cell in self.tested(stream)]

    def tested_files(self, stream: str) -> list[str]:
        return [f"{folder}/cell.json" for folder in self.tested_folders(stream)]

    def measured_files(self, part: str = "") -> list[str]:
        """A table of each stream that cells are measured on; part: `_breakdown` for those of its
        parts."""
        streams = [stream for stream in self.played if self.tested(stream)]
        return [f"{self.final}/measures/{stream}{part}.csv" for stream in streams]

    def measured_index(self, stream: str) -> list[str]:
        """The index of a stream, where the run has cells that are measured on it."""
        return [self.index(stream)] if self.tested(stream) else []

    def measured_streams(self) -> list[str]:
        return [file for stream in self.streams for file in self.measured_index(stream)]

    def reference_labels(self, stream: str) -> list[str]:
        """What real people are measured against: the labels of the study's first teacher."""
        truth = self.study.source.has_truth
        return [] if truth else self.teacher_labels(stream, self.study.teachers[0])

    def taught_files(self, stream: str) -> list[str]:
        """The labels files of the teachers of a stream's cells, called after them."""
        own = dict.fromkeys(cell.teacher for cell in self.tested(stream))
        return [file for name in own for file in self.teacher_labels(stream, name)]

    # The report

    def picture_files(self) -> list[str]:
        """Of real people, where the run has an unadapted student and an adapted one."""
        online = {cell.method for cell in self.cells if cell.setting == "online"}
        comparable = "baseline" in online and len(online) > 1
        return [f"{self.final}/pictures"] if comparable and not self.study.source.has_truth else []

    def evidence_files(self) -> list[str]:
        """What the cells say of the paper's claims, where they are measured against truth."""
        names = ("verdicts.csv", "verdicts.md", "comparisons.csv")
        truth = self.study.source.has_truth
        return [f"{self.final}/evidence/{name}" for name in names] if truth else []

    def evidence_options(self) -> list[str]:
        """Of whom verdicts may speak, and how their methods are compared."""
        student, rendered = self.study.student, self.study.source.rendered
        own = ["--per-seed"] if student.per_seed else []
        return [*own, *(["--stand-in"] if rendered else [])]

    def report_files(self) -> list[str]:
        return [f"{self.final}/tables", f"{self.final}/figures", *self.picture_files()]

    def page_settings(self) -> str:
        """The study's settings by dotted keys, of the user's files the names alone, as JSON."""
        study = self.study
        chosen = {
            "teachers": study.teachers,
            "strategies": list(study.strategies),
            "streams": study.source.streams,
            "online.methods": study.online.methods,
            "online.rates": [str(rate) for rate in study.online_rates],
        }
        if study.offline:
            chosen["offline.rates"] = [str(rate) for rate in study.offline.rates]
            chosen["offline.methods"] = study.offline.methods
        return json.dumps(protocol(study) | chosen, sort_keys=True)

    def shown_picture(self) -> list[str]:
        """The picture of real people, where the page may show it."""
        shown = self.picture_files() if self.shows_frames() else []
        return [f"{folder}/before_after.png" for folder in shown]

    def shows_frames(self) -> bool:
        """Whether the page may hold frames of the stream: rendered ones, and a person's own where
        the study says so; never a dataset's."""
        source = self.study.source
        return source.rendered or (self.study.report.frames and not source.has_truth)

    def page(self) -> str:
        return f"{self.final}/report.html"

    def decisive_files(self) -> list[str]:
        """What decides the cells' numbers, asked for with the end of the study.

        Where a job failed, Snakemake has deleted its output, and newer files would pass for up to
        date without it.
        """
        offline = self.study.offline
        scores = [*self.of_students(self.scores), *self.selection_files()] if offline else []
        left_out = sharing.lacks_student(self.study, Path(self.out))
        students = [] if left_out else self.of_students(self.student)
        made = [*students, *self.index_files(), *self.label_files(), *scores]
        return [*made, *self.cell_files("offline"), *self.cell_files("online")]

    def final_files(self) -> list[str]:
        cells = [f"{self.final}/{name}.csv" for name in ("cells", "breakdown", "seconds")]
        reports = [*self.evidence_files(), *self.report_files(), self.page()]
        return [*cells, *reports, *self.student_reports()]

    def cell_tables(self) -> list[str]:
        """With the cells come cells.csv and, of a restricted run, the tables of its own."""
        return [f"{self.final}/cells.csv", *(self.report_files()[:1] if self.only else [])]

    def captions(self) -> str:
        return json.dumps(readings.captions(self.study))

    def devices(self) -> str:
        """The declared device profiles, and what the study would ask of them, as JSON."""
        online, student = self.study.online, self.study.student
        continual = "continual" in online.methods
        asked = {
            "window": online.window,
            "continual_every": online.continual_every if continual else None,
            "rates": [str(rate) for rate in self.study.online_rates],
            "epochs": self.study.training.epochs,
            "network": student.name,
            "input_size": student.input_size,
            "profiles": {
                name: profiles.load(name).model_dump(mode="json") for name in profiles.names()
            },
        }
        return json.dumps(asked, sort_keys=True)

    def best_fitting(self) -> Cell | None:
        """Of real people, the cell whose student has learnt from most frames that the strategy
        named first picked; None where the run has none."""
        first = next(iter(self.study.strategies), "")
        own = [cell for cell in self.cells if (cell.setting, cell.method) == ("online", first)]
        real = not self.study.source.has_truth
        return max(own, key=lambda cell: cell.rate or 0, default=None) if real else None

    def closing_words(self) -> str:
        """Where the results are, and how to use the weights; empty before all of them are there."""
        if not all(Path(file).exists() for file in self.final_files()):
            return ""
        made = f"{self.page()}, with {' and '.join(self.report_files())}"
        name, cells = self.study.name, f"{self.final}/cells.csv"
        words = f"Study {name} is complete: {made}; every cell is a row of {cells}."
        if cell := self.best_fitting():
            file = f"{self.out}/cells/{cell.folder}/weights.pt"
            words += f"\nThe adapted student on a video: posequery predict --weights {file} VIDEO"
        return words


def planned(config: Mapping[str, Any], folder: Path) -> Plan:
    """The plan of what `--config` names, and of nothing that its results were not made with.

    folder: of the studies that ship. Raises BadInput.
    """
    study = load_study(config.get("study"), dict(config), folder)
    # Snakemake turns an empty `only=` into None.
    only = ("" if config["only"] is None else config["only"]) if "only" in config else None
    plan = Plan(study, identity.restriction(only, study))
    identity.require_folder(Path(plan.out))
    identity.refuse_older_layout(Path(plan.out))
    confirmed = identity.confirmation(config.get("confirm", False))
    identity.refuse_changed_protocol(study, Path(plan.out), confirmed)
    origins.refuse_other_files(study, Path(plan.out), confirmed)
    origins.refuse_older_files(study, Path(plan.out))
    columns()  # a faulty file of them is refused now, not after days of training
    return plan
