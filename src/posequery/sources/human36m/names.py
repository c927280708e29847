"""Human3.6M's sequence names: which file holds which action of which subject.

The names follow one pattern with exceptions that differ between subjects (the dataset's
`metadata.xml`); here they are a table, so that nothing is guessed from a folder listing.
"""

import functools
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from posequery.jobs.files import suggestion

FPS = Fraction(50)
CAMERAS = ("54138969", "55011271", "58860488", "60457274")
POOL_SUBJECTS = ("S1", "S5", "S6", "S7", "S8")
TEST_SUBJECTS = ("S9", "S11")
SUBJECTS = POOL_SUBJECTS + TEST_SUBJECTS

ACTIONS = (
    "Directions",
    "Discussion",
    "Eating",
    "Greeting",
    "Phoning",
    "Posing",
    "Purchases",
    "Sitting",
    "SittingDown",
    "Smoking",
    "TakingPhoto",
    "Waiting",
    "Walking",
    "WalkingDog",
    "WalkingTogether",
)

# Subject S1 spells two actions in full, the other subjects do not.
_FILE_NAMES = {"WalkingTogether": "WalkTogether"}
_FILE_NAMES_BUT_S1 = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}

# Number in the file name of subactions 1 and 2 (0: no number), where it is not (1, 0).
_NUMBERS = {
    "S1": {"Eating": (2, 0), "Sitting": (1, 2), "SittingDown": (2, 0)},
    "S5": {
        "Directions": (1, 2),
        "Discussion": (2, 3),
        "Greeting": (1, 2),
        "SittingDown": (0, 1),
        "TakingPhoto": (0, 2),
        "Waiting": (1, 2),
    },
    "S6": {
        "Eating": (1, 2),
        "Posing": (2, 0),
        "Sitting": (1, 2),
        "TakingPhoto": (0, 1),
        "Waiting": (3, 0),
    },
    "S7": {
        "Phoning": (2, 0),
        "SittingDown": (0, 1),
        "TakingPhoto": (0, 1),
        "Waiting": (1, 2),
        "Walking": (1, 2),
    },
    "S8": {"SittingDown": (0, 1), "WalkingTogether": (1, 2)},
    "S9": {"Discussion": (1, 2), "SittingDown": (0, 1)},
    "S11": {
        "Discussion": (1, 2),
        "Greeting": (2, 0),
        "Phoning": (3, 2),
        "SittingDown": (0, 1),
        "Smoking": (2, 0),
    },
}

EXCLUDED = ("S9 Greeting", "S9 SittingDown 1", "S9 Waiting 1", "S11 Directions.54138969")
"""What the community leaves out: of S9, sequences whose annotations lie beside the person, before
every camera (MHFormer #92, learnable-triangulation #63); of S11, the video that is shipped broken
(h36m-fetch #3). Each word is a subject and a stem, and a camera if only that one is meant."""


@dataclass(frozen=True)
class Sequence:
    """One recording: the canonical action, its subaction (1 or 2) and the file name's stem."""

    action: str
    subaction: int
    stem: str


def _sequence(subject: str, action: str, subaction: int) -> Sequence:
    name = _FILE_NAMES.get(action, action)
    if subject != "S1":
        name = _FILE_NAMES_BUT_S1.get(name, name)
    number = _NUMBERS[subject].get(action, (1, 0))[subaction - 1]
    return Sequence(action, subaction, f"{name} {number}" if number else name)


def sequences(subject: str) -> tuple[Sequence, ...]:
    """The 30 sequences of a subject ("S1" ... "S11") in stream order.

    The order is that of the full file names: "Directions 1.54138969.mp4" comes before
    "Directions.54138969.mp4", because a space sorts before a dot; bare stems sort otherwise.
    Raises KeyError for a subject without published annotations.
    """
    found = [_sequence(subject, action, sub) for action in ACTIONS for sub in (1, 2)]
    return tuple(sorted(found, key=lambda sequence: f"{sequence.stem}."))


def recordings(subject: str, cameras: Iterable[str]) -> tuple[tuple[Sequence, str], ...]:
    """Each sequence of a subject before each of `cameras`, in stream order.

    The order is that of the full file names again, so that the cameras follow each other within a
    sequence.
    """
    pairs = ((sequence, camera) for sequence in sequences(subject) for camera in cameras)
    return tuple(sorted(pairs, key=lambda pair: f"{pair[0].stem}.{pair[1]}"))


def first_videos(subject: str, reading: str) -> tuple[Sequence, ...]:
    """The first sequence of each action, 15 in stream order, by one of three readings.

    "subaction" takes the dataset's own subaction 1; "file_name" the file that sorts first in the
    folder ("Directions 1.54138969.mp4" before "Directions.54138969.mp4"); "stem" the name that
    sorts first without the camera ("Directions" before "Directions 1"). Raises KeyError for
    another reading.
    """
    keys: dict[str, Callable[[Sequence], str]] = {
        "subaction": lambda sequence: str(sequence.subaction),
        "file_name": lambda sequence: f"{sequence.stem}.",
        "stem": lambda sequence: sequence.stem,
    }
    every = sequences(subject)
    firsts = {
        min((sequence for sequence in every if sequence.action == action), key=keys[reading])
        for action in ACTIONS
    }
    return tuple(sequence for sequence in every if sequence in firsts)


@functools.cache
def _names() -> dict[str, tuple[str, str, str | None]]:
    names: dict[str, tuple[str, str, str | None]] = {}
    for subject in SUBJECTS:
        for sequence in sequences(subject):
            name = f"{subject} {sequence.stem}"
            names[name] = (subject, sequence.stem, None)
            names |= {f"{name}.{camera}": (subject, sequence.stem, camera) for camera in CAMERAS}
    return names


def exclusion(word: str) -> tuple[str, str, str | None]:
    """Subject, stem and camera that `word` leaves out; without a camera it leaves out all.

    "S9 Waiting 1" leaves out a sequence, "S11 Directions.54138969" one video. Raises ValueError for
    a word that names no sequence of the table.
    """
    names = _names()
    if word not in names:
        own = [name for name in names if name.startswith(f"{word.split(' ')[0]} ")]
        hint = suggestion(word, own) if own else "write it as 'S9 Waiting 1'"
        raise ValueError(f"Human3.6M has no sequence '{word}': {hint}")
    return names[word]


def excluded(words: Iterable[str], subject: str, stem: str, camera: str) -> bool:
    """Whether one of `words` leaves out a sequence before a camera; raises as `exclusion`."""
    return any(
        exclusion(word) in ((subject, stem, None), (subject, stem, camera)) for word in words
    )


def video_path(root: str | os.PathLike[str], subject: str, stem: str, camera: str) -> Path:
    """Where the dataset's layout keeps a sequence's video before one camera."""
    return Path(root, subject, "Videos", f"{stem}.{camera}.mp4")


def annotation_path(root: str | os.PathLike[str], subject: str, stem: str, camera: str) -> Path:
    """Where the dataset's layout keeps a sequence's 2-D positions before one camera."""
    return Path(root, subject, "MyPoseFeatures", "D2_Positions", f"{stem}.{camera}.cdf")


def slug(subject: str, stem: str, camera: str) -> str:
    """The clip's name inside the workflow, e.g. "S1-Directions-1-54138969": safe in any path."""
    return f"{subject}-{stem.replace(' ', '-')}-{camera}"
