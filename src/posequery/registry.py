"""Objects found by name: each file of a folder binds one, and no list of them is kept anywhere."""

import importlib
import pkgutil
import re
from collections.abc import Collection
from typing import Generic, TypeVar

from posequery.jobs.files import BadInput, unknown

Bound = TypeVar("Bound")


class Registry(Generic[Bound]):
    """The modules of a package, each of which binds an object to the name `bound`.

    path: the package's `__path__`. what: what an error calls such an object. reserved: names that
    mean something else where this one's are used.
    """

    def __init__(
        self, package: str, path: list[str], bound: str, what: str, reserved: Collection[str] = ()
    ) -> None:
        self._package, self._path, self._bound, self._what = package, path, bound, what
        self._reserved = reserved

    def names(self) -> tuple[str, ...]:
        """The names of all that there are, without importing them.

        Raises BadInput for a file whose name cannot be one: it becomes a folder, and a word in
        tables and settings.
        """
        found = tuple(sorted(module.name for module in pkgutil.iter_modules(self._path)))
        for name in found:
            if name in self._reserved:
                fault = f"no {self._what} may be called '{name}', which means something else"
                raise BadInput(self._file(name), fault, "Rename the file")
            if not re.fullmatch("[a-z0-9_]{1,100}", name):
                fault = f"no {self._what} may be called '{name}'"
                fix = "Rename the file: a-z, 0-9 and _ alone, at most 100"
                raise BadInput(self._file(name), fault, fix)
        return found

    def by_label(self, attribute: str) -> dict[str, str]:
        """Each one's name by its printed one, an `attribute`; raises BadInput for two of a kind."""
        found: dict[str, str] = {}
        for name in self.names():
            label = getattr(self.load(name), attribute)
            other = found.setdefault(label, name)
            if other != name or label in {*self.names(), *self._reserved} - {name}:
                whose = "the name of another" if other == name else f"that of {self._file(other)}"
                fault = f"is printed as '{label}', which is {whose}"
                raise BadInput(self._file(name), fault, f"Give it another {attribute}")
        return found

    def _file(self, name: str) -> str:
        return f"{self._package}.{name}".replace(".", "/")

    def load(self, name: str) -> Bound:
        """The object called `name`; raises ValueError with the nearest name if there is none,
        BadInput for a file that cannot be loaded or binds nothing."""
        if name not in self.names():
            raise ValueError(unknown(self._what, name, self.names()))
        file = self._file(name)
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
