"""Ctrl-C while a script that a user runs imports what it needs."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = "from posequery.jobs.command import run\nrun(wait)\n"


def interrupted(code: str, *numbers: int) -> tuple[int, str]:
    """Exit code and stderr of a script that is sent a signal each time it says that it waits."""
    head = (
        "from posequery.jobs import interruption\n"
        "import sys\n"
        "def wait(): print('waits', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", head + code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Not what these tests were started with: a job in the background ignores Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as child:
        for number in numbers or (signal.SIGINT,):
            assert child.stdout.readline() == "waits\n"
            child.send_signal(number)
        return child.wait(timeout=60), child.communicate()[1]


@pytest.mark.parametrize("code", ["wait()\n", f"import ast\n{RUN}"])
def test_it_is_one_line_before_a_scripts_work_and_in_it(code: str, tried) -> None:
    assert interrupted(code) == (128 + signal.SIGINT, "error: interrupted\n")
    tried("13", "Ctrl-C while a script starts", {"one line": 1})


def test_pressing_again_while_it_ends_is_no_traceback() -> None:
    code = (
        "import atexit, time\n"
        "def late(): print('waits', flush=True); print('waits', flush=True); time.sleep(1)\n"
        "atexit.register(late)\n"
    )
    found = interrupted(code + RUN, signal.SIGINT, signal.SIGINT, signal.SIGINT)
    assert found == (128 + signal.SIGINT, "error: interrupted\n")


def test_an_order_to_end_leaves_no_half_file(tmp_path: Path) -> None:
    """As at a job's limit of time, or at the end of a session."""
    code = (
        "from posequery.jobs.command import run\n"
        "from posequery.jobs.files import whole\n"
        "def main():\n"
        f"    with whole({str(tmp_path / 'a.csv')!r}) as temporary:\n"
        "        temporary.touch(); wait()\n"
        "run(main)\n"
    )
    assert interrupted(code, signal.SIGTERM) == (128 + signal.SIGTERM, "")
    assert list(tmp_path.iterdir()) == []


def test_what_is_to_be_ignored_is_ignored() -> None:
    code = (
        "import signal; from posequery.jobs import interruption\n"
        "from posequery.jobs.command import run\n"
        "run(lambda: signal.raise_signal(signal.SIGINT)); print('goes on')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # as nohup does for others
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("goes on\n", "")


@pytest.mark.parametrize(
    "file", ["scripts/run.py", "scripts/archive.py", "src/posequery/commands/console.py"]
)
def test_what_users_start_imports_it_first(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    first = next(node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    assert ast.unparse(first) == "from posequery.jobs import interruption"
