"""Average precision on COCO keypoints, computed by COCO's own evaluator.

It is based on object keypoint similarity (OKS). As in trt_pose's evaluation (trt_pose/coco.py),
each image is squashed to the network's square input, its people are parsed, and a person's score is
the share of joints that were found. Differences: joints are not rounded to whole pixels, and no
image is left out, neither the first nor those without people, as in COCO's own protocol.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import nn

from posequery.jobs.files import BadInput
from posequery.jobs.progress import Progress
from posequery.skeletons import COCO_JOINTS
from posequery.student.inference import for_inference
from posequery.student.prediction import BATCH, forward, people_in
from posequery.student.training import flushed_denormals

METRICS = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")
"""In COCOeval's order: at thresholds of OKS, and for medium and large people."""

_NEEDED = {
    "images": {"id", "file_name"},
    "annotations": {"id", "image_id", "keypoints", "num_keypoints", "area", "bbox", "iscrowd"},
    "categories": {"id"},
}
"""The keys that the evaluator reads from COCO's entries."""


@flushed_denormals()
def average_precision(
    network: nn.Module,
    input_size: int,
    annotations: str | os.PathLike[str],
    images: str | os.PathLike[str],
    progress: Progress | None = None,
) -> dict[str, float]:
    """COCO's ten metrics for a network on the images of a `person_keypoints_*.json`.

    A metric is -1 where there is nobody of that size. Raises `BadInput` for a broken annotation
    file and for an image that is missing or broken.
    """
    # COCO's evaluator prints while it runs.
    with contextlib.redirect_stdout(io.StringIO()):
        truth = _truth(annotations)
        found = list(_found(network, input_size, truth, Path(images), progress))
        if not found:
            return dict.fromkeys(METRICS, 0.0)
        evaluation = COCOeval(truth, truth.loadRes(found), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(METRICS, evaluation.stats.tolist(), strict=True))


def _truth(annotations: str | os.PathLike[str]) -> COCO:
    fix = "Use a person_keypoints_*.json of COCO"
    try:
        truth = COCO(os.fspath(annotations))
    except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
        raise BadInput(annotations, f"is not a COCO annotation file ({error})", fix) from error
    for name, keys in _NEEDED.items():
        rows = truth.dataset.get(name)
        if not rows:
            raise BadInput(annotations, f"lists no {name}", fix)
        for number, row in enumerate(rows):
            absent = keys - row.keys() if isinstance(row, dict) else keys
            if absent:
                fault = f"entry {number} of its {name} has no '{min(absent)}'"
                raise BadInput(annotations, fault, fix)
        if len({row["id"] for row in rows}) < len(rows):
            raise BadInput(annotations, f"an id occurs twice in its {name}", fix)
    if len(truth.dataset["categories"]) > 1:
        raise BadInput(annotations, "has categories other than person", fix)
    return truth


def _found(
    network: nn.Module, input_size: int, truth: COCO, images: Path, progress: Progress | None
) -> Iterator[dict[str, object]]:
    fast = for_inference(network)
    numbers, (category,) = truth.getImgIds(), truth.getCatIds()
    for start in range(0, len(numbers), BATCH):
        several = numbers[start : start + BATCH]
        frames = [_read(images / row["file_name"]) for row in truth.loadImgs(several)]
        sizes = np.array([frame.shape[1::-1] for frame in frames])
        squares = np.stack([_square(frame, input_size) for frame in frames])
        with torch.inference_mode():
            maps, fields = forward(fast, squares)
        for image, people in zip(several, people_in(maps, fields, sizes), strict=True):
            for pose in people[:, :COCO_JOINTS]:
                known = np.isfinite(pose).all(axis=1)
                if known.any():
                    yield {
                        "image_id": image,
                        "category_id": category,
                        "keypoints": _triplets(pose, known),
                        "score": float(known.mean()),
                    }
        if progress is not None:
            progress.advance(len(several))


def _read(path: Path) -> np.ndarray:
    # Annotations refer to the pixels as stored, whatever orientation the camera recorded.
    image = cv2.imread(os.fspath(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise BadInput(
            path, "is missing or broken", "Unpack the images that go with the annotations"
        )
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _square(frame: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA)


def _triplets(pose: np.ndarray, known: np.ndarray) -> list[float]:
    """x, y, 1 for each joint of a pose (17, 2); 0, 0, 0 where it was not found."""
    marked = np.concatenate([np.where(known[:, None], pose, 0), known[:, None]], axis=1)
    return marked.ravel().tolist()
