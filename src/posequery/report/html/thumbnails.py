"""Small pictures of a stream's frames, which hovering over a chart of its time shows."""

import base64
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from posequery.clips import Stream

MOST = 200
"""Frames of a page: beside the charts, they take some hundred kilobytes."""
_SIDE = 96
"""Pixels of the longer side."""
_QUALITY = (cv2.IMWRITE_WEBP_QUALITY, 60)


def thumbnails(stream: Stream) -> Mapping[str, Any]:
    """Evenly spaced frames of a stream: their numbers, and each as a data: URI.

    Clips hold frames squashed to a square; here they have their videos' shape.
    """
    count = len(stream)
    frames = np.unique(np.linspace(0, count - 1, min(count, MOST)).round().astype(np.int64))
    sizes = stream.source_size(frames)
    images = [_uri(stream.frames(frames[[at]])[0], *size) for at, size in enumerate(sizes.tolist())]
    return {"frames": frames.tolist(), "images": images}


def _uri(frame: np.ndarray, width: int, height: int) -> str:
    """An RGB frame (size, size, 3) as a small WebP of its video's shape."""
    scale = min(_SIDE, len(frame)) / max(width, height)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(frame, shape, interpolation=cv2.INTER_AREA)
    coded = cv2.imencode(".webp", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), _QUALITY)[1]
    return f"data:image/webp;base64,{base64.b64encode(coded.tobytes()).decode()}"
