"""Every random draw of the project, from words that say what it is for."""

import hashlib
from operator import index

import numpy as np


def entropy(*words: str | int) -> int:
    """A 128-bit seed from `words`, the same on every machine and in every version.

    Words are told apart by type and boundary: ("a", "b") differs from ("ab",), 1 from "1". A
    whole number counts the same in whichever type it comes; raises TypeError for other types.
    """
    text = "\x1f".join(map(_spelt, words))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def _spelt(word: str | int) -> str:
    return f"str:{word}" if isinstance(word, str) else f"int:{index(word)}"


def generator(*words: str | int) -> np.random.Generator:
    """An independent random generator for the purpose that `words` name."""
    return np.random.Generator(np.random.PCG64(entropy(*words)))
