"""What every caption says: whose numbers these are, and under which readings of the paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from posequery.report import published

STAND_IN = "rendered stand-in"
NONE = "–"
"""Printed where this run has no such cell."""

_PRINTED = {
    "least_confidence": "uncertainty",
    "continual": "continual distillation",
    "none": "none (0 %)",
    "all": "all (100 %)",
}


@dataclass(frozen=True)
class Captions:
    """The words that a study's captions share.

    study: its name. source: what its frames are ('rendered stand-in', 'Human3.6M').
    teacher: printed name of the teacher that is not ground truth ('teacher network', 'OpenPose').
    readings: how the protocol reads the paper where it is silent ('window 100 frames'): of
    offline numbers, of online ones, and common to both.
    """

    study: str
    source: str
    teacher: str
    readings: Mapping[str, Sequence[str]]

    @property
    def stand_in(self) -> bool:
        """Whether the frames are rendered, so that no number speaks of the paper's own."""
        return self.source == STAND_IN

    @property
    def heading(self) -> str:
        return f"Study {self.study}, {self.source}"

    def reading(self, setting: str) -> str:
        """One sentence that lists the readings that bear on numbers of this setting."""
        said = "; ".join((*self.readings["common"], *self.readings[setting]))
        return f"Readings: {said}." if said else ""

    @property
    def beside(self) -> str:
        """How this study's numbers stand to the published ones, in one sentence."""
        if self.stand_in:
            return (
                f"Published numbers are of {published.DATA}: other images, another student and "
                "other pixels, so that levels cannot be compared."
            )
        return f"Published numbers are the paper's ({published.PAPER})."

    def teacher_name(self, teacher: str) -> str:
        return "ground truth" if teacher == "ground_truth" else self.teacher


def method_name(method: str) -> str:
    """A method's printed name."""
    return _PRINTED.get(method, method.replace("_", " "))


def percent(rate: Fraction) -> str:
    """A rate as it is printed: '1 %', '2.5 %'."""
    return f"{float(rate * 100):g} %"
