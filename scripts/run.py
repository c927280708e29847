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
import yaml

from posequery.jobs.command import INTERRUPTED, run
from posequery.jobs.terminal import ERASE, tell
from posequery.study import changes, copies, turns
from posequery.study.plan import planned

ROOT = Path(__file__).resolve().parents[1]
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
    if not locked:
        tell(f"{plan.out}: its file system has no locks, so do not run this study twice at once")
    elif left := turns.end_orphans(Path(plan.out)):
        tell(f"A run of this study was killed; {left} processes that it left were ended.")
    if copies.looks_copied(Path(plan.out)):
        what = "this looks like a copy without dates, so that all may be made again"
        tell(f"{plan.out}: {what}; `make verify CONFIG={options.study}` keeps what is whole")
    # This lock does what Snakemake's does, and leaves nothing to be unlocked after a kill.
    lock = ["--nolock"] if locked else []
    where = ["--profile", options.profile] if options.profile else ["--cores", "all"]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *where]
    command += ["--rerun-incomplete", "--logger", "posequery", *lock]
    command += ["--config", *(f"{key}={word}" for key, word in config.items())]
    command += ["--", options.target]
    code = Run(command, remote=_is_remote(options.profile)).wait()
    if code == 0 and Path(plan.out).is_dir():
        changes.note(Path(plan.out))  # Snakemake says nothing where it had nothing to do
    if code == 0 and options.target == "archive":
        print(f"Study {plan.study.name} is packed: {plan.archive}.")
    elif code == 0 and (words := plan.closing_words()):
        print(words)
    return code


class Run:
    """Snakemake and its jobs, a process group of their own.

    An interruption or an order to end interrupts the jobs, and then kills Snakemake, which would
    answer with a traceback wherever it does not expect one; a second one kills all at once. Jobs on
    a cluster are no processes here: Snakemake itself is interrupted, and cancels them. Were they in
    this process's group, a terminal would reach them all and `kill` none of the jobs, for which
    Snakemake would then wait.
    """

    def __init__(self, command: list[str], remote: bool) -> None:
        paths = [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        self._ended_by, self._remote = 0, remote
        self._child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, process_group=0
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._end)
        signal.signal(signal.SIGTSTP, self._pause)

    def wait(self) -> int:
        """The run's exit code, by the shell's conventions."""
        code = self._child.wait()
        if code < 0 and not self._ended_by:
            self._signal(signal.SIGKILL)  # its jobs
            self._say(f"error: Snakemake was ended by {signal.Signals(-code).name}. {KEPT}")
        elif self._ended_by:
            self._say(f"Stopped. {KEPT}")
            return INTERRUPTED - signal.SIGINT + self._ended_by
        return code if code >= 0 else INTERRUPTED - signal.SIGINT - code

    def _end(self, number: int, _: FrameType | None) -> None:
        again, self._ended_by = bool(self._ended_by), self._ended_by or number
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


def _is_remote(profile: str | None) -> bool:
    """Whether a profile's jobs run elsewhere; what is wrong with it, Snakemake says."""
    for file in Path(profile).glob("*.yaml") if profile else ():
        with suppress(OSError, ValueError, AttributeError, yaml.YAMLError):
            if yaml.safe_load(file.read_text()).get("executor", "local") != "local":
                return True
    return False


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


run(lambda: sys.exit(main()))
