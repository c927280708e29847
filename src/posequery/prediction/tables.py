"""Predicted joints as a table, and as a file of keypoint annotations in COCO's format."""

import json
import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from posequery.prediction.poses import seen
from posequery.skeletons import COCO_JOINTS, JOINTS

HEADER = "frame,seconds,joint,x,y,peak\n"
# fmt: off
_SKELETON = [
    [16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13], [6, 7], [6, 8], [7, 9],
    [8, 10], [9, 11], [2, 3], [1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7],
]
# fmt: on
"""As COCO's person_keypoints_*.json have it; joints are counted from 1. The student's links go by
the neck where COCO joins shoulders and hips."""
CATEGORY = {
    "id": 1,
    "name": "person",
    "supercategory": "person",
    "keypoints": list(JOINTS[:COCO_JOINTS]),
    "skeleton": _SKELETON,
}
"""COCO's own category."""


def write_csv(
    path: str | os.PathLike[str], poses: Iterable[np.ndarray], seconds: np.ndarray
) -> None:
    """Write a row for each joint of each frame.

    poses: (18, 3) each, see `Poses`. seconds (n,): when the frames are shown.
    """
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER)
        for number, pose in enumerate(poses):
            file.writelines(
                f"{number},{seconds[number]:.6f},{name},{x:.3f},{y:.3f},{peak:.6f}\n"
                for name, (x, y, peak) in zip(JOINTS, pose.tolist(), strict=True)
            )


def write_coco(
    path: str | os.PathLike[str],
    poses: Iterable[np.ndarray],
    seconds: np.ndarray,
    size: tuple[int, int],
    file_name: Callable[[int], str],
) -> None:
    """Write `images`, `annotations` and `categories`, as COCO's person_keypoints_*.json have them.

    An image is a frame: its `id` is the frame's number counted from 1, `file_name` gives its name
    by the number counted from 0, `size` is width and height of all. An annotation is its person,
    with COCO's 17 joints in COCO's order; a joint that is not seen (`poses.seen`) is 0, 0, 0, any
    other x, y, 2. COCO has no neck, so the student's is left out. `bbox` is that of the joints
    seen, `score` their peaks' mean. A frame in which no joint is seen has no annotation. poses
    are gone through twice.
    """
    width, height = size
    images = (
        {"id": n + 1, "file_name": file_name(n), "width": width, "height": height}
        | {"frame": n, "seconds": round(when, 6)}
        for n, when in enumerate(seconds.tolist())
    )
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'{{"categories": {json.dumps([CATEGORY])},\n"images": [')
        _write_rows(file.write, images)
        file.write('],\n"annotations": [')
        _write_rows(file.write, _annotations(poses))
        file.write("]}\n")


def _write_rows(write: Callable[[str], object], rows: Iterable[dict[str, object]]) -> None:
    for number, row in enumerate(rows):
        write(f"{',' if number else ''}\n{json.dumps(row)}")


def _annotations(poses: Iterable[np.ndarray]) -> Iterator[dict[str, object]]:
    for number, pose in enumerate(poses, start=1):
        joints = pose[:COCO_JOINTS].astype(np.float64)
        sure = seen(joints)
        if not sure.any():
            continue
        low, high = joints[sure, :2].min(axis=0), joints[sure, :2].max(axis=0)
        box = np.concatenate([low, high - low]).round(3)
        marked = np.where(sure[:, None], np.append(joints[:, :2], 2 * sure[:, None], axis=1), 0)
        yield {
            "id": number,
            "image_id": number,
            "category_id": CATEGORY["id"],
            "keypoints": marked.round(3).ravel().tolist(),
            "num_keypoints": int(sure.sum()),
            "bbox": box.tolist(),
            "area": round(float(box[2] * box[3]), 3),
            "iscrowd": 0,
            "score": round(float(joints[sure, 2].mean()), 6),
        }
