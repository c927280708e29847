"""The margin."""

from fractions import Fraction

import pytest
from pydantic import ValidationError

from posequery.evidence.settings import Evidence


@pytest.mark.parametrize("margin", ["0", 0, "0%", 0.0, "0/7", "0.0 %"])
def test_a_margin_of_zero_is_a_clear_error(margin, tried):
    with pytest.raises(ValidationError, match="within a margin of 0 nothing is alike"):
        Evidence(margin=margin)
    tried("Bad input", "a margin of zero", {"refused": 1})


@pytest.mark.parametrize("margin", ["-5%", "101%", "wide", "nan"])
def test_other_margins_are_no_shares(margin):
    with pytest.raises(ValidationError, match="rate"):
        Evidence(margin=margin)


def test_margins():
    assert Evidence().margin == Fraction(1, 20)
    assert Evidence(margin="2%").margin == Evidence(margin=0.02).margin == Fraction(1, 50)
    again = Evidence.model_validate_json(Evidence(margin="1/3").model_dump_json())
    assert again.margin == Fraction(1, 3)
