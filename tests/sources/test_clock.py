"""Videos whose header is silent or wrong about time, and whose time stamps are odd."""

from fractions import Fraction

import av
import media
import numpy as np
import pytest

from posequery.clips import Clip, Stream, write_index
from posequery.jobs.files import BadInput
from posequery.sources import video
from posequery.sources.clock import MISSING, Clock
from posequery.sources.extraction import extract

FRAMES = 40
NAMES = {"subject": "s", "action": "a", "subaction": 1, "camera": "c"}


@pytest.fixture
def counted(numbered):
    return [numbered(number) for number in range(FRAMES)]


def clip_of(path, **options):
    """The clip of a video."""
    output = path.with_suffix(".h5")
    extract(path, None, slug=path.stem, size=16, output=output, **NAMES, **options)
    return Clip(output)


def shaken(seed=1, rate=30, most=12):
    """When frames are shown that are late or early by up to `most` of a thousandth of a second."""
    late = np.random.default_rng(seed).integers(-most, most + 1, FRAMES)
    late[0] = 0
    return [round(1000 * number / rate) + int(late[number]) for number in range(FRAMES)]


CONTAINERS = [
    ("mp4", "libx264"),
    ("mov", "libx264"),
    ("matroska", "libx264"),
    ("webm", "libvpx-vp9"),
    ("mpegts", "libx264"),
    ("mpegts", "mpeg2video"),
    ("vob", "mpeg2video"),
    ("flv", "libx264"),
    ("asf", "wmv2"),
    ("avi", "libx264"),
    ("avi", "mpeg4"),
    ("avi", "mjpeg"),
    ("yuv4mpegpipe", "rawvideo"),
]


@pytest.mark.parametrize(("container", "codec"), CONTAINERS)
@pytest.mark.parametrize("rate", [Fraction(50), Fraction(30000, 1001), Fraction(25)])
def test_a_constant_rate_is_exact_in_every_container(
    tmp_path, counted, container, codec, rate, tried
):
    path = media.movie(tmp_path / "v", counted, container, codec, rate)
    about = video.info(path)
    assert about.frames == FRAMES == len(list(media.decoded(path)))
    # An FLV states none, and FFmpeg makes one of its first stamps, which are whole milliseconds.
    assert about.fps == (pytest.approx(rate, rel=1e-4) if container == "flv" else rate)
    clip = clip_of(path)
    assert clip.info.fps == float(about.fps)
    assert (clip.times == np.arange(FRAMES) / float(about.fps)).all()
    tried("3", "a constant rate in many containers", {"done right": 1})
    tried("8", "frames counted in containers that do not state them", {"done right": 1})


@pytest.mark.parametrize("container", ["mp4", "matroska", "asf", "mpegts", "flv"])
def test_every_frame_of_a_varying_rate_keeps_its_time(tmp_path, counted, container, tried):
    pts = shaken()
    codec = "wmv2" if container == "asf" else "libx264"
    path = media.movie(tmp_path / "v", counted, container, codec, 1000, pts)
    clip = clip_of(path)
    assert clip.times == pytest.approx(np.array(pts) / 1000, abs=0.0011)
    mean = (FRAMES - 1) / (pts[-1] / 1000)
    assert clip.info.fps == pytest.approx(mean, rel=1e-3)
    assert float(video.info(path).fps) == clip.info.fps
    tried("3", "a varying rate", {"done right": 1})


def test_a_second_of_a_varying_rate_is_a_second(tmp_path, counted):
    """Ten frames a second, then forty."""
    pts = [100 * n for n in range(20)] + [2000 + 25 * n for n in range(20)]
    clip = clip_of(media.movie(tmp_path / "v.mkv", counted, "matroska", rate=1000, pts=pts))
    assert (clip.times < 1).sum() == 10
    assert ((clip.times >= 2) & (clip.times < 2.25)).sum() == 10


