"""Videos of one's own, played one after another."""

import re
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from posequery.sources.kinds import ClipSource, Source


class Videos(Source):
    """Your own videos."""

    title = "own videos"

    kind: Literal["videos"] = "videos"
    videos: list[Path] = []
    """Their paths, in the order in which they are played. `videos: [...]` at the top of a study's
    file is short for it."""

    @model_validator(mode="after")
    def _some(self) -> "Videos":
        if not self.videos:
            raise ValueError("videos: name your videos here, or another kind of source")
        return self

    def clips(self, out: str, offline: bool) -> list[ClipSource]:  # noqa: ARG002
        found = []
        for number, path in enumerate(self.videos, start=1):
            stem = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-") or "video"
            slug = f"{number:02d}-{stem}"
            found.append(ClipSource(slug, "person", stem, 1, "own", str(path), None, ("stream",)))
        return found

    def place(self) -> str:
        return "your own videos"


SOURCE = Videos
