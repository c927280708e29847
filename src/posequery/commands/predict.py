"""Find the joints in each frame of a video, or in an image, with a student's weights.

Writes NAME_joints.csv, NAME_joints.json in COCO's format and, with --film, NAME_joints.mp4;
files of these names are replaced.
"""

import argparse
from pathlib import Path

from posequery.commands.options import frame_rate

_SOURCE = "a video, an image, or a folder of a video's frames as NAME000001.jpg, NAME000002.jpg ..."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("source", type=Path, help=_SOURCE)
    parser.add_argument(
        "--weights",
        type=Path,
        required=True,
        help="weights.pt, pretrained.pt, an exported .onnx, or trt_pose's",
    )
    parser.add_argument("--output", type=Path, default=Path(), help="folder; here by default")
    film = "write a film of the skeleton, too, with at most 1280 pixels on its longer side"
    parser.add_argument("--film", action="store_true", help=film)
    parser.add_argument("--fps", type=frame_rate, help="frames a second of what has no clock")
    parser.add_argument(
        "--input-size", type=int, help="of trt_pose's weights, which do not state it, in pixels"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="cpu by default")


def call(options: argparse.Namespace) -> None:
    """Predict, and say which files were written."""
    from posequery.prediction.write import write_joints

    files = write_joints(
        options.weights,
        options.source,
        options.output,
        film=options.film,
        fps=options.fps,
        input_size=options.input_size,
        device=options.device,
    )
    print("\n".join(map(str, files)))
