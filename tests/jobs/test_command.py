import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from posequery.jobs.command import FIXES, run
from posequery.jobs.files import BadInput


@pytest.fixture(autouse=True)
def _signals_as_before():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def fail(fault):
    raise fault


def test_success_returns(capsys):
    run(lambda: print("made"))
    assert capsys.readouterr() == ("made\n", "")


def test_bad_input_is_one_line_and_exit_1(capsys):
    with pytest.raises(SystemExit) as ending:
        run(lambda: fail(BadInput("a  b.mp4", "holds no frame", "Download it again")))
    assert ending.value.code == 1
    assert capsys.readouterr().err == "error: a  b.mp4: holds no frame. Download it again.\n"


def test_interruption_is_one_line_and_exit_130(capsys):
    with pytest.raises(SystemExit) as ending:
        run(lambda: fail(KeyboardInterrupt()))
    assert ending.value.code == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0)


def script(code, *arguments, stderr=subprocess.PIPE, terminal=None):
    """A process that runs code; terminal: a file that stands for one, beside a log as stderr."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    if terminal:
        environment["POSEQUERY_TERMINAL"] = str(terminal.fileno())
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=stderr,
        pass_fds=[terminal.fileno()] if terminal else [],
        text=True,
        check=False,
    )


@pytest.mark.parametrize("number", FIXES)
def test_a_disk_error_is_one_line_and_exit_1(number):
    code = (
        "import sys; from posequery.jobs.command import run\n"
        "def main(): raise OSError(int(sys.argv[1]), 'any', 'a b/clip.h5')\n"
        "run(main)"
    )
    done = script(code, str(number))
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: a b/clip.h5: {os.strerror(number)}. ")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_has_gone_causes_no_traceback():
    code = (
        "from posequery.jobs.command import run\n"
        "def main():\n"
        "    while True: print('a line' * 100)\n"
        "run(main)"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_another_system_error_keeps_its_traceback():
    with pytest.raises(OSError, match="Too many open files"):
        run(lambda: fail(OSError(errno.EMFILE, os.strerror(errno.EMFILE), "clip.h5")))


def test_a_clip_beyond_a_limit_of_size_is_named_and_does_not_crash_the_process(tmp_path):
    """HDF5 2.0 crashes (SIGSEGV) at exit after a failed write."""
    code = """
import resource, sys
import numpy as np
from posequery.clips import ClipWriter
from posequery.jobs.command import run
from posequery.jobs.files import whole

def main():
    frame = np.random.default_rng(0).integers(0, 255, (128, 128, 3), np.uint8)
    with whole(sys.argv[1]) as temporary, ClipWriter(temporary) as writer:
        for _ in range(200):
            writer.append(frame)

resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
run(main)
"""
    done = script(code, str(tmp_path / "a.h5"))
    assert done.returncode == 1, done.stderr
    assert f"error: {tmp_path / 'a.h5'}: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_terminal_gets_the_line_even_if_the_log_is_full(tmp_path):
    code = (
        "import errno; from posequery.jobs.command import run\n"
        "def main(): raise OSError(errno.ENOSPC, 'any', 'clip.h5')\n"
        "run(main)"
    )
    with open("/dev/full", "w") as log, open(tmp_path / "terminal", "w") as terminal:
        done = script(code, stderr=log, terminal=terminal)
    assert done.returncode == 1
    assert (tmp_path / "terminal").read_text().startswith("error: clip.h5: No space left")


def test_a_log_that_is_full_is_named(tmp_path, tried):
    """What fails to be written there names no file by itself."""
    code = (
        "from posequery.jobs.command import run\n"
        "from posequery.jobs.progress import Progress\n"
        "def main():\n"
        "    with Progress(2, 'frames', 'count') as progress: progress.advance()\n"
        "run(main)"
    )
    terminal = tmp_path / "terminal"
    with open("/dev/full", "w") as log, open(terminal, "w") as shown:
        done = script(code, stderr=log, terminal=shown)
    assert done.returncode == 1
    assert "error: /dev/full: No space left on device. Free some space" in terminal.read_text()
    tried("11", "a full disk under a job's log", {"named in one line": 1})
