import gc
import wave
from fractions import Fraction

import av
import media
import numpy as np
import pytest

from posequery.jobs.files import BadInput
from posequery.sources import video

FASTSTART = {"movflags": "+faststart"}


@pytest.fixture(scope="session")
def counted(tmp_path_factory, numbered, write_video):
    """A video of 60 frames that spell their numbers."""
    path = tmp_path_factory.mktemp("counted") / "counted.mp4"
    return write_video(path, map(numbered, range(60)), container_options=FASTSTART)


def read(path, **options):
    return list(video.frames(path, **options))


@pytest.mark.parametrize("size", [None, 32])
def test_frame_i_is_frame_i_across_b_frames(counted, number, size):
    kinds = {frame.pict_type for frame in media.decoded(counted)}
    assert av.video.frame.PictureType.B in kinds  # otherwise this test would prove nothing
    assert [number(frame) for frame in read(counted, size=size)] == list(range(60))


def test_frames_of_the_dataset_s_own_size(tmp_path, numbered, number, write_video):
    frames = (numbered(n, 1000, 1002) for n in range(6))
    path = write_video(tmp_path / "Directions 1.54138969.mp4", frames)
    about = video.info(path)
    assert (about.width, about.height, about.frames) == (1000, 1002, 6)
    small = read(path, size=256)
    assert [number(frame) for frame in small] == list(range(6))
    assert all(frame.shape == (256, 256, 3) and frame.dtype == np.uint8 for frame in small)
    assert next(video.frames(path)).shape == (1002, 1000, 3)


@pytest.mark.parametrize("fps", [Fraction(50), Fraction(4999, 100), Fraction(5)])
def test_the_frame_rate_is_the_file_s_own(tmp_path, numbered, write_video, fps):
    path = write_video(tmp_path / "v.mp4", map(numbered, range(12)), fps)
    assert video.info(path).fps == fps


def test_threads_do_not_change_a_bit(counted):
    one, three = read(counted, size=24, threads=1), read(counted, size=24, threads=3)
    assert len(one) == len(three)
    assert all((a == b).all() for a, b in zip(one, three, strict=True))


