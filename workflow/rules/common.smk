# The study at hand, and what every station uses: interpreters, digests, seeds.
import functools
import json
import shlex
import time

SRC = Path(workflow.basedir) / "src"
SCRIPTS = Path(workflow.basedir) / "scripts"
sys.path.insert(0, str(SRC))

from snakemake.exceptions import WorkflowError

from posequery.jobs.files import BadInput
from posequery.study import clips, grid, identity, provenance, readings
from posequery.study.loading import CONTROLS, load_study

try:
    provenance.require_checkout(SRC)
    STUDY = load_study(str(config["study"]), config, Path(workflow.basedir) / "config")
    ONLY = identity.restriction(config.get("only"), STUDY)
    OUT = f"results/{STUDY.name}"
    confirmed = identity.confirmation(config.get("confirm", False))
    identity.refuse_changed_protocol(STUDY, Path(OUT), confirmed)
    CLIPS = clips.clips(STUDY, OUT)
except BadInput as error:
    raise WorkflowError(str(error)) from None

# Where a restricted run's tables go: never in place of the study's own.
FINAL = f"{OUT}/only/{'+'.join(ONLY)}" if ONLY else OUT
RENDERED = STUDY.source.kind == "rendered"
HUMAN36M = STUDY.source.kind == "human36m"
CELLS = grid.cells(STUDY, ONLY)
GPU = int(STUDY.device == "cuda")
STATE = f"{OUT}/state"
STUDENT = f"{OUT}/student/pretrained.pt"

# One thread a job and jobs side by side: numbers then do not depend on --cores.
# A job's own errors and closing line go to the terminal as well (3), the rest to its log.
# Paths of this checkout stand here and not in the rules' commands, which Snakemake compares with
# those of the last run: results may move to another checkout.
# What needs torch may have another interpreter: a board's own Python has torch and no Snakemake.
TORCH = {
    "adapt",
    "average_precision",
    "finetune",
    "import_checkpoint",
    "label_network",
    "pretrain",
    "measure_speed",
    "score",
}
TORCH_PYTHON = str(config.get("python", sys.executable))


def literal(path):
    """A path as a word of the shell's, whose braces Snakemake leaves alone."""
    return shlex.quote(str(path)).replace("{", "{{").replace("}", "}}")


shell.executable("bash")
shell.prefix(
    "set -euo pipefail; exec 3>&2; export POSEQUERY_TERMINAL=3 "
    "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 "
    "OMP_WAIT_POLICY=PASSIVE PYTHONHASHSEED=0 "
    f"PYTHONPATH={literal(SRC)} POSEQUERY_SCRIPTS={literal(SCRIPTS)} "
    f"POSEQUERY_PYTHON={literal(sys.executable)} "
    f"POSEQUERY_TORCH_PYTHON={literal(TORCH_PYTHON)}; "
)


def script(name):
    """The shell words that run a station's script."""
    python = "POSEQUERY_TORCH_PYTHON" if name in TORCH else "POSEQUERY_PYTHON"
    return f'"${python}" "$POSEQUERY_SCRIPTS"/{name}.py'


def code_digest(name, *strategies):
    """The digest of a script, of all it imports, and of the strategies named."""
    return provenance.code_digest(SCRIPTS / f"{name}.py", strategies)


def as_json(model):
    """A part of the config as the JSON that a script takes."""
    return json.dumps(model.model_dump(mode="json"), sort_keys=True)


def seed_words(*parts):
    """The words that seed a job's random draws."""
    return json.dumps([STUDY.name, *parts])


wildcard_constraints:
    slug="|".join(CLIPS),
    stream="pool|test|stream",
    method="[a-z0-9_]+",
    teacher="[a-z_]+",
    rate=r"[0-9of]+pct",
    seed=r"\d+",
