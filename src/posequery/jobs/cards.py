"""Which of a machine's graphics cards a job computes on: one that no other job here has.

Never run on a machine with a card; tested with a stand-in for nvidia-smi.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from posequery.jobs.locks import try_lock
from posequery.jobs.terminal import tell

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Environment variable that says which cards CUDA sees, by number or by UUID."""
WAIT = 1.0
"""Seconds between two looks for a free card."""

_held: list[int] = []
"""The open lock of this process's card, which must stay open as long as it lives."""


class Card(NamedTuple):
    """number: as nvidia-smi counts. used: MB of its memory that are taken, by whomever."""

    number: str
    uuid: str
    used: int


def take() -> None:
    """Let this process, and all that it starts, see one card; wait while other jobs have them all.

    To be called before CUDA is initialised. The card is this process's until it ends, however it
    does. Of those that no job of posequery has, it is the one with the least memory in use. Nothing
    is done within a job of Slurm, which assigns cards itself, and where nvidia-smi lists none, as
    on a Jetson. Only cards that CUDA_VISIBLE_DEVICES names are taken, where it is set.
    """
    if _held or "SLURM_JOB_ID" in os.environ:
        return
    cards = sorted(_usable(_listed()), key=lambda card: card.used)
    waited = False
    while cards:
        for card in cards:
            if _lock(card):
                os.environ[VISIBLE] = card.uuid
                return
        if not waited:
            waited = True
            which = f"all {len(cards)} graphics cards that it may use have a job"
            tell(f"{which}; waiting for a free one")
        time.sleep(WAIT)


def _listed() -> list[Card]:
    command = ["nvidia-smi", "--query-gpu=index,uuid,memory.used", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no driver: CUDA itself will say so
        return []
    cards = []
    for row in done.stdout.splitlines():
        number, uuid, used = (word.strip() for word in row.split(","))
        if uuid.startswith("GPU-"):
            cards.append(Card(number, uuid, int(used) if used.isdigit() else 0))
    return cards


def _usable(cards: list[Card]) -> list[Card]:
    """Those that CUDA_VISIBLE_DEVICES lets this process see."""
    if VISIBLE not in os.environ:
        return cards
    words = [word.strip() for word in os.environ[VISIBLE].split(",")]
    return [
        card
        for card in cards
        # A UUID may be cut short, as long as it fits one card only.
        if any(card.number == word or (word and card.uuid.startswith(word)) for word in words)
    ]


def _lock(card: Card) -> bool:
    path = Path(tempfile.gettempdir()) / f"posequery-{card.uuid}.lock"
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:  # another user's is only read: /tmp may not let others create it
        file = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    if try_lock(file) == "busy":
        os.close(file)
        return False
    _held.append(file)
    return True
