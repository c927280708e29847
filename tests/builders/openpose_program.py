"""A stand-in for the OpenPose program: takes its flags, writes its files, sees one upright person.

This is a stand-alone script; with a line `#!<python>` before it, it is a program. The person is
where the image differs from the rest of the video, or from its own mean where nothing moves. The
environment variable OPENPOSE_STAND_IN makes it fail: `dies` and `killed` half-way, `stops` silently
half-way, `silent` writes nothing, `hands` writes people without bodies.
"""

import json
import os
import signal
import sys
from pathlib import Path

import cv2
import numpy as np

FLAGS = {  # from include/openpose/flags.hpp, with their defaults
    "video": "",
    "image_dir": "",
    "write_json": "",
    "model_folder": "models/",
    "model_pose": "BODY_25",
    "net_resolution": "-1x368",
    "keypoint_scale": "0",
    "display": "-1",
    "render_pose": "-1",
    "number_people_max": "-1",
    "body": "1",
}
UPPER = "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist".split()
LOWER = "RHip RKnee RAnkle LHip LKnee LAnkle REye LEye REar LEar".split()
FEET = "LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel".split()
PARTS = {"BODY_25": [*UPPER, "MidHip", *LOWER, *FEET], "COCO": [*UPPER, *LOWER]}
# From the centre line to the person's left (the image's right), and down; as shares of the height.
PERSON = {
    "Nose": (0, 0.08), "Neck": (0, 0.18), "MidHip": (0, 0.52), "Eye": (0.02, 0.06),
    "Ear": (0.04, 0.07), "Shoulder": (0.1, 0.18), "Elbow": (0.13, 0.34), "Wrist": (0.14, 0.48),
    "Hip": (0.06, 0.52), "Knee": (0.06, 0.75), "Ankle": (0.06, 0.96), "Heel": (0.06, 0.99),
    "BigToe": (0.05, 1.0), "SmallToe": (0.08, 1.0),
}  # fmt: skip


def flags(arguments):
    """The given flags in gflags's format: --flag=value, or --flag value."""
    values, rest = dict(FLAGS), list(arguments)
    while rest:
        name, equals, value = rest.pop(0).lstrip("-").partition("=")
        if name not in FLAGS:
            sys.exit(f"ERROR: unknown command line flag '{name}'")
        values[name] = value if equals else rest.pop(0)
    return values


def fail(message):
    """Fail with a message like OpenPose's own (src/openpose/utilities/errorAndLog.cpp)."""
    sys.stderr.write(f"\nError:\n{message}\n\nComing from:\n- src/openpose/stand_in.cpp:run():1\n")
    sys.exit(255)


def images(options):
    """Name and grey image of each frame."""
    if options["image_dir"]:
        for file in sorted(Path(options["image_dir"]).iterdir()):
            yield file.stem, cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        return
    video = cv2.VideoCapture(options["video"])
    if not video.isOpened():
        fail(f"VideoCapture could not be opened for path: '{options['video']}'.")
    stem, number = Path(options["video"]).stem, 0
    while (read := video.read())[0]:
        yield f"{stem}_{number:012d}", cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY)
        number += 1


def body(image, usual, parts):
    """Flat x, y, confidence of the person in an image; None in a uniform one.

    usual: the median image of the video.
    """
    weight = np.abs(image.astype(float) - usual)
    weight[weight < 25] = 0
    if np.count_nonzero(weight) < 20:
        weight = np.abs(image - image.mean())
    if not weight.any():
        return None
    rows, columns = (weight.sum(axis=axis) / weight.sum() for axis in (1, 0))
    middle, centre = (float(share @ np.arange(len(share))) for share in (rows, columns))
    spread = float(np.sqrt(rows @ (np.arange(len(rows)) - middle) ** 2))
    height = min(max(4 * spread, 0.2 * len(rows)), 0.7 * len(rows))
    values = []
    for part in parts:
        side = {"L": 1, "R": -1}.get(part[0], 0) if part not in PERSON else 0
        across, down = PERSON[part if part in PERSON else part[1:]]
        x = np.clip(centre + side * across * height, 0.5, len(columns) - 0.5)
        y = np.clip(middle + (down - 0.5) * height, 0.5, len(rows) - 0.5)
        values += [float(f"{x:.6g}"), float(f"{y:.6g}"), 0.8]
    return values


def main():
    options = flags(sys.argv[1:])
    trouble = os.environ.get("OPENPOSE_STAND_IN", "")
    headless = (options["display"], options["render_pose"]) == ("0", "0")
    if not headless or options["keypoint_scale"] != "0":
        fail("This stand-in has no display, and supports only source pixels.")
    if not Path(options["model_folder"]).is_dir() or options["model_pose"] not in PARTS:
        fail(f"Prototxt file not found: {options['model_folder']}.\nPossible causes: many")
    print("Starting OpenPose demo...", flush=True)
    frames = list(images(options))
    usual = np.median([image for _, image in frames[:: max(1, len(frames) // 25)]], axis=0)
    output = Path(options["write_json"])
    output.mkdir(exist_ok=True)
    for number, (name, image) in enumerate(frames):
        if number >= len(frames) // 2 and trouble == "dies":
            fail("Cuda check failed (2 vs. 0): out of memory")
        if number >= len(frames) // 2 and trouble == "killed":
            os.kill(os.getpid(), signal.SIGSEGV)
        if number >= len(frames) // 2 and trouble == "stops":
            break
        person = {
            "person_id": [-1],
            "pose_keypoints_2d": body(image, usual, PARTS[options["model_pose"]]),
            "face_keypoints_2d": [],
            "hand_left_keypoints_2d": [],
            "hand_right_keypoints_2d": [],
            "pose_keypoints_3d": [],
            "face_keypoints_3d": [],
            "hand_left_keypoints_3d": [],
            "hand_right_keypoints_3d": [],
        }
        if trouble == "hands":
            person |= {"pose_keypoints_2d": [], "hand_left_keypoints_2d": [5.0, 5.0, 0.9] * 21}
        if trouble != "silent":
            people = [person] if person["pose_keypoints_2d"] is not None else []
            text = json.dumps({"version": 1.3, "people": people}, separators=(",", ":"))
            (output / f"{name}_keypoints.json").write_text(text)
    print("OpenPose demo successfully finished.")


if __name__ == "__main__":
    main()