def test_an_mp4_whose_last_frame_lasts_long_has_the_rate_of_the_others(tmp_path, counted):
    """Its header's rate is the number of frames by the length."""
    pts = [40 * number for number in range(FRAMES)]
    path = media.movie(tmp_path / "v.mp4", counted, codec="mpeg4", rate=1000, pts=pts)
    content = bytearray(path.read_bytes())
    last = (
        content.index(b"stts")
        + 8
        + 8 * int.from_bytes(content[content.index(b"stts") + 8 :][:4], "big")
    )
    ticks = int.from_bytes(content[last : last + 4], "big")
    content[last : last + 4] = (20 * ticks).to_bytes(4, "big")
    path.write_bytes(content)
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate != 25
    assert video.info(path).fps == 25
    assert clip_of(path).info.fps == 25


def test_digital_tape(tmp_path, numbered, tried):
    """Its header gives FFmpeg 60,000 frames a second; its pixels are 16/15 as wide as high."""
    frames = [numbered(number, 720, 576) for number in range(4)]
    about = video.info(media.movie(tmp_path / "v.dv", frames, "dv", "dvvideo", 25))
    assert (about.fps, about.frames, about.width, about.height) == (25, 4, 768, 576)
    tried("3", "raw DV", {"done right": 1})


BARE = [("h264", "libx264"), ("m4v", "mpeg4"), ("mpeg2video", "mpeg2video")]


@pytest.mark.parametrize(("container", "codec"), BARE)
@pytest.mark.parametrize("rate", [30, Fraction(24000, 1001), 60])
def test_a_bare_stream_has_the_rate_of_its_own_header(
    tmp_path, counted, container, codec, rate, tried
):
    path = media.movie(tmp_path / f"v.{container}", counted, container, codec, rate)
    about = video.info(path)
    assert (about.fps, about.frames) == (rate, FRAMES)
    clip = clip_of(path)
    assert (clip.times == np.arange(FRAMES) / float(rate)).all()
    assert video.info(path, Fraction(rate)).fps == rate
    with pytest.raises(
        BadInput,
        match=r"states [\d.]+ frames a second, and --fps \(source\.fps in a study\) 50\. C",
    ):
        video.info(path, Fraction(50))
    tried("3", "a bare stream that states its rate", {"done right": 1})


def silent(folder, counted, kind):
    """A bare stream that nowhere says how fast its frames follow one another."""
    if kind == "mjpeg":
        return media.movie(folder / "v.mjpeg", counted, "mjpeg", "mjpeg")
    path = media.movie(folder / "v.h264", counted, "h264", profile="baseline", bf="0", g="500")
    path.write_bytes(media.without_timing(path.read_bytes()))
    return path


@pytest.mark.parametrize("kind", ["mjpeg", "h264"])
def test_a_bare_stream_without_a_rate_needs_the_key(tmp_path, counted, kind, tried):
    path = silent(tmp_path, counted, kind)
    with pytest.raises(BadInput, match=r"has no clock.*State it: --fps \(source\.fps in a study\)"):
        video.info(path)
    clip = clip_of(path, fps=Fraction(12))
    assert (clip.info.frames, clip.info.fps) == (FRAMES, 12)
    tried("3", "a bare stream without a rate", {"refused": 1, "done right": 1})


def test_a_stated_rate_that_a_clock_contradicts_is_refused(tmp_path, counted, tried):
    path = media.movie(tmp_path / "v.mp4", counted, rate=30)
    with pytest.raises(
        BadInput, match=r"shows 30 frames a second, where --fps \(source\.fps in a study\) says 50"
    ):
        video.info(path, Fraction(50))
    assert video.info(path, Fraction(30000, 1001)).fps == 30
    tried("3", "source.fps beside another clock", {"refused": 1})


