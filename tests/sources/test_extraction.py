import os
import subprocess
import sys
import threading
from pathlib import Path

import av
import miniature
import numpy as np
import pytest

from posequery.clips import Clip
from posequery.jobs.files import BadInput
from posequery.jobs.progress import Progress
from posequery.sources.extraction import extract, in_order
from posequery.sources.human36m.cdf import annotation

SCRIPT = Path(__file__).parents[2] / "scripts" / "extract.py"
NAMES = {
    "slug": "S1-Eating-2-54138969",
    "subject": "S1",
    "action": "Eating",
    "subaction": 1,
    "camera": "54138969",
}


@pytest.fixture
def source(tmp_path, write_video, numbered):
    """A folder with a video of 10 frames."""
    folder = tmp_path / 'it\'s "data" of $HOME'
    folder.mkdir()
    return write_video(folder / "Eating 2.54138969.mp4", map(numbered, range(10)), rate=5)


@pytest.fixture
def pose(pose):
    """Within the frames of 64 x 48."""
    return pose / 10


@pytest.fixture
def labels(source, write_cdf, pose):
    """Its annotation of 7 frames."""
    return write_cdf(source.with_suffix(".cdf"), pose)


def test_frame_i_is_frame_i_and_its_label_row_i(tmp_path, source, labels, number):
    output = tmp_path / "clips" / "a.h5"
    info = extract(source, labels, size=32, output=output, **NAMES)
    clip = Clip(output)
    assert clip.info == info
    assert (info.frames, info.fps, info.width, info.height, info.size) == (7, 5.0, 64, 48, 32)
    assert (info.slug, info.subaction, info.video) == (NAMES["slug"], 1, str(source))
    assert [number(frame) for frame in clip.frames(np.arange(7))] == list(range(7))
    np.testing.assert_array_equal(clip.joints, annotation(labels))
    assert clip.confidence[:, 5:].min() == 1
    assert clip.confidence[:, :5].max() == 0


def test_without_annotation_all_frames_and_no_label(tmp_path, source):
    extract(source, None, size=16, output=tmp_path / "a.h5", **NAMES)
    clip = Clip(tmp_path / "a.h5")
    assert clip.info.frames == 10
    assert np.isnan(clip.joints).all()
    assert not clip.confidence.any()


def test_a_video_without_annotation_that_lost_its_end_leaves_nothing(
    tmp_path, write_video, numbered
):
    fast = {"movflags": "+faststart"}
    source = write_video(tmp_path / "own.mp4", map(numbered, range(40)), container_options=fast)
    with av.open(str(source)) as container:
        ends = sorted(packet.pos + packet.size for packet in container.demux() if packet.size)
    source.write_bytes(source.read_bytes()[: ends[19]])
    with pytest.raises(BadInput, match=r"own\.mp4: is cut off"):
        extract(source, None, size=16, output=tmp_path / "a.h5", **NAMES)
    assert list(tmp_path.iterdir()) == [source]


def test_the_same_bytes_whatever_the_threads(tmp_path, source, labels):
    outputs = {threads: tmp_path / f"{threads}.h5" for threads in (1, 2, 3)}
    for threads, output in outputs.items():
        extract(source, labels, size=16, output=output, threads=threads, **NAMES)
    assert len({output.read_bytes() for output in outputs.values()}) == 1


@pytest.fixture
def threads_left():
    """Holds the test to leave no thread behind."""
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.usefixtures("threads_left")
def test_results_in_order_though_a_later_one_is_done_first():
    done = threading.Event()

    def work(item):
        if item == 1:
            done.set()
        elif item == 0:
            assert done.wait(60)
        return 10 * item

    assert list(in_order(work, range(9), 2)) == [0, 10, 20, 30, 40, 50, 60, 70, 80]


@pytest.mark.usefixtures("threads_left")
def test_no_more_than_twice_the_threads_under_way():
    taken = []
    results = in_order(str, (taken.append(item) or item for item in range(100)), 3)
    for number in range(50):
        assert next(results) == str(number)
        assert len(taken) == number + 6
    results.close()


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("place", ["work", "items"])
@pytest.mark.usefixtures("threads_left")
def test_a_fault_comes_in_its_turn(threads, place):
    def items():
        yield from range(7)
        if place == "items":
            raise BadInput("a", "b", "c")

    def work(item):
        if place == "work" and item == 4:
            raise BadInput("a", "b", "c")
        return item

    got = []
    with pytest.raises(BadInput):
        got.extend(in_order(work, items(), threads))
    assert got == list(range(4 if place == "work" else 7))


@pytest.mark.parametrize("threads", [1, 2])
def test_one_thread_is_the_caller_s_own(threads):
    workers = set(in_order(lambda _: threading.get_ident(), range(9), threads))
    assert (threading.get_ident() in workers) == (threads == 1)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.usefixtures("threads_left")
def test_an_interruption_leaves_nothing(tmp_path, source, labels, threads, monkeypatch):
    def interrupted(progress, *_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "advance", interrupted)
    output = tmp_path / "clips" / "a.h5"
    with pytest.raises(KeyboardInterrupt):
        extract(source, labels, size=16, output=output, threads=threads, **NAMES)
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.usefixtures("threads_left")
def test_a_lost_end_is_no_matter_where_the_annotation_ends_before(
    tmp_path, write_video, numbered, write_cdf, pose, threads
):
    fast = {"movflags": "+faststart"}
    source = write_video(tmp_path / "v.mp4", map(numbered, range(40)), container_options=fast)
    with av.open(str(source)) as container:
        ends = sorted(packet.pos + packet.size for packet in container.demux() if packet.size)
    source.write_bytes(source.read_bytes()[: ends[19]])
    extract(
        source,
        write_cdf(tmp_path / "v.cdf", pose),
        size=16,
        output=tmp_path / "a.h5",
        threads=threads,
        **NAMES,
    )
    assert Clip(tmp_path / "a.h5").info.frames == 7
    with pytest.raises(BadInput, match=r"is cut off: it should end after 0\.80 s but ends after"):
        extract(source, None, size=16, output=tmp_path / "b.h5", threads=threads, **NAMES)


