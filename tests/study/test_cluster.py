import os
from pathlib import Path

import pytest

from posequery.jobs.files import BadInput
from posequery.study import cluster

PROFILES = Path(__file__).resolve().parents[2] / "workflow/profiles"


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Puts programs with these words of shell in the place of Slurm's."""
    (tmp_path / "bin").mkdir()

    def put(**programs):
        for name, words in programs.items():
            program = tmp_path / "bin" / name
            program.write_text(f"#!/bin/sh\n{words}\n")
            program.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return put


def test_a_profile_says_what_runs_its_jobs(tmp_path):
    assert cluster.executor(str(PROFILES / "slurm")) == "slurm"
    assert cluster.executor(str(PROFILES / "gpu")) == "local"
    assert cluster.executor(None) == "local"
    (tmp_path / "config.v9+.yaml").write_text("executor: lsf\n")
    assert cluster.executor(str(tmp_path)) == "lsf"


@pytest.mark.parametrize("text", [None, "executor: [slurm", "when: 2024-13-45", "[" * 5000])
def test_a_faulty_profile_is_refused_by_name(tmp_path, text):
    if text:
        (tmp_path / "profile.yaml").write_text(text)
    with pytest.raises(BadInput, match=str(tmp_path)):
        cluster.executor(str(tmp_path))


def test_a_missing_plugin_is_named_with_the_command_that_installs_it(monkeypatch):
    cluster.require_plugin()
    monkeypatch.setattr(cluster, "PLUGIN", "snakemake-executor-plugin-none")
    told = "plugin-none: is not installed. Run .* -r envs/slurm.lock"
    with pytest.raises(BadInput, match=told):
        cluster.require_plugin()


def test_words_that_a_shell_of_the_cluster_would_change_are_refused():
    cluster.require_plain([Path("/home/it's a study"), "$study `x`", True])
    for word in ["it's a $study", 'it\'s "a" study', "it's a `study`", "it's a \\study"]:
        with pytest.raises(BadInput, match="has an apostrophe and one of"):
            cluster.require_plain(["study", word])


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"cards"}, r"slurm_partition=cards: the cluster has no such partition \(it has long, "),
        ({"long", "shortt"}, "slurm_partition=shortt: "),
    ],
)
def test_a_partition_that_is_not_there_is_refused(slurm, wanted, told):
    slurm(sinfo="printf 'long\\nshort*\\n'")
    with pytest.raises(BadInput, match=told):
        cluster.require_partitions(wanted)
    cluster.require_partitions({"long", "short", ""})


def test_no_partition_is_the_default_one_if_there_is_one(slurm):
    slurm(sinfo="printf 'long\\nshort\\n'")
    with pytest.raises(BadInput, match=r"slurm_partition: is not given, .*\(it has long, short\)"):
        cluster.require_partitions({""})


def test_without_jobs_for_it_slurm_is_not_asked(slurm):
    slurm(sinfo="exit 1")
    cluster.require_partitions(set())


def test_a_cluster_that_does_not_answer_is_one_error_with_its_words(slurm):
    slurm(sinfo="echo 'sinfo: x' >&2; echo 'Unable to contact slurm controller' >&2; exit 1")
    with pytest.raises(BadInput, match=r"sinfo: failed \(Unable to contact slurm controller\)"):
        cluster.require_partitions({""})


def test_the_studys_own_jobs_are_cancelled_and_no_others(slurm, tmp_path):
    own, other = cluster.job_prefix(tmp_path / "mini"), cluster.job_prefix(tmp_path / "lab")
    rows = f"7 {own}_0a1b\\n8 {other}_0a1b\\n9 {own}_ffff\\n10 sh -c {own}_\\n"
    left = tmp_path / "cancelled"
    slurm(squeue=f"test -e '{left}' || printf '{rows}'", scancel=f"echo $* > '{left}'")
    assert cluster.cancel(tmp_path / "mini") == {"7", "9"}
    assert left.read_text() == "7 9\n"
    cluster.await_end(tmp_path / "mini")
    left.write_text("nothing")
    assert cluster.cancel(tmp_path / "mini") == set()
    assert left.read_text() == "nothing"


def test_jobs_that_do_not_end_are_said_by_number(slurm, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "ENDING", 1)
    slurm(squeue=f"echo 7 {cluster.job_prefix(tmp_path)}_0a1b")
    with pytest.raises(BadInput, match="its Slurm jobs 7 do not end"):
        cluster.await_end(tmp_path)
