"""The answer: numbers of the study, and never more than they say."""

from dataclasses import replace

import pandas as pd

from posequery.evidence.comparisons import COLUMNS as COMPARISONS
from posequery.evidence.verdicts import COLUMNS as VERDICTS
from posequery.jobs.files import write_summed
from posequery.report.html.answer import section
from posequery.report.html.real_time import this_machine


def answers(made):
    _, points = section(made).parts
    return dict(points.said)


def test_each_number_is_one_of_the_cells(sources, cells):
    said = answers(sources(cells))
    assert said["Offline"] == (
        "The unadapted student errs by 30.00 px; trained on all 1000 frames of the pool by "
        "17.50 px; at 1 % (k=10) from 20.50 px (random) to 20.50 px (uniform); at 20 % (k=200) "
        "18.50 px (uniform)."
    )
    assert said["Online"] == "The unadapted student errs by 25.00 px, mean over the stream."
    assert "continual distillation 9.00 px" in said["Online, ground truth"]


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
    assert said["Before and after"] == (
        "The unadapted student differs from BlazePose, its teacher, by 20.00 px, mean over "
        "the stream; adapted by uniform at 20 % (k=2) by 8.00 px, 60 % less; adapted by uniform at "
        "10 % (k=1) by 11.00 px, 45 % less."
    )
    # Of each camera's 20 frames the last ten are 5 to 14 px after the last of two picked before.
    assert said["Without a student"] == (
        "The last label that uniform 20 % had from BlazePose, repeated until the next, differs by "
        "9.50 px; the student that it adapted, in the same 50 % of the frames, by 4.00 px."
    )
    assert "another draw" in said["Undecided"]
    assert "BlazePose" in said["No truth"]
    assert "Stand-in" not in said


def test_how_many_labels_is_the_share_of_the_gain_of_all_of_them(
    video_sources, write_cells, split_rows, a_cell
):
    assert "How many labels" not in answers(video_sources)
    # Of 30 to 10 px.
    online = [a_cell("online", "none", "baseline", 0, 20.0)]
    write_cells([*split_rows, *online])
    made = replace(video_sources)  # which has read nothing yet
    assert answers(made)["How many labels"] == (
        "On the end of each video the unadapted student differs from BlazePose by 30.00 px; "
        "trained on all 1000 labelled frames of their starts by 10.00 px. Of that gain, 10 labels "
        "(1 %) bring 50 % (uniform), 200 labels (20 %) bring 90 % (uniform)."
    )


def test_without_all_of_them_the_errors_say_how_many_labels(
    video_sources, write_cells, split_rows, a_cell
):
    """Also where labels make the student worse, which a share of a gain can't say."""
    online = [a_cell("online", "none", "baseline", 0, 20.0)]
    write_cells([row for row in split_rows if row["method"] != "all"] + online)
    assert answers(replace(video_sources))["How many labels"] == (
        "On the end of each video the unadapted student differs from BlazePose by 30.00 px; "
        "trained on 10 labels (1 %) of their starts by 20.00 px (uniform); trained on 200 labels "
        "(20 %) of their starts by 12.00 px (uniform)."
    )


def test_how_many_is_the_share_of_the_gain_of_all_frames(sources, cells):
    # Of 30 to 17.5 px: 1 % reaches 20.5 px on average, 20 % reaches 18.5 px.
    assert answers(sources(cells))["How many"].startswith(
        "Of the gain that all frames of the pool bring, the strategies bring, at 1 %: 76 % "
        "(uniform) to 76 % (random); at 20 %: 92 % (uniform). A higher rate"
    )


def test_a_difference_that_chance_may_make_is_counted_and_named_as_such(sources, cells):
    made = sources(cells)
    made.evidence.mkdir()
    row = dict.fromkeys(VERDICTS, "") | {"claim": "a", "kind": "beats", "verdict": "undecided"}
    write_summed(made.evidence / "verdicts.csv", pd.DataFrame([row]).to_csv(index=False))
    ends = [("uniform", -2, -1), ("uniform", 1, 2), ("uniform", 2, 3), ("uniform", -1, 1)]
    ends += [("random", -2, -1)]
    rows = [
        dict.fromkeys(COMPARISONS, "")
        | {"against": other, "low_px": low, "high_px": high}
        | {"strategy": "least_confidence"}
        for other, low, high in ends
    ]
    write_summed(made.evidence / "comparisons.csv", pd.DataFrame(rows).to_csv(index=False))
    said = answers(made)
    assert said["Verdicts"].startswith("Of the paper's 1 claim: 1 undecided.")
    assert said["Exploratory"].startswith(
        "Of 4 comparisons of a strategy with uniform (each rate, setting and teacher) 1 have a "
        "plain 95 % interval below 0 (better: uncertainty) and 2 one above it (worse: uncertainty "
        "2 times)"
    )


def test_what_this_machine_affords_leaves_the_student_its_time(sources, cells):
    # Three trainings on one frame each, 10 passes in 0.5 s: 60 images a second, of which the
    # student leaves 7 of 8 seconds. 2 s less 0.25/3 s of selection hold 100 passes.
    assert this_machine(sources(cells))[0] == "it trained on 60 images a second (measured at 10 %)"
    assert answers(sources(cells))["Real time"].endswith(
        "; beside the student itself, which takes 12 %, at most 10 of a window's 10 frames (all of "
        "them) fit into the 2 s of the next window, trained on 10 times each."
    )
