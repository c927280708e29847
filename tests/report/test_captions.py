from posequery.report.captions import Captions, method_name

READINGS = {"common": ["a", "b"], "offline": [], "online": ["c"]}
WORDS = {
    "study": "s",
    "source": "Human3.6M",
    "stand_in": False,
    "teacher": "OpenPose",
    "readings": READINGS,
}


def test_captions_of_words():
    captions = Captions(**WORDS)
    assert captions.heading == "Study s, Human3.6M"
    assert captions.reading("offline") == "Readings: a; b."
    assert captions.reading("online") == "Readings: a; b; c."
    assert captions.teacher_name("openpose") == "OpenPose"
    assert captions.teacher_name("ground_truth") == "ground truth"
    assert "cannot be compared" not in captions.beside


def test_a_stand_in_says_that_levels_cannot_be_compared():
    none = {"common": [], "offline": [], "online": []}
    captions = Captions(**WORDS | {"stand_in": True, "readings": none})
    assert captions.reading("online") == ""
    assert "cannot be compared" in captions.beside


def test_printed_names():
    assert method_name("least_confidence") == "uncertainty"
    assert method_name("k_center") == "k-center"


def test_the_seeds_allow_what_is_said(a_cell, frame, captions):
    cells = frame([a_cell("offline", "none", "none", 0, 30.0, seed=seed) for seed in (0, 2)])
    assert "none of these cells" in captions.table_1(cells[:0])
    assert "One seed: it cannot rank" in captions.table_1(cells[:1])
    assert "over 2 seeds" in captions.table_1(cells)
    assert "Mean of 2 seeds." in captions.figure_2(cells, "5 frames", "a", teacher=False)
    assert "Of 2 seeds, the lowest is shown." in captions.before_after(cells, "uniform", "video")


def test_what_looks_ahead_says_how_far(a_cell, frame, captions):
    continual = a_cell("online", "ground_truth", "continual", 100, 9.0, n=4, k=4)
    cells = frame([continual, a_cell("online", "ground_truth", "uniform", 10, 18.0)])
    said = captions.table_2(cells, first_window=True, teacher=None)
    assert "after every 4 frames, on all of them; the others wait for 10. Equal lag:" in said
    said = captions.table_2(cells[:1], first_window=False, teacher=None)
    assert "after every 4 frames, on all of them. The paper does not say" in said
    said = captions.table_2(cells[1:], first_window=True, teacher=None)
    assert "Continual" not in said
    said = captions.figure_2(cells, "5 frames", "b", teacher=True)
    assert (
        "continual (it looks 4 frames ahead, the others 10), once and uniform at 10 % (k=1)" in said
    )
