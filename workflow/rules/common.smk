# The study at hand, and how a rule runs its script.
import functools
import json
import os
import sys
from pathlib import Path

import yaml
from snakemake.settings.types import DeploymentMethod

ROOT = Path(str(workflow.current_basedir)).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from posequery.jobs.command import of_system
from posequery.jobs.files import BadInput
from posequery.jobs.terminal import tell


def refuse(error):
    """End the run in one line: of an exception Snakemake prints all files that it passed through."""
    if isinstance(error, OSError):
        error = of_system(error)
    tell(f"error: {error}")
    sys.exit(1)


def or_refuse(find):
    """A function that ends the run where it would raise what a user can fix."""

    @functools.wraps(find)
    def found(*arguments, **options):
        try:
            return find(*arguments, **options)
        except (BadInput, OSError) as error:
            refuse(error)

    return found


class Refusing:
    """The plan, with `or_refuse` around each of its methods."""

    def __init__(self, plan):
        self._plan = plan

    def __getattr__(self, name):
        found = getattr(self._plan, name)
        return or_refuse(found) if callable(found) else found


try:
    from posequery.study import (
        changes,
        clips,
        cluster,
        identity,
        origins,
        provenance,
        runs,
        sharing,
        turns,
    )
    from posequery.study.plan import as_json, planned

    provenance.require_checkout(ROOT / "src")
    identity.require_writable(Path(".snakemake"))
    PLAN = Refusing(planned(config, ROOT / "config"))
except (BadInput, OSError) as error:
    refuse(error)

STUDY = PLAN.study
OUT, FINAL = PLAN.out, PLAN.final
GPU = int(STUDY.device == "cuda")

# MB of memory that a job with CUDA takes beside its own, for CUDA's libraries and what it has pinned:
# room enough, as far as is known; no card was here to measure it on. Without CUDA the largest job of
# the study evidence took 400 MB, where 2000 are asked for: the paper's network and pictures are larger.
CUDA_MB = 4000 * GPU
TRAINING_MB = 2000 + CUDA_MB

# What needs torch may have another interpreter: a board's own Python has torch and no Snakemake.
TORCH = {
    "adapt",
    "average_precision",
    "export",
    "finetune",
    "import_checkpoint",
    "measure_speed",
    "pretrain",
    "score",
}
# Under `--sdm conda` it is the one of the environment that the rule names.
IN_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
PYTHON = "python" if IN_CONDA else sys.executable
TORCH_PYTHON = str(config.get("python", PYTHON))

# Paths of this checkout stand here and not in the rules' commands, which Snakemake compares with
# those of the last run: results may move to another checkout.
os.environ |= {
    "POSEQUERY_SRC": str(ROOT / "src"),
    "POSEQUERY_SCRIPTS": str(ROOT / "scripts"),
    "POSEQUERY_PYTHON": PYTHON,
    "POSEQUERY_TORCH_PYTHON": TORCH_PYTHON,
    "POSEQUERY_CONFIG": json.dumps(config),
}
# One thread a job and jobs side by side: numbers then do not depend on --cores.
ENVIRONMENT = (
    "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE "
    'PYTHONHASHSEED=0 PYTHONPATH="$POSEQUERY_SRC" POSEQUERY_TERMINAL=3'
)


def interpreter(torch):
    """The variable that names the interpreter of what does, or does not, need torch."""
    return "POSEQUERY_TORCH_PYTHON" if torch else "POSEQUERY_PYTHON"


def script(name, python=None):
    """The words of a rule's command that run its script.

    A job's own errors and closing line go to the terminal as well (3), the rest to its log.
    """
    python = python or interpreter(name in TORCH)
    return f'{ENVIRONMENT} "${python}" "$POSEQUERY_SCRIPTS"/{name}.py 3>&2'


def code_digest(name, *modules):
    """The digest of a script, of all it imports, and of the modules that it loads by name."""
    digest = or_refuse(provenance.code_digest)
    return digest(ROOT / "scripts" / f"{name}.py", modules)


def made_by_this_run():
    """What the jobs of this run are about to write, and what is noted when it starts."""
    for job in workflow.dag.needrun_jobs(exclude_finished=False):
        # Some write more into their folder than they declare.
        yield from map(str, [*job.output, *filter(None, [job.params.get("folder")])])
        if job.benchmark:
            yield str(job.benchmark)
    yield from (f"{OUT}/study.yaml", f"{OUT}/{runs.RUNS}")


def require_engine_of_this_run():
    """End a run that makes online cells, and cannot, before Snakemake deletes those it has."""
    jobs = workflow.dag.needrun_jobs(exclude_finished=False)
    # What an environment will have can't be known before it is made.
    if not IN_CONDA and any(job.rule.name == "adapt" for job in jobs):
        PLAN.require_engine(TORCH_PYTHON)


def clips_read_by_this_run():
    """The clips whose frames its jobs read, and that none of its jobs makes."""
    reading = {"adapt", "finetune", "finetune_all", "index", "score", "split"}
    reading |= {"report_page"} if PLAN.shows_frames() else set()
    played = {PLAN.index(stream): PLAN.clip_files(stream) for stream in PLAN.played}
    jobs = list(workflow.dag.needrun_jobs(exclude_finished=False))
    made = {str(file) for job in jobs for file in job.output}
    files = [
        str(file) for job in jobs if job.rule.name in reading for file in job.input
    ]
    clips = [clip for file in files for clip in played.get(file, [file])]
    return [
        file
        for file in dict.fromkeys(clips)
        if file.endswith(".h5")
        and file.startswith(f"{OUT}/clips/")
        and file not in made
    ]


def partitions_asked_of_slurm():
    """Where this run's jobs may go: names, of which "" is the default."""
    if file := workflow.executor_settings.partition_config:
        return set(yaml.safe_load(Path(file).read_text())["partitions"])
    jobs = workflow.dag.needrun_jobs(exclude_finished=False)
    return {
        str(job.resources.get("slurm_partition") or "")
        for job in jobs
        if not job.is_local
    }


def by_attempt(amount):
    """So much of a resource at the first attempt, and as much again at each further one.

    amount: a number, or a function of the wildcards. What goes on from where it was, such as a
    training, needs no more time at its next attempt; what begins again does.
    """

    def asked(wildcards, attempt):
        return attempt * (amount(wildcards) if callable(amount) else amount)

    return asked


def option(name):
    """Of a rule's parameters: --name and the files of that input; nothing where it has none."""

    def words(wildcards, input):
        files = getattr(input, name)
        return [f"--{name}", *files] if files else []

    return words


def summed(wildcards, input):
    """Of a rule's inputs, the data that a job rendered or fetched, which have sums beside them."""
    made = [str(file) for file in input if str(file).startswith(f"{OUT}/data/")]
    return ["--summed", *made] if made else []


wildcard_constraints:
    setting="offline|online",
    slug="|".join(PLAN.clips),
    stream="|".join(["pool", "test", *PLAN.streams]),
    method="[a-z0-9_]+",
    teacher="[a-z0-9_]+",
    rate=r"[0-9of]+pct",
    seed=r"\d+",
