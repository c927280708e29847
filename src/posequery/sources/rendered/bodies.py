"""Bodies and their clothes: lengths, girth, and one small texture for every part of the body.

A texture has ROWS rows from a part's first end to its last and COLUMNS columns around it: the
middle column faces the body's front, the right half the body's right. Clothes differ between left
and right and between front and back, so that an image determines which limb is which.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

ROWS, COLUMNS = 32, 64
PARTS = (
    "head", "nose", "hair", "brim", "neck", "shoulders", "chest", "pelvis",
    "left_upper_arm", "right_upper_arm", "left_forearm", "right_forearm", "left_hand", "right_hand",
    "left_thigh", "right_thigh", "left_shin", "right_shin", "left_foot", "right_foot",
)  # fmt: skip
SEGMENTS = {
    "thigh": 0.245, "shin": 0.246, "ankle": 0.045, "hip": 0.055, "loin": 0.135, "back": 0.165,
    "neck": 0.045, "skull": 0.062, "shoulder": 0.105, "upper_arm": 0.172, "forearm": 0.15,
    "hand": 0.09, "foot": 0.13,
}  # fmt: skip
"""Joint-to-joint share of stature, rounded from adult segment tables (Winter 2009, figure 4.1)."""


_SKIN = (
    (255, 224, 196),
    (241, 194, 160),
    (224, 172, 120),
    (190, 130, 90),
    (141, 85, 50),
    (92, 58, 38),
)
_HAIR = ((30, 24, 20), (70, 45, 28), (120, 80, 40), (200, 160, 90), (170, 170, 170), (140, 50, 25))
_FREE = {  # random colours, within these bounds of brightness
    "shirt": (0.15, 0.95), "trousers": (0.1, 0.7), "shoe": (0.15, 0.95), "cap": (0.15, 0.95),
    "badge": (0.6, 1.0), "clip": (0.6, 1.0), "watch": (0.05, 1.0), "iris": (0.05, 0.35),
}  # fmt: skip
_CONTRAST = {  # colours that contrast with another
    "accent": "shirt", "half": "shirt", "odd_sleeve": "shirt", "zip": "shirt",
    "seam": "trousers", "odd_leg": "trousers", "toe": "shoe",
}  # fmt: skip
_FIXED = {"lips": (150, 50, 50), "white": (245, 245, 245), "buckle": (220, 200, 120)}
_SHADES = {
    "ear": ("skin", 0.85),
    "nose": ("skin", 0.93),
    "brow": ("hair", 0.6),
    "pocket": ("trousers", 0.6),
}
_NAMES = (*_FREE, *_CONTRAST, *_FIXED, "skin", "hair", *_SHADES)
_NUMBER = {name: number for number, name in enumerate(_NAMES)}
COLOURS = len(_NAMES)


@dataclass(frozen=True)
class Body:
    """One person. `lengths` (13,) are metres in SEGMENTS' order; `girth` scales limb radii, `belly`
    the trunk's; `hair` and `brim` are radii in multiples of the segment "skull". `texture`
    (parts, ROWS, COLUMNS) uint8 indexes the colours of `palette` (COLOURS, 3) uint8 RGB."""

    lengths: NDArray[np.float64]
    girth: float
    belly: float
    hair: float
    brim: float
    texture: NDArray[np.uint8]
    palette: NDArray[np.uint8]


def random_body(generator: np.random.Generator) -> Body:
    """A random person: stature 1.5 to 1.95 m, proportions within a tenth, arbitrary clothes."""
    stature = generator.uniform(1.5, 1.95)
    shares = np.array(list(SEGMENTS.values()))
    return Body(
        lengths=stature * shares * generator.normal(1, 0.04, shares.size).clip(0.9, 1.1),
        girth=generator.uniform(0.85, 1.3),
        belly=generator.uniform(0.85, 1.2),
        hair=(0.0, 0.62, 0.75)[generator.integers(3)],
        brim=(0.0, 0.0, 0.55)[generator.integers(3)],
        texture=_dress(generator),
        palette=_palette(generator),
    )


def _palette(generator: np.random.Generator) -> NDArray[np.uint8]:
    low, high = np.array(list(_FREE.values()), np.float32).T
    draw = generator.random((3, len(low)), np.float32)
    tones = np.stack([360 * draw[0], 0.05 + 0.8 * draw[1], low + (high - low) * draw[2]], axis=-1)
    free = 255 * cv2.cvtColor(tones[None], cv2.COLOR_HSV2RGB)[0]
    base = free[[_NUMBER[name] for name in _CONTRAST.values()]]
    target = np.where(base.mean(1, keepdims=True) < 110, 235, 25)
    share = generator.uniform(0.35, 0.8, (len(base), 1))
    contrast = base + (target - base) * share + generator.normal(0, 25, base.shape)
    people = [_SKIN[generator.integers(len(_SKIN))], _HAIR[generator.integers(len(_HAIR))]]
    colours = np.concatenate([free, contrast, list(_FIXED.values()), people])
    shades = [colours[_NUMBER[name]] * factor for name, factor in _SHADES.values()]
    return np.concatenate([colours, shades]).clip(0, 255).astype(np.uint8)


def _patterns() -> NDArray[np.bool_]:
    """Fabrics (kinds, ROWS, COLUMNS): hoops, pinstripes, checks, dots of several sizes; plain."""
    row, column = np.indices((ROWS, COLUMNS))
    kinds = []
    for step in (3, 4, 6):
        kinds += [
            row // step % 2 == 0,
            column // step % 2 == 0,
            (row // step + column // step) % 2 == 0,
            (row % (step + 2) < 2) & (column % (step + 2) < 2),
        ]
    return np.stack(kinds + [np.zeros((ROWS, COLUMNS), bool)] * 9)


_PATTERNS = _patterns()


def _cloth(generator: np.random.Generator, base: str, second: str) -> NDArray[np.uint8]:
    pattern = _PATTERNS[generator.integers(len(_PATTERNS))]
    return np.where(pattern, np.uint8(_NUMBER[second]), np.uint8(_NUMBER[base]))


def _face(generator: np.random.Generator, image: NDArray[np.uint8]) -> None:
    """Paint the head: hair or a cap over a face, an off-centre parting, a clip on one side."""
    middle, parting = COLUMNS // 2, int(generator.integers(-6, 7))
    outline = [(middle - 15, 31), (middle - 14, 12), (middle + parting, 8), (middle + 14, 12),
               (middle + 15, 31)]  # fmt: skip
    image[:] = _NUMBER["hair"]
    cv2.fillPoly(image, [np.array(outline, np.int32)], _NUMBER["skin"])
    shaved, bearded, capped, side = generator.random(4) < (0.5, 0.3, 0.3, 0.5)
    if shaved:
        image[26:] = _NUMBER["skin"]
    for eye, ear in ((middle - 6, middle - 17), (middle + 6, middle + 17)):
        cv2.ellipse(image, (ear, 18), (2, 3), 0, 0, 360, _NUMBER["ear"], -1)
        cv2.ellipse(image, (eye, 16), (3, 2), 0, 0, 360, _NUMBER["white"], -1)
        image[15:18, eye - 1 : eye + 2] = _NUMBER["iris"]
        image[13, eye - 3 : eye + 4] = _NUMBER["brow"]
    image[24:26, middle - 4 : middle + 5] = _NUMBER["lips"]
    if bearded:
        image[28:, middle - 5 : middle + 6] = _NUMBER["brow"]
    if capped:
        image[:10] = _NUMBER["cap"]
    cv2.circle(image, (middle + (20 if side else -20), 10), 3, _NUMBER["clip"], -1)


def _undressed(
    generator: np.random.Generator,
) -> tuple[NDArray[np.uint8], dict[str, NDArray[np.uint8]]]:
    """Textures of skin with a head, and those of each part by its name, which are views of them."""
    textures = np.full((len(PARTS), ROWS, COLUMNS), _NUMBER["skin"], np.uint8)
    part = dict(zip(PARTS, textures, strict=True))
    _face(generator, part["head"])
    part["nose"][:] = _NUMBER["nose"]
    part["hair"][:] = _NUMBER["hair"]
    part["brim"][:] = _NUMBER["cap"]
    return textures, part


def _dress(generator: np.random.Generator) -> NDArray[np.uint8]:
    textures, part = _undressed(generator)
    halved, numbered, plain_sleeves, short_sleeves, shorts = (
        generator.random(5) < (0.35, 0.5, 0.5, 0.4, 0.25)
    ).tolist()

    middle, chest = COLUMNS // 2, part["chest"]
    chest[:] = _cloth(generator, "shirt", "accent")
    part["shoulders"][:] = _NUMBER["shirt"]
    if halved:
        chest[:, middle:] = part["shoulders"][ROWS // 2 :] = _NUMBER["half"]
    chest[:, middle - 2 : middle + 2] = _NUMBER["zip"]
    throat = np.array([(middle - 5, 0), (middle + 5, 0), (middle, 10)], np.int32)
    cv2.fillPoly(chest, [throat], _NUMBER["skin"])
    chest[11:17, middle - 13 : middle - 7] = _NUMBER["badge"]
    if numbered:
        chest[8:20, :5] = chest[8:20, -5:] = _NUMBER["badge"]

    leg = _cloth(generator, "trousers", "seam")
    seat = part["pelvis"]
    seat[:] = leg
    seat[:4] = _NUMBER["seam"]
    seat[:4, middle - 3 : middle + 3] = _NUMBER["buckle"]
    seat[12:24, 4:10] = seat[12:24, -10:-4] = _NUMBER["pocket"]

    sleeve = _cloth(generator, "shirt", "shirt" if plain_sleeves else "accent")
    odd_sleeve, odd_leg = generator.integers(0, 3, 2)  # 2: neither side
    for number, side in enumerate(("left", "right")):
        arm = _NUMBER["odd_sleeve"] if number == odd_sleeve else sleeve
        trouser = _NUMBER["odd_leg"] if number == odd_leg else leg
        part[f"{side}_upper_arm"][:] = arm
        part[f"{side}_thigh"][:] = trouser
        if short_sleeves:
            part[f"{side}_upper_arm"][20:] = _NUMBER["skin"]
        else:
            part[f"{side}_forearm"][:] = arm
        if not shorts:
            part[f"{side}_shin"][:] = trouser
        part[f"{side}_foot"][:24], part[f"{side}_foot"][24:] = _NUMBER["shoe"], _NUMBER["toe"]
    part["left_forearm"][23:28] = _NUMBER["watch"]
    return textures


def everyday_body(generator: np.random.Generator) -> Body:
    """A random person in muted, mostly plain clothes; some are in shorts, bare-chested or barefoot.

    Nothing but the face and the feet tells front from back, or left from right.
    """
    body = random_body(generator)
    return replace(
        body,
        girth=generator.uniform(0.85, 1.4),
        belly=generator.uniform(0.85, 1.35),
        texture=_dress_plainly(generator),
        palette=_muted(generator, body.palette),
    )


def _muted(generator: np.random.Generator, palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A palette with its clothes' colours closer to grey, and another shade of its skin."""
    skin = [_NUMBER[name] for name in ("skin", "ear", "nose")]
    grey = palette.mean(1, keepdims=True)
    muted = grey + (palette - grey) * generator.beta(1.2, 1.8, (COLOURS, 1))
    muted[skin] = palette[skin] * generator.uniform(0.8, 1.15) + generator.normal(0, 8, 3)
    return muted.clip(0, 255).astype(np.uint8)


