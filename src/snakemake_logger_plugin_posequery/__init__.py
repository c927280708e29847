"""What a run of posequery shows: a line for each job that is done, and what goes on meanwhile.

`snakemake --logger posequery` finds this package by its name. On a terminal the running jobs, with
rate and time left, and the whole run stand below the lines and move; elsewhere, such as in a log,
they are written once a minute. Snakemake's own, longer account is in .snakemake/log.
"""

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from logging import LogRecord
from types import FrameType
from typing import TYPE_CHECKING, Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

if TYPE_CHECKING:
    from snakemake_logger_plugin_posequery.board import Job

LIVE_INTERVAL, LOG_INTERVAL = 1.0, 60.0  # seconds
NAMED = 3  # jobs of a group in one line
ENDED = {
    "CANCELLED": "Slurm: it was cancelled",
    "DEADLINE": "Slurm: its deadline passed",
    "NODE_FAIL": "Slurm: its node failed",
    "BOOT_FAIL": "Slurm: its node did not start",
    "OUT_OF_MEMORY": "Slurm: it needed more memory than it asked for",
    "TIMEOUT": "Slurm: it took longer than it asked for",
}
"""What Slurm's states mean, but for FAILED, which the job itself explains."""
ACCOUNT = ("No SLURM account given", "No account was given", "Unable to guess SLURM account")


