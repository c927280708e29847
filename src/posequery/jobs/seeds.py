"""All random generators of the project, seeded by words that name their purpose."""

import hashlib
from operator import index

import numpy as np


def entropy(*words: str | int) -> int:
    """A 128-bit seed from `words`, the same on every machine and in every version.

    Words differ by type and boundary: ("a", "b") is not ("ab",), and 1 is not "1". A whole number
    counts the same in any integer type; raises TypeError for other types.
    """
    text = "\x1f".join(map(_spelt, words))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def _spelt(word: str | int) -> str:
    return f"str:{word}" if isinstance(word, str) else f"int:{index(word)}"


def generator(*words: str | int) -> np.random.Generator:
    """An independent random generator for the purpose that `words` name."""
    return np.random.Generator(np.random.PCG64(entropy(*words)))
