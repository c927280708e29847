import numpy as np
import pytest

from posequery.clips import ClipInfo
from posequery.jobs.files import BadInput
from posequery.multiview.cameras import Camera, project, triangulate
from posequery.multiview.consensus import agree, find_swaps, of_stream, summary
from posequery.skeletons import JOINTS, MIRROR

FRAMES = 30


@pytest.fixture(scope="module")
def body():
    """A person (times, 18, 3) in metres who walks and swings the limbs, from time -10 to 40."""
    generator = np.random.default_rng(0)
    still = generator.normal(0, 0.1, (18, 3)) + np.array([0, 0, 1.0])
    for joint, name in enumerate(JOINTS):
        still[joint, 1] += {"l": 0.25, "r": -0.25}.get(name[0], 0) if "_" in name else 0
    time = np.arange(-10, 40)[:, None]
    walk = np.stack([0.03 * time, 0.2 * np.sin(time / 5), 0 * time], axis=-1)
    swing = 0.1 * np.sin(time[:, :, None] / 4 + still.sum(axis=1)[None, :, None])
    return still + walk + swing * [1, 0, 0.5]


def _views(rig, body):
    """Labels (views, 30, 18, 2)."""
    return project(rig, body[10 : 10 + FRAMES])


def test_perfect_views_agree_on_themselves(rig, body):
    views = _views(rig, body)
    agreed = agree(rig, views)
    np.testing.assert_allclose(agreed.joints, views, atol=1e-3)
    assert agreed.joints.dtype == np.float32
    assert agreed.before.p95 < 1e-6
    assert not agreed.swapped.any()
    assert (agreed.share == 1).all()


def test_swaps_are_found_and_undone(rig, body):
    views = _views(rig, body)
    known = np.zeros((4, FRAMES), bool)
    known[1, 8:20] = known[3, 22:25] = known[0, 0] = True
    labels = np.where(known[..., None, None], views[:, :, MIRROR], views)
    agreed = agree(rig, labels)
    np.testing.assert_array_equal(agreed.swapped, known)
    # Each view's reference is correct, even where its own label was wrong.
    np.testing.assert_allclose(agreed.joints, views, atol=1e-3)
    assert agreed.before.mean > 10
    assert agreed.after.mean < 1e-6


def test_swaps_are_found_under_noise_by_brute_force(rig, body):
    """The result is the best of all allowed swaps, computed one by one."""
    generator = np.random.default_rng(3)
    labels = _views(rig, body) + generator.normal(0, 15, (4, FRAMES, 18, 2))
    known = np.zeros((4, FRAMES), bool)
    known[2, ::3] = True
    labels[known] = labels[known][:, MIRROR]
    found = find_swaps(rig, labels)
    for time in range(0, FRAMES, 5):
        costs = []
        for view in (None, 0, 1, 2, 3):
            trial = labels[:, time].copy()
            if view is not None:
                trial[view] = trial[view][MIRROR]
            off = project(rig, triangulate(rig, trial)) - trial
            costs.append(np.linalg.norm(off, axis=-1).mean())
        best = int(np.argmin(costs)) - 1
        assert np.flatnonzero(found[:, time]).tolist() == ([best] if best >= 0 else [])
    np.testing.assert_array_equal(found, known)


def test_two_views_cannot_outvote_each_other(rig, body):
    views = _views(rig[:2], body)
    views[1] = views[1][:, MIRROR]
    assert not find_swaps(rig[:2], views).any()


def test_a_view_that_sees_nobody_is_not_swapped_and_outvotes_nobody(rig, body):
    views = _views(rig, body)
    views[0] = np.nan
    views[3] = np.nan
    views[1] = views[1][:, MIRROR]
    assert not find_swaps(rig, views).any()


def test_joints_seen_by_fewer_than_two_views_have_no_reference(rig, body):
    views = _views(rig, body)
    views[:3, 4, 9] = np.nan
    views[1, 5, 9] = np.nan
    agreed = agree(rig, views)
    assert np.isnan(agreed.joints[:, 4, 9]).all()
    assert (agreed.share[:, 4, 9] == 0).all()
    # A view that missed a joint still gets the reference from the others.
    np.testing.assert_allclose(agreed.joints[1, 5, 9], _views(rig, body)[1, 5, 9], atol=1e-3)
    assert agreed.share[0, 5, 9] == 0.75


class _Stream:
    path = "stream.json"

    def __init__(self, cameras, frames=FRAMES, width=1080):
        self.clips = [
            ClipInfo(c, "p", "a", 1, c, frames, 60.0, width, 1920, 32, f"{c}.mp4") for c in cameras
        ]


def _cameras(rig, names="abcd"):
    return [Camera(n, 1088, 1920, m) for n, m in zip(names, rig, strict=True)]


def test_views_are_matched_to_cameras_by_name(rig, body):
    views = _views(rig, body)
    stream = _Stream("cabd")
    labels = views[[2, 0, 1, 3]].reshape(-1, 18, 2)
    agreed = of_stream(stream, labels, _cameras(rig), "x.qca.txt")
    assert agreed.after.mean < 1e-6
    assert summary(agreed, stream)["swapped"] == {"c": [], "a": [], "b": [], "d": []}


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (_Stream("abc"), r"x\.qca\.txt: has 4 cameras .*, but the stream has 3"),
        (_Stream("abce"), ", but the stream has 4"),
        (_Stream("abcd", width=1920), "1088 x 1920 pixels, but a's video has 1920"),
    ],
)
def test_a_mismatch_is_reported(rig, stream, fault):
    labels = np.zeros((len(stream.clips) * FRAMES, 18, 2))
    with pytest.raises(BadInput, match=fault):
        of_stream(stream, labels, _cameras(rig), "x.qca.txt")


def test_views_of_different_length_are_reported(rig):
    stream = _Stream("abcd")
    stream.clips[2] = _Stream("c", frames=29).clips[0]
    with pytest.raises(BadInput, match=r"differ in length: \[29, 30\]"):
        of_stream(stream, np.zeros((119, 18, 2)), _cameras(rig), "x.qca.txt")
