"""What is packed of a study: what its jobs made, and nothing that may not leave the machine."""

import gzip
import subprocess
import time
import tracemalloc

import numpy as np
import pytest
from archives import ALL, a_study, names, packed, packed_as_listed

from posequery.clips import Clip, ClipInfo, ClipWriter, Stream, jpeg, write_index
from posequery.jobs.files import BadInput, write_summed
from posequery.study import changes
from posequery.study.clips import require_frames
from posequery.study.unpacking import restore, verify


@pytest.fixture
def study(tmp_path):
    return a_study(tmp_path / "checkout")


def test_what_is_packed_and_what_is_not(study, tmp_path):
    assert names(packed(study, tmp_path / "mini.tar.gz")) == [
        f"mini/{name}"
        for name in (
            "cells.csv",
            "cells/online/none/baseline/0pct/seed0/weights.pt",
            "clips/pool.json",
            "clips/walking.h5",
            "environment/left_out.sha256",
            "environment/versions.txt",
            "environment/workstation.txt",
            "only/uniform/cells.csv",
            "only/uniform/pictures/README.md",
            "pictures/README.md",
            "report.html",
            "runs.json",
            "settings/mini.yaml",
            "student/pretrained.pt",
            "study.yaml",
            "tables/table 1.md",
            "workflow/Snakefile",
            "workflow/rules/archive.smk",
            "ro-crate-metadata.json",
            "SHA256SUMS",
        )
    ]
    assert verify(tmp_path / "mini.tar.gz") == 19


def test_a_folder_among_the_pins_is_not_packed(study, tmp_path):
    before = names(packed(study, tmp_path / "before.tar.gz"))
    (tmp_path / "checkout/envs/old").mkdir()
    (tmp_path / "checkout/envs/old/pins.txt").touch()
    assert names(packed(study, tmp_path / "after.tar.gz")) == before


def test_the_same_study_gives_the_same_bytes(study, tmp_path):
    first = packed(study, tmp_path / "first.tar.gz").read_bytes()
    (study[1] / "cells.csv").touch()
    time.sleep(1.1)  # both formats count time in whole seconds
    assert packed(study, tmp_path / "second.tar.gz").read_bytes() == first


def test_sha256sum_reads_the_checksums(study, tmp_path):
    archive = packed(study, tmp_path / "mini.tar.gz")
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path / "out"], check=True)
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path / "out" / "mini", check=False).returncode == 0


def test_an_unfinished_study_is_refused_and_nothing_is_left(study, tmp_path):
    (study[1] / "cells.csv").unlink()
    with pytest.raises(BadInput, match=r"mini: holds no cells\.csv"):
        packed(study, tmp_path / "out" / "mini.tar.gz")
    assert not (tmp_path / "out").exists()


def test_a_failure_half_way_leaves_nothing(study, tmp_path):
    changes.note(study[1])
    (study[1] / "tables/table 1.md").write_text("damaged")
    with pytest.raises(BadInput, match=r"table 1\.md: is not as it was made"):
        packed_as_listed(study, tmp_path / "out" / "mini.tar.gz")
    assert list((tmp_path / "out").iterdir()) == []


def test_damaged_missing_and_strange_files_are_not_packed(study, tmp_path, tried):
    results = study[1]
    changes.note(results)
    good = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}

    def refused(fault):
        with pytest.raises(BadInput, match=fault):
            packed_as_listed(study, tmp_path / "a.tar.gz")
        assert not (tmp_path / "a.tar.gz").exists()
        for path, content in good.items():
            path.write_bytes(content)

    for name in ("cells.csv", "tables/table 1.md", "only/uniform/cells.csv", "clips/pool.json"):
        (results / name).write_text("damaged")
        refused("SHA256SUMS has another sum of it")
        if name != "cells.csv":
            (results / name).unlink()
            refused(f"lacks {name}, which SHA256SUMS lists")
    for name in ("tables/frame.png", "evidence.sha256", "cells/x.sha256"):
        (results / name).write_text("nobody knows")
        refused(f"{name}: SHA256SUMS does not list it")
        (results / name).unlink()
    # What is left out of the archive may be gone.
    (results / "pictures/overlay.mp4").unlink()
    (results / "data/more.jpg").write_text("a frame")
    packed_as_listed(study, tmp_path / "a.tar.gz")
    (tmp_path / "a.tar.gz").unlink()
    (results / "tables/a\nb").write_text("")
    refused("not every system can hold")
    (results / "SHA256SUMS").unlink()
    with pytest.raises(BadInput, match="there is no such list"):
        packed_as_listed(study, tmp_path / "a.tar.gz")
    tried("6", "a study damaged, cut or added to before it is packed", {"refused": 12})


