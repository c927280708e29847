"""What is wrong with a path before anything is read: it is no file, or may not be read."""

import os
import re
from pathlib import Path

from posequery.jobs.files import BadInput, unreadable

_ADDRESS = re.compile(r"(?!file:)([a-z][a-z0-9+.-]+):/{1,2}([^/].*)", re.IGNORECASE)
"""`pathlib` makes one slash of the two."""
_CAMERA = re.compile(r"-?\d+|/dev/video\d+")


def refuse_live(path: str | os.PathLike[str]) -> None:
    """Raise `BadInput` for an address or a camera where a file is asked for."""
    text = os.fspath(path)
    if address := _ADDRESS.fullmatch(text):
        path = f"{address[1]}://{address[2]}"
        what, source = "an address", f"-i {path} -c copy"
    elif _CAMERA.fullmatch(text):
        device = text if text.startswith("/") else f"/dev/video{text}"
        what, source = "a camera", f"-f v4l2 -i {device}"
    else:
        return
    if os.path.isfile(text) or os.path.isdir(text):  # noqa: PTH112, PTH113 (Path may raise)
        return
    fix = f"Record it to a file (ffmpeg {source} -t 600 OUT.mp4), and name that"
    raise BadInput(path, f"is {what}: a live stream is not read, only files are", fix)


def require_readable(path: str | os.PathLike[str]) -> None:
    """Raise `BadInput` for a file or a folder that is there and may not be read."""
    try:
        # Not to wait for whoever writes into a named pipe.
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        if Path(path).is_dir() and not os.access(path, os.X_OK):
            raise PermissionError
    except PermissionError as error:
        raise unreadable(path, error) from error
    except OSError:
        return  # whoever reads it says what is wrong
