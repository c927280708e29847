import pytest

from posequery.command import run
from posequery.files import BadInput


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
