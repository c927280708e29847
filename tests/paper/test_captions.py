import json
from fractions import Fraction

import pytest

from posequery.files import BadInput
from posequery.paper.captions import method_name, percent, read_captions

READINGS = {"common": ["a", "b"], "offline": [], "online": ["c"]}
WORDS = {"study": "s", "source": "Human3.6M", "teacher": "OpenPose", "readings": READINGS}


def test_captions_from_json():
    captions = read_captions(json.dumps(WORDS))
    assert captions.heading == "Study s, Human3.6M"
    assert captions.reading("offline") == "Readings: a; b."
    assert captions.reading("online") == "Readings: a; b; c."
    assert not captions.stand_in
    assert captions.teacher_name("openpose") == "OpenPose"
    assert captions.teacher_name("ground_truth") == "ground truth"


def test_a_stand_in_says_that_levels_cannot_be_compared():
    none = {"common": [], "offline": [], "online": []}
    captions = read_captions(json.dumps(WORDS | {"source": "rendered stand-in", "readings": none}))
    assert captions.stand_in
    assert captions.reading("online") == ""
    assert "cannot be compared" in captions.beside


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "no keys"),
        (json.dumps(WORDS | {"sauce": "x"}), "sauce"),
        (json.dumps({"study": "s"}), "has study"),
        (json.dumps(WORDS | {"readings": "a"}), "has readings of no keys"),
        (json.dumps(WORDS | {"readings": {"common": []}}), "has readings of common"),
        (json.dumps(WORDS | {"readings": READINGS | {"online": "a"}}), "not a text"),
        (json.dumps(WORDS | {"readings": READINGS | {"online": [1]}}), "not a text"),
        (json.dumps(WORDS | {"study": 3}), "not a text"),
    ],
)
def test_bad_captions(text, said):
    with pytest.raises(BadInput, match="--captions") as caught:
        read_captions(text)
    assert said in str(caught.value)


def test_printed_names():
    assert method_name("least_confidence") == "uncertainty"
    assert method_name("k_center") == "k center"
    assert percent(Fraction(1, 100)) == "1 %"
    assert percent(Fraction(1, 40)) == "2.5 %"
    assert percent(Fraction(1)) == "100 %"
