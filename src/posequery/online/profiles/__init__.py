"""Declared device profiles: how long a board takes for each part of an adaptation.

A profile is a YAML file of this folder, called after its device, with the fields of `Profile`; its
comments say how its figures were found. It states the student that they are of, and is applied to
no other. What it does not state is not charged, and is named wherever its times are used.
"""

from fractions import Fraction
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from posequery.jobs import bounds
from posequery.jobs.files import BadInput, unknown
from posequery.settings import Section, Side
from posequery.student.settings import NetworkName

FOLDER = Path(__file__).parent
PARTS = {
    "selection_s": "selection",
    "labelling_s": "labelling",
    "build_s": "engine build",
    "swap_s": "swap",
}
"""The figures that a profile may lack, and what they are of."""

Seconds = Annotated[float, Field(ge=0, le=bounds.COUNT)]


class Profile(Section):
    """What a device takes to adapt its student once."""

    title: Annotated[str, Field(min_length=1)]
    """As it is printed."""
    source: Annotated[str, Field(min_length=1)]
    """Where its figures are from."""
    network: NetworkName
    """The student that they are of."""
    input_size: Side
    training_samples_per_second: Annotated[float, Field(ge=1e-6, le=bounds.COUNT)]
    """Images that pass through a training network, each once an epoch."""
    selection_s: Seconds | None = None
    """Seconds from a window's end until its frames are selected."""
    labelling_s: Seconds | None = None
    """Seconds that the teacher takes for each frame."""
    build_s: Seconds | None = None
    """Seconds to make an inference engine of new weights."""
    swap_s: Seconds | None = None
    """Seconds to put it in the place of the one that runs."""

    @property
    def not_charged(self) -> list[str]:
        """The parts that nobody has stated: they take time, and none is counted for them."""
        return [part for name, part in PARTS.items() if getattr(self, name) is None]

    def is_of(self, network: str, input_size: int) -> bool:
        """Whether its figures are of that student."""
        return (self.network, self.input_size) == (network, input_size)

    def seconds(self, frames: int, epochs: int, held: int = 0) -> Fraction:
        """From a window's end until weights trained on so many frames of it are live, so far as
        this profile states the parts. held: frames that are labelled and not trained on."""
        return self._fixed + frames * self._each(epochs) + held * self._each(0)

    def most(self, seconds: Fraction, epochs: int) -> int:
        """On how many frames it trains within some seconds; an upper bound where a part is
        missing."""
        return max(0, (seconds - self._fixed) // self._each(epochs))

    def epochs_within(self, seconds: Fraction, frames: int, most: int, held: int = 0) -> int:
        """How many whole epochs on so many frames it does within some seconds, at most `most`."""
        left = seconds - self.seconds(frames, 0, held)
        each = frames / _exact(self.training_samples_per_second)
        return int(min(most, max(0, left // each)))

    @property
    def _fixed(self) -> Fraction:
        return sum((_exact(part) for part in (self.selection_s, self.build_s, self.swap_s)), _ZERO)

    def _each(self, epochs: int) -> Fraction:
        return _exact(self.labelling_s) + epochs / _exact(self.training_samples_per_second)


_ZERO = Fraction(0)


def _exact(value: float | None) -> Fraction:
    """The decimal number that a file states."""
    return Fraction(str(value or 0))


def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load(name: str) -> Profile:
    """The profile called `name`.

    Raises ValueError, with the nearest name, if there is none, and BadInput for a file that is
    broken or lacks a figure.
    """
    if name not in names():
        raise ValueError(unknown("device profile", name, names()))
    # Here, since a board that is given a profile reads no file.
    from posequery.jobs import strict_yaml

    path = FOLDER / f"{name}.yaml"
    try:
        return Profile.model_validate(strict_yaml.read(path), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        said = {
            "missing": (f"has no figure '{where}'", "State it, with where it is from"),
            "extra_forbidden": (f"has a figure '{where}' that is not known", "Leave it out"),
        }
        fault = f"{where}: {first['msg']}"
        raise BadInput(path, *said.get(first["type"], (fault, "Correct it"))) from None
