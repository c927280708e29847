"""In which frame OpenPose's joints are, of videos that are to be turned, mirrored or stretched."""

from fractions import Fraction

import av
import cv2
import media
import numpy as np
import pytest
from openpose_people import video_info

from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.sources import video
from posequery.teachers.openpose.geometry import GEOMETRIES, named_as_shown, seen, size_of, to_shown

MATRICES = {
    "as stored": (1, 0, 0, 1),
    "a quarter left": (0, -1, 1, 0),
    "half": (-1, 0, 0, -1),
    "a quarter right": (0, 1, -1, 0),
    "mirrored": (-1, 0, 0, 1),
    "mirrored, a quarter left": (0, 1, 1, 0),
    "upside down": (1, 0, 0, -1),
    "mirrored, a quarter right": (0, -1, -1, 0),
}
"""a, b, c, d of the display matrix."""


@pytest.fixture
def filmed(tmp_path):
    """Writes a video of 160 x 96 stored pixels with a bright spot, and says where that is."""

    def write(matrix, aspect=None, spot=(118, 27)):
        image = np.full((96, 160, 3), 20, np.uint8)
        cv2.circle(image, spot, 5, (235, 235, 235), -1)
        path = tmp_path / "film.mp4"
        with av.open(str(path), "w") as file:
            stream = file.add_stream("libx264", rate=25, options={"crf": "8"})
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
            if aspect:
                stream.codec_context.sample_aspect_ratio = aspect
            a, b, c, d = (round(value * (1 << 16)) for value in matrix)
            stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
            for _ in range(2):
                file.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
            file.mux(stream.encode())
        return path

    return write


def spot(image):
    """The centre of what is bright in an image, as (x, y)."""
    rows, columns = np.nonzero(image[:, :, 1] > 128)
    return np.array([columns.mean(), rows.mean()])


def as_opencv_sees_it(path):
    capture = cv2.VideoCapture(str(path))
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    found, image = capture.read()
    assert found
    return image


@pytest.mark.parametrize("aspect", [None, Fraction(4, 3)])
@pytest.mark.parametrize("matrix", MATRICES)
def test_a_joint_gets_to_its_place_in_the_shown_frame(filmed, matrix, aspect, tried):
    """OpenPose is played by OpenCV with and without turning, and by the study's own reading."""
    path = filmed(MATRICES[matrix], aspect)
    about = video.info(path)
    shown = next(video.frames(path))
    pictures = {
        "shown": shown,
        "turned": as_opencv_sees_it(path),
        "stored": next(media.decoded(path)).to_ndarray(format="rgb24"),
    }
    for name in GEOMETRIES:
        height, width = pictures[name].shape[:2]
        assert size_of(name, about) == (width, height)
        place = to_shown(spot(pictures[name])[None], name, about)[0]
        np.testing.assert_allclose(place, spot(shown), atol=0.6)
    kinds = "turned, mirrored or stretched video"
    tried("2", f"labels made elsewhere, of a {kinds}, key given", {"done right": 3})


def test_whole_pixels_map_exactly():
    """A quarter left: the stored top right pixel is shown top left; centres stay centres."""
    about = video_info(96, 160, 1, stored=(160, 96), turns=1)
    corners = np.array([[0, 0], [159, 0], [159, 95], [0, 95]], float)
    expected = [[0, 159], [0, 0], [95, 0], [95, 159]]
    np.testing.assert_allclose(to_shown(corners, "stored", about), expected, atol=1e-9)
    assert to_shown(corners, "shown", about) is corners


def test_left_and_right_are_exchanged_where_openpose_saw_a_mirrored_person():
    joints = np.arange(18)[None, :, None].repeat(2, axis=2)
    about = video_info(160, 96, 1, mirrored=True)
    left, right = JOINTS.index("left_wrist"), JOINTS.index("right_wrist")
    for name in ("turned", "stored"):
        assert named_as_shown(joints, name, about)[0, left, 0] == right
        assert named_as_shown(joints, name, about)[0, 0, 0] == 0
    assert named_as_shown(joints, "shown", about) is joints
    assert named_as_shown(joints, "stored", video_info(160, 96, 1, turns=2)) is joints


# Which one


def both(size):
    return True


def test_a_plain_video_needs_no_key():
    assert seen("a.mp4", video_info(160, 96, 1), None, both) == "shown"


@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_key_is_taken_at_its_word(name):
    about = video_info(96, 120, 1, stored=(160, 96), turns=1, mirrored=True)
    assert seen("a.mp4", about, name, both) == name


@pytest.mark.parametrize("turns", [1, 3])
def test_a_quarter_turn_is_found_by_the_bounds(turns, tried):
    about = video_info(96, 160, 1, stored=(160, 96), turns=turns)
    assert seen("a.mp4", about, None, lambda size: size == (96, 160)) == "shown"
    assert seen("a.mp4", about, None, lambda size: size == (160, 96)) == "stored"
    with pytest.raises(BadInput, match="turned by a quarter, and .* fit into the frame both ways"):
        seen("a.mp4", about, None, both)
    tried("2", "labels made elsewhere, quarter turn, no key", {"done right": 2, "key asked for": 1})


@pytest.mark.parametrize(
    ("about", "fault"),
    [
        (video_info(160, 96, 1, turns=2), "is stored turned by half, and"),
        (video_info(160, 96, 1, mirrored=True), "is stored mirrored, and"),
        (video_info(96, 160, 1, stored=(160, 96), turns=1, mirrored=True), "mirrored, and"),
        (video_info(213, 96, 1, stored=(160, 96)), "of pixels that are not square, and"),
        (
            video_info(96, 213, 1, stored=(160, 96), turns=3, mirrored=True),
            "of pixels that are not square and mirrored, and",
        ),
    ],
)
def test_where_the_frame_says_too_little_the_key_is_asked_for(about, fault, tried):
    with pytest.raises(BadInput, match=fault) as caught:
        seen("a.mp4", about, None, lambda size: size == (160, 96))
    assert caught.value.fix.startswith("Set openpose.geometry")
    assert all(name in caught.value.fix for name in GEOMETRIES)
    tried("2", "labels made elsewhere, mirrored, half-turned or stretched, no key", {"refused": 1})
