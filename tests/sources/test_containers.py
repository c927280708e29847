"""Which of a file's streams is the video, and files that look like one."""

import random
import struct

import cv2
import media
import pytest

from posequery.jobs import bounds
from posequery.jobs.files import BadInput
from posequery.sources import video
from posequery.sources.containers import is_photo


def picture(width=16, height=16):
    return cv2.imencode(".jpg", media.numbered(3, width, height))[1].tobytes()


def test_a_cover_picture_is_not_the_video(tmp_path, number, numbered, tried):
    frames = [numbered(n) for n in range(12)]
    path = media.with_cover_first(tmp_path / "v.mp4", frames, picture())
    assert [number(frame) for frame in video.frames(path)] == list(range(12))
    about = video.info(path)
    assert (about.width, about.height, about.frames, about.fps) == (64, 48, 12, 30)
    video.require_end(path)
    tried("9", "a cover picture before the video", {"done right": 1})


def refused(path, fault):
    for read in (video.info, lambda path: list(video.frames(path, 16)), video.require_end):
        with pytest.raises(BadInput, match=fault):
            read(path)


def test_a_photo_is_called_one(tmp_path, write_video, numbered, tried):
    movie = write_video(tmp_path / "v.mp4", [numbered(0)] * 3).read_bytes()
    (tmp_path / "photo.jpg").write_bytes(picture(64, 48))
    (tmp_path / "photo.png").write_bytes(cv2.imencode(".png", numbered(1))[1].tobytes())
    (tmp_path / "motion.jpg").write_bytes(picture(64, 48) + movie)
    brand = movie.index(b"ftyp") + 4
    (tmp_path / "photo.heic").write_bytes(movie[:brand] + b"heic" + movie[brand + 4 :])
    for name in ("photo.jpg", "photo.png", "photo.heic"):
        refused(tmp_path / name, rf"{name}: is a photo\. Give a video, or a folder of its frames")
    refused(tmp_path / "motion.jpg", "is a photo with a short video inside. Save that video")
    tried("9", "photos, and one with a video inside", {"refused": 4})


def test_an_animated_webp_is_called_one(tmp_path, numbered):
    """FFmpeg knows it, but not its frames, and it seemed damaged."""

    def chunk(name, content):
        return name + struct.pack("<I", len(content)) + content

    path = tmp_path / "a.webp"
    still = cv2.imencode(".webp", numbered(1), (cv2.IMWRITE_WEBP_QUALITY, 80))[1].tobytes()
    size = bytes([63, 0, 0, 47, 0, 0])  # less one, of 64 x 48 pixels
    frame = chunk(b"ANMF", bytes(6) + size + bytes([40, 0, 0, 0]) + still[12:])
    head = chunk(b"VP8X", bytes([2, 0, 0, 0]) + size) + chunk(b"ANIM", bytes(6))
    path.write_bytes(chunk(b"RIFF", b"WEBP" + head + frame * 3))
    refused(path, "is an animated WebP, which is not read. Make a video or a GIF of it")
    with pytest.raises(BadInput, match="is an animated WebP"):
        is_photo(path)
    path.write_bytes(still)
    assert is_photo(path)


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("W10001 H10000 F30:1", "states frames of 10001 x 10000 pixels"),
        ("W65500 H65500 F30:1", "is truncated or not a video|states frames of 65500 x 65500"),
        ("W8 H99999999 F30:1", "is truncated or not a video|states frames of 8 x 99999999"),
        ("W8 H8 F1000000000:1", "shows 1e\\+09 frames a second, which no video does"),
        ("W8 H8 F1:1000000000", "shows 1e-09 frames a second, which no video does"),
    ],
)
def test_absurd_sizes_and_rates_are_refused_before_anything_is_decoded(
    tmp_path, head, fault, tried
):
    path = tmp_path / "v.y4m"
    frame = b"FRAME\n" + bytes(96)
    path.write_bytes(f"YUV4MPEG2 {head} Ip C420jpeg\n".encode() + frame * 3)
    with pytest.raises(BadInput, match=fault):
        video.info(path)
    tried("12", "videos of absurd sizes and rates", {"refused": 1})


def test_a_size_beyond_the_bound_is_named(tmp_path, numbered, monkeypatch):
    path = media.movie(tmp_path / "v.mp4", [numbered(0)] * 2)
    monkeypatch.setattr(bounds, "IMAGE_PIXELS", 64 * 48 - 1)
    refused(path, "states frames of 64 x 48 pixels. Take one of at most 3,071 pixels a frame")


def test_a_shown_size_beyond_the_bound_is_named(tmp_path, numbered, monkeypatch):
    path = media.movie(tmp_path / "v.mp4", [numbered(0)] * 2, aspect=2)
    monkeypatch.setattr(bounds, "IMAGE_PIXELS", 64 * 48)
    with pytest.raises(BadInput, match=r"has frames of 128 x 48 pixels, more than 3,072"):
        video.info(path)


