import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posequery.teachers.blazepose import detector
from posequery.teachers.blazepose.detector import Region, people, region_from_points


def test_anchors_computed_by_hand():
    centres = detector.anchors()
    assert centres.shape == (2254, 2)  # 28 * 28 * 2 + 14 * 14 * 2 + 7 * 7 * 6
    by_hand = {
        0: (0.5 / 28, 0.5 / 28),
        1: (0.5 / 28, 0.5 / 28),
        2: (1.5 / 28, 0.5 / 28),
        56: (0.5 / 28, 1.5 / 28),
        1567: (27.5 / 28, 27.5 / 28),
        1568: (0.5 / 14, 0.5 / 14),
        1960: (0.5 / 7, 0.5 / 7),
        1966: (1.5 / 7, 0.5 / 7),
        2253: (6.5 / 7, 6.5 / 7),
    }
    for number, centre in by_hand.items():
        np.testing.assert_allclose(centres[number], centre)


@pytest.mark.parametrize(
    ("rim", "rotation"),
    [((100, 100), 0), ((200, 200), np.pi / 2), ((0, 200), -np.pi / 2), ((100, 300), np.pi)],
)
def test_a_region_has_two_and_a_half_times_the_distance_and_is_centred_on_the_hips(rim, rotation):
    region = region_from_points(np.array([100.0, 200.0]), np.array(rim, float))
    assert (region.x, region.y, region.side) == (100, 200, 250)
    turned = np.exp(1j * region.rotation) - np.exp(1j * rotation)
    assert abs(turned) < 1e-12


def test_a_crop_maps_to_the_source_as_computed_by_hand():
    upright = Region(x=50, y=60, side=100, rotation=0).to_source(200)
    np.testing.assert_allclose(upright @ [0, 0, 1], [0, 10])
    np.testing.assert_allclose(upright @ [200, 100, 1], [100, 60])
    lying = Region(x=50, y=60, side=100, rotation=np.pi / 2).to_source(200)
    # Up in the crop is to the right in the source.
    np.testing.assert_allclose(lying @ [100, 0, 1], [100, 60])


coordinate = st.floats(-2000, 2000)


@given(coordinate, coordinate, coordinate, coordinate)
def test_the_rim_is_directly_above_the_centre_of_its_crop(x, y, across, down):
    if np.hypot(across, down) < 1e-3:
        return
    region = region_from_points(np.array([x, y]), np.array([x + across, y + down]))
    to_source = region.to_source(256)
    np.testing.assert_allclose(to_source @ [128, 128, 1], [x, y], atol=1e-6)
    # The rim is 1 / 2.5 of the side above the centre.
    above = to_source @ [128, 128 - 256 / 2.5, 1]
    np.testing.assert_allclose(above, [x + across, y + down], atol=1e-6)


def test_the_letterbox_is_centred_black_and_scaled_to_plus_minus_one():
    frame = np.full((448, 224, 3), 255, np.uint8)
    square = detector.detector_input(frame)[0]
    assert square.shape == (224, 224, 3)
    assert square.dtype == np.float32
    assert (square[:, :55] == -1).all()
    assert (square[:, 57:167] == 1).all()
    assert (square[:, 169:] == -1).all()


def test_a_crop_agrees_with_its_map():
    frame = np.zeros((100, 100, 3), np.uint8)
    cv2.circle(frame, (70, 30), 3, (255, 255, 255), -1)
    region = Region(x=60, y=40, side=60, rotation=0.5)
    small = detector.crop(frame, region, 128, cv2.BORDER_CONSTANT)[:, :, 0]
    rows, columns = np.nonzero(small > 127)
    seen = region.to_source(128) @ [columns.mean(), rows.mean(), 1]
    np.testing.assert_allclose(seen, [70, 30], atol=0.3)


def _outputs(boxes):
    """Raw outputs with the given boxes: (anchor, centre offset, side, point offset, logit)."""
    raw, logits = np.zeros((2254, 12), np.float32), np.full(2254, -200, np.float32)
    for anchor, centre, side, point, logit in boxes:
        raw[anchor] = [*centre, side, side, *(point * 4)]
        logits[anchor] = logit
    return raw, logits, detector.anchors()


def test_nobody_is_found_below_the_threshold():
    assert people(*_outputs([(5, (0, 0), 50, (0, 0), -0.01)])) == []
    assert people(*_outputs([])) == []


def test_a_single_box_gives_its_anchor_plus_its_offset():
    (points,) = people(*_outputs([(2253, (0, 0), 50, (-22.4, 11.2), 1e4)]))
    np.testing.assert_allclose(points, np.tile([6.5 / 7 - 0.1, 6.5 / 7 + 0.05], (4, 1)), atol=1e-6)


def test_points_are_averaged_by_score_over_the_boxes_that_overlap_the_best():
    logit = float(np.log(0.6 / 0.4))  # score 0.6; the best one's is 1
    boxes = [
        (0, (0, 0), 40, (0, 0), 200.0),
        (1, (10, 0), 40, (16, 0), logit),  # overlap 30 / 50
        (2, (0, 0), 10, (90, 0), logit),  # inside it, but small: 1 / 16
        (1960, (0, 0), 40, (90, 90), logit),  # 12 pixels off in x and y: 28 * 28 / (2 * 1600 - 784)
    ]
    raw, logits, centres = _outputs(boxes)
    shared = 28.0**2 / (2 * 1600 - 28.0**2)
    assert shared > 0.3  # so it is averaged in
    points, other = people(raw, logits, centres)
    far = centres[1960] + 90 / 224
    near = centres[0] + [16 / 224, 0]
    expected = (centres[0] + 0.6 * near + 0.6 * far) / 2.2
    np.testing.assert_allclose(points, np.tile(expected, (4, 1)), atol=1e-6)
    np.testing.assert_allclose(other, np.tile(centres[2] + [90 / 224, 0], (4, 1)), atol=1e-6)


def test_people_apart_are_given_by_their_confidence():
    boxes = [
        (0, (0, 0), 20, (0, 0), 1.0),
        (27, (0, 0), 20, (0, 0), 3.0),
        (1500, (0, 0), 9, (0, 0), 2),
    ]
    raw, logits, centres = _outputs(boxes)
    found = people(raw, logits, centres)
    assert [points[0].tolist() for points in found] == centres[[27, 1500, 0]].tolist()
