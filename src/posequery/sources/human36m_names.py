"""Human3.6M's sequence names: which file holds which action of which subject.

The names follow one pattern with exceptions that differ between subjects (the dataset's
`metadata.xml`); here they are a table, so that nothing is guessed from a folder listing.
"""

import os
from dataclasses import dataclass
from pathlib import Path

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

# Annotations shifted against the picture (community reports on S9), all cameras.
DAMAGED = frozenset({("S9", "Greeting"), ("S9", "SittingDown 1"), ("S9", "Waiting 1")})


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


def first_subactions(subject: str) -> tuple[Sequence, ...]:
    """Subaction 1 of each action in stream order, without the DAMAGED ones."""
    return tuple(
        sequence
        for sequence in sequences(subject)
        if sequence.subaction == 1 and (subject, sequence.stem) not in DAMAGED
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
