"""Run a study as `make` does: one run at a time, and after any kill just on from there.

python scripts/run.py mini
python scripts/run.py path/to/garden.yaml --profile workflow/profiles/slurm
"""

from posequery.jobs import interruption  # noqa: F401 (before all else)

# isort: split
import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psutil

from posequery.jobs.command import INTERRUPTED, run
from posequery.jobs.terminal import ERASE, tell
from posequery.study import changes, cluster, copies, turns
from posequery.study.plan import planned

ROOT = Path(__file__).resolve().parents[1]
CARDS = ("gpu", "jetson")
"""The profiles of machines with a graphics card."""
KEPT = (
    "What is finished is kept; trainings go on from their last epoch, streams from their last "
    "window. To go on, give the same command again."
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", help="a study's name, or the path of its file")
    parser.add_argument("target", nargs="?", default="all", help="a rule of workflow/Snakefile")
    parser.add_argument("--profile", help="of Snakemake, such as workflow/profiles/gpu")
    parser.add_argument(
        "--confirm", nargs="?", const="true", help="overwrite results of another protocol: true"
    )
    options = parser.parse_args()
    config = {"study": options.study}
    config |= {"confirm": options.confirm} if options.confirm else {}
    plan = planned(config, ROOT / "config")
    locked = turns.take(Path(plan.out))
    executor = cluster.executor(options.profile)
    if executor == "slurm":
        cluster.require_plugin()
    if not locked:
        tell(f"{plan.out}: its file system has no locks, so do not run this study twice at once")
    else:
        end_left(Path(plan.out), executor)
    if options.profile and Path(options.profile).name in CARDS and plan.study.device == "cpu":
        fix = "for the card set device: cuda, in a file of its own"
        tell(f"study {plan.study.name}: its device is cpu, also under {options.profile}; {fix}")
    if copies.looks_copied(Path(plan.out)):
        what = "this looks like a copy without dates, so that all may be made again"
        tell(f"{plan.out}: {what}; `make verify CONFIG={options.study}` keeps what is whole")
    # This lock does what Snakemake's does, and leaves nothing to be unlocked after a kill.
    lock = ["--nolock"] if locked else []
    where = ["--profile", options.profile] if options.profile else ["--cores", "all"]
    if executor == "slurm":
        where += ["--slurm-jobname-prefix", cluster.job_prefix(Path(plan.out))]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *where]
    command += ["--rerun-incomplete", "--logger", "posequery", *lock]
    command += ["--config", *(f"{key}={word}" for key, word in config.items())]
    command += ["--", options.target]
    code = Run(command, remote=executor not in ("local", "slurm")).wait()
    if code and executor == "slurm":
        cluster.cancel(Path(plan.out))
    if code == 0 and Path(plan.out).is_dir():
        changes.note(Path(plan.out))  # Snakemake says nothing where it had nothing to do
    if code == 0 and options.target == "archive":
        print(f"Study {plan.study.name} is packed: {plan.archive}.")
    elif code == 0 and (words := plan.closing_words()):
        print(words)
    return code


def end_left(out: Path, executor: str) -> None:
    """End what a killed run of the study left, on the cluster and here."""
    slurm = executor == "slurm"
    cancelled = cluster.cancel(out) if slurm else set()
    if left := turns.end_orphans(out):
        tell(f"A run of this study was killed; {left} processes that it left were ended.")
    if slurm:
        cancelled |= cluster.cancel(out)  # what an orphan submitted until its end
    if cancelled:
        cluster.await_end(out)
        told = "jobs that an earlier run of this study left on the cluster were ended."
        tell(f"{len(cancelled)} {told}")


class Run:
    """Snakemake and its jobs, a process group of their own.

    An interruption or an order to end interrupts the jobs, and then kills Snakemake, which would
    answer with a traceback wherever it does not expect one; a second one kills all at once. Were
    they in this process's group, a terminal would reach them all and `kill` none of the jobs, for
    which Snakemake would then wait. Jobs that run elsewhere (`remote`) are no processes here:
    Snakemake itself is interrupted, and cancels them. Those on Slurm are found by their names.
    """

    def __init__(self, command: list[str], remote: bool) -> None:
        paths = [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        self._ended_by, self._remote, self._started = 0, remote, False
        handlers = dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), self._end)
        if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # nohup
            del handlers[signal.SIGHUP]
        self._before = {number: signal.signal(number, end) for number, end in handlers.items()}
        self._child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, process_group=0
        )
        self._started = True
        if self._ended_by:  # before there was anything to end
            self._signal(signal.SIGKILL)
        self._before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._pause)

    def wait(self) -> int:
        """The run's exit code, by the shell's conventions."""
        code = self._child.wait()
        for number, handler in self._before.items():  # what follows ends as any program
            signal.signal(number, handler)
        if code < 0 and not self._ended_by:
            self._signal(signal.SIGKILL)  # its jobs
            self._say(f"error: Snakemake was ended by {signal.Signals(-code).name}. {KEPT}")
        elif self._ended_by:
            self._say(f"Stopped. {KEPT}")
            return INTERRUPTED - signal.SIGINT + self._ended_by
        return code if code >= 0 else INTERRUPTED - signal.SIGINT - code

    def _end(self, number: int, _: FrameType | None) -> None:
        again, self._ended_by = bool(self._ended_by), self._ended_by or number
        if not self._started:
            return
        if self._remote and not again:
            self._signal(signal.SIGINT)
            return
        if not again:
            self._interrupt_jobs()
        self._signal(signal.SIGKILL)

    def _interrupt_jobs(self) -> None:
        """Interrupt them, and wait for them while Snakemake, which would start others, sleeps."""
        with suppress(psutil.NoSuchProcess):
            snakemake = psutil.Process(self._child.pid)
            snakemake.suspend()
            jobs = snakemake.children(recursive=True)
            self._signal(signal.SIGINT)
            while any(_lives(job) for job in jobs):
                time.sleep(0.05)

    def _pause(self, *_: object) -> None:
        self._signal(signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)

    def _say(self, words: str) -> None:
        print(f"{ERASE if sys.stderr.isatty() else ''}{words}", file=sys.stderr)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


run(lambda: sys.exit(main()))
