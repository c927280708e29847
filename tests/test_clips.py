import json
import tracemalloc
from dataclasses import replace

import h5py
import numpy as np
import pytest
from edited import edited

from posequery.clips import (
    OPEN_CLIPS,
    Clip,
    ClipInfo,
    ClipWriter,
    Stream,
    read_labels,
    write_index,
    write_labels,
)
from posequery.jobs.files import BadInput, whole, write_summed

SIZE = 24
INFO = ClipInfo("slug", "S1", "Eating", 2, "54138969", 0, 50.0, 1000, 1002, SIZE, "a b/v.mp4")


def colour(clip, frame):
    return np.array([10 + 20 * clip, 10 + 3 * frame, 200])


def poses(clip, frames):
    joints = np.zeros((frames, 18, 2), np.float32)
    joints += 1000 * clip + np.arange(frames)[:, None, None]
    joints[:, 0] = np.nan
    return joints


def write(path, frames, clip=0, **info):
    """A clip of flat frames whose colour and labels identify clip and frame."""
    with whole(path) as temporary, ClipWriter(temporary) as writer:
        for frame in range(frames):
            flat = np.broadcast_to(colour(clip, frame), (SIZE, SIZE, 3)).astype(np.uint8)
            writer.append(flat)
        declared = replace(INFO, frames=frames, **{"slug": path.stem, **info})
        writer.close(declared, poses(clip, frames))
    return path


def assert_is(frame, clip, number):
    """JPEG at this quality keeps a flat colour within two grey levels."""
    assert np.abs(frame.astype(int) - colour(clip, number)).max() <= 2


@pytest.fixture
def stream(tmp_path):
    lengths = (3, 1, 4)
    clips = [write(tmp_path / f"clip-{n}.h5", k, clip=n) for n, k in enumerate(lengths)]
    write_index(tmp_path / "stream.json", clips)
    return tmp_path / "stream.json"


def test_a_clip_gives_back_what_was_written(tmp_path):
    path = write(tmp_path / "a.h5", 70)  # more than one chunk
    clip = Clip(path)
    assert clip.info == replace(INFO, frames=70, slug="a")
    assert type(clip.info.frames) is int
    assert type(clip.info.fps) is float
    for place, number in enumerate((69, 0, 64, 64)):
        assert_is(clip.frames(np.array([69, 0, 64, 64]))[place], 0, number)
    np.testing.assert_array_equal(clip.joints, poses(0, 70))
    assert clip.joints.dtype == clip.confidence.dtype == np.float32
    assert clip.confidence[:, 0].max() == 0  # no label, no confidence
    assert clip.confidence[:, 1:].min() == 1
    assert clip.frames(np.array([], int)).shape == (0, SIZE, SIZE, 3)


def test_colours_survive_well(tmp_path):
    ramp = np.linspace(0, 255, SIZE).astype(np.uint8)
    frame = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], np.uint8(90)), axis=-1)
    with ClipWriter(tmp_path / "a.h5") as writer:
        writer.append(frame)
        writer.close(replace(INFO, frames=1), None)
    read = Clip(tmp_path / "a.h5").frames(np.array([0]))[0]
    assert np.abs(read.astype(int) - frame).mean() < 3


def test_the_same_frames_give_the_same_bytes(tmp_path):
    one, two = (write(tmp_path / name, 5, slug="a") for name in ("a.h5", "b.h5"))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    ("declared", "labels"), [({"frames": 3}, 2), ({"frames": 2}, 3), ({"frames": 2, "size": 8}, 2)]
)
def test_a_clip_that_contradicts_itself_is_not_written(tmp_path, declared, labels):
    path = tmp_path / "a.h5"

    def make():
        with whole(path) as temporary, ClipWriter(temporary) as writer:
            for _ in range(2):
                writer.append(np.zeros((SIZE, SIZE, 3), np.uint8))
            writer.close(replace(INFO, **declared), poses(0, labels))

    with pytest.raises(ValueError, match="declared"):
        make()
    assert list(tmp_path.iterdir()) == []


def test_frames_of_two_sizes_are_refused(tmp_path):
    with ClipWriter(tmp_path / "a.h5") as writer:
        writer.append(np.zeros((SIZE, SIZE, 3), np.uint8))
        with pytest.raises(ValueError, match="a frame of shape"):
            writer.append(np.zeros((8, 8, 3), np.uint8))


def test_memory_does_not_grow_with_the_clip(tmp_path):
    def peak(frames):
        noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
        path = tmp_path / f"{frames}.h5"
        tracemalloc.start()
        with ClipWriter(path) as writer:
            for _ in range(frames):
                writer.append(noise)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(8)  # memory that only the first call needs
    assert peak(320) < 1.5 * peak(128)


