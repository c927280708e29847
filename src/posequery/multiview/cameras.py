"""Calibrated cameras: reading a Qualisys calibration, projection, triangulation."""

import os
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from posequery.jobs.bounds import TEXT_BYTES
from posequery.jobs.files import BadInput

SUBPIXELS = 64
"""A Qualisys file uses units of 1/64 pixel, and millimetres."""
UPRIGHT = np.diag([1.0, -1.0, -1.0])
"""Qualisys looks along -z with y up; in the image, y points down and depth is along +z."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera of `width` by `height` pixels.

    `matrix` (3, 4) maps a homogeneous point in metres to homogeneous source pixels.
    """

    name: str
    width: int
    height: int
    matrix: np.ndarray


def read_qualisys(path: str | os.PathLike[str]) -> list[Camera]:
    """The cameras of a Qualisys calibration (`*.qca.txt`, XML), in the file's order.

    Lens distortion is ignored: in the lab study's file it moves a point by less than 0.1 pixel.
    Raises `BadInput` for a file that is missing or not such a calibration.
    """
    fix = "Use the calibration file (.qca.txt) written by Qualisys Track Manager"
    if not Path(path).is_file():
        raise BadInput(path, "there is no such calibration", fix)
    with open(path, "rb") as file:
        data = file.read(TEXT_BYTES + 1)
    if len(data) > TEXT_BYTES:
        raise BadInput(path, f"has over {TEXT_BYTES:,} bytes, which no calibration needs", fix)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BadInput(path, "declares a document type, which no calibration needs", fix)
    try:
        rows = ElementTree.fromstring(data).findall("./cameras/camera")
        cameras = [_camera(row) for row in rows]
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise BadInput(path, f"not a valid Qualisys calibration ({error})", fix) from error
    if not cameras:
        raise BadInput(path, "lists no camera", fix)
    names = [camera.name for camera in cameras]
    if len(set(names)) != len(names):
        raise BadInput(path, f"lists a camera twice: {', '.join(names)}", fix)
    return cameras


def _camera(row: ElementTree.Element) -> Camera:
    inside, pose, view = (row.find(name) for name in ("intrinsic", "transform", "fov_video"))
    if inside is None or pose is None or view is None:
        raise ValueError("a camera lacks intrinsic, transform or fov_video")
    focal_x, focal_y, centre_x, centre_y = (
        float(inside.attrib[name]) / SUBPIXELS
        for name in ("focalLengthU", "focalLengthV", "centerPointU", "centerPointV")
    )
    lens = np.array([[focal_x, 0, centre_x], [0, focal_y, centre_y], [0, 0, 1]])
    turn = UPRIGHT @ [[float(pose.attrib[f"r{i}{j}"]) for j in (1, 2, 3)] for i in (1, 2, 3)]
    place = np.array([float(pose.attrib[axis]) for axis in "xyz"]) / 1000
    matrix = lens @ np.column_stack([turn, -turn @ place])
    if not (np.isfinite(matrix).all() and np.allclose(turn @ turn.T, np.eye(3), atol=1e-3)):
        raise ValueError(f"camera {row.attrib['serial']} has no valid rotation and lens")
    return Camera(
        name=row.attrib["serial"],
        width=int(view.attrib["right"]) - int(view.attrib["left"]) + 1,
        height=int(view.attrib["bottom"]) - int(view.attrib["top"]) + 1,
        matrix=matrix,
    )


def project(matrices: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (..., 3) in metres to pixels (views, ..., 2), for `matrices` (views, 3, 4)."""
    homogeneous = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1)
    image = np.einsum("vij,...j->v...i", matrices, homogeneous)
    return image[..., :2] / image[..., 2:]


def triangulate(matrices: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Points (..., 3) in metres from `pixels` (views, ..., 2) by linear least squares (DLT).

    Views with NaN are left out; fewer than two views give NaN. Hartley and Zisserman, Multiple
    View Geometry, section 12.2.
    """
    shape = pixels.shape[1:-1]
    pixels = pixels.reshape(len(pixels), -1, 2).astype(np.float64)
    # Rows of unit length weight all views equally, whatever the scale of their matrices.
    rows = pixels[..., None] * matrices[:, None, None, 2] - matrices[:, None, :2]
    rows /= np.linalg.norm(rows[..., :3], axis=-1, keepdims=True)
    seen = np.isfinite(pixels).all(axis=-1)
    rows = np.where(seen[..., None, None], rows, 0.0)
    system = rows.transpose(1, 0, 2, 3).reshape(pixels.shape[1], -1, 4)
    solution = np.linalg.svd(system)[2][:, -1]
    solution[seen.sum(axis=0) < 2] = np.nan
    points = solution[:, :3] / solution[:, 3:]
    return points.reshape(*shape, 3)
