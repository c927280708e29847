"""A miniature Human3.6M with every trap of the real one, in both layouts.

Frames show their own numbers, row i of an annotation is `pose(n)[i]`, and the names are a listing
of the real folders, not the table under test. Each file is written once and hard-linked under its
many names.
"""

import os
from pathlib import Path

import cv2
import numpy as np
from media import numbered, write_cdf, write_video

_LISTING = """
S1:
Directions 1, Directions, Discussion 1, Discussion, Eating 2, Eating, Greeting 1, Greeting,
Phoning 1, Phoning, Posing 1, Posing, Purchases 1, Purchases, Sitting 1, Sitting 2, SittingDown 2,
SittingDown, Smoking 1, Smoking, TakingPhoto 1, TakingPhoto, Waiting 1, Waiting, WalkTogether 1,
WalkTogether, Walking 1, Walking, WalkingDog 1, WalkingDog

S5:
Directions 1, Directions 2, Discussion 2, Discussion 3, Eating 1, Eating, Greeting 1, Greeting 2,
Phoning 1, Phoning, Photo 2, Photo, Posing 1, Posing, Purchases 1, Purchases, Sitting 1, Sitting,
SittingDown 1, SittingDown, Smoking 1, Smoking, Waiting 1, Waiting 2, WalkDog 1, WalkDog,
WalkTogether 1, WalkTogether, Walking 1, Walking

S6:
Directions 1, Directions, Discussion 1, Discussion, Eating 1, Eating 2, Greeting 1, Greeting,
Phoning 1, Phoning, Photo 1, Photo, Posing 2, Posing, Purchases 1, Purchases, Sitting 1,
Sitting 2, SittingDown 1, SittingDown, Smoking 1, Smoking, Waiting 3, Waiting, WalkDog 1, WalkDog,
WalkTogether 1, WalkTogether, Walking 1, Walking

S7:
Directions 1, Directions, Discussion 1, Discussion, Eating 1, Eating, Greeting 1, Greeting,
Phoning 2, Phoning, Photo 1, Photo, Posing 1, Posing, Purchases 1, Purchases, Sitting 1, Sitting,
SittingDown 1, SittingDown, Smoking 1, Smoking, Waiting 1, Waiting 2, WalkDog 1, WalkDog,
WalkTogether 1, WalkTogether, Walking 1, Walking 2

S8:
Directions 1, Directions, Discussion 1, Discussion, Eating 1, Eating, Greeting 1, Greeting,
Phoning 1, Phoning, Photo 1, Photo, Posing 1, Posing, Purchases 1, Purchases, Sitting 1, Sitting,
SittingDown 1, SittingDown, Smoking 1, Smoking, Waiting 1, Waiting, WalkDog 1, WalkDog,
WalkTogether 1, WalkTogether 2, Walking 1, Walking

S9:
Directions 1, Directions, Discussion 1, Discussion 2, Eating 1, Eating, Greeting 1, Greeting,
Phoning 1, Phoning, Photo 1, Photo, Posing 1, Posing, Purchases 1, Purchases, Sitting 1, Sitting,
SittingDown 1, SittingDown, Smoking 1, Smoking, Waiting 1, Waiting, WalkDog 1, WalkDog,
WalkTogether 1, WalkTogether, Walking 1, Walking

S11:
Directions 1, Directions, Discussion 1, Discussion 2, Eating 1, Eating, Greeting 2, Greeting,
Phoning 2, Phoning 3, Photo 1, Photo, Posing 1, Posing, Purchases 1, Purchases, Sitting 1,
Sitting, SittingDown 1, SittingDown, Smoking 2, Smoking, Waiting 1, Waiting, WalkDog 1, WalkDog,
WalkTogether 1, WalkTogether, Walking 1, Walking
"""
STEMS = {
    subject: " ".join(names.split()).split(", ")
    for subject, names in (block.split(":") for block in _LISTING.strip().split("\n\n"))
}
"""The annotated sequences as listed in a subject's folder, which also has `_ALL` and `_ALL 1`."""
CAMERAS = ("54138969", "55011271", "58860488", "60457274")
SIZES = dict(zip(CAMERAS, ((100, 102), (100, 100), (100, 100), (100, 102)), strict=True))
"""A tenth of the real widths and heights."""
RATES = ("50", "4999/100")
GAPS = {("S9", stem) for stem in ("Greeting", "SittingDown 1", "Waiting 1", "Walking", "Phoning")}
GAP = 20
SHIPPED_BROKEN = ("S11", "Directions", "54138969")
KEPT_BY_MMPOSE = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]


