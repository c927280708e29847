"""What a study's captions say: whose frames these are, and how it reads the paper."""

from collections.abc import Sequence
from typing import Any

from posequery import teachers
from posequery.settings import FITS, as_percent, as_text, counted
from posequery.strategies import GUARDED
from posequery.study.schema import Study

CONFIDENCE = {
    "lowest": "the lowest peak of all 18 maps",
    "lowest_limb": "the lowest peak of the 12 limb joints' maps",
    "mean": "the mean peak of all 18 maps",
}
_OVERRUN = {"skipped": "is skipped", "queued": "waits", "stopped": "stops that training"}
LIVE = {"continue": "continue", "reset": "start afresh"}


def captions(study: Study) -> dict[str, Any]:
    """The fields of `report.captions.Captions`, as plain data."""
    source = study.source
    teacher = [*study.labellers, source.usual_teacher][0]
    own = source.readings(offline=study.offline is not None)
    return {
        "study": study.name,
        "source": source.title,
        "stand_in": source.rendered,
        "teacher": teachers.load(teacher).title,
        "per_seed": study.student.per_seed,
        "readings": {
            "common": _common(study, own.get("common", ())),
            "offline": _offline(study, own.get("offline", ())),
            "online": _online(study, own.get("online", ())),
        },
    }


def _common(study: Study, of_the_source: Sequence[str]) -> list[str]:
    recipe = study.training
    training = f"{recipe.epochs} epochs of batches of {recipe.batch_size}"
    said = [
        f"{study.student.name} at {study.student.input_size} pixels",
        f"{training}, Adam at {recipe.learning_rate:g}, {recipe.precision}",
        f"batch normalisation in {recipe.batch_norm} mode",
        "every joint is read at its map's highest refined peak",
        "errors over the 12 limb joints",
    ]
    if "least_confidence" in study.strategies:
        own = study.strategies["least_confidence"]
        said.append(f"'uncertainty' is {CONFIDENCE[own.over]}")
    return [*said, *of_the_source]


def _offline(study: Study, of_the_source: Sequence[str]) -> list[str]:
    if study.offline is None:
        return []
    said = [*of_the_source]
    if split := study.source.parts:
        said.append(f"pool: the first {as_percent(split.pool)} of each video")
        said.append(f"test: what follows a gap of {as_text(split.gap)}")
    if study.offline.select_from == "clip":
        said.append("selected from each video on its own")
    return said


def _online(study: Study, of_the_source: Sequence[str]) -> list[str]:
    online = study.online
    said = [f"window of {online.window}", *of_the_source]
    if online.first_frames:
        said.append(f"the stream's first {online.first_frames}")
    said.append(f"weights {LIVE[online.weights]} from window to window")
    said.append(f"weights trained on a stretch are live {_clock(study)}")
    if online.engine != "torch":
        said.append(f"the student's maps are computed by {online.engine}")
    if FITS in online.rates:
        fitting = study.online_rates[online.rates.index(FITS)]
        said.append(f"the rate that fits is {as_percent(fitting)}")
    if "continual" in online.methods:
        said.append(f"continual trains every {online.continual_every}")
    if "all" in online.methods:
        said.append("all trains on every frame of each window, by the ideal clock")
    if GUARDED in online.methods:
        held = counted(online.guard_frames, "frame")
        said.append(f"guarded holds back {held} of each window to judge new weights by")
    if "error" in study.strategies:
        by = online.error_by.replace("_", " ") if study.source.has_truth else "teacher"
        said.append(f"'error' selects online by {by}")
    for name in study.teachers:
        said += teachers.load(name).readings(study.settings_of(name))
    return said


def _clock(study: Study) -> str:
    online, profile = study.online, study.online.profile
    if online.clock == "ideal" and online.training_takes.startswith("0 "):
        return "from its next frame (ideal clock)"
    late = f"{online.training_takes} after it"
    if profile:
        late = f"as late as on {profile.title} (declared)"
        missing = ", ".join(profile.not_charged)
        late += f" at the earliest, {missing} not charged" if missing else ""
    if online.clock == "measured":
        late = (
            "as long after it as selection and training took on the machine that ran the cell "
            "(measured, labelling not charged), which differs from run to run"
        )
    if online.overrun != "refused":
        late += f", a stretch that ends before that {_OVERRUN[online.overrun]}"
    late += f", frames {online.meanwhile} meanwhile"
    if online.meanwhile == "watched":
        return late
    return f"{late}, so that each method is measured on the frames that it sees"
