"""A long job's heartbeat: how much is done, how fast, and how long is left."""

import re
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

INTERVAL = 5.0  # seconds between log lines: rare enough to read, frequent enough to trust
LIVE_INTERVAL = 0.2  # seconds between updates of the line on a terminal


class Progress:
    """Reports the progress of a job of `total` units on stderr; used as a context manager.

    A log gets lines such as `train: 1200/6000 images, 310/s, 0:15 left`, at most one every five
    seconds; on a terminal a single line is updated. The last line gives the total time, even if
    the job stopped early. `total` is None for a job of unknown length.
    """

    def __init__(
        self,
        total: int | None,
        unit: str,
        what: str,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.unit, self.what = total, unit, what
        self.done = 0
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._live = self._stream.isatty()
        self._interval = LIVE_INTERVAL if self._live else INTERVAL
        self._started = self._last_written = clock()

    def __enter__(self) -> "Progress":
        self._started = self._last_written = self._clock()
        return self

    def advance(self, units: int = 1, what: str | None = None) -> None:
        """Count `units` more as done; `what` renames the stage, for example `epoch 3 of 10`."""
        self.done += units
        if what is not None:
            self.what = what
        now = self._clock()
        if now - self._last_written >= self._interval:
            self._last_written = now
            self._write(self._line(now), closing=False)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        seconds = self._clock() - self._started
        ended = " in" if kind is None else ", stopped after"
        line = f"{self.what}: {self._count()}{ended} {seconds:.1f} s{self._speed(seconds)}"
        self._write(line, closing=True)

    def _count(self) -> str:
        return f"{self.done}{'' if self.total is None else f'/{self.total}'} {self.unit}"

    def _speed(self, seconds: float) -> str:
        if seconds <= 0 or not self.done:
            return ""
        speed = self.done / seconds
        return f", {speed:.0f}/s" if speed >= 10 else f", {speed:.2g}/s"

    def _line(self, now: float) -> str:
        seconds = now - self._started
        left = ""
        if self.total is not None and self.done:
            left = f", {clock_face(seconds * max(self.total - self.done, 0) / self.done)} left"
        return f"{self.what}: {self._count()}{self._speed(seconds)}{left}"

    def _write(self, line: str, closing: bool) -> None:
        if self._live:  # \x1b[K erases the rest of a longer line
            line = f"\r{line}\x1b[K"
        self._stream.write(line + ("" if self._live and not closing else "\n"))
        self._stream.flush()


def seconds_left(line: str) -> float | None:
    """What a line of `Progress` says is left; None for any other line."""
    found = re.search(r", (?:(\d+):)?(\d+):(\d\d) left$", line)
    if not found:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds


def clock_face(seconds: float) -> str:
    """`seconds` as m:ss, or as h:mm:ss from one hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
