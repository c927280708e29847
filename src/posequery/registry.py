"""Objects found by name: each file of a folder binds one, and no list of them is kept anywhere."""

import importlib
import pkgutil
from typing import Generic, TypeVar

from posequery.jobs.files import BadInput, unknown

Bound = TypeVar("Bound")


class Registry(Generic[Bound]):
    """The modules of a package, each of which binds an object to the name `bound`.

    path: the package's `__path__`. what: what an error calls such an object.
    """

    def __init__(self, package: str, path: list[str], bound: str, what: str) -> None:
        self._package, self._path, self._bound, self._what = package, path, bound, what

    def names(self) -> tuple[str, ...]:
        """The names of all that there are, without importing them."""
        return tuple(sorted(module.name for module in pkgutil.iter_modules(self._path)))

    def load(self, name: str) -> Bound:
        """The object called `name`; raises ValueError with the nearest name if there is none,
        BadInput for a file that cannot be loaded or binds nothing."""
        if name not in self.names():
            raise ValueError(unknown(self._what, name, self.names()))
        file = f"{self._package}.{name}".replace(".", "/")
        try:
            module = importlib.import_module(f"{self._package}.{name}")
        except Exception as error:  # whatever is wrong in somebody's file
            fault = f"cannot be loaded ({type(error).__name__}: {error})"
            raise BadInput(file, fault, "Correct this file, or take it away") from error
        if not hasattr(module, self._bound):
            raise BadInput(
                file, f"binds no {self._bound}", "See the recipe in its folder's package"
            )
        bound: Bound = getattr(module, self._bound)
        return bound
