import os
import subprocess
import sys
from pathlib import Path

import pytest

from posequery.jobs import cards

ROOT = Path(__file__).resolve().parents[2]
JOB = """
import os, sys
from posequery.jobs import cards
cards.WAIT = 0.05
cards.take()
print(os.environ.get(cards.VISIBLE), flush=True)
sys.stdin.read()
"""
LISTED = "0, GPU-aaaa, 900\n1, GPU-bbbb, 20\n2, GPU-cccc, [N/A]\n"


@pytest.fixture
def machine(tmp_path):
    """Starts jobs on a machine whose nvidia-smi prints LISTED, and ends them."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\nprintf '{LISTED}'\n")
    program.chmod(0o755)
    started = []

    def start(**more):
        environment = {key: word for key, word in os.environ.items() if key != cards.VISIBLE}
        environment.pop("SLURM_JOB_ID", None)
        environment |= {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        environment |= {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path), **more}
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", JOB]
        job = subprocess.Popen(
            command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )
        started.append(job)
        return job

    yield start
    for job in started:
        job.kill()
        job.communicate()


def sees(job):
    return job.stdout.readline().strip()


def test_each_job_sees_one_card_the_least_used_first(machine, tried):
    jobs = [machine() for _ in range(3)]
    assert {sees(job) for job in jobs} == {"GPU-aaaa", "GPU-bbbb", "GPU-cccc"}
    tried("11", "as many jobs as cards at once", {"a card each": 3})


def test_the_least_used_card_comes_first(machine):
    assert [sees(machine()) for _ in range(3)] == ["GPU-cccc", "GPU-bbbb", "GPU-aaaa"]


def test_a_job_waits_for_a_card_that_a_killed_one_had(machine, tried):
    jobs = [machine() for _ in range(3)]
    held = {sees(job): job for job in jobs}
    fourth = machine()
    assert fourth.stderr.readline() == (
        "all 3 graphics cards that it may use have a job; waiting for a free one\n"
    )
    held["GPU-bbbb"].kill()
    assert sees(fourth) == "GPU-bbbb"
    tried("11", "SIGKILL of a job that has a card", {"the card is free": 1})


@pytest.mark.parametrize("allowed", ["1", "GPU-b", " 1 ,7"])
def test_cards_that_this_process_may_not_see_are_left_alone(machine, allowed):
    assert sees(machine(CUDA_VISIBLE_DEVICES=allowed)) == "GPU-bbbb"


@pytest.mark.parametrize("chosen", ["MIG-1234", "7", ""])
def test_what_is_no_whole_card_here_stays_as_it_was_chosen(machine, chosen):
    assert sees(machine(CUDA_VISIBLE_DEVICES=chosen)) == chosen


def test_a_card_that_slurm_assigned_is_the_jobs_own(machine):
    assert [sees(machine(CUDA_VISIBLE_DEVICES="0", SLURM_JOB_ID="7")) for _ in "ab"] == ["0", "0"]


def test_without_nvidia_smi_there_is_nothing_to_choose_from(machine, tmp_path):
    (tmp_path / "nvidia-smi").unlink()
    assert sees(machine(PATH=str(tmp_path))) == "None"