def test_a_few_surplus_frames_are_no_news_many_are(tmp_path, source, write_cdf, pose, capsys):
    for count, news in ((5, False), (4, True)):
        labels = write_cdf(tmp_path / "short.cdf", pose[:, :count])
        extract(source, labels, size=16, output=tmp_path / "a.h5", **NAMES)
        assert ("the last 6 frames have no annotation" in capsys.readouterr().err) == news
        assert Clip(tmp_path / "a.h5").info.frames == count


def test_an_annotation_longer_than_the_video_leaves_nothing(tmp_path, source, write_cdf):
    labels = write_cdf(tmp_path / "long.cdf", np.tile(np.arange(64.0) / 2, (1, 11, 1)))
    output = tmp_path / "clips" / "a.h5"
    with pytest.raises(BadInput, match=r"only 10 frames, but its annotation .*long.cdf has 11"):
        extract(source, labels, size=16, output=output, **NAMES)
    assert list(output.parent.iterdir()) == []


def test_a_damaged_video_leaves_an_older_clip_as_it_was(tmp_path, source, labels):
    output = tmp_path / "a.h5"
    extract(source, labels, size=16, output=output, **NAMES)
    before = output.read_bytes()
    source.write_bytes(source.read_bytes()[:500])
    with pytest.raises(BadInput):
        extract(source, labels, size=16, output=output, **NAMES)
    assert output.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda pose: pose * 2, r"has \d+% of its joints outside of the 64 x 48 of"),
        (lambda pose: -pose, "has 9.% of its joints outside of the 64 x 48 of"),
        (lambda pose: pose / 50, "has all joints within 2 pixels: they are no pixels"),
        (lambda pose: pose * 0, "has all joints within 2 pixels"),
        (lambda pose: pose * 1e300, "values of 'Pose' are NaN, infinite or beyond"),
    ],
)
def test_labels_that_are_no_pixels_of_this_video(tmp_path, source, write_cdf, pose, change, fault):
    labels = write_cdf(tmp_path / "other.cdf", change(pose))
    with pytest.raises(BadInput, match=fault):
        extract(source, labels, size=16, output=tmp_path / "clips/a.h5", **NAMES)
    assert not (tmp_path / "clips/a.h5").exists()


def test_an_annotation_of_another_count_than_expected_is_refused(tmp_path, source, labels):
    output = tmp_path / "clips" / "a.h5"
    extract(source, labels, size=16, output=output, expected=7, **NAMES)
    output.unlink()
    with pytest.raises(BadInput, match=r"annotates 7 frames where Human3.6M has 2357 "):
        extract(source, labels, size=16, output=output, expected=2357, **NAMES)
    assert list(output.parent.iterdir()) == []


def test_without_an_annotation_nothing_is_expected_of_it(tmp_path, source):
    assert (
        extract(source, None, size=16, output=tmp_path / "a.h5", expected=7, **NAMES).frames == 10
    )


def test_mmpose_s_array_needs_to_be_told_the_sequence(tmp_path, source):
    with pytest.raises(BadInput, match=r"h36m_train\.npz: .*no stem says which"):
        extract(source, tmp_path / "h36m_train.npz", size=16, output=tmp_path / "a.h5", **NAMES)


def script(source, output, *more):
    options = [part for key, value in NAMES.items() for part in (f"--{key}", str(value))]
    command = [sys.executable, SCRIPT, "--video", source, *options, "--size", "16"]
    command += ["--threads", "1", *more]
    src = str(SCRIPT.parents[1] / "src")
    return subprocess.run(
        [*command, "--output", output],
        env={**os.environ, "PYTHONPATH": src},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script(tmp_path, source, labels):
    done = script(source, tmp_path / "a.h5", "--annotation", labels)
    assert done.returncode == 0, done.stderr
    assert Clip(tmp_path / "a.h5").info.frames == 7
    done = script(source, tmp_path / "c.h5", "--annotation", labels, "--expected", "8")
    assert done.returncode == 1
    assert "source.frame_counts: any" in done.stderr
    images = miniature.mmpose(tmp_path / "m", ["S1"], frames=3)
    folder = images / "images/S1/S1_Eating_2.54138969"
    npz = images / "annotation_body3d/fps50/h36m_train.npz"
    done = script(
        folder, tmp_path / "d.h5", "--annotation", npz, "--stem", "Eating 2", "--fps", "50"
    )
    assert done.returncode == 0, done.stderr
    assert Clip(tmp_path / "d.h5").info.frames == 3
    done = script(source.with_name("none.mp4"), tmp_path / "b.h5")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "none.mp4" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "b.h5").exists()


def test_no_source_loads_torch():
    code = "import sys, posequery.sources.extraction, posequery.sources.coco; print(*sys.modules)"
    src = str(SCRIPT.parents[1] / "src")
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": src},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "torch" not in loaded.stdout.split()