@pytest.mark.parametrize("rate", [1200, 10**9])
def test_an_absurd_rate_is_refused(tmp_path, counted, rate, tried):
    path = media.movie(tmp_path / "v.h264", counted, "h264", rate=rate)
    with pytest.raises(BadInput, match="frames a second, which no video does|has no clock"):
        video.info(path)
    pts = list(range(FRAMES))
    path = media.movie(tmp_path / "v.mkv", counted, "matroska", rate=1000, pts=pts)
    assert video.info(path).fps == 1000
    tried("12", "absurd frame rates", {"refused": 1})


def noise(count, seed):
    generator = np.random.default_rng(seed)
    return [generator.integers(0, 255, (120, 160, 3), np.uint8) for _ in range(count)]


def recorded(folder, name, codec, count, seed):
    return media.movie(folder / name, noise(count, seed), "mpegts", codec, 25).read_bytes()


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
@pytest.mark.parametrize("counts", [(30, 20), (20, 30), (20, 20, 20)])
def test_joined_recordings_are_read_as_one(tmp_path, codec, counts, capsys, tried):
    parts = [recorded(tmp_path, f"{n}.ts", codec, n, number) for number, n in enumerate(counts)]
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(parts))
    about = video.info(path)
    assert (about.frames, about.fps, about.clock.seams) == (sum(counts), 25, len(counts) - 1)
    clip = clip_of(path)
    assert (clip.times == np.arange(sum(counts)) / 25).all()
    told = f"joined.ts: holds {len(counts)} recordings; each begins a frame after the one before"
    assert told in capsys.readouterr().err
    tried("9", "cleanly joined .ts files", {"done right": 1})


