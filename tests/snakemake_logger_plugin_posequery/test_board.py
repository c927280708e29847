import subprocess
import sys

import pytest

from snakemake_logger_plugin_posequery.board import Board, Job


@pytest.fixture
def board():
    made = Board()
    made.plan({"pretrain": 1, "adapt": 4, "collect": 1, "all": 1, "total": 7})
    return made


def job(rule, started=0.0, log=None):
    return Job(rule, f"The job {rule}", log, started)


def test_a_run_says_at_once_how_many_jobs_it_has():
    assert Board().plan({"adapt": 4, "all": 1, "total": 5}) == "[0/5] 5 jobs to run"
    assert Board().plan({"all": 1, "total": 1}) == ""


def test_a_job_that_is_done_is_a_line_with_its_time(board):
    board.start(1, job("pretrain"))
    assert board.finish(1, 62.0) == "[1/7] The job pretrain (1:02)"


def test_a_target_is_counted_and_has_no_line(board):
    board.start(1, Job("all", "", None, 0.0))
    assert board.finish(1, 1.0) == ""
    assert board.status(1.0) == ["1 of 7 jobs done"]


def test_a_running_job_shows_its_rate_and_time_left(board, tmp_path):
    log = tmp_path / "pretrain.log"
    log.write_text("a warning\ntrain: 1200/6000 images, 310/s, 0:15 left\ntrain: 13")
    board.start(1, job("pretrain", log=str(log)))
    assert board.status(5.0) == [
        "  The job pretrain: train: 1200/6000 images, 310/s, 0:15 left",
        "0 of 7 jobs done",
    ]


def test_a_job_without_a_rate_shows_how_long_it_has_run(board, tmp_path):
    board.start(1, job("pretrain", log=str(tmp_path / "not yet")))
    board.start(2, job("adapt", started=4.0))
    assert board.status(65.0)[:2] == ["  The job pretrain: 1:05", "  The job adapt: 1:01"]


def test_the_whole_is_estimated_from_what_jobs_took(board):
    board.start(1, job("adapt"))
    board.start(2, job("adapt"))
    board.finish(1, 10.0)
    board.finish(2, 30.0)
    board.start(3, job("adapt", started=30.0))
    # Three quarters of a mean of 20 s, and one more of them, on two cores.
    assert board.status(35.0)[-1] == "2 of 7 jobs done, about 0:18 left"


def test_nothing_is_estimated_before_each_kind_of_job_is_known():
    board = Board()
    board.plan({"adapt": 3, "finetune": 2, "total": 5})
    board.start(1, job("adapt"))
    board.finish(1, 10.0)
    assert board.status(10.0) == ["1 of 5 jobs done"]
    board.start(2, job("finetune", started=10.0))
    assert board.status(12.0)[-1] == "1 of 5 jobs done"
    board.finish(2, 14.0)
    assert board.status(14.0) == ["2 of 5 jobs done, about 0:24 left"]


def test_a_failed_job_waits_again(board):
    board.start(1, job("adapt"))
    assert board.fail(1).rule == "adapt"
    board.start(1, job("adapt"))
    board.finish(1, 10.0)
    assert board.status(10.0) == ["1 of 7 jobs done, about 0:30 left"]


def test_what_snakemake_imports_before_the_workflow_does_not_import_the_library():
    """Else a workflow in another checkout would find this one's library instead of its own."""
    code = "import sys, snakemake_logger_plugin_posequery; sys.exit('posequery' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