def pose(frames):
    """Positions (frames, 32, 2) whose values encode row and joint, exact in float32."""
    rows, joints = np.mgrid[:frames, :32].astype(float)
    return np.stack([20 + rows + joints / 64, 40 + 2 * rows + joints / 64], axis=2)


def surplus(subject, place, stem):
    """Video frames after the end of the annotation, for the sequence listed at `place`."""
    return GAP if (subject, stem) in GAPS else 1 + place % 5


def official(root, subjects=tuple(STEMS), cameras=CAMERAS[:1], frames=4):
    """The unpacked archives: videos, 2-D and 3-D positions, the `_ALL` files, one broken video."""
    store = Path(root, "store")
    store.mkdir(parents=True)
    flat = write_cdf(store / "2d.cdf", pose(frames).reshape(1, frames, 64))
    deep = write_cdf(store / "3d.cdf", np.zeros((1, frames, 96)))
    broken = store / "broken.mp4"
    broken.write_bytes(_video(store, 9, SIZES["54138969"], "50").read_bytes()[:1500])
    for subject in subjects:
        for place, stem in enumerate([*STEMS[subject], "_ALL", "_ALL 1"]):
            for camera in cameras:
                count = frames + surplus(subject, place, stem)
                video = _video(store, count, SIZES[camera], RATES[place % 2])
                if (subject, stem, camera) == SHIPPED_BROKEN:
                    video = broken
                name = f"{stem}.{camera}"
                features = Path(root, subject, "MyPoseFeatures")
                _link(video, Path(root, subject, "Videos", f"{name}.mp4"))
                _link(flat, features / "D2_Positions" / f"{name}.cdf")
                _link(deep, features / "D3_Positions_mono" / f"{name}.cdf")
    return Path(root)


def mmpose(root, subjects=tuple(STEMS), cameras=CAMERAS[:1], frames=4):
    """What mmpose's preprocess_h36m.py makes of the archives with `--sample-rate 1`."""
    store = Path(root, "store")
    store.mkdir(parents=True)
    for split, members in (("train", ("S1", "S5", "S6", "S7", "S8")), ("test", ("S9", "S11"))):
        names, poses = [], []
        for subject in [subject for subject in members if subject in subjects]:
            for stem in STEMS[subject]:
                for camera in cameras:
                    name = f"{subject}_{stem}.{camera}".replace(" ", "_")
                    for frame in range(frames):
                        image = _jpeg(store, frame, SIZES[camera])
                        names.append(f"{subject}/{name}/{name}_{frame + 1:06d}.jpg")
                        _link(image, Path(root, "images", names[-1]))
                    poses.append(pose(frames)[:, KEPT_BY_MMPOSE])
        if names:
            folder = Path(root, "annotation_body3d", "fps50")
            folder.mkdir(parents=True, exist_ok=True)
            write_npz(folder / f"h36m_{split}.npz", names, np.concatenate(poses))
    return Path(root)


def write_npz(path, names, positions, save=np.savez):
    """Write mmpose's arrays for the images `names` with positions (n, 17, 2)."""
    count = len(positions)
    save(
        path,
        imgname=np.array(names),
        center=np.zeros((count, 2)),
        scale=np.ones(count),
        part=np.concatenate([positions, np.ones((count, 17, 1))], axis=2),
        S=np.ones((count, 17, 4)),
    )
    return path


def _video(store, count, size, rate):
    path = store / f"{count}-{size[1]}-{rate.replace('/', '-')}.mp4"
    if not path.exists():
        write_video(path, (numbered(frame, *size) for frame in range(count)), rate)
    return path


def _jpeg(store, frame, size):
    path = store / f"{frame}-{size[1]}.jpg"
    if not path.exists():
        cv2.imwrite(os.fspath(path), numbered(frame, *size), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return path


def _link(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)
