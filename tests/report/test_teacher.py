import json

import pytest

from posequery.jobs.files import BadInput, write_summed
from posequery.report.teacher import TeacherError, read_teacher_error


def test_what_the_labelling_job_wrote(tmp_path):
    path = tmp_path / "openpose.json"
    write_summed(path, json.dumps({"mpjpe_px": 7.5, "found_share": 0.9, "frames": 40}))
    assert read_teacher_error(path) == TeacherError(7.5, 0.9)
    write_summed(path, json.dumps({"mpjpe_px": None, "found_share": None}))
    assert read_teacher_error(path) == TeacherError(None, None)


@pytest.mark.parametrize("text", [None, "{", "[]", '{"mpjpe_px": 7.5}'])
def test_another_file_is_refused(tmp_path, text):
    path = tmp_path / "openpose.json"
    if text is not None:
        write_summed(path, text)
    with pytest.raises(BadInput, match=r"openpose\.json: "):
        read_teacher_error(path)
