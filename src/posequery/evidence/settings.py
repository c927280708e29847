"""The settings of the verdicts."""

from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator

from posequery.settings import Rate, Section, exact, shown


def _above_zero(value: object) -> object:
    text = shown(value).strip()
    try:
        zero = exact(text.removesuffix("%")) == 0
    except ValueError:
        return value
    if zero:
        raise ValueError("within a margin of 0 nothing is alike: write a share such as 5%")
    return value


class Evidence(Section):
    """How the paper's claims are judged."""

    margin: Annotated[Rate, BeforeValidator(_above_zero)] = Fraction(1, 20)
    """Methods whose errors differ by less than this share of the unadapted student's error count as
    alike. It is fixed before a study runs: with results there, another one needs
    `--config confirm=true`."""
