"""What a study's captions say: whose frames these are, and how it reads the paper."""

from typing import Any

from posequery.study.clips import left_out
from posequery.study.schema import Study

SOURCES = {
    "rendered": "rendered stand-in",
    "human36m": "Human3.6M",
    "lab": "one person before four cameras of a motion-capture laboratory",
    "videos": "own videos",
}
TEACHERS = {"network": "teacher network", "openpose": "OpenPose", "blazepose": "BlazePose"}
CONFIDENCE = {
    "lowest": "the lowest peak of all 18 maps",
    "lowest_limb": "the lowest peak of the 12 limb joints' maps",
    "mean": "the mean peak of all 18 maps",
}
FIRST_VIDEO = {
    "subaction": "subaction 1",
    "file_name": "the first by file name",
    "stem": "the first by stem",
}
LIVE = {"continue": "continue", "reset": "start afresh"}


def captions(study: Study) -> dict[str, Any]:
    """The fields of `report.captions.Captions`, as plain data."""
    others = [name for name in study.teachers if name != "ground_truth"]
    usual = "network" if study.source.kind == "rendered" else "openpose"
    return {
        "study": study.name,
        "source": SOURCES[study.source.kind],
        "stand_in": study.source.kind == "rendered",
        "teacher": TEACHERS[others[0] if others else usual],
        "readings": {
            "common": _common(study),
            "offline": _offline(study),
            "online": _online(study),
        },
    }


def _common(study: Study) -> list[str]:
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
    if study.source.kind == "human36m":
        words, _ = left_out(study)
        said += [f"left out: {', '.join(words)}"] if words else []
        if study.source.frame_counts == "any":
            said.append("frame counts need not be the published ones")
    return said


def _offline(study: Study) -> list[str]:
    if study.offline is None:
        return []
    source = study.source
    said = [f"tested on each action's first video ({FIRST_VIDEO[source.first_video]})"]
    if source.kind == "human36m":
        subjects = ", ".join(source.pool_subjects), ", ".join(source.test_subjects)
        said.append(f"pool of {subjects[0]}, test of {subjects[1]}, {_cameras(source.cameras)}")
    if study.offline.select_from == "clip":
        said.append("selected from each video on its own")
    return said


def _online(study: Study) -> list[str]:
    online = study.online
    said = [f"window of {online.window}"]
    if study.source.kind == "human36m":
        said.append(f"stream of {_cameras(study.source.stream_cameras)}")
    if online.first_frames:
        said.append(f"the stream's first {online.first_frames}")
    said.append(f"weights {LIVE[online.weights]} from window to window")
    said.append(f"weights trained on a stretch are live {_clock(study)}")
    if "continual" in online.methods:
        said.append(f"continual trains every {online.continual_every}")
    if "error" in study.strategies:
        by = online.error_by.replace("_", " ") if study.has_truth else "teacher"
        said.append(f"'error' selects online by {by}")
    if study.openpose:
        said.append(f"OpenPose's {study.openpose.person} person labels a frame")
    return said


def _clock(study: Study) -> str:
    online = study.online
    if online.training_takes.startswith("0 "):
        return "from its next frame (ideal clock)"
    late = f"{online.training_takes} after it, frames {online.meanwhile} meanwhile"
    if online.meanwhile == "watched":
        return late
    return f"{late}, so that each method is measured on the frames that it sees"


def _cameras(names: list[str]) -> str:
    return f"camera{'s' if names[1:] else ''} {', '.join(names)}"
