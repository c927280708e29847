"""A video that is a folder of its frames as JPEGs `<name>000001.jpg`, `<name>000002.jpg` ..."""

import os
import re
from collections import defaultdict
from pathlib import Path

from posequery.jobs.files import COPY_AGAIN, BadInput, unreadable
from posequery.sources.access import require_readable

ALL_AGAIN = "Extract every frame of the video into it again"
_ONE_VIDEO = "Give a video, or a folder with the images of one video"
_NUMBER_THEM = (
    "Give a video, or JPEGs numbered from 000001 with six digits: "
    "ffmpeg -i IN -fps_mode passthrough NAME_%06d.jpg"
)
_NUMBERED = re.compile(r"([^.].*|)(\d{6})\.jpg")


def images(folder: str | os.PathLike[str]) -> tuple[str, int]:
    """The prefix of the file names of a video's images, before 000001.jpg etc., and their number.

    Raises `BadInput` for a folder without images, with several videos, with a missing image, or
    with one that may not be read.
    """
    require_readable(folder)
    numbers: dict[str, set[int]] = defaultdict(set)
    for entry in os.scandir(folder):
        if match := _NUMBERED.fullmatch(entry.name):
            numbers[match[1]].add(int(match[2]))
            if not _size(entry):
                raise BadInput(entry.path, "is empty (0 bytes)", COPY_AGAIN)
            if not os.access(entry.path, os.R_OK):
                require_readable(entry.path)
    if len(numbers) != 1:
        fault = f"holds {'several sets of' if numbers else 'no'} images named <name>000001.jpg"
        raise BadInput(folder, fault, _ONE_VIDEO if numbers else _NUMBER_THEM)
    ((name, found),) = numbers.items()
    if missing := set(range(1, max(found) + 1)) - found:
        lacking = (
            f"{len(missing)} of its {max(found)} images, the first {name}{min(missing):06d}.jpg"
        )
        raise BadInput(folder, f"lacks {lacking}", ALL_AGAIN)
    return name, len(found)


def _size(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        fault = "is a link that leads nowhere"
        raise BadInput(entry.path, fault, "Link to the image again, or copy it there") from None
    except OSError as error:
        raise unreadable(entry.path, error) from None


def image(folder: str | os.PathLike[str], number: int) -> Path:
    """The file of frame `number`, counted from 0."""
    return Path(folder, f"{images(folder)[0]}{number + 1:06d}.jpg")