def test_memory_does_not_grow_with_the_files(study, tmp_path):
    with (study[1] / "cells" / "big.h5").open("wb") as file:
        file.truncate(100 << 20)
    tracemalloc.start()
    verify(packed(study, tmp_path / "mini.tar.gz"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 << 20


def test_the_verdicts_travel_with_what_they_judge(study, tmp_path):
    (study[1] / "evidence").mkdir()
    (study[1] / "evidence/verdicts.csv").write_text("claim\n")
    assert "mini/evidence/verdicts.csv" in names(packed(study, tmp_path / "a.tar.gz"))


def test_a_sum_travels_with_its_file(study, tmp_path):
    write_summed(study[1] / "cells.csv", "setting\n")
    write_summed(study[1] / "clips/pool.json", "{}")
    there = names(packed(study, tmp_path / "a.tar.gz"))
    assert {"mini/cells.csv.sha256", "mini/clips/pool.json.sha256"} < {*there}


def test_no_frame_of_real_people_is_packed(study, tmp_path, tried):
    clips = study[1] / "clips"
    (clips / "walking.h5").unlink()
    pixels = np.random.default_rng(2).integers(0, 255, (40, 24, 24, 3), np.uint8)
    info = ClipInfo("a", "S1", "Walking", 1, "c", 40, 5.0, 64, 64, 24, "v.mp4")
    with ClipWriter(clips / "a.h5") as writer:
        for frame in pixels:
            writer.append(frame)
        writer.close(info, None)
    write_index(clips / "stream.json", [clips / "a.h5"])
    frames = [jpeg(frame).tobytes() for frame in pixels]

    def count(sharing):
        content = gzip.decompress(packed(study, tmp_path / "a.tar.gz", sharing).read_bytes())
        return sum(frame in content for frame in frames)

    assert count(ALL) == 40
    assert count(ALL.model_copy(update={"frames": "absent"})) == 0
    assert "mini/clips/a.h5" not in names(tmp_path / "a.tar.gz")
    assert count(ALL.model_copy(update={"frames": "blank"})) == 0
    # All else of the clip is there, and a frame is refused.
    folder = restore(tmp_path / "a.tar.gz", tmp_path / "elsewhere")
    clip = Clip(folder / "clips/a.h5")
    assert clip.info == info and len(Stream(folder / "clips/stream.json").timing) == 40
    with pytest.raises(BadInput, match="an archive leaves those of real people out"):
        clip.frames(np.arange(3))
    with pytest.raises(BadInput, match="leaves those of real people out. Nothing was run."):
        require_frames([str(folder / "clips/a.h5")], folder)
    require_frames([str(clips / "a.h5")], folder)  # extracted again
    assert Clip(clips / "a.h5").frames(np.arange(3)).shape == (3, 24, 24, 3)
    tried("6", "a frame of a real person in an archive", {"left out": 80})


def test_what_may_not_leave_is_left_out_and_its_sum_is_there(study, tmp_path):
    sharing = ALL.model_copy(update={"adapted": False, "student": False, "page": False})
    archive = packed(study, tmp_path / "a.tar.gz", sharing)
    assert not any(name.endswith((".pt", ".html", ".mp4")) for name in names(archive))
    folder = restore(archive, tmp_path / "elsewhere")
    left = (folder / "environment/left_out.sha256").read_text()
    assert left.startswith("# the cells' weights\n# the student's weights\n# the page,")
    for name in ("student/pretrained.pt", "report.html", "pictures/overlay.mp4"):
        assert f"  {name}\n" in left
    for place in ("pictures", "only/uniform/pictures"):
        assert [file.name for file in (folder / place).iterdir()] == ["README.md"]