class LogHandler(LogHandlerBase):
    """Takes the place of Snakemake's own output on stderr."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        # Snakemake imports every plugin that it finds, also for the workflow of another checkout,
        # which is to import its own library.
        from posequery.jobs.terminal import ERASE
        from snakemake_logger_plugin_posequery.board import Board, Job

        self._board, self._job, self._erase = Board(), Job, ERASE
        self._stream = sys.stderr
        self._live = self._stream.isatty()
        self._interrupted = self._job_failed = False
        self._said: set[tuple[str, str]] = set()
        self._group: set[int] = set()
        self._turn = self.lock or threading.RLock()
        self._over = threading.Event()
        self._heed_interruptions()
        threading.Thread(target=self._heartbeat, daemon=True).start()

    def emit(self, record: LogRecord) -> None:
        try:
            if lines := [line for line in self._lines(record) if line]:
                self._write(lines, status=self._live)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        self._over.set()
        if self._live:
            with self._turn:
                print(self._erase, end="", file=self._stream, flush=True)
        super().close()

    def _lines(self, record: LogRecord) -> list[str]:
        event, about = getattr(record, "event", None), record.__dict__
        if event == LogEvent.RUN_INFO:
            return [self._board.plan(about["stats"])]
        if event == LogEvent.JOB_INFO:
            log = about["log"][0] if about["log"] else None
            job = self._job(about["rule_name"], about["rule_msg"] or "", log, time.monotonic())
            self._board.start(about["jobid"], job)
        elif event == LogEvent.JOB_FINISHED:
            return [self._board.finish(about["job_id"], time.monotonic())]
        elif event == LogEvent.GROUP_ERROR:
            return self._group_failed(about)
        elif event == LogEvent.JOB_ERROR:
            return self._job_error(about["jobid"], about["rule_msg"], about["aux"])
        elif record.getMessage().startswith("Trying to restart job"):
            return [] if self._interrupted else ["It is tried again."]
        elif record.levelno >= logging.WARNING:
            message = record.getMessage()
            return [] if self._is_known(about.get("exception"), message) else [message]
        return []

    def _is_known(self, exception: str | None, message: str) -> bool:
        """Whether it says nothing new, or what nobody needs to know.

        Such is that a job failed, or was interrupted, with its whole command, and that no Slurm
        account was given, for which the plugin's search fails on every cluster.
        """
        # This one comes before the job's own event.
        of_job = exception == "RuleException" and "CalledProcessError" in message
        of_account = message.startswith(ACCOUNT)
        failed = self._job_failed and exception == "WorkflowError"
        return self._interrupted or of_job or of_account or failed

    def _job_error(self, number: int, why: str | None, about: Mapping[str, object]) -> list[str]:
        job = self._board.fail(number)
        if number in self._group:  # its group has said it
            self._group.discard(number)
            return []
        if job is None or self._interrupted:
            return []
        self._job_failed = True
        reason = _of_slurm(why or "") or _of_log(job, remote="external_jobid" in about)
        return [
            *self._news([reason], job.words),
            f"error: This job failed: {job.words}; its log: {job.log}",
        ]

    def _group_failed(self, record: Mapping[str, Any]) -> list[str]:
        """Of jobs that were submitted together, as one of Slurm's."""
        self._group = {member["jobid"] for member in record["job_error_info"]}
        jobs = [job for number, job in self._board.running.items() if number in self._group]
        if self._interrupted or not jobs:
            return []
        self._job_failed = True
        words = sorted(job.words for job in jobs)
        more = [f"and {len(words) - NAMED} more"] if len(words) > NAMED else []
        what = " | ".join([*words[:NAMED], *more])
        if not record["aux_logs"]:
            why = "no node of the partition may have what they ask for"
            return [f"error: Slurm did not take these jobs: {what}; {why} (`set-resources`)"]
        reason = ENDED.get(_state(record["external_jobid"]), "")
        told = {_of_log(job, remote=True) for job in jobs}
        reasons = [reason] if reason else sorted(one for one in told if one.startswith("error: "))
        return [
            *self._news(reasons, " | ".join(words)),
            f"error: These jobs failed together: {what}; their log: {record['aux_logs'][0]}",
        ]

    def _news(self, reasons: Sequence[str], words: str) -> list[str]:
        """Those not yet given of these jobs: on a cluster they are tried more than once."""
        new = [line for line in reasons if line and (words, line) not in self._said]
        self._said.update((words, line) for line in new)
        return new

    def _write(self, lines: list[str], status: bool) -> None:
        text = "".join(f"{line}\n" for line in lines)
        if self._live:
            text = self._erase + text
        if status and self._board.running and not self._interrupted:
            text += self._block() if self._live else self._board.status(time.monotonic())[-1] + "\n"
        self._stream.write(text)
        self._stream.flush()

    def _block(self) -> str:
        """The moving lines, and the way back to the start of their first."""
        size = os.get_terminal_size(self._stream.fileno())
        columns, rows = size.columns or 80, size.lines or 24  # a terminal may not know
        status = self._board.status(time.monotonic())[-(rows - 1) :]
        up = f"\x1b[{len(status) - 1}A" if len(status) > 1 else ""
        return "\n".join(line[: columns - 1] for line in status) + "\r" + up

    def _heartbeat(self) -> None:
        while not self._over.wait(LIVE_INTERVAL if self._live else LOG_INTERVAL):
            with self._turn:
                if not self._over.is_set():
                    self._write([], status=True)

    def _heed_interruptions(self) -> None:
        """After an interruption jobs fail, as they should, and nobody need hear of each."""
        before = signal.getsignal(signal.SIGINT)

        def heed(number: int, frame: FrameType | None) -> None:
            self._interrupted = True
            if callable(before):
                before(number, frame)

        signal.signal(signal.SIGINT, heed)


def _of_log(job: "Job", remote: bool) -> str:
    """The last line of a failed job's log, unless the job has said it on this terminal."""
    last = job.last_line()
    return last if remote or not last.startswith("error: ") else ""


def _of_slurm(message: str) -> str:
    """What the plugin's words about a failed job come to; empty if Slurm has nothing to say."""
    if found := re.search(r"SLURM status is: '(\w+)'", message):
        return ENDED.get(found[1], "")
    if found := re.search(r"sbatch failed\. The error message was '(.*?)'", message, re.DOTALL):
        return f"error: Slurm refused it: {found[1].splitlines()[-1]}"
    return ""


def _state(number: str) -> str:
    """Of a job of Slurm's, which the plugin does not tell of jobs submitted together; or empty."""
    command = ["squeue", "--noheader", "--states=all", f"--jobs={number}", "--format=%T"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
