"""Average precision on COCO keypoints, computed by COCO's own evaluator.

It is based on object keypoint similarity (OKS). As in trt_pose's evaluation (trt_pose/coco.py),
each image is squashed to the network's square input, its people are parsed, and a person's score is
the share of joints that were found. Differences: joints are not rounded to whole pixels, and no
image is left out, neither the first nor those without people, as in COCO's own protocol.
"""

import contextlib
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import cv2
import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import nn

from posequery.jobs.progress import Progress
from posequery.skeletons import COCO_JOINTS
from posequery.student.inference import for_inference
from posequery.student.prediction import BATCH, forward, people_in
from posequery.student.training import flushed_denormals

METRICS = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")
"""In COCOeval's order: at thresholds of OKS, and for medium and large people."""


@flushed_denormals()
def average_precision(
    network: nn.Module,
    input_size: int,
    truth: dict[str, Any],
    images: Iterable[tuple[int, np.ndarray]],
    progress: Progress | None = None,
) -> dict[str, float]:
    """COCO's ten metrics for a network.

    truth: COCO's dictionary, with one category and the joints in COCO's order. images: each of its
    images' id and pixels, RGB (h, w, 3). A metric is -1 where there is nobody of that size.
    """
    # COCO's evaluator prints while it runs.
    with contextlib.redirect_stdout(io.StringIO()):
        annotated = COCO()
        annotated.dataset = truth
        annotated.createIndex()
        (category,) = annotated.getCatIds()
        found = list(_found(network, input_size, category, images, progress))
        if not found:
            return dict.fromkeys(METRICS, 0.0)
        evaluation = COCOeval(annotated, annotated.loadRes(found), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(METRICS, evaluation.stats.tolist(), strict=True))


def _found(
    network: nn.Module,
    input_size: int,
    category: int,
    images: Iterable[tuple[int, np.ndarray]],
    progress: Progress | None,
) -> Iterator[dict[str, object]]:
    fast, left = for_inference(network), iter(images)
    while several := [
        (number, frame.shape[1::-1], _square(frame, input_size))
        for number, frame in islice(left, BATCH)
    ]:
        numbers, sizes, squares = zip(*several, strict=True)
        with torch.inference_mode():
            maps, fields = forward(fast, np.stack(squares))
        for image, people in zip(numbers, people_in(maps, fields, np.array(sizes)), strict=True):
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


def _square(frame: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA)


def _triplets(pose: np.ndarray, known: np.ndarray) -> list[float]:
    """x, y, 1 for each joint of a pose (17, 2); 0, 0, 0 where it was not found."""
    marked = np.concatenate([np.where(known[:, None], pose, 0), known[:, None]], axis=1)
    return marked.ravel().tolist()
