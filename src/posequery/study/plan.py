"""What a run of a study consists of, and where each of its files lies.

The rules ask here for their inputs and parameters, station by station. Paths are relative to the
folder that the workflow runs in.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from posequery import strategies, teachers
from posequery.cell import NO_STREAM, Cell, draw, parse_rate_slug
from posequery.evaluation.columns import columns
from posequery.online import profiles
from posequery.study import clips, conditions, grid, identity, origins, readings
from posequery.study.loading import load_study
from posequery.study.schema import Study, protocol
from posequery.teachers.openpose import places

SOLE_STREAMS = ("stream", "S1")
"""Streams whose names seed no draw: once a study had one stream, and these numbers stay."""


def as_json(section: BaseModel) -> str:
    """A section of the settings as a job takes it."""
    return json.dumps(section.model_dump(mode="json"), sort_keys=True)


class Plan:
    """A study, or with `only` those of its cells whose method is named.

    study: the validated settings. out: the folder of its results. final: where cells.csv, tables
    and figures go, which for a part of a study is not `out`. clips: each clip by its slug. cells:
    the points of the grid that this run makes. Raises BadInput for a study that is known to fail
    before any file is read.
    """

    def __init__(self, study: Study, only: tuple[str, ...] = ()) -> None:
        self.study = study
        self.only = only
        self.out = f"results/{study.name}"
        self.final = f"{self.out}/only/{'+'.join(only)}" if only else self.out
        self.archive = f"{self.final}/{study.name}.tar.gz"
        self.state = f"{self.out}/state"
        # With the wildcard of rules, where each seed has a student of its own.
        self.of_student = "seed{seed}/" if study.student.per_seed else ""
        self.student = f"{self.out}/student/{self.of_student}pretrained.pt"
        self.scores = f"{self.out}/scores/{self.of_student}pool.h5"
        self.streams = study.source.streams
        self.clips = clips.clips(study, self.out)
        self.cells = grid.cells(study, only)
        conditions.require_cells(study, self.cells)
        known = {slug: clip.known for slug, clip in self.clips.items() if clip.known}
        self._known = len(known) == len(self.clips)
        if self._known:
            for fault in conditions.of_frames(study, self.cells, self.clips, known):
                raise fault

    def seed_words(self, *parts: str) -> str:
        """The words that seed a job's random draws, as JSON."""
        return json.dumps([self.study.name, *parts])

    def of_students(self, pattern: str) -> list[str]:
        """What a pattern with `of_student` in it comes to, of each student once."""
        return list(dict.fromkeys(pattern.format(seed=seed) for seed in self.study.seeds))

    # Sources

    def clip_files(self, stream: str) -> list[str]:
        """The clips of the pool, the test or a stream, in the order in which they are played."""
        found = (slug for slug, clip in self.clips.items() if stream in clip.streams)
        return [f"{self.out}/clips/{slug}.h5" for slug in found]

    def index(self, stream: str) -> str:
        return f"{self.out}/clips/{stream}.json"

    @property
    def played(self) -> list[str]:
        """The streams, and the pool and the test where they are played."""
        return [*(("pool", "test") if self.study.offline else ()), *self.streams]

    def index_files(self) -> list[str]:
        return [self.index(stream) for stream in self.played]

    def stream_files(self) -> list[str]:
        return [self.index(stream) for stream in self.streams]

    def fitting_files(self) -> list[str]:
        """Those that are there once a study's frames have been found to do; none where planning
        has found it."""
        return [] if self._known else self.index_files()

    def index_options(self, stream: str) -> list[str]:
        online = self.study.online
        first = online.first_frames if stream in self.streams else None
        options = ["--first-frames", first] if first else []
        return options if online.in_frames else [*options, "--any-rate"]

    def rendered_files(self, subject: str) -> tuple[list[str], list[str]]:
        """The videos and the annotations that are rendered of a subject."""
        own = [clip for clip in self.clips.values() if clip.subject == subject]
        return [clip.video for clip in own], [clip.annotation for clip in own if clip.annotation]

    @functools.cached_property
    def sources_are_there(self) -> bool:
        """True, or BadInput. Only jobs that read them ask: results may lie apart from a dataset."""
        clips.require_sources(self.study, self.clips, Path(self.out))
        return True

    def source_files(self, slug: str) -> dict[str, str]:
        """What a clip is extracted from: a video and its annotation, or a fetched package."""
        assert self.sources_are_there
        return self.clips[slug].files

    def extract_options(self, slug: str) -> list[str]:
        clip = self.clips[slug]
        options = {
            "--video": clip.video,
            "--slug": clip.slug,
            "--subject": clip.subject,
            "--action": clip.action,
            "--subaction": clip.subaction,
            "--camera": clip.camera,
            "--size": self.study.student.input_size,
            "--annotation": clip.annotation,
            "--stem": clip.stem,
            "--expected": clip.expected,
            "--fps": clip.fps,
        }
        return [str(word) for option in options.items() if option[1] for word in option]

    def stream_videos(self, stream: str) -> list[str]:
        """The sources of a stream's clips: a fetched package, or the videos themselves."""
        played = (clip for clip in self.clips.values() if stream in clip.streams)
        return [*dict.fromkeys(clip.package or clip.video for clip in played)]

    # The student

    def training_set(self, domain: str) -> str:
        return f"{self.out}/training_sets/{domain}.h5"

    def people_files(self, domain: str) -> dict[str, str]:
        """Annotations and images of a training set: rendered, or a dataset's own."""
        assert self.sources_are_there
        student = self.study.student
        given = {"generic": student.coco, "validation": student.validation}.get(domain)
        if given:
            return {"annotations": str(given.annotations), "images": str(given.images)}
        data = f"{self.out}/data/{domain}"
        return {
            "annotations": f"{data}/annotations/person_keypoints_train2017.json",
            "images": f"{data}/train2017",
        }

    def rendered_people(self, domain: str) -> dict[str, int]:
        """How many images of people are rendered, and the side of each in pixels."""
        teacher = self.study.settings_of("network")
        networks = {"generic": self.study.student, "studio": teacher}
        return {"count": networks[domain].images, "size": networks[domain].image_size}

    def student_sets(self) -> dict[str, str]:
        """What the student is pre-trained on, and validated with."""
        if self.study.student.checkpoint:
            return {}
        sets = {"training_set": self.training_set("generic")}
        if self.study.student.validation:
            sets["validation"] = self.training_set("validation")
        return sets

    def pretrain_inputs(self) -> dict[str, str]:
        backbone = self.study.student.backbone
        return self.student_sets() | ({"backbone": str(backbone)} if backbone else {})

    def pretrain_options(self, wildcards: Any) -> list[str]:
        """What validation and a given backbone add to the script's options."""
        inputs, options = self.pretrain_inputs(), []
        if "validation" in inputs:
            best = f"{self.out}/student/{self.of_student}best.pt".format(**wildcards)
            options += ["--validation-set", inputs["validation"], "--best", best]
        return options + (["--backbone", inputs["backbone"]] if "backbone" in inputs else [])

    def validation_record(self) -> dict[str, list[str]]:
        """What a pre-training was validated on, and its losses; nothing where there was none."""
        if self.study.student.checkpoint:
            return {"validated": [], "epochs": []}
        epochs = f"{self.out}/student/{self.of_student}epochs.csv"
        return {"validated": [self.training_set("validation")], "epochs": [epochs]}

    def student_reports(self) -> list[str]:
        """What is reported of the pre-trained students beside the cells."""
        if not self.study.student.validation:
            return []
        return self.of_students(f"{self.out}/student/{self.of_student}average_precision.json")

    # Teachers

    def teacher_labels(self, stream: str, teacher: str) -> list[str]:
        """A teacher's labels of a stream; ground truth travels in the clips themselves."""
        labels = teacher in self.study.labellers
        return [f"{self.out}/labels/{stream}/{teacher}.h5"] if labels else []

    def labels_of(self, stream: str) -> list[str]:
        """The labels files of a stream: those of the one teacher beside ground truth."""
        labellers = self.study.labellers
        return [file for name in labellers for file in self.teacher_labels(stream, name)]

    def label_files(self) -> list[str]:
        return [file for stream in self.streams for file in self.labels_of(stream)]

    def label_notes(self) -> list[str]:
        """What the jobs that label say of each stream."""
        return [str(Path(file).with_suffix(".json")) for file in self.label_files()]

    def consensus_files(self, stream: str) -> list[str]:
        calibrated = self.study.source.calibration
        return [f"{self.out}/labels/{stream}/consensus.h5"] if calibrated else []

    def teacher_files(self, stream: str, teacher: str) -> dict[str, Any]:
        """What a teacher reads beside a stream, by its own names."""
        slugs = [slug for slug, clip in self.clips.items() if stream in clip.streams]

        def below(file: Any) -> Any:
            several = isinstance(file, list)
            return [below(one) for one in file] if several else f"{self.out}/{file}"

        return {name: below(file) for name, file in teachers.load(teacher).files(slugs).items()}

    def teacher_inputs(self, stream: str, teacher: str) -> dict[str, Any]:
        videos = self.stream_videos(stream) if teachers.load(teacher).watches else []
        return {
            "stream": self.index(stream),
            "videos": videos,
            **self.teacher_files(stream, teacher),
        }

    def openpose_inputs(self, slug: str) -> dict[str, str]:
        """The video, and the program that sees it; JSON files enter by `openpose_digest`."""
        program = self.study.settings_of("openpose").program
        return self.clips[slug].video_file | ({"program": str(program)} if program else {})

    def openpose_digest(self, slug: str) -> str:
        """A digest of a video's JSON files; without them or the video, the one of the last run."""
        clip, labels = self.clips[slug], self.study.settings_of("openpose").labels
        if not labels:
            return ""
        noted = Path(f"{self.out}/labels/openpose/{slug}.files")
        video = Path(clip.video)
        if noted.is_file() and not (labels.is_dir() and video.exists()):
            return noted.read_text()
        return places.digest(labels, self.openpose_subject(slug) or None, video)

    def openpose_subject(self, slug: str) -> str:
        """Whose folder holds the JSON files of a clip; '' where the video's name is enough."""
        clip = self.clips[slug]
        return clip.subject if self.study.source.subjects_share_names else ""

    def openpose_options(self, slug: str) -> list[str]:
        # Who is taken of several people is decided later, and makes no detection again.
        given = self.study.settings_of("openpose").model_dump(mode="json", exclude={"person"})
        options = ["--video", self.clips[slug].video, "--scratch", f"{self.state}/openpose"]
        options += ["--settings", json.dumps(given, sort_keys=True)]
        more = {"--subject": self.openpose_subject(slug), "--fps": self.clips[slug].fps}
        return options + [str(word) for option in more.items() if option[1] for word in option]

    # Cells

    def strategy_modules(self, method: str) -> list[str]:
        """The strategy that a method runs, as the name of its module; `once` picks uniformly."""
        picks = "uniform" if method == "once" else method
        return [f"strategies.{picks}"] if picks in strategies.names() else []

    def strategy_parameters(self, method: str) -> str:
        """A strategy's own parameters, as JSON; of another method none."""
        own = self.study.strategies.get(method)
        return as_json(own) if own else "{}"

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
        """Of real people, where the run has a student that never adapts and one that does."""
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
            "online.rates": [str(rate) for rate in study.online.rates],
        }
        if study.offline:
            chosen["offline.rates"] = [str(rate) for rate in study.offline.rates]
            chosen["offline.methods"] = study.offline.methods
        return json.dumps(protocol(study) | chosen, sort_keys=True)

    def shown_picture(self) -> list[str]:
        """The picture of real people that the page may show."""
        return [f"{folder}/before_after.png" for folder in self.picture_files()]

    def page(self) -> str:
        return f"{self.final}/report.html"

    def decisive_files(self) -> list[str]:
        """What decides the cells' numbers, asked for with the end of the study.

        Where a job failed, Snakemake has deleted its output, and newer files would pass for up to
        date without it.
        """
        offline = self.study.offline
        scores = [*self.of_students(self.scores), *self.selection_files()] if offline else []
        students = self.of_students(self.student)
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
            "rates": [str(rate) for rate in online.rates],
            "epochs": self.study.training.epochs,
            "network": student.name,
            "input_size": student.input_size,
            "profiles": {
                name: profiles.load(name).model_dump(mode="json") for name in profiles.names()
            },
        }
        return json.dumps(asked, sort_keys=True)

    def closing_words(self) -> str:
        """Where the results are; empty before all of them are there."""
        if not all(Path(file).exists() for file in self.final_files()):
            return ""
        made = f"{self.page()}, with {' and '.join(self.report_files())}"
        name, cells = self.study.name, f"{self.final}/cells.csv"
        return f"Study {name} is complete: {made}; every cell is a row of {cells}."


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
    columns()  # a faulty file of them is refused now, not after days of training
    return plan
