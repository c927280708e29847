"""What a study consists of: its clips and streams, and its identity across runs."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from posequery import grid
from posequery.files import BadInput, write_text
from posequery.schema import Study, named_paths, protocol
from posequery.sources import human36m_names as human36m

CAMERA = human36m.CAMERAS[0]
LAB_CAMERAS = ("cam01", "cam02", "cam03", "cam04")


@dataclass(frozen=True)
class ClipSource:
    """A clip before it is extracted: where it comes from, and in which streams it plays."""

    slug: str
    subject: str
    action: str
    subaction: int
    camera: str
    video: str
    annotation: str | None
    streams: tuple[str, ...]


def rendered_sequences(study: Study, subject: str) -> tuple[human36m.Sequence, ...]:
    """The sequences rendered of a subject: all of S1, some of the pool's, the test's first ones."""
    every = human36m.sequences(subject)
    if subject == "S1":
        return every
    if subject in human36m.TEST_SUBJECTS:
        firsts, words = human36m.first_videos(subject, "subaction"), human36m.EXCLUDED
        return tuple(s for s in firsts if not human36m.excluded(words, subject, s.stem, CAMERA))
    count = study.source.pool_sequences
    return tuple(every[number * len(every) // count] for number in range(count))


def rendered_frames(study: Study, subject: str) -> int:
    """Annotated frames in each rendered sequence of a subject."""
    if subject == "S1":
        return study.source.stream_frames
    test = subject in human36m.TEST_SUBJECTS
    return study.source.test_frames if test else study.source.pool_frames


def require_files(study: Study) -> None:
    """Raise `BadInput` for a file or folder that the study names and that cannot be used."""
    for key, path in named_paths(study):
        if not path.exists():
            raise BadInput(path, "there is no such file", f"Mend its path under {key}")
        if {"{", "}"} & set(str(path)):
            raise BadInput(path, "holds a brace, a wildcard to Snakemake", "Rename it")


def clips(study: Study, out: str) -> dict[str, ClipSource]:
    """Every clip of a study by its slug, in stream order."""
    if study.source.kind == "rendered":
        found = [
            _rendered(f"{out}/data/human36m", subject, sequence)
            for subject in human36m.SUBJECTS
            for sequence in rendered_sequences(study, subject)
        ]
    elif study.source.kind == "lab":
        videos = [f"{out}/data/pose2sim/videos/{camera}.mp4" for camera in LAB_CAMERAS]
        found = [
            ClipSource(camera, "person", "lab", 1, camera, video, None, ("stream",))
            for camera, video in zip(LAB_CAMERAS, videos, strict=True)
        ]
    else:
        found = []
        for number, path in enumerate(study.videos, start=1):
            stem = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-") or "video"
            slug = f"{number:02d}-{stem}"
            found.append(ClipSource(slug, "person", stem, 1, "own", str(path), None, ("stream",)))
    return {clip.slug: clip for clip in found}


def _rendered(root: str, subject: str, sequence: human36m.Sequence) -> ClipSource:
    if subject in human36m.TEST_SUBJECTS:
        streams: tuple[str, ...] = ("test",)
    else:
        streams = ("pool", "stream") if subject == "S1" else ("pool",)
    return ClipSource(
        slug=human36m.slug(subject, sequence.stem, CAMERA),
        subject=subject,
        action=sequence.action,
        subaction=sequence.subaction,
        camera=CAMERA,
        video=str(human36m.video_path(root, subject, sequence.stem, CAMERA)),
        annotation=str(human36m.annotation_path(root, subject, sequence.stem, CAMERA)),
        streams=streams,
    )


def restriction(only: object, study: Study) -> tuple[str, ...]:
    """The methods that `--config only=` names, in the study's order; empty for all of them."""
    if only is None:
        return ()
    there = grid.methods(study)
    words = only if isinstance(only, list) else str(only).split(",")
    named = [name for name in (str(word).strip() for word in words) if name]
    if not named:
        raise BadInput("only=", "names no method", f"There are {', '.join(there)}")
    for name in named:
        if name not in there:
            near = difflib.get_close_matches(name, there, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"There are {', '.join(there)}"
            raise BadInput(f"only={name}", f"study {study.name} has no such method", hint)
    return tuple(method for method in there if method in named)


def confirmation(word: object) -> bool:
    """What `--config confirm=` says; Snakemake hands on `false` as a word."""
    answers = {"true": True, "false": False}
    answer = answers.get(str(word).lower())
    if answer is None:
        raise BadInput(f"confirm={word}", "is neither true nor false", "Write confirm=true")
    return answer


def _noted(out: Path) -> Path:
    return out / "study.yaml"


def note_protocol(study: Study, out: Path) -> None:
    """Write down which protocol the results in `out` are made with."""
    text = yaml.safe_dump(protocol(study), sort_keys=True, allow_unicode=True)
    path = _noted(out)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def refuse_changed_protocol(study: Study, out: Path, confirmed: bool) -> None:
    """Raise `BadInput` if `out` holds results made under this name with another protocol."""
    path = _noted(out)
    made = any((out / "cells").rglob("summary.json"))
    if confirmed or not path.is_file() or not made:
        return
    try:
        before = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        before = None
    if not isinstance(before, dict):
        fault = "is broken, so that nobody knows what the results beside it were made with"
        raise BadInput(path, fault, "If they are this study's, delete it; else delete them")
    now = yaml.safe_load(yaml.safe_dump(protocol(study)))
    changed = [
        f"{key} was {before.get(key, 'absent')}, is {now.get(key, 'absent')}"
        for key in sorted(before.keys() | now.keys())
        if before.get(key) != now.get(key)
    ]
    if changed:
        raise BadInput(
            path,
            f"study '{study.name}' has results of another protocol: {'; '.join(changed)}",
            "Give the changed study a file and name of its own, or overwrite these results with "
            "--config confirm=true",
        )
