"""What a run's jobs do, and how long the run will take, as lines of text."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from posequery.jobs.progress import clock_face, seconds_left


@dataclass
class Job:
    """A job under way. log: where it writes its progress. started: seconds of the clock."""

    rule: str
    words: str
    log: str | None
    started: float

    def last_line(self) -> str:
        """The last line that is whole in its log; empty if there is none."""
        try:
            with open(self.log or "", "rb") as file:
                file.seek(max(0, Path(file.name).stat().st_size - 2000))
                lines = file.read().decode(errors="replace").split("\n")[:-1]
        except OSError:
            return ""
        return lines[-1].rsplit("\r", 1)[-1].strip() if lines else ""


class Board:
    """Keeps count of the jobs of one run; `now` is seconds of any clock."""

    def __init__(self) -> None:
        self.done, self.total = 0, 0
        self.running: dict[int, Job] = {}
        self._waiting: Counter[str] = Counter()
        self._took: defaultdict[str, list[float]] = defaultdict(list)
        self._width = 1

    def plan(self, jobs: Mapping[str, int]) -> str:
        """How many jobs of each rule the run has, with their `total`; the line that says so."""
        self._waiting = Counter({rule: count for rule, count in jobs.items() if rule != "total"})
        self.total = self._waiting.total()
        return f"[0/{self.total}] {self.total} jobs to run" if self.total > 1 else ""

    def start(self, number: int, job: Job) -> None:
        self._waiting[job.rule] -= 1
        self.running[number] = job
        self._width = max(self._width, len(self.running))

    def finish(self, number: int, now: float) -> str:
        """The line that says so; empty for a job that has no words, such as a mere target."""
        self.done += 1
        job = self.running.pop(number, None)
        if job is None:
            return ""
        took = now - job.started
        self._took[job.rule].append(took)
        return job.words and f"[{self.done}/{self.total}] {job.words} ({clock_face(took)})"

    def fail(self, number: int) -> Job | None:
        """The job that failed; it counts as waiting again, since it may be tried once more."""
        job = self.running.pop(number, None)
        if job:
            self._waiting[job.rule] += 1
        return job

    def status(self, now: float) -> list[str]:
        """A line for each running job, the oldest first, and one for the whole."""
        lines, shortest, known = [], [], True
        for job in self.running.values():
            said, elapsed = job.last_line(), now - job.started
            left = seconds_left(said)
            lines.append(f"  {job.words}: {said if left is not None else clock_face(elapsed)}")
            before = mean(self._took[job.rule]) if self._took[job.rule] else 0
            shortest.append(max(left or 0, before - elapsed))
            known &= left is not None or before > 0
        waiting = +self._waiting
        work = sum(shortest) + sum(
            count * mean(self._took[rule]) for rule, count in waiting.items() if self._took[rule]
        )
        left = max(work / self._width, *shortest, 0)
        # What there is but one of, such as the tables, is short, or so early that more is unknown.
        known &= all(self._took[rule] for rule, count in waiting.items() if count > 1)
        time_left = f", about {clock_face(left)} left" if left and known else ""
        return [*lines, f"{self.done} of {self.total} jobs done{time_left}"]
