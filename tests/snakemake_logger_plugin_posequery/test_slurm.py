"""What a run on a cluster says of jobs that failed there, from the events that Snakemake sends."""

import functools
import logging
import os
import signal
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_posequery import LogHandler

STATE = "SLURM-job '7' failed, SLURM status is: '{}'. Detailed failure reason unavailable"
REFUSED = "SLURM sbatch failed. The error message was 'sbatch: error: x\nsbatch: error: y'.\n    sb"


@pytest.fixture
def said(capsys):
    """Sends events to a handler, and returns the lines that they make."""
    before = signal.getsignal(signal.SIGINT)
    # Made within the test: pytest captures its stderr apart from that of its fixtures.
    handler = functools.cache(lambda: LogHandler(SimpleNamespace(), None))

    def send(*events):
        for level, message, about in events:
            record = logging.LogRecord("snakemake", level, "", 0, message, None, None)
            record.__dict__.update(about)
            handler().emit(record)
        return capsys.readouterr().err.splitlines()

    yield send
    handler().close()
    signal.signal(signal.SIGINT, before)


def begins(number, words, log):
    about = {"event": LogEvent.JOB_INFO, "jobid": number, "rule_name": "adapt"}
    return logging.INFO, "", about | {"rule_msg": words, "log": [str(log)]}


def fails(number, why=None, aux=None):
    about = {"event": LogEvent.JOB_ERROR, "jobid": number, "rule_msg": why, "aux": aux or {}}
    return logging.ERROR, "", about


RESTART = (logging.INFO, "Trying to restart job 1.", {})


@pytest.mark.parametrize(
    ("why", "told"),
    [
        (STATE.format("TIMEOUT"), "Slurm: it took longer than it asked for"),
        (STATE.format("OUT_OF_MEMORY"), "Slurm: it needed more memory than it asked for"),
        (STATE.format("CANCELLED"), "Slurm: it was cancelled"),
        (STATE.format("FAILED"), "error: clip.h5: is truncated"),
        (REFUSED, "error: Slurm refused it: sbatch: error: y"),
    ],
)
def test_a_failed_job_has_one_reason_however_often_it_is_tried(said, tmp_path, why, told):
    log = tmp_path / "adapt.log"
    log.write_text("9/10 frames\nerror: clip.h5: is truncated\n")
    tried = [begins(1, "Adapt", log), fails(1, why, {"external_jobid": "7"})]
    failed = f"error: This job failed: Adapt; its log: {log}"
    again = "It is tried again."
    assert said(*tried, RESTART, *tried) == [told, failed, again, failed]


def test_another_job_that_fails_alike_is_said_as_well(said, tmp_path):
    why, aux = STATE.format("TIMEOUT"), {"external_jobid": "7"}
    events = [begins(1, "One", "1.log"), begins(2, "Two", "2.log")]
    lines = said(*events, fails(1, why, aux), fails(2, why, aux))
    assert lines[::2] == ["Slurm: it took longer than it asked for"] * 2


@pytest.fixture
def squeue(tmp_path, monkeypatch):
    """Lets Slurm say that a job is in this state."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def say(state):
        (tmp_path / "squeue").write_text(f"#!/bin/sh\necho {state}\n")
        (tmp_path / "squeue").chmod(0o755)

    return say


def test_jobs_that_were_submitted_together_have_the_reason_that_slurm_says(said, squeue):
    squeue("TIMEOUT")
    about = {"event": LogEvent.GROUP_ERROR, "job_error_info": [{"jobid": 1}]}
    about |= {"aux_logs": ["7.log"], "external_jobid": "7"}
    assert said(begins(1, "Adapt", "1.log"), (logging.ERROR, "", about)) == [
        "Slurm: it took longer than it asked for",
        "error: These jobs failed together: Adapt; their log: 7.log",
    ]


def test_jobs_that_were_submitted_together_fail_in_one_line(said, squeue, tmp_path):
    squeue("FAILED")
    (tmp_path / "2.log").write_text("error: clip.h5: is truncated\n")
    events = [begins(number, f"Job {number}", tmp_path / f"{number}.log") for number in range(5)]
    members = [{"jobid": number} for number in range(4)]
    about = {"event": LogEvent.GROUP_ERROR, "job_error_info": members}
    about |= {"aux_logs": ["7.log"], "external_jobid": "7"}
    events += [(logging.ERROR, "", about), *(fails(number) for number in range(4))]
    assert said(*events) == [
        "error: clip.h5: is truncated",
        "error: These jobs failed together: Job 0 | Job 1 | Job 2 | and 1 more; their log: 7.log",
    ]
    # Tried again, they have another log and the same reason.
    events[-5] = logging.ERROR, "", about | {"aux_logs": ["8.log"]}
    assert said(RESTART, *events) == [
        "It is tried again.",
        "error: These jobs failed together: Job 0 | Job 1 | Job 2 | and 1 more; their log: 8.log",
    ]
    # The next failure of one of them alone is said again.
    assert said(events[0], fails(0)) == [
        f"error: This job failed: Job 0; its log: {tmp_path / '0.log'}"
    ]


def test_jobs_that_slurm_did_not_take_together_are_said_to_be_refused(said):
    about = {"event": LogEvent.GROUP_ERROR, "job_error_info": [{"jobid": 1}], "aux_logs": []}
    (line,) = said(begins(1, "Adapt", "1.log"), (logging.ERROR, "", about))
    assert line.startswith("error: Slurm did not take these jobs: Adapt; no node of the partition")


def test_the_search_for_an_account_is_not_shown(said):
    lines = ("No SLURM account given, trying to guess.", "Unable to guess SLURM account. Trying")
    assert said(*((logging.WARNING, line, {}) for line in lines)) == []
    assert said((logging.WARNING, "Another", {})) == ["Another"]
