"""Human3.6M in miniature, with every trap of the real one, from its folders to clips."""

from fractions import Fraction

import av
import media
import miniature
import numpy as np
import pytest
from miniature import CAMERAS, GAPS, SIZES, STEMS, official, pose

from posequery.clips import Clip
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS, LIMBS, from_human36m
from posequery.sources import video
from posequery.sources.extraction import extract
from posequery.sources.human36m import mmpose, names
from posequery.student.pixels import to_grid, to_source

FRAMES = 6

# The dataset's own names of its 32 joints, in its order (metadata.xml); None: an end without one.
NAMES = (
    "Hips, RightUpLeg, RightLeg, RightFoot, RightToeBase, Site, "
    "LeftUpLeg, LeftLeg, LeftFoot, LeftToeBase, Site, Spine, Spine1, Neck, Head, Site, "
    "LeftShoulder, LeftArm, LeftForeArm, LeftHand, LeftHandThumb, Site, L_Wrist_End, Site, "
    "RightShoulder, RightArm, RightForeArm, RightHand, RightHandThumb, Site, R_Wrist_End, Site"
).split(", ")

# A segment is named for the joint that it begins at: the arm begins at the shoulder.
THEIRS = {
    "shoulder": "Arm",
    "elbow": "ForeArm",
    "wrist": "Hand",
    "hip": "UpLeg",
    "knee": "Leg",
    "ankle": "Foot",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return official(
        tmp_path_factory.mktemp("it's a $root") / "h36m", cameras=CAMERAS, frames=FRAMES
    )


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("it's a $root") / "mmpose"
    return miniature.mmpose(folder, ["S1", "S9"], cameras=CAMERAS[:2], frames=FRAMES)


def clip_of(output, source, annotation, place, size=32, **more):
    subject, stem, camera = place
    info = extract(
        source,
        annotation,
        slug=names.slug(*place),
        subject=subject,
        action="any",
        subaction=1,
        camera=camera,
        size=size,
        output=output,
        stem=stem,
        fps=names.FPS if source.is_dir() else None,
        **more,
    )
    return info, Clip(output)


def from_official(root, output, *place, **more):
    paths = names.video_path(root, *place), names.annotation_path(root, *place)
    return clip_of(output, *paths, place, **more)


def from_mmpose(root, output, *place, **more):
    source = mmpose.video_path(root, *place)
    return clip_of(output, source, mmpose.annotation_path(root, *place), place, **more)


def test_the_table_names_every_file_but_the_traps(root):
    for subject in names.SUBJECTS:
        pairs = names.recordings(subject, CAMERAS)
        for path in (names.video_path, names.annotation_path):
            named = [path(root, subject, sequence.stem, camera) for sequence, camera in pairs]
            there = {file for file in named[0].parent.iterdir() if not file.name.startswith("_ALL")}
            assert set(named) == there
            assert len(named) == 120
            # The stream is the folder's listing.
            assert [file.name for file in named] == sorted(file.name for file in there)
            assert len(list(named[0].parent.iterdir())) == len(there) + 2 * len(CAMERAS)


def test_the_table_names_every_folder_of_mmpose(images):
    for subject in ("S1", "S9"):
        named = {
            mmpose.video_path(images, subject, sequence.stem, camera)
            for sequence, camera in names.recordings(subject, CAMERAS[:2])
        }
        assert named == set((images / "images" / subject).iterdir())


@pytest.mark.parametrize(
    "place",
    [
        ("S1", "Directions 1", "54138969"),
        ("S1", "Eating 2", "55011271"),
        ("S5", "Discussion 3", "60457274"),
        ("S9", "Walking", "54138969"),
        ("S11", "Phoning 3", "58860488"),
    ],
)
def test_frame_i_is_the_video_s_and_label_i_the_cdf_s(root, tmp_path, number, place, capsys):
    info, clip = from_official(root, tmp_path / "a.h5", *place)
    assert [number(frame) for frame in clip.frames(np.arange(FRAMES))] == list(range(FRAMES))
    np.testing.assert_array_equal(clip.joints, from_human36m(pose(FRAMES)))
    rates = [50.0, 49.99]
    assert info.fps == rates[STEMS[place[0]].index(place[1]) % 2]
    assert (info.width, info.height) == SIZES[place[2]]
    # The surplus frames are gone; a large surplus is news.
    assert info.frames == FRAMES
    told = "the last 20 frames have no annotation" in capsys.readouterr().err
    assert told == (place[:2] in GAPS)


def test_the_miniature_has_b_frames(root):
    path = names.video_path(root, "S1", "Directions 1", "54138969")
    kinds = {frame.pict_type for frame in media.decoded(path)}
    assert av.video.frame.PictureType.B in kinds


@pytest.mark.parametrize("place", [("S1", "Eating 2", CAMERAS[0]), ("S9", "Eating", CAMERAS[1])])
def test_mmpose_s_images_and_arrays_give_the_same(root, images, tmp_path, number, place):
    info, clip = from_mmpose(images, tmp_path / "m.h5", *place)
    _, other = from_official(root, tmp_path / "o.h5", *place)
    np.testing.assert_array_equal(clip.joints, other.joints)
    assert [number(frame) for frame in clip.frames(np.arange(FRAMES))] == list(range(FRAMES))
    assert (info.frames, info.fps) == (FRAMES, 50.0)
    assert (info.width, info.height) == SIZES[place[2]]


@pytest.mark.parametrize("rate", [Fraction(50), Fraction(4999, 100)])
@pytest.mark.parametrize(("width", "height"), [(101, 99), (64, 51), (100, 102)])
def test_odd_sizes_at_either_rate(
    tmp_path, write_video, write_cdf, numbered, number, width, height, rate
):
    frames = (numbered(frame, width, height) for frame in range(9))
    source = write_video(tmp_path / "v.mp4", frames, rate, pixels="yuv444p")
    labels = write_cdf(tmp_path / "v.cdf", pose(7).reshape(1, 7, 64))
    info, clip = clip_of(tmp_path / "a.h5", source, labels, ("S1", "Eating", CAMERAS[0]))
    assert (info.width, info.height, info.fps) == (width, height, float(rate))
    assert [number(frame) for frame in clip.frames(np.arange(7))] == list(range(7))
    np.testing.assert_array_equal(clip.joints, from_human36m(pose(7)))


def test_a_damaged_tail_matters_only_where_it_is_annotated(
    tmp_path, write_video, write_cdf, number, numbered
):
    """Frames that are whole are read; a tail that the annotation needs is refused."""
    options = {"movflags": "+faststart"}
    frames = (numbered(frame, 96, 160) for frame in range(60))
    source = write_video(
        tmp_path / "v.mp4", frames, options={"bf": "3", "g": "10"}, container_options=options
    )
    content = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        places = sorted((packet.pos, packet.size) for packet in container.demux() if packet.size)
    start = places[50][0] + 20
    content[start : start + 60] = bytes(byte ^ 0x5A for byte in content[start : start + 60])
    source.write_bytes(content)
    place = ("S1", "Eating", CAMERAS[0])
    short = write_cdf(tmp_path / "short.cdf", pose(40).reshape(1, 40, 64))
    _, clip = clip_of(tmp_path / "a.h5", source, short, place)
    assert [number(frame) for frame in clip.frames(np.arange(40))] == list(range(40))
    np.testing.assert_array_equal(clip.joints, from_human36m(pose(40)))
    full = write_cdf(tmp_path / "full.cdf", pose(58).reshape(1, 58, 64))
    with pytest.raises(BadInput, match="damaged"):
        clip_of(tmp_path / "b.h5", source, full, place)
    assert not (tmp_path / "b.h5").exists()


def test_the_video_that_is_shipped_broken_is_refused_and_left_out(root, tmp_path):
    place = ("S11", "Directions", "54138969")
    with pytest.raises(BadInput, match=r"Directions\.54138969\.mp4: is truncated"):
        from_official(root, tmp_path / "a.h5", *place)
    assert names.excluded(names.EXCLUDED, *place)
    from_official(root, tmp_path / "b.h5", "S11", "Directions", "55011271")


def test_three_d_positions_in_place_of_two_d(root, tmp_path):
    place = ("S1", "Eating", CAMERAS[0])
    wrong = root / "S1" / "MyPoseFeatures" / "D3_Positions_mono" / f"Eating.{CAMERAS[0]}.cdf"
    with pytest.raises(BadInput, match="3-D positions.*D2_Positions"):
        clip_of(tmp_path / "a.h5", names.video_path(root, *place), wrong, place)


@pytest.mark.parametrize("cut", [lambda data: b"", lambda data: data[: len(data) // 2]])
def test_an_empty_and_a_truncated_video(root, tmp_path, cut):
    place = ("S1", "Eating", CAMERAS[0])
    whole = names.video_path(root, *place)
    broken = tmp_path / whole.name
    broken.write_bytes(cut(whole.read_bytes()))
    with pytest.raises(BadInput, match=r"Eating\.54138969\.mp4: is (empty|truncated)"):
        clip_of(tmp_path / "a.h5", broken, names.annotation_path(root, *place), place)
    assert not (tmp_path / "a.h5").exists()


@pytest.mark.parametrize("make", [from_official, from_mmpose])
def test_another_subject_s_annotation_has_another_count(root, images, tmp_path, make):
    where = root if make is from_official else images
    place = ("S1", "Eating", CAMERAS[0])
    info, _ = make(where, tmp_path / "a.h5", *place, expected=FRAMES)
    assert info.frames == FRAMES
    with pytest.raises(BadInput) as caught:
        make(where, tmp_path / "b.h5", *place, expected=FRAMES + 1)
    told = str(caught.value)
    assert f"annotates {FRAMES} frames where Human3.6M has {FRAMES + 1}" in told
    assert "another subject's" in told
    assert "source.frame_counts: any" in told
    assert not (tmp_path / "b.h5").exists()


@pytest.mark.parametrize("make", [from_official, from_mmpose])
def test_an_annotation_longer_than_the_video(root, images, tmp_path, write_cdf, make):
    place = ("S1", "Eating", CAMERAS[0])
    layout = names if make is from_official else mmpose
    source = layout.video_path(root if make is from_official else images, *place)
    long = write_cdf(tmp_path / "long.cdf", pose(40).reshape(1, 40, 64))
    with pytest.raises(BadInput, match=r"has only \d+ frames, but its annotation .* has 40"):
        clip_of(tmp_path / "a.h5", source, long, place)


def test_joints_by_their_names():
    found = from_human36m(pose(1))[0]
    for joint in LIMBS:
        side, part = JOINTS[joint].split("_")
        theirs = NAMES.index(side.capitalize() + THEIRS[part])
        np.testing.assert_array_equal(found[joint], pose(1)[0, theirs])
    shoulders = pose(1)[0, [NAMES.index("LeftArm"), NAMES.index("RightArm")]]
    np.testing.assert_array_equal(found[JOINTS.index("neck")], shoulders.mean(axis=0))
    assert np.isnan(found[:5]).all()
    assert len(NAMES) == 32


@pytest.fixture(scope="module")
def two_sided(tmp_path_factory):
    """A figure in source pixels: its positions (3, 32, 2), and its frames with discs at them.

    The discs of names that say Left are red, those that say Right blue. It has its back to the
    camera and lies down in the last frame, so that no side of the picture tells the sides apart.
    """
    W, H = 320, 330
    front = np.zeros((32, 2))
    places = zip(
        THEIRS.values(), (40, 90, 140, 25, 30, 35), (60, 90, 60, 160, 220, 280), strict=True
    )
    for part, x, y in places:
        front[NAMES.index(f"Left{part}")] = 160 + x, y  # who faces us has the left on our right
        front[NAMES.index(f"Right{part}")] = 160 - x, y
    back = front * [-1, 1] + [2 * 160, 0]
    positions = np.stack([front, back, back[:, ::-1]])
    ys, xs = np.mgrid[:H, :W]
    frames = []
    for figure in positions:
        frame = np.full((H, W, 3), 60, np.uint8)
        for name, (x, y) in zip(NAMES, figure, strict=True):
            colour = {"L": (230, 20, 20), "R": (20, 20, 230)}.get(name[0])
            if colour and (x, y) != (0, 0):
                frame[np.hypot(xs - x, ys - y) < 12] = colour
        frames.append(frame)
    return positions, frames


def test_left_and_right_by_the_colour_of_the_pixels(tmp_path, two_sided, write_video, write_cdf):
    positions, frames = two_sided
    source = write_video(tmp_path / "v.mp4", [*frames, frames[0]], options={"crf": "4"})
    labels = write_cdf(tmp_path / "v.cdf", positions.reshape(1, 3, 64))
    info, clip = clip_of(tmp_path / "a.h5", source, labels, ("S1", "Eating", CAMERAS[0]), size=64)
    pixels = clip.frames(np.arange(3))
    sizes = np.array([[info.width, info.height]] * 3)
    grid = to_grid(clip.joints, info.size, sizes)
    for frame in range(3):
        for joint in LIMBS:
            x, y = np.rint(grid[frame, joint]).astype(int)
            red, _, blue = pixels[frame, y, x].astype(int)
            assert (red - blue > 100) == JOINTS[joint].startswith("left"), JOINTS[joint]
            assert (blue - red > 100) == JOINTS[joint].startswith("right"), JOINTS[joint]


def test_a_pixel_goes_to_the_network_and_back():
    W, H, size = 1000, 1002, 256
    columns, rows = np.meshgrid(np.linspace(-0.5, W - 0.5, 41), np.linspace(-0.5, H - 0.5, 41))
    points = np.stack([columns, rows], axis=2).reshape(1, -1, 2)
    sizes = np.array([[W, H]])
    back = to_source(to_grid(points, size, sizes), size, sizes)
    assert np.abs(back - points).max() < 0.01


@pytest.mark.parametrize(("x", "y"), [(703.0, 211.25), (220.5, 760.75), (500.0, 501.0)])
def test_a_spot_in_the_picture_is_where_the_network_s_pixels_say(tmp_path, write_video, x, y):
    """A round grey spot at the dataset's own size, found again by least squares."""
    W, H, size, width = 1000, 1002, 256, 30
    rows, columns = np.mgrid[:H, :W]
    spot = 30 + 200 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * width**2))
    generator = np.random.default_rng(7)
    dithered = (np.floor(spot + generator.random((H, W))) for _ in range(4))
    frames = (np.repeat(one.astype(np.uint8)[:, :, None], 3, axis=2) for one in dithered)
    path = write_video(tmp_path / "v.mp4", frames, options={"qp": "0", "preset": "ultrafast"})
    net = np.mean([frame.mean(axis=2) for frame in video.frames(path, size)], axis=0)
    cells = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=2).reshape(1, -1, 2)
    dx, dy = (to_source(cells, size, np.array([[W, H]]))[0] - [x, y]).T
    variance = width**2 + (W / size) ** 2 / 12  # a cell's average widens the spot
    model = np.exp(-(dx**2 + dy**2) / (2 * variance))
    # To first order a spot that is moved by (u, v) is the model and (u dx + v dy) / variance of it.
    terms = np.stack([np.ones_like(dx), model, model * dx, model * dy], axis=1)
    _, height, by_x, by_y = np.linalg.lstsq(terms, net.ravel(), rcond=None)[0]
    assert np.abs(np.array([by_x, by_y]) * variance / height).max() < 0.01
