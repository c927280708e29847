from fractions import Fraction

from posequery.report.captions import Captions, method_name, percent

READINGS = {"common": ["a", "b"], "offline": [], "online": ["c"]}
WORDS = {"study": "s", "source": "Human3.6M", "teacher": "OpenPose", "readings": READINGS}


def test_captions_of_words():
    captions = Captions(**WORDS)
    assert captions.heading == "Study s, Human3.6M"
    assert captions.reading("offline") == "Readings: a; b."
    assert captions.reading("online") == "Readings: a; b; c."
    assert not captions.stand_in
    assert captions.teacher_name("openpose") == "OpenPose"
    assert captions.teacher_name("ground_truth") == "ground truth"


def test_a_stand_in_says_that_levels_cannot_be_compared():
    none = {"common": [], "offline": [], "online": []}
    captions = Captions(**WORDS | {"source": "rendered stand-in", "readings": none})
    assert captions.stand_in
    assert captions.reading("online") == ""
    assert "cannot be compared" in captions.beside


def test_printed_names():
    assert method_name("least_confidence") == "uncertainty"
    assert method_name("k_center") == "k center"
    assert percent(Fraction(1, 100)) == "1 %"
    assert percent(Fraction(1, 40)) == "2.5 %"
    assert percent(Fraction(1)) == "100 %"
