from fractions import Fraction

from posequery.paper.captions import Captions, method_name, percent

WORDS = {"study": "s", "source": "Human3.6M", "teacher": "OpenPose", "readings": ["a", "b"]}


def test_captions_of_words():
    captions = Captions(**WORDS)
    assert captions.heading == "Study s, Human3.6M"
    assert captions.reading == "Readings: a; b."
    assert not captions.stand_in
    assert captions.teacher_name("openpose") == "OpenPose"
    assert captions.teacher_name("ground_truth") == "ground truth"


def test_a_stand_in_says_that_levels_cannot_be_compared():
    captions = Captions(**WORDS | {"source": "rendered stand-in", "readings": []})
    assert captions.stand_in
    assert captions.reading == ""
    assert "cannot be compared" in captions.beside


def test_printed_names():
    assert method_name("least_confidence") == "uncertainty"
    assert method_name("k_center") == "k center"
    assert percent(Fraction(1, 100)) == "1 %"
    assert percent(Fraction(1, 40)) == "2.5 %"
    assert percent(Fraction(1)) == "100 %"
