"""What a study costs, by hand and from the published frame counts."""

from pathlib import Path

import pytest

from posequery.sources.human36m.counts import expected
from posequery.sources.human36m.names import CAMERAS
from posequery.study import estimate
from posequery.study.clips import clips
from posequery.study.loading import load_study

CONFIG = Path(__file__).parents[2] / "config"


def the_papers(study="human36m", **changes):
    found = load_study(study, {"seeds": [0], **changes}, CONFIG)
    sources = clips(found, "results/human36m")
    frames = {slug: expected(clip.subject, clip.stem) for slug, clip in sources.items()}
    return (
        found,
        sources,
        estimate.work(found, sources, frames, dict.fromkeys(sources, 50.0), 64_115),
    )


def test_the_papers_study_before_one_camera():
    """Facts on the dataset: 62,094 and 389,938 annotated frames of S1 and of the pool; the first
    videos of S9 and S11 without Waiting 1 of S9 are 40,407 - 1,612 + 29,010."""
    _, _, work = the_papers()
    assert (work.streams, work.pool, work.test) == ({"S1": 62_094}, 389_938, 67_805)
    assert work.extracted == 389_938 + 67_805
    # 41 whole windows of 1,500 and 485 batches of 128, each with a frame behind it to test.
    assert (work.windows, work.batches) == ({"S1": 41}, {"S1": 485})
    assert work.cells == (1 + 4 * 5 + 2) + (1 + 2 * (2 + 4 * 2))
    # 250 epochs on COCO's images with people.
    assert work.pretrained == 16_028_750
    # floor(389,938 p) at 1, 5, 10, 20, 40 %, four strategies, all of them once, and all for as many
    # steps as 40 % takes.
    four = 4 * (3899 + 19496 + 38993 + 77987 + 155975)
    assert work.finetuned == 10 * (four + 389_938 + 155_975)
    # Two teachers: 15 and 300 of each window, four strategies; 15 once; 128 of each batch.
    assert work.adapted == 10 * 2 * (4 * 41 * (15 + 300) + 15 + 485 * 128)
    # The pool once, the test by 23 cells, the stream by 21 and by continual twice.
    assert work.predicted == 389_938 + 23 * 67_805 + (21 + 2) * 62_094


def test_what_is_forgotten_takes_two_more_readings_by_uniform_alone():
    plain, asked = (the_papers(online={"forgetting": on})[2] for on in (False, True))
    assert asked.predicted - plain.predicted == 2 * 4 * 62_094
    assert asked.cells == plain.cells


def test_a_mirrored_pass_is_a_second_reading():
    study, _, work = the_papers(strategies=["uniform", "flip_consistency", "k_center"])
    # The pool once, and of each teacher the stream at two rates.
    assert work.mirrored == 389_938 + 2 * 2 * 62_094
    again = work.predicted + work.mirrored
    said = estimate.text(study, work, estimate.Extraction(1, 0), estimate.Student(1, 1, 0), 0)
    assert f"  predict    {again:>15,} frames" in said
    # Nothing of it is recorded.
    recorded = estimate.RECORDED * (work.predicted - work.scored)
    assert estimate.size(recorded) in said
    assert the_papers()[2].mirrored == 0


def test_all_is_trained_on_every_frame_of_each_window_by_the_ideal_clock():
    own = {"methods": ["all"], "training_takes": "1500 frames", "meanwhile": "missed"}
    _, _, work = the_papers(strategies=[], online=own)
    assert (work.windows, work.adapted) == ({"S1": 20}, 10 * 2 * 41 * 1500)


def test_four_cameras_are_four_times_as_much():
    _, sources, work = the_papers("human36m_four_cameras")
    assert len(sources) == 4 * (5 * 30 + 14 + 15)
    assert (sum(work.streams.values()), work.pool, work.test) == (
        4 * 62_094,
        4 * 389_938,
        4 * 67_805,
    )
    streams = [f"S1_{camera}" for camera in CAMERAS]
    assert (work.windows, work.batches) == (dict.fromkeys(streams, 41), dict.fromkeys(streams, 485))


def test_a_student_per_seed_and_more_streams_are_counted():
    """Each student is pre-trained, scores the pool and stays unadapted; each stream is lived on."""
    _, _, one = the_papers()
    more = {"seeds": [0, 1], "student": {"per_seed": True}}
    _, _, work = the_papers(source={"stream_subjects": ["S1", "S5"]}, **more)
    assert work.pretrained == 2 * one.pretrained and work.scored == 2 * one.scored
    assert work.cells == 2 * (1 + 4 * 5 + 2) + 2 * 2 * (1 + 2 * (2 + 4 * 2))
    assert work.streams.keys() == work.windows.keys() == {"S1", "S5"}
    s1, s5 = ((work.windows[at], work.batches[at]) for at in ("S1", "S5"))
    assert s1 == (41, 485) and s5[0] == (work.streams["S5"] - 1) // 1500
    each = [4 * windows * (15 + 300) + 15 + batches * 128 for windows, batches in (s1, s5)]
    assert work.adapted == 10 * 2 * 2 * sum(each)
    _, _, shared = the_papers(seeds=[0, 1])
    assert shared.pretrained == one.pretrained
    assert shared.cells == 1 + 2 * (4 * 5 + 2) + 1 + 2 * 2 * (2 + 4 * 2)