def test_a_hole_in_a_recording_is_no_seam(tmp_path, tried):
    content = recorded(tmp_path, "a.ts", "libx264", 40, 1)
    middle = 188 * (len(content) // 376)
    path = tmp_path / "hole.ts"
    path.write_bytes(content[:middle] + content[middle + 3 * 188 :])
    with pytest.raises(BadInput, match=r"is cut off in frame \d+ or soon after"):
        list(video.frames(path, 16))
    tried("9", "a .ts file with a hole", {"refused": 1})


def test_a_recording_that_is_cut_off_before_the_next_is_refused(tmp_path, tried):
    first, second = (recorded(tmp_path, f"{n}.ts", "libx264", 30, n) for n in (1, 2))
    path = tmp_path / "cut.ts"
    path.write_bytes(first[: 188 * (len(first) // 188 - 20)] + second)
    with pytest.raises(BadInput, match="is truncated or damaged after frame|is cut off in frame"):
        list(video.frames(path, 16))
    tried("9", "a cut .ts file with another after it", {"refused": 1})


def test_recordings_of_different_sizes_are_not_one(tmp_path, counted):
    other = media.movie(tmp_path / "small.ts", counted, "mpegts", "libx264", 25).read_bytes()
    path = tmp_path / "joined.ts"
    path.write_bytes(recorded(tmp_path, "a.ts", "libx264", 30, 1) + other)
    with pytest.raises(BadInput, match="changes its frame size at frame 30"):
        list(video.frames(path, 16))


def test_a_trimmed_video_of_a_varying_rate_begins_at_zero(tmp_path, counted):
    pts = shaken()
    path = media.movie(tmp_path / "v.mp4", counted, rate=1000, pts=pts)
    content = bytearray(path.read_bytes())
    entry = content.index(b"elst") + 12
    content[entry : entry + 4] = (700).to_bytes(4, "big")  # milliseconds
    path.write_bytes(content)
    clip = clip_of(path)
    assert clip.info.frames == video.info(path).frames == sum(time < 700 for time in pts)
    assert clip.times == pytest.approx(np.array(pts[: clip.info.frames]) / 1000, abs=0.0011)


def with_stamps(folder, counted, change):
    """A video whose packets' times are `change`d, in ms."""
    source = media.movie(folder / "a.mkv", counted, "matroska", "mjpeg", 25)
    path = folder / "v.mkv"
    with av.open(str(source)) as given, av.open(str(path), "w", format="matroska") as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        for number, packet in enumerate(given.demux(video=0)):
            if packet.size:
                packet.pts = packet.dts = change(number)
                packet.stream = stream
                made.mux(packet)
    return path


def test_time_stamps_that_repeat_are_refused(tmp_path, counted, tried):
    path = with_stamps(tmp_path, counted, lambda number: 40 * (number - (number >= 20)))
    for read in (video.info, clip_of):
        with pytest.raises(BadInput, match=r"v\.mkv: has time stamps that repeat or go back at"):
            read(path)
    assert not path.with_suffix(".h5").exists()
    tried("3", "time stamps that repeat", {"refused": 1})


STAMPS = np.arange(10) * 40


@pytest.mark.parametrize(
    ("stamps", "fault"),
    [
        (np.where(np.arange(10) == 4, MISSING, STAMPS), "no time stamp at frame 4"),
        (np.where(np.arange(10) == 4, 10, STAMPS), "repeat or go back at frame 4"),
        (np.where(np.arange(10) == 4, 120, STAMPS), "repeat or go back at frame 4"),
    ],
)
def test_frames_without_a_proper_time(stamps, fault):
    clock = Clock(Fraction(25), Fraction(1, 1000), even=False)
    with pytest.raises(BadInput, match=fault):
        clock.times("v.mkv", stamps)
    # Where the file spaces its frames evenly, they are known: an AVI's have no times of showing.
    even = Clock(Fraction(25), Fraction(1, 1000), even=True)
    times, rate = even.times("v.avi", stamps)
    assert (times == np.arange(10) / 25).all()
    assert rate == 25


def test_the_times_of_few_frames():
    clock = Clock(Fraction(25), Fraction(1, 1000), even=True)
    for count in (0, 1):
        times, rate = clock.times("v.mkv", STAMPS[:count])
        assert times.tolist() == [0.0] * count
        assert rate == 25


def test_a_recording_that_begins_without_a_time_is_refused(tmp_path, monkeypatch):
    """A gap beside what stands for a missing time stamp would pass for a seam."""
    recorded(tmp_path, "a.ts", "libx264", 30, 0)
    stamps = np.r_[MISSING, 3600 * np.arange(29)]
    monkeypatch.setattr("posequery.sources.clock._read", lambda *_: stamps)
    with pytest.raises(BadInput, match=r"a\.ts: has no time stamp at frame 0"):
        video.info(tmp_path / "a.ts")


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(30000, 1001), Fraction(60000, 1001)])
@pytest.mark.parametrize("unit", [Fraction(1, 1000), Fraction(1, 90000), 1 / Fraction(30000)])
def test_stamps_rounded_to_ticks_keep_their_rate(rate, unit):
    exact = [number / rate / unit for number in range(5000)]
    stamps = np.array([round(tick) for tick in exact])
    times, found = Clock(rate, unit, even=False).times("v", stamps)
    assert found == rate
    assert (times == np.arange(5000) / float(rate)).all()
    # One frame that is lost is seen.
    lost = np.delete(stamps, 2000)
    times, found = Clock(rate, unit, even=False).times("v", lost)
    assert found != rate
    assert times == pytest.approx((lost - lost[0]) * float(unit))


def test_a_lost_frame_is_seen_where_a_tick_is_a_frame():
    stamps = np.delete(np.arange(300), 100)
    times, _ = Clock(Fraction(30), Fraction(1, 30), even=False).times("v", stamps)
    assert times == pytest.approx(stamps / 30)


def test_a_stream_of_clips_goes_on_where_the_one_before_ends(tmp_path, counted):
    clips = []
    for number in range(2):
        path = media.movie(
            tmp_path / f"{number}.mkv", counted, "matroska", rate=1000, pts=shaken(number)
        )
        clips.append(clip_of(path).path)
    write_index(tmp_path / "stream.json", clips)
    times = Stream(tmp_path / "stream.json").timing.shown
    assert (np.diff(times) > 0).all()
    assert times[FRAMES] == pytest.approx(FRAMES / 30, abs=0.03)
