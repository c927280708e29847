"""Engines: what computes a student's maps and fields while it lives on a stream.

An engine is one file of this folder, known by its name, that binds `ENGINE`. To add one:

1. write `student/engines/<name>.py` with a function of a network and what its checkpoint says that
   returns a `Runner`, and `ENGINE = Engine(...)`; torch and the engine's own packages are imported
   inside the function, since an engine is loaded where a study is planned;
2. name it under `online.engine` in a study's file;
3. add it to the common suite, `tests/student/engines/test_engines.py`, and to docs/engines.md.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol, TypeAlias

from posequery.jobs.files import BadInput
from posequery.registry import Registry

Network: TypeAlias = Any
"""A torch module, whose type is not imported where studies are planned."""


class Runner(Protocol):
    """An engine that was started for one network."""

    def build(self, network: Network) -> Network:
        """The network with the weights that it has now, computed by the engine: the same call gives
        the same maps and fields on the same device. What was built before goes on as it was.

        Whatever goes wrong raises an exception of the engine's own kind.
        """

    def describe(self) -> dict[str, str]:
        """Of what was built last: version, provider, and the precision that it actually has."""


@dataclass(frozen=True)
class Engine:
    """start: from a network, and the `CheckpointInfo` of it; raises `BadInput` where the engine
    cannot run here. tolerance: by how much maps may differ from torch's, as a share of the largest
    value. packages: what it imports, and `install` how to get them. features: whether strategies
    can look at the backbone's maps."""

    start: Callable[[Network, Any], Runner]
    tolerance: float = 0.0
    packages: tuple[str, ...] = ()
    install: str = ""
    features: bool = False

    def require(self, name: str, python: str = sys.executable) -> None:
        """Raise `BadInput` if a package is missing, or `python` cannot be asked.

        name: the engine's own. python: the interpreter that is to have the packages, a path or a
        command's name.
        """
        if missing := _missing(self.packages, python):
            where = "here" if python == sys.executable else f"in {python}"
            fault = f"needs {' and '.join(missing)}, not installed {where}"
            raise BadInput(f"online.engine={name}", fault, self.install)


_LOOK = """
import importlib.util, sys
print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name) is None))
"""


def _missing(packages: Sequence[str], python: str) -> list[str]:
    """Those that an interpreter lacks, of another one by its own word."""
    if python == sys.executable or not packages:
        return [package for package in packages if find_spec(package) is None]
    try:
        # A job finds nothing by the user's PYTHONPATH.
        done = subprocess.run(
            [python, "-c", _LOOK, *packages],
            env={**os.environ, "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
    except OSError as error:
        why = error.strerror
    except subprocess.CalledProcessError as error:
        why = (error.stderr.strip() or f"exit code {error.returncode}").splitlines()[-1]
    else:
        return [package for package in packages if package in done.stdout.split()]
    fault = f"cannot be asked whether it has {' and '.join(packages)} ({why})"
    raise BadInput(f"python={python}", fault, "Name the interpreter that has torch")


_ENGINES = Registry[Engine](__name__, __path__, "ENGINE", "engine")
names, load = _ENGINES.names, _ENGINES.load
