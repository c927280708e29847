from dataclasses import replace

import pandas as pd

from posequery.online import profiles
from posequery.report.captions import Captions, first_of, method_name

READINGS = {"common": ["a", "b"], "offline": [], "online": ["c"]}
WORDS = {
    "study": "s",
    "source": "Human3.6M",
    "stand_in": False,
    "teacher": "OpenPose",
    "per_seed": False,
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


def test_a_caption_explains_what_is_drawn_and_no_more(a_cell, frame, captions):
    cells = frame([a_cell("offline", "gt", "uniform", 1, 30.0)])
    assert "Star" not in captions.by_rate(cells, truth=False)
    assert ", 0 % the unadapted student" not in captions.table_1(cells, truth=False)
    assert ", 0 % the unadapted student" in captions.table_1(cells)
    assert "Star: all of the pool" in captions.by_rate(cells)
    every = frame([a_cell("offline", "gt", "all", 100, 30.0)])
    assert "Star: all of the pool" in captions.by_rate(every, truth=False)


def test_printed_names():
    assert method_name("least_confidence") == "uncertainty"
    assert method_name("k_center") == "k-center"


def test_strategies_that_look_at_all_labels_are_named_as_oracles(a_cell, frame, captions):
    online = frame([a_cell("online", "ground_truth", m, 20, 30.0) for m in ("error", "uniform")])
    offline = online.assign(setting="offline")
    said = "does not pick (an oracle): error."
    assert said in captions.table_1(offline)
    assert said in captions.table_2(online, True, None)
    assert said in captions.figure_2(online, "5 frames", "a", teacher=False)
    assert said in captions.by_rate(offline)
    uniform = offline[offline["method"] == "uniform"]
    assert "oracle" not in captions.table_1(uniform)


def test_the_seeds_allow_what_is_said(a_cell, frame, captions):
    cells = frame([a_cell("offline", "none", "none", 0, 30.0, seed=seed) for seed in (0, 2)])
    assert "none of these cells" in captions.table_1(cells[:0])
    assert "One seed, given one student." in captions.table_1(cells[:1])
    two = frame([a_cell("offline", "gt", name, 1, 30.0) for name in ("random", "uniform")])
    assert "One seed, given one student: it cannot rank" in captions.table_1(two)
    assert "over 2 seeds, given one student;" in captions.table_1(cells)
    own = replace(captions, per_seed=True)
    assert "over 2 seeds, each with a student of its own;" in own.table_1(cells)
    assert "given one student" not in own.table_1(cells[:1])
    assert "Mean of 2 seeds, given one student." in captions.figure_2(
        cells, "5 frames", "a", teacher=False
    )
    assert "Of 2 seeds, given one student, the lowest is shown." in captions.before_after(
        cells, "uniform", "video"
    )


def test_several_streams_are_named(a_cell, frame, captions):
    one = frame([a_cell("online", "none", "baseline", 0, 30.0, stream="S1")])
    both = pd.concat([one, one.assign(stream="S5")])
    assert "streams" not in captions.table_2(one, True, None)
    assert "A seed's number is its mean over the streams S1, S5." in captions.table_2(
        both, True, None
    )
    assert "mean over the streams S1, S5" in captions.efficiency(both, "8")
    assert (first_of(one, "S1"), first_of(both, "S1")) == ("", "Of 2 streams, S1 is shown.")
    board = profiles.load("jetson_xavier_nx")
    own = [board], board.network, board.input_size
    assert "of its first stream, S1" in captions.real_time(*own, "S1")
    assert "stream, S1" not in captions.real_time(*own)


def test_the_control_is_explained_where_it_was_run(a_cell, frame, captions):
    control = frame([a_cell("offline", "ground_truth", "all_equal_steps", 100, 9.0)])
    assert "as many gradient steps" in captions.table_1(control)
    assert "gradient steps" not in captions.table_1(control.assign(method="all"))


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
