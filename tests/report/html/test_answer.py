"""The answer: numbers of the study, and never more than they say."""

from posequery.report.html.answer import section


def answers(made):
    _, points = section(made).parts
    return dict(points.said)


def test_each_number_is_one_of_the_cells(sources, cells):
    said = answers(sources(cells))
    assert said["Offline"] == (
        "The unadapted student errs by 30.00 px; trained on all 1000 frames of the pool it errs by "
        "17.50 px; at 1 % (k=10) the strategies reach from 20.50 px (random) to 20.50 px (uniform);"
        " at 20 % (k=200) uniform reaches 18.50 px."
    )
    assert said["Online"] == "The student that never adapts errs by 25.00 px, mean over the stream."
    assert "continual distillation reaches 9.00 px" in said["Online, ground truth"]


def test_one_seed_is_undecided(sources, cells):
    said = answers(sources([row for row in cells if row["seed"] == 0]))
    assert said["Undecided"].startswith("Which strategy is best: with one seed")
    assert "none of these numbers" in said["Stand-in"]


def test_several_seeds_without_verdicts_are_undecided(sources, cells):
    assert "no claim has been tested" in answers(sources(cells))["Undecided"]


def test_a_run_of_few_cells_says_what_it_has(sources, a_cell):
    said = answers(sources([a_cell("online", "none", "baseline", 0, 25.0)]))
    assert set(said) == {"Undecided", "Stand-in", "Online"}


def test_real_people_are_compared_with_their_teacher(video_sources):
    said = answers(video_sources)
    assert said["Online"].startswith("The student that never adapts differs from BlazePose")
    assert "Stand-in" not in said