@pytest.mark.parametrize(("x", "y"), [(703, 211), (40, 960), (500, 501)])
def test_a_point_maps_to_the_network_s_pixels_and_back(tmp_path, write_video, x, y):
    W, H, w = 1000, 1002, 256
    ys, xs = np.mgrid[:H, :W]
    frame = np.full((H, W, 3), 16, np.uint8)
    frame[np.hypot(xs - x, ys - y) < 24] = 235
    path = write_video(tmp_path / "spot.mp4", [frame] * 2, options={"crf": "4"})
    small = read(path, size=w)[1].astype(float).mean(axis=2)
    weight = np.clip(small - small.min() - 8, 0, None)
    rows, columns = np.mgrid[:w, :w]
    x_net, y_net = (weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()
    assert (x_net + 0.5) * W / w - 0.5 == pytest.approx(x, abs=0.1)
    assert (y_net + 0.5) * H / w - 0.5 == pytest.approx(y, abs=0.1)


def overlaps(source, target):
    """Row i: the weight of each source pixel in the average that is target pixel i."""
    edges = np.arange(target + 1) * source / target
    pixels = np.arange(source)
    low = np.maximum(edges[:-1, None], pixels)
    high = np.minimum(edges[1:, None], pixels + 1)
    return np.clip(high - low, 0, None) * target / source


@pytest.fixture(scope="session")
def noisy(tmp_path_factory, write_video):
    """A lossless grey video of noise, and its single frame (H, W)."""
    noise = np.random.default_rng(5).integers(30, 220, (40, 66))
    frame = np.repeat(noise[:, :, None], 3, axis=2).astype(np.uint8)
    path = tmp_path_factory.mktemp("noisy") / "noise.mp4"
    return write_video(path, [frame] * 2, options={"qp": "0"}), noise


def test_full_frames_are_right_to_the_last_column(noisy):
    # Guards against swscale's unscaled gbrp, which has garbage in the last columns at this width.
    path, noise = noisy
    for frame in read(path):
        assert np.abs(frame.astype(int) - noise[:, :, None]).max() <= 1


@pytest.mark.parametrize("size", [16, 20, 33, 40])
def test_squashing_is_the_area_average_of_the_whole_frame(noisy, size):
    path, noise = noisy
    expected = overlaps(40, size) @ noise @ overlaps(66, size).T
    small = read(path, size=size)[0]
    assert np.abs(small.astype(float) - expected[:, :, None]).max() < 2


def test_a_square_frame_of_the_network_s_own_size_is_kept(tmp_path, write_video):
    noise = np.random.default_rng(6).integers(30, 220, (70, 70))
    frame = np.repeat(noise[:, :, None], 3, axis=2).astype(np.uint8)
    path = write_video(tmp_path / "square.mp4", [frame] * 2, options={"qp": "0"})
    assert np.abs(read(path, size=70)[1].astype(int) - noise[:, :, None]).max() <= 1


def test_colours_arrive_as_rgb(tmp_path, write_video):
    frame = np.zeros((32, 48, 3), np.uint8)
    frame[:, :16, 0], frame[:, 16:32, 1], frame[:, 32:, 2] = 250, 250, 250
    path = write_video(tmp_path / "rgb.mp4", [frame] * 2, options={"qp": "0"})
    small = read(path, size=6)[0].astype(int)
    for band, channel in ((0, 0), (3, 1), (5, 2)):
        assert small[3, band].argmax() == channel
        assert small[3, band, channel] > 200


@pytest.mark.parametrize("name", ["with spaces", "with \"double\" and 'single'", "$HOME", "S1: a"])
def test_any_folder_name(tmp_path, counted, name):
    folder = tmp_path / name
    folder.mkdir()
    path = folder / "Eating 2.54138969.mp4"
    path.write_bytes(counted.read_bytes())
    assert len(read(path, size=8)) == 60


def refused(path, fault):
    with pytest.raises(BadInput, match=fault) as caught:
        read(path, size=16)
    assert str(path) in str(caught.value)
    return caught.value


def test_missing_and_empty(tmp_path):
    refused(tmp_path / "none.mp4", "no such video")
    (tmp_path / "empty.mp4").touch()
    refused(tmp_path / "empty.mp4", "0 bytes")


def test_not_a_video(tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("a page about pose estimation\n" * 40)
    refused(text, "not a video")
    sound = tmp_path / "sound.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    refused(sound, "no video stream")


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_truncated(tmp_path, counted, share):
    content = counted.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(content[: int(len(content) * share)])
    refused(path, "cut off|truncated")


def test_truncated_before_its_index(tmp_path, numbered, write_video):
    content = write_video(tmp_path / "whole.mp4", map(numbered, range(20))).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(content[: len(content) // 2])
    refused(path, "truncated")


def cut_between_packets(path, keep):
    """The file's bytes up to the end of the `keep`th packet."""
    with av.open(str(path)) as container:
        ends = sorted(packet.pos + packet.size for packet in container.demux() if packet.size)
    return path.read_bytes()[: ends[keep - 1]]


def written(path, pts, kind, extra_sound=0.0):
    """A video of grey frames at `pts` (milliseconds); its silence lasts `extra_sound` s longer."""
    with av.open(str(path), "w", format=kind, options=FASTSTART if kind == "mp4" else {}) as file:
        stream = file.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        sound = file.add_stream("aac", rate=48000) if extra_sound else None
        for time in pts:
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), time % 200, np.uint8))
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
        if sound:
            for block in range(int((pts[-1] / 1000 + extra_sound) * 48000 / 1024)):
                silence = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp")
                silence.sample_rate, silence.pts = 48000, 1024 * block
                file.mux(sound.encode(silence))
            file.mux(sound.encode())
    return path


EVEN = [20 * frame for frame in range(60)]
UNEVEN = np.cumsum(np.random.default_rng(1).choice([17, 33, 34, 66], 60)).tolist()
PAUSED = [time + 3000 * (time > 600) for time in EVEN]
LATE = [time + 5000 for time in EVEN]


@pytest.mark.parametrize("pts", [EVEN, UNEVEN, PAUSED, LATE], ids="even uneven paused late".split())
@pytest.mark.parametrize("kind", ["mp4", "matroska"])
@pytest.mark.parametrize("extra_sound", [0.0, 1.5])
def test_intact_and_cut_off_at_any_frame_rate(tmp_path, pts, kind, extra_sound):
    path = written(tmp_path / "whole.video", pts, kind, extra_sound)
    assert len(read(path, size=16)) == 60
    if not extra_sound:  # sound is written after the frames or between them
        cut = tmp_path / "cut.video"
        cut.write_bytes(cut_between_packets(path, 40))
        refused(cut, "is cut off: it should end after")


def test_one_missing_frame_is_accepted(tmp_path):
    path = written(tmp_path / "whole.mkv", EVEN, "matroska")
    path.write_bytes(cut_between_packets(path, 59))
    assert len(read(path, size=16)) >= 58


def test_cut_between_two_packets(tmp_path, counted):
    path = tmp_path / "cut.mp4"
    path.write_bytes(cut_between_packets(counted, 30))
    refused(path, r"is cut off: it should end after 1\.20 s but ends after 0\.6\d s")
    first = [frame for frame, _ in zip(video.frames(path), range(20), strict=False)]
    assert len(first) == 20  # reading only these raises no error


def test_trimmed_on_a_phone(tmp_path, counted):
    """An edit list shows half of the frames that the file contains and counts."""
    content = bytearray(counted.read_bytes())
    entry = content.index(b"elst") + 12  # version 0 (ISO/IEC 14496-12, 8.6.6): one entry
    content[entry : entry + 4] = (600).to_bytes(4, "big")  # milliseconds
    path = tmp_path / "trimmed.mp4"
    path.write_bytes(content)
    assert video.info(path).frames == len(read(path, size=16)) == 30


def test_a_damaged_tail_is_reported_and_not_concealed(tmp_path, write_video):
    generator = np.random.default_rng(3)
    noise = (generator.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(30))
    whole = write_video(tmp_path / "whole.mp4", noise, container_options=FASTSTART)
    content = bytearray(whole.read_bytes())
    start = int(len(content) * 0.8)
    for place in range(start, start + 400):
        content[place] ^= 0x5A
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    refused(path, "damaged")
    # Frames before the damage can still be read.
    for frame, expected in zip(video.frames(path), video.frames(whole), strict=False):
        assert (frame == expected).all()
        break


def test_a_frame_of_another_size_is_reported(tmp_path, numbered):
    """Two videos of different sizes one after another, without a container that states it."""
    path = tmp_path / "two.h264"
    with open(path, "wb") as file:
        for width in (64, 96):
            coder = av.CodecContext.create("libx264", "w")
            coder.width, coder.height, coder.pix_fmt = width, 48, "yuv420p"
            coder.time_base, coder.options = Fraction(1, 50), {"threads": "1"}
            for frame in [*(numbered(n, width) for n in range(5)), None]:
                if frame is not None:
                    frame = av.VideoFrame.from_ndarray(frame, format="rgb24")
                for packet in coder.encode(frame):
                    file.write(bytes(packet))
    refused(path, "changes its frame size at frame 5")


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_phones_video_is_rotated_upright(tmp_path, counted, degrees):
    """The matrix is as for a player: x' = a x + c y, y' = b x + d y, with y pointing down."""
    path = tmp_path / "phone.mp4"
    a, b = {90: (0, -1), -90: (0, 1), 180: (-1, 0)}[degrees]
    path.write_bytes(with_matrix(counted.read_bytes(), a, b, -b, a))
    plain, turned = list(video.frames(counted)), list(video.frames(path))
    about = video.info(path)
    assert (about.height, about.width) == turned[0].shape[:2]
    for before, after in zip(plain, turned, strict=True):
        # Where a player puts the pixel of the top-left corner.
        corner = {90: after[-1, 0], -90: after[0, -1], 180: after[-1, -1]}[degrees]
        assert (corner == before[0, 0]).all()
        assert (np.rot90(after, -degrees // 90) == before).all()
    squashed = next(video.frames(path, 64))
    assert (np.rot90(squashed, -degrees // 90) == next(video.frames(counted, 64))).all()


def with_matrix(content, a, b, c, d):
    """An MP4's bytes with the track's matrix [a b; c d] (ISO/IEC 14496-12, 8.3.2)."""
    matrix = content.index(b"tkhd") + 4 + 40  # track header, version 0
    words = [(value << 16).to_bytes(4, "big", signed=True) for value in (a, b, 0, c, d, 0)]
    words[2] = words[5] = bytes(4)
    return content[:matrix] + b"".join(words) + content[matrix + 24 :]


def test_rotated_by_less_than_a_quarter_turn(tmp_path, counted):
    content = bytearray(counted.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    half = int(0.5**0.5 * (1 << 16))
    words = (half, half, 0, -half, half, 0)
    content[matrix : matrix + 24] = b"".join(word.to_bytes(4, "big", signed=True) for word in words)
    path = tmp_path / "tilted.mp4"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"tilted\.mp4: has a display rotation of -?45 degrees"):
        list(video.frames(path))


def test_no_frame_waits_for_the_collection_of_circles(counted):
    """PyAV's frames and their side data hold one another, so that 4K video filled the memory."""
    gc.collect()
    gc.disable()
    try:
        assert sum(1 for _ in video.frames(counted, 16)) == 60
        left = sum(isinstance(one, av.VideoFrame) for one in gc.get_objects())
    finally:
        gc.enable()
    assert left <= 2
