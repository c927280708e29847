"""What a function of arrays asks of them, before NumPy broadcasts, cuts or converts what does not
fit."""

from typing import Any

import numpy as np


def shape(what: str, values: Any, *expected: int | str, kinds: str = "f") -> tuple[int, ...]:
    """The shape of `values`; raises ValueError that names it, unless it is the `expected` one.

    A letter stands for any length, the same one wherever it stands ('n', 18, 2). kinds: of dtype
    that are allowed, as NumPy's `dtype.kind` has them; f is floating point, iu are integers.
    """
    if not isinstance(values, np.ndarray):
        raise ValueError(f"{what}: an array is needed, not {type(values).__name__}")
    lengths: dict[int | str, int] = {}
    fits = len(values.shape) == len(expected) and all(
        found == (lengths.setdefault(length, found) if isinstance(length, str) else length)
        for length, found in zip(expected, values.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join(map(str, expected)) + ("," if len(expected) == 1 else "")
        raise ValueError(f"{what}: the shape is {values.shape}, not ({wanted})")
    if values.dtype.kind not in kinds:
        raise ValueError(f"{what}: numbers of another type are needed, not {values.dtype}")
    return values.shape
