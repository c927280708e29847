"""Damage as disks and copies make it, drawn at random."""

import numpy as np


def corrupted(content: bytes, random: np.random.Generator) -> bytes | None:
    """The content with a bit flipped, a byte lost, a block zeroed, or its end lost; None where the
    whole file is lost. Never what it was."""
    while True:
        at = int(random.integers(len(content)))
        block = slice(at, at + int(random.integers(1, 512)))
        zeroed = content[: block.start] + bytes(len(content[block])) + content[block.stop :]
        flipped = bytearray(content)
        flipped[at] ^= 1 << int(random.integers(8))
        kinds = (bytes(flipped), content[:at] + content[at + 1 :], zeroed, content[:at], None)
        found = kinds[int(random.integers(len(kinds)))]
        if found != content:
            return found