def test_videos_that_are_split_have_a_pool_and_a_test_of_their_frames():
    found = load_study("lab", {}, CONFIG)
    sources = clips(found, "results/lab")
    frames, fps = dict.fromkeys(sources, 100), dict.fromkeys(sources, 60.0)
    work = estimate.work(found, sources, frames, fps, 10)
    # Of each camera 70 %, then 6 frames that are in neither.
    assert (work.extracted, work.pool, work.test) == (400, 4 * 70, 4 * 24)
    assert work.finetuned == found.training.epochs * (2 + 14 + 56 + 280)
    first = load_study(
        "videos",
        {"source": {"kind": "videos", "videos": ["a.mp4", "b.mp4"]}, "offline": {}}
        | {"online": {"first_frames": "150 frames"}},
        CONFIG,
    )
    sources = clips(first, "results/videos")
    frames, fps = dict.fromkeys(sources, 100), dict.fromkeys(sources, 10.0)
    work = estimate.work(first, sources, frames, fps, 10)
    # Of 150 frames played, 100 and 50; a second is 10.
    assert (work.pool, work.test) == (70 + 35, 20 + 5)


def test_frames_lost_while_training_explain_the_papers_33_windows():
    """33 (1,500 + 381) = 62,073, and 21 frames are left to test the last weights."""
    _, _, work = the_papers(online={"training_takes": "381 frames", "meanwhile": "missed"})
    assert work.windows == {"S1": 33}
    _, _, work = the_papers(online={"first_frames": "49023 frames"})
    found = work.streams, work.windows, work.batches
    assert found == ({"S1": 49_023}, {"S1": 32}, {"S1": 382})


def test_weights_that_go_live_later_need_frames_behind_that():
    # The last of 41 whole windows ends at 61,500; 594 frames are behind it.
    for takes, windows in (("593 frames", 41), ("594 frames", 40)):
        _, _, work = the_papers(online={"training_takes": takes, "methods": []})
        assert work.windows == {"S1": windows}


@pytest.mark.parametrize(("frames", "trainings"), [(0, 0), (10, 0), (11, 1), (20, 1), (21, 2)])
def test_nothing_is_trained_that_nothing_tests(frames, trainings):
    online = {"window": "10 frames", "rates": ["1/10"], "once_rate": "1/10"}
    study = load_study("human36m", {"online": online}, CONFIG)
    sources = clips(study, "results")
    slug = next(slug for slug, clip in sources.items() if "S1" in clip.streams)
    counts = dict.fromkeys(sources, 0) | {slug: frames}
    rates = dict.fromkeys(sources, 50.0)
    assert estimate.work(study, sources, counts, rates, 0).windows == {"S1": trainings}


def test_windows_in_seconds_are_counted_by_each_videos_own_clock(tmp_path, tried):
    """Three videos of 10 s at 60, 30 and 60 frames a second: 1,500 frames in 30 s."""
    (tmp_path / "mine.yaml").write_text("videos: [a.mp4, b.mp4, c.mp4]\n")
    online = {"window": "5 s", "rates": ["10%"], "methods": ["once"], "once_rate": "10%"}
    study = load_study(str(tmp_path / "mine.yaml"), {"online": online}, CONFIG)
    sources = clips(study, "results")
    frames = dict(zip(sources, (600, 300, 600), strict=True))
    fps = dict(zip(sources, (60.0, 30.0, 60.0), strict=True))
    work = estimate.work(study, sources, frames, fps, 0)
    # The sixth window is trained on when no frame is left to test it.
    assert (work.streams, work.windows) == ({"stream": 1500}, {"stream": 5})
    assert work.adapted == study.training.epochs * (30 + 30 + 15 + 15 + 30 + 30)
    frames[list(frames)[-1]] += 1
    work = estimate.work(study, sources, frames, fps, 0)
    assert work.windows == {"stream": 6}
    assert work.adapted == study.training.epochs * (30 + 30 + 15 + 15 + 30 + 30 + 30)
    tried("9", "an estimate for videos of several frame rates", {"done right": 1})


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.4, "0 s"),
        (99, "99 s"),
        (915, "15 min"),
        (6000, "2 h"),
        (359_000, "100 h"),
        (1e6, "12 days"),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(seconds, told):
    assert estimate.duration(seconds) == told


@pytest.mark.parametrize(
    ("amount", "told"),
    [(4e4, "0.0 MB"), (25e5, "2.5 MB"), (95e6, "95 MB"), (2.14e9, "2.1 GB"), (21e9, "21 GB")],
)
def test_a_size_has_the_unit_that_suits_it(amount, told):
    assert estimate.size(amount) == told


def test_the_text_adds_up():
    study, _, work = the_papers()
    extraction = estimate.Extraction(frames=500.0, bytes=20_000.0)
    student = estimate.Student(training=100.0, inference=1000.0, weights=87_000_000)
    told = estimate.text(study, work, extraction, student, copied=10**10)
    assert "457,743 frames     500.0/s      15 min" in told
    assert "16,028,750 images     100.0/s        45 h" in told
    assert "windows that are trained on: 41." in told
    assert "Batches that continual trains on: 485." in told
    # 10 GB of copies, 457,743 frames of 20 kB, 44 weights of 87 MB, 364 bytes a frame of a cell.
    gigabytes = (10e9 + 457_743 * 20e3 + 44 * 87e6 + 364 * (work.predicted - work.pool)) / 1e9
    assert f"44 cells; {gigabytes:.0f} GB in results/human36m" in told
    without = estimate.text(study, work, extraction, None, copied=0)
    assert "together" not in without and "457,743 frames     500.0/s" in without
