"""An online cell: the student lives on a stream and is adapted by its teacher's labels."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from posequery.cell import Cell, Outcome
from posequery.clips import Stream, read_labels
from posequery.jobs import resume
from posequery.jobs.files import sha256, write_summed
from posequery.jobs.progress import Progress
from posequery.online import loop, parts
from posequery.online.policies import by_its_clock, policy, require_trainings
from posequery.online.profiles import Profile
from posequery.online.settings import Adaptation
from posequery.online.task import Task
from posequery.student import checkpoint
from posequery.student.recipe import Recipe


def adapt(
    cell: Cell,
    settings: Adaptation,
    recipe: Recipe,
    words: Sequence[str | int],
    *,
    forgetting: bool = False,
    profile: Profile | None = None,
    parameters: Mapping[str, object],
    stream: Path,
    labels: Path | None,
    reference: Literal["truth", "labels"],
    student: Path,
    device: str,
    code: str,
    state: Path,
    output: Path,
) -> None:
    """Write record.h5, weights.pt (the last), seconds.json and cell.json into the folder `output`,
    of the method `continual` lagged.h5 as well, and with `forgetting` after.h5 and final.h5.

    profile: the device that the clock of `settings` names, if it does. parameters: the strategy's
    own, plain data. stream: its index. labels: the teacher's; without a
    file the stream's own. reference: which of the two is looked for. student: the pre-trained
    one's checkpoint. words: what random draws are made from. code: digest of the code. state:
    folder that a killed job resumes from. Raises `BadInput` if nothing would be trained.
    """
    played = Stream(stream)
    network, info = checkpoint.load(student, device, played.size, checkpoint.STUDENT)
    truth = played.joints(np.arange(len(played)))
    taught = read_labels(labels, stream)[0] if labels else truth
    settings, profile = by_its_clock(cell.method, settings, profile)
    require_trainings(cell.method, cell.rate, played.timing, settings, profile, recipe.epochs)
    task = Task(
        stream=played,
        labels=taught,
        reference=taught if reference == "labels" else truth,
        policy=policy(
            cell.method,
            cell.rate,
            settings.window,
            settings.continual_every,
            parameters,
            settings.guard_frames,
        ),
        recipe=recipe,
        words=words,
        reset=settings.weights == "reset",
        error_by_labels=settings.error_by == "teacher",
        takes=settings.training_takes,
        missed=settings.meanwhile == "missed",
        overrun=settings.overrun,
        profile=profile,
        measured=settings.clock == "measured",
        hindsight=forgetting,
        engine=settings.engine,
    )
    arguments = {
        "cell": cell.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"),
        "profile": profile and profile.model_dump(mode="json"),
        "recipe": recipe.model_dump(mode="json"),
        "words": list(words),
        "parameters": dict(parameters),
        "forgetting": forgetting,
        "reference": reference,
        "code": code,
        "device": device,
    }
    inputs = {"stream": stream, "labels": labels, "student": student}
    with resume.job(state, arguments, inputs) as folder:
        with Progress(len(played) * (1 + forgetting), "frames", "adapt") as progress:
            tally = loop.run(task, network, info, folder, progress)
        output.mkdir(parents=True, exist_ok=True)
        parts.join(sorted(folder.glob("part-*.npz")), output / "record.h5", played.fps)
        lagged, after, final = (
            _joined(folder, kind, output, played.fps) for kind in ("lagged", "after", "final")
        )
        checkpoint.save(output / "weights.pt", network, info._replace(of=cell.folder))
        seconds = tally.seconds | {"stream": played.timing.seconds}
        write_summed(output / "seconds.json", json.dumps(seconds, indent=1) + "\n", cell.folder)
        first = played.timing.after(0, task.policy.stretch)
        Outcome(
            **dict(cell),
            k=int(first * cell.rate),
            n=first,
            window=played.timing.after(0, settings.window),
            trainings=tally.trainings,
            refused=tally.refused if task.policy.guard else None,
            unswapped=None if settings.engine == "torch" else tally.unswapped,
            engine=None if settings.engine == "torch" else tally.engine,
            frames_trained=tally.frames_trained,
            labelled=tally.labelled,
            epochs=recipe.epochs,
            passes=tally.passes,
            record_sha256=sha256(output / "record.h5"),
            weights_sha256=sha256(output / "weights.pt"),
            lagged_sha256=lagged,
            after_sha256=after,
            final_sha256=final,
        ).write(output)


def _joined(folder: Path, kind: str, output: Path, fps: float) -> str | None:
    """The sum of the record that the parts of a kind make, if there is any."""
    found, path = sorted(folder.glob(f"{kind}-*.npz")), output / f"{kind}.h5"
    if not found:
        return None
    parts.join(found, path, fps)
    return sha256(path)
