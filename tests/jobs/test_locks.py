import errno
import fcntl
import os

import pytest

from posequery.jobs.locks import try_lock


def test_one_lock_at_a_time(tmp_path):
    with open(tmp_path / "lock", "w") as one, open(tmp_path / "lock") as other:
        assert try_lock(one.fileno()) == try_lock(one.fileno()) == "taken"
        assert try_lock(other.fileno()) == "busy"
        one.close()
        assert try_lock(other.fileno()) == "taken"


@pytest.mark.parametrize(
    ("number", "answer"),
    [(errno.EACCES, "busy"), (errno.ENOLCK, "no locks"), (errno.EOPNOTSUPP, "no locks")],
)
def test_what_a_file_system_may_answer(monkeypatch, number, answer):
    def flock(descriptor, how):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    assert try_lock(0) == answer


def test_any_other_failure_is_raised():
    with pytest.raises(OSError, match="Bad file descriptor"):
        try_lock(9999)
