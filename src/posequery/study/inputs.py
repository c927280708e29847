"""What a study's cells are made from, and where its files lie: clips and streams, students, labels.

Paths are relative to the folder that the workflow runs in.
"""

import functools
import json
from pathlib import Path
from typing import Any

from posequery import teachers
from posequery.study import clips
from posequery.study.schema import Study
from posequery.teachers.openpose import places


class Inputs:
    """What is there before any cell.

    study: the validated settings. out: the folder of its results. clips: each clip by its slug.
    streams: the names of those that students live on. student, scores: of each student, with the
    rules' wildcard where each seed has its own (see `of_students`).
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.out = f"results/{study.name}"
        self.state = f"{self.out}/state"
        self.of_student = "seed{seed}/" if study.student.per_seed else ""
        self.student = f"{self.out}/student/{self.of_student}pretrained.pt"
        self.scores = f"{self.out}/scores/{self.of_student}pool.h5"
        self.streams = study.source.streams
        self.clips = clips.clips(study, self.out)
        # Where planning has found that a study's frames will do, no index is needed for it.
        self.fits = all(clip.known for clip in self.clips.values())

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
        part = "" if stream in self.streams or not self.study.source.parts else f"{stream}/"
        return [f"{self.out}/clips/{part}{slug}.h5" for slug in found]

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
        has found it. Of the parts of a stream nothing is asked but of the stream."""
        split = self.study.source.parts
        return [] if self.fits else self.stream_files() if split else self.index_files()

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

    def rendered_people(self, domain: str) -> dict[str, int | str]:
        """How many images of people are rendered, the side of each in pixels, and of what."""
        student, teacher = self.study.student, self.study.settings_of("network")
        networks = {"generic": (student, student.scenes), "studio": (teacher, "studio")}
        network, shown = networks[domain]
        return {"count": network.images, "size": network.image_size, "domain": shown}

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
        """A teacher's labels of a stream; ground truth travels in the clips themselves, as do the
        labels of a stream's parts."""
        labels = teacher in self.study.labellers and stream in self.streams
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