def test_a_frame_that_grows_beyond_the_bound_is_not_decoded(tmp_path, numbered, monkeypatch):
    """The container states the first size only."""
    parts = [
        media.movie(tmp_path / f"{width}.h264", [numbered(0, width)] * 4, "h264").read_bytes()
        for width in (64, 96)
    ]
    path = tmp_path / "v.h264"
    path.write_bytes(b"".join(parts))
    monkeypatch.setattr(bounds, "IMAGE_PIXELS", 65 * 49)
    with pytest.raises(BadInput, match="damaged|changes its frame size"):
        list(video.frames(path, 16))


@pytest.mark.parametrize("container", ["matroska", "webm", "mpegts", "fragmented"])
def test_frames_are_counted_where_the_header_does_not(tmp_path, numbered, container, tried):
    frames = [numbered(n) for n in range(33)]
    if container == "fragmented":
        path = media.write_video(
            tmp_path / "v.mp4", frames, container_options={"movflags": "frag_keyframe+empty_moov"}
        )
    else:
        codec = "libvpx-vp9" if container == "webm" else "libx264"
        path = media.movie(tmp_path / "v", frames, container, codec)
    assert video.info(path).frames == 33
    tried("8", "frames counted in containers that do not state them", {"done right": 1})


def test_names_in_an_unknown_encoding_are_no_fault(tmp_path, numbered):
    path = media.movie(tmp_path / "v.mp4", [numbered(0)] * 3)
    path.write_bytes(path.read_bytes().replace(b"VideoHandler", b"Vid\xf6\xfcHandler"))
    assert video.info(path).frames == 3


def test_an_unknown_compression_is_called_one(tmp_path, numbered):
    path = media.movie(tmp_path / "v.mp4", [numbered(0)] * 3)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    refused(path, "is compressed in a way that is not known, or damaged at its beginning")


def corrupted(content, draw):
    """The bytes with a few bits flipped, a block of zeros, a part twice, or the end missing."""
    changed, place = bytearray(content), draw.randrange(len(content))
    kind = draw.choice(["bits", "zeros", "twice", "cut", "head"])
    if kind == "bits":
        for _ in range(draw.randint(1, 8)):
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    elif kind == "zeros":
        length = len(changed[place : place + draw.randint(1, 300)])
        changed[place : place + length] = bytes(length)
    elif kind == "twice":
        changed[place:place] = changed[max(0, place - 200) : place]
    elif kind == "cut":
        del changed[place:]
    else:
        changed[draw.randrange(min(600, len(changed)))] = draw.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp4", "libx264"),
        ("matroska", "libx264"),
        ("mpegts", "libx264"),
        ("vob", "mpeg2video"),
        ("avi", "mpeg4"),
        ("asf", "wmv2"),
        ("flv", "libx264"),
        ("h264", "libx264"),
    ],
)
def test_damage_at_random_ends_with_one_line(tmp_path, numbered, container, codec, tried):
    frames = [numbered(n) for n in range(20)]
    content = media.movie(tmp_path / "whole", frames, container, codec).read_bytes()
    draw = random.Random(container)
    path = tmp_path / "v"
    outcomes = {"refused": 0, "read": 0}
    for _ in range(60):
        path.write_bytes(corrupted(content, draw))
        try:
            about = video.info(path)
            assert about.fps > 0
            list(video.frames(path, 16))
        except BadInput:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
    assert outcomes["refused"]
    tried("12", "videos damaged at random", outcomes)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.mp4", "ffconcat version 1.0\nfile 'v.mp4'\n"),
        ("c.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"),
        ("c.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"),
        ("c.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"),
        ("c.mpd", '<?xml version="1.0"?>\n<MPD profiles="urn:mpeg:dash:profile:full:2011">\n'),
        ("c.rtsp", "rtsp://127.0.0.1/v"),
    ],
)
def test_a_list_of_videos_is_not_followed(tmp_path, numbered, name, text, tried):
    """It may name files that its reader never gave, and join upright ones with turned ones."""
    video_there = media.movie(tmp_path / "v.mp4", [numbered(n) for n in range(9)])
    (tmp_path / name).write_text(text.format(video_there))
    refused(tmp_path / name, r"is a playlist, of another kind|is truncated or not a video")
    tried("12", "lists of other videos", {"refused": 1})


def test_an_images_name_is_no_pattern(tmp_path, numbered):
    """The others that would fit it may be of another size, and nobody gave them."""
    for name, value in (("p%03d.png", 5), ("p001.png", 9), ("q*.png", 6), ("q1.png", 9)):
        cv2.imwrite(str(tmp_path / name), numbered(value))
    for name, value in (("p%03d.png", 5), ("q*.png", 6)):
        (frame,) = (found for found, _ in video.with_geometry(tmp_path / name, photo=True))
        assert media.number(frame.to_ndarray(format="rgb24")) == value
