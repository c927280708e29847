"""A long job's heartbeat: how far, how fast, how long still."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from posequery.jobs.terminal import tell

INTERVAL = 5.0  # seconds between two lines of a log: rare enough to read, frequent enough to trust
LIVE_INTERVAL = 0.2  # seconds between two repaintings of a terminal's line


class Progress:
    """Says on stderr how a job of `total` units gets on; used as a context manager.

    Into a log go lines such as `train: 1200/6000 images, 310/s, 0:15 left`, at most one every
    five seconds; on a terminal a single line is repainted. The last line tells the whole time,
    also of a job that stopped short. `total` None is for a job whose length nobody knows.
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
        self._started = self._told = clock()

    def __enter__(self) -> "Progress":
        self._started = self._told = self._clock()
        return self

    def advance(self, units: int = 1, what: str | None = None) -> None:
        """Count `units` more as done; `what` renames the stage, such as `epoch 3 of 10`."""
        self.done += units
        if what is not None:
            self.what = what
        now = self._clock()
        if now - self._told >= self._interval:
            self._told = now
            self._write(self._line(now), closing=False)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        seconds = self._clock() - self._started
        word = "in" if kind is None else "and then stopped, after"
        line = f"{self.what}: {self._count()} {word} {seconds:.1f} s{self._rate(seconds)}"
        if self._told > self._started and self._stream is sys.stderr and not self._live:
            # A job long enough for a heartbeat says on the terminal, too, that it is over.
            tell(line)
        else:
            self._write(line, closing=True)

    def _count(self) -> str:
        return f"{self.done}{'' if self.total is None else f'/{self.total}'} {self.unit}"

    def _rate(self, seconds: float) -> str:
        if seconds <= 0 or not self.done:
            return ""
        rate = self.done / seconds
        return f", {rate:.0f}/s" if rate >= 10 else f", {rate:.2g}/s"

    def _line(self, now: float) -> str:
        seconds = now - self._started
        left = ""
        if self.total is not None and self.done:
            left = f", {clock_face(seconds * max(self.total - self.done, 0) / self.done)} left"
        return f"{self.what}: {self._count()}{self._rate(seconds)}{left}"

    def _write(self, line: str, closing: bool) -> None:
        if self._live:  # \x1b[K wipes what a longer line left behind
            line = f"\r{line}\x1b[K"
        self._stream.write(line + ("" if self._live and not closing else "\n"))
        self._stream.flush()


def clock_face(seconds: float) -> str:
    """`seconds` as m:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
