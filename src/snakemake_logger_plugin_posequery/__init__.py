"""What a run of posequery shows: a line for each job that is done, and what goes on meanwhile.

`snakemake --logger posequery` finds this package by its name. On a terminal the running jobs, with
rate and time left, and the whole run stand below the lines and move; elsewhere, such as in a log,
they are written once a minute. Snakemake's own, longer account is in .snakemake/log.
"""

import logging
import os
import signal
import sys
import threading
import time
from logging import LogRecord
from types import FrameType
from typing import TYPE_CHECKING

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

if TYPE_CHECKING:
    from snakemake_logger_plugin_posequery.board import Job

LIVE_INTERVAL, LOG_INTERVAL = 1.0, 60.0  # seconds


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
        elif event == LogEvent.JOB_ERROR:
            return self._failed(self._board.fail(about["jobid"]))
        elif record.levelno >= logging.WARNING:
            message = record.getMessage()
            return [] if self._is_known(about.get("exception"), message) else [message]
        return []

    def _is_known(self, exception: str | None, message: str) -> bool:
        """Whether it only says that a job failed, or was interrupted, with its whole command."""
        # This one comes before the job's own event.
        of_job = exception == "RuleException" and "CalledProcessError" in message
        return self._interrupted or of_job or (self._job_failed and exception == "WorkflowError")

    def _failed(self, job: "Job | None") -> list[str]:
        if job is None or self._interrupted:
            return []
        self._job_failed = True
        last = job.last_line()
        # A job tells what a user can fix by itself.
        why = [] if not last or last.startswith("error: ") else [last]
        return [*why, f"error: This job failed: {job.words}; its log: {job.log}"]

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