def _dress_plainly(generator: np.random.Generator) -> NDArray[np.uint8]:
    textures, part = _undressed(generator)
    patterned = (generator.random(2) < 0.25).tolist()
    shirt = _cloth(generator, "shirt", "accent" if patterned[0] else "shirt")
    trousers = _cloth(generator, "trousers", "seam" if patterned[1] else "trousers")
    top = generator.choice(["bare", "tank", "short", "long"], p=(0.25, 0.15, 0.3, 0.3))
    # Rows of a leg, which is a thigh and a shin, that trousers cover.
    covered = int(generator.choice([10, ROWS, ROWS + 12, 2 * ROWS], p=(0.2, 0.2, 0.1, 0.5)))
    sleeve = ROWS if top == "long" else int(generator.integers(12, 28))
    barefoot = generator.random() < 0.35
    if top != "bare":
        part["chest"][:] = shirt
        part["shoulders"][:] = _NUMBER["shirt"]
    part["pelvis"][int(generator.integers(0, 8)) :] = trousers[0]
    for side in ("left", "right"):
        if top in ("short", "long"):
            part[f"{side}_upper_arm"][:sleeve] = shirt[:sleeve]
        if top == "long":
            part[f"{side}_forearm"][:] = shirt
        part[f"{side}_thigh"][:covered] = trousers[:covered]
        part[f"{side}_shin"][: max(0, covered - ROWS)] = trousers[: max(0, covered - ROWS)]
        if not barefoot:
            part[f"{side}_foot"][:24], part[f"{side}_foot"][24:] = _NUMBER["shoe"], _NUMBER["toe"]
    return textures