def test_a_missing_clip(tmp_path):
    with pytest.raises(BadInput, match="no such clip file"):
        Clip(tmp_path / "none.h5")


def test_every_truncation_is_one_error(tmp_path):
    content = write(tmp_path / "a.h5", 3).read_bytes()
    for length in range(0, len(content), 211):
        path = tmp_path / f"cut{length}.h5"  # HDF5 remembers files by name
        path.write_bytes(content[:length])
        with pytest.raises(BadInput, match=path.name):
            Clip(path).frames(np.arange(3))


@pytest.mark.parametrize("name", ["packed", "packed_start", "joints", "confidence"])
def test_a_clip_without_one_of_its_parts(tmp_path, name):
    path = write(tmp_path / "a.h5", 3)
    with edited(path) as file:
        del file[name]
    with pytest.raises(BadInput, match="not a valid clip file"):
        Clip(path)


MALFORMED = {
    **{f"{name} a word": {"attribute": {name: "x"}} for name in ("frames", "fps", "size")},
    "frames not finite": {"attribute": {"frames": float("nan")}},
    "width not finite": {"attribute": {"width": float("inf")}},
    "frames a list": {"attribute": {"frames": [1, 2]}},
    "fps empty": {"attribute": {"fps": h5py.Empty("f")}},
    "fps none": {"attribute": {"fps": 0.0}},
    "size negative": {"attribute": {"size": -1}},
    "frames too many": {"attribute": {"frames": 9}},
    **{f"{name} a group": {"data": {name: None}} for name in ("joints", "confidence")},
    "joints too few": {"data": {"joints": np.zeros((2, 18, 2))}},
    "joints of another skeleton": {"data": {"joints": np.zeros((3, 17, 2))}},
    "joints a number": {"data": {"joints": 3}},
    "joints words": {"data": {"joints": ["a", "b", "c"]}},
    "confidence too little": {"data": {"confidence": np.zeros((2, 18))}},
    "frames too few": {"data": {"packed_start": np.zeros(2), "packed_crc32": np.zeros(1)}},
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_clip_is_refused(tmp_path, change):
    path = write(tmp_path / "a.h5", 3)
    with edited(path) as file:
        for name, value in change.get("attribute", {}).items():
            file.attrs[name] = value
        for name, value in change.get("data", {}).items():
            del file[name]
            if value is None:
                file.create_group(name)
            else:
                file[name] = value
    with pytest.raises(BadInput, match=r"a\.h5: not a valid clip file"):
        Clip(path)


@pytest.mark.parametrize("data", [[], [1, 2, 3]])
def test_a_frame_that_is_not_an_image(tmp_path, data):
    path = tmp_path / "a.h5"
    with ClipWriter(path) as writer:
        writer.append(np.zeros((SIZE, SIZE, 3), np.uint8))
        writer.append_jpeg(np.array(data, np.uint8))
        writer.close(replace(INFO, frames=2), None)
    clip = Clip(path)
    clip.frames(np.array([0]))
    with pytest.raises(BadInput, match="frame 1 is broken"):
        clip.frames(np.array([1]))


def test_a_stream_plays_its_clips_in_order(stream):
    played = Stream(stream)
    assert len(played) == 8
    assert played.starts.tolist() == [0, 3, 4]
    assert [clip.slug for clip in played.clips] == ["clip-0", "clip-1", "clip-2"]
    expected = [(0, 0), (0, 1), (0, 2), (1, 0), (2, 0), (2, 1), (2, 2), (2, 3)]
    assert [played.locate(index) for index in range(8)] == expected
    for frame, place in zip(played.frames(np.arange(8)), expected, strict=True):
        assert_is(frame, *place)
    order = np.array([7, 0, 3, 3, 5])
    joints, frames = played.joints(order), played.frames(order)
    for place, index in enumerate(order):
        clip, number = expected[index]
        assert_is(frames[place], clip, number)
        np.testing.assert_array_equal(joints[place], poses(clip, 4)[number])
    assert played.source_size(order).tolist() == [[1000, 1002]] * 5
    assert played.fps == 50


def test_a_stream_may_end_within_a_clip(tmp_path):
    """Clips of 3, 1 and 4 frames at 50 fps: 5 frames end in the third, 3 after the first."""
    clips = [write(tmp_path / f"{n}.h5", count, clip=n) for n, count in enumerate((3, 1, 4))]
    for stretch, counts in (("5 frames", [3, 1, 1]), ("0.06 s", [3]), ("99 frames", [3, 1, 4])):
        write_index(tmp_path / "s.json", clips, stretch)
        played = Stream(tmp_path / "s.json")
        assert [clip.frames for clip in played.clips] == counts
        assert len(played) == sum(counts) == len(played.joints(np.arange(len(played))))
        assert_is(played.frames(np.array([len(played) - 1]))[0], len(counts) - 1, counts[-1] - 1)
        with pytest.raises(IndexError):
            played.frames(np.array([len(played)]))


def write_timed(path, times, **info):
    with ClipWriter(path) as writer:
        for _ in times:
            writer.append(np.zeros((SIZE, SIZE, 3), np.uint8))
        writer.close(
            replace(INFO, slug=path.stem, frames=len(times), **info), None, times=np.array(times)
        )
    return path


def test_a_stream_ends_by_the_times_of_its_frames(tmp_path, tried):
    """Two clips of 5 frames in 0.8 s each, the first 3 of them in 0.3 s."""
    times = [0, 0.1, 0.2, 0.3, 0.6]
    clips = [write_timed(tmp_path / f"{n}.h5", times, fps=6.25) for n in range(2)]
    done = 0
    for stretch, frames in {
        "0.3 s": 3,
        "0.44 s": 3,
        "0.46 s": 4,
        "0.6 s": 4,
        "0.76 s": 5,
        "0.96 s": 7,
        "9 s": 10,
        "0.01 s": 1,
        "7 frames": 7,
    }.items():
        write_index(tmp_path / "s.json", clips, stretch)
        done += len(Stream(tmp_path / "s.json")) == frames
    assert done == 9
    tried("3", "a stretch at a variable rate", {"done right": done})


@pytest.mark.parametrize("index", [-1, 8])
def test_no_frame_outside_the_stream(stream, index):
    played = Stream(stream)
    for read in (played.frames, played.joints):
        with pytest.raises(IndexError):
            read(np.array([0, index]))
    with pytest.raises(IndexError):
        played.locate(index)


def test_a_stream_of_more_clips_than_stay_open(tmp_path):
    count = OPEN_CLIPS + 3
    clips = [write(tmp_path / f"{n:02d}.h5", 1, clip=n % 10) for n in range(count)]
    write_index(tmp_path / "s.json", clips)
    played = Stream(tmp_path / "s.json")
    for index in (*range(count), 0):
        assert_is(played.frames(np.array([index]))[0], index % 10, 0)


def test_a_stream_can_be_moved_with_its_clips(stream, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("moved") / "there"
    stream.parent.rename(elsewhere)
    assert_is(Stream(elsewhere / "stream.json").frames(np.array([3]))[0], 1, 0)


def test_the_first_clips_frame_rate_applies_to_all(tmp_path):
    clips = [write(tmp_path / f"{fps}.h5", 1, fps=fps) for fps in (50.0, 49.97, 50.4)]
    write_index(tmp_path / "s.json", clips)
    assert Stream(tmp_path / "s.json").fps == 50.0


@pytest.mark.parametrize(
    ("info", "fault"),
    [
        ({"fps": 49.4, "video": "c.mp4"}, "c.mp4: has 49.4 frames a second, but a b/v.mp4"),
        ({"fps": 50.6, "video": "c.mp4"}, "c.mp4: has 50.6 frames a second, but a b/v.mp4"),
        ({"size": 8}, "differ in size"),
    ],
)
def test_clips_that_do_not_go_together(tmp_path, info, fault):
    one = write(tmp_path / "a.h5", 1)
    with ClipWriter(tmp_path / "b.h5") as writer:
        writer.close(replace(INFO, slug="b", **info), None)
    with pytest.raises(BadInput, match=fault):
        write_index(tmp_path / "s.json", [one, tmp_path / "b.h5"])
    assert not (tmp_path / "s.json").exists()


def test_clips_of_any_rate_where_nothing_is_counted_in_frames(tmp_path):
    clips = [
        write(tmp_path / f"{fps}.h5", 1, fps=fps, video=f"{fps}.mp4") for fps in (50.0, 24.5, 10.0)
    ]
    write_index(tmp_path / "s.json", clips, any_rate=True)
    assert [clip.fps for clip in Stream(tmp_path / "s.json").clips] == [50.0, 24.5, 10.0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"clips": [{"file": "a"}]}', '{"clips": ["a"]}'])
def test_not_an_index(tmp_path, text):
    write_summed(tmp_path / "s.json", text)
    with pytest.raises(BadInput, match="not an index"):
        Stream(tmp_path / "s.json")


def test_an_index_whose_frames_are_not_a_number(stream):
    content = json.loads(stream.read_text())
    content["clips"][1]["frames"] = "many"
    write_summed(stream, json.dumps(content))
    with pytest.raises(BadInput, match="not an index"):
        Stream(stream)


def test_an_index_of_nothing(tmp_path):
    write_index(tmp_path / "s.json", [])
    with pytest.raises(BadInput, match="lists no clip"):
        Stream(tmp_path / "s.json")


def test_a_clip_made_again_with_another_length_is_noticed(stream):
    write(stream.parent / "clip-2.h5", 5, clip=2)
    played = Stream(stream)
    with pytest.raises(BadInput, match="is not the clip that"):
        played.frames(np.array([7]))


def test_labels_belong_to_the_clips_content(stream, tmp_path):
    path = tmp_path / "labels.h5"
    write_labels(path, poses(3, 8), np.ones((8, 18), np.float32), stream)
    clips = [stream.parent / f"clip-{n}.h5" for n in range(3)]
    write_index(stream, clips)
    read_labels(path, stream)
    write(clips[1], 1, clip=7, subject="S1")  # its entry in the index stays the same
    write_index(stream, clips)
    with pytest.raises(BadInput, match="labels for a stream other than"):
        read_labels(path, stream)


def test_a_clip_under_the_name_of_another_is_refused(stream):
    stream.with_name("clip-0.h5").replace(stream.with_name("clip-1.h5"))
    with pytest.raises(BadInput, match=r"clip-1\.h5: is the clip clip-0, under another's name"):
        write_index(stream, [stream.with_name("clip-1.h5")])


def test_labels_belong_to_one_stream(stream, tmp_path):
    joints, confidence = poses(3, 8), np.linspace(0, 1, 8 * 18, dtype=np.float32).reshape(8, 18)
    path = tmp_path / "labels.h5"
    write_labels(path, joints, confidence, stream)
    read = read_labels(path, stream)
    np.testing.assert_array_equal(read[0], joints)
    np.testing.assert_array_equal(read[1], confidence)
    content = json.loads(stream.read_text())
    write_summed(stream, json.dumps({"clips": content["clips"][:2]}))
    with pytest.raises(BadInput, match="labels for a stream other than"):
        read_labels(path, stream)


def test_labels_that_are_missing_or_cut(stream, tmp_path):
    with pytest.raises(BadInput, match="no such labels file"):
        read_labels(tmp_path / "none.h5", stream)
    write_labels(tmp_path / "a.h5", poses(0, 8), np.ones((8, 18)), stream)
    content = (tmp_path / "a.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInput, match="not a valid labels file"):
        read_labels(tmp_path / "cut.h5", stream)
    with pytest.raises(ValueError, match="labels have shapes"):
        write_labels(tmp_path / "b.h5", poses(0, 8), np.ones((7, 18)), stream)


@pytest.mark.parametrize(
    ("joints", "confidence"), [((5, 18, 2), (5, 18)), ((8, 17, 2), (8, 17)), ((8, 18, 2), (7, 18))]
)
def test_labels_of_another_shape_than_the_stream(stream, tmp_path, joints, confidence):
    path = tmp_path / "labels.h5"
    write_labels(path, poses(0, 8), np.ones((8, 18)), stream)
    with edited(path) as file:
        for name, shape in (("joints", joints), ("confidence", confidence)):
            del file[name]
            file[name] = np.zeros(shape, np.float32)
    with pytest.raises(BadInput, match=r"labels\.h5: not a valid labels file .* for 8 frames"):
        read_labels(path, stream)


def test_a_stream_tells_when_each_frame_is_shown(tmp_path):
    paths = []
    for name, times in (("a", [0, 0.1, 0.4]), ("b", [0, 0.2])):
        info = ClipInfo(name, "S1", "any", 1, "c", len(times), 10.0, 8, 8, 8, "v.mp4")
        with ClipWriter(tmp_path / f"{name}.h5") as writer:
            for _ in times:
                writer.append(np.zeros((8, 8, 3), np.uint8))
            writer.close(info, None, times=np.array(times))
        paths.append(tmp_path / f"{name}.h5")
    write_index(tmp_path / "stream.json", paths)
    times = Stream(tmp_path / "stream.json").timing.shown
    np.testing.assert_allclose(times, [0, 0.1, 0.4, 0.5, 0.7])


@pytest.mark.parametrize("times", [[0, 0.1], [0, 0.2, 0.2], [0.1, 0.2, 0.3], [0, np.nan, 0.2]])
def test_times_that_do_not_rise_from_0_are_refused(tmp_path, times):
    info = ClipInfo("a", "S1", "any", 1, "c", 3, 10.0, 8, 8, 8, "v.mp4")
    with ClipWriter(tmp_path / "a.h5") as writer:
        for _ in range(3):
            writer.append(np.zeros((8, 8, 3), np.uint8))
        with pytest.raises(ValueError, match="do not rise"):
            writer.close(info, None, times=np.array(times))
