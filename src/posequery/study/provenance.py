"""Which code made a result: digests that change when code changes, and only then.

A rule carries the digest of its script among its parameters, so that an edit reruns the rule's
own jobs. What cannot change a number does not enter (`study.fingerprint`), nor do time stamps.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import grimp

from posequery.jobs.files import BadInput
from posequery.study.fingerprint import SHOWN, fingerprint

PACKAGE = "posequery"
LISTED = ("evaluation.columns",)
"""Packages that load all of their modules, found by listing the folder: in nobody's imports."""


def require_checkout(src: Path) -> None:
    """Make sure that `posequery` is imported from the folder `src`, or raise BadInput."""
    if {"{", "}"} & set(str(src)):
        raise BadInput(src, "its path holds a brace, a wildcard to Snakemake", "Rename the folder")
    found = _folder(PACKAGE)
    if found.resolve() != (src / PACKAGE).resolve():
        raise BadInput(
            found,
            f"Python imports this copy of {PACKAGE}, but the workflow belongs to the one in {src}",
            f"Run `pip uninstall {PACKAGE}`, then `pip install -e .` in the workflow's folder",
        )


@cache
def code_digest(script: Path, modules: tuple[str, ...] = ()) -> str:
    """Digest of all code of this project that `script` runs.

    That is the script, what it imports from `posequery`, at the top or inside functions, what
    those modules import, their packages' `__init__`, and the `modules` that the job at hand loads
    by name and so are in nobody's imports: "strategies.error". Raises BadInput for a script that
    is missing or imports what is not there.
    """
    return _code().digest(script, modules)


@cache
def _code() -> "Code":
    try:
        return Code(PACKAGE)
    except grimp.exceptions.SourceSyntaxError as error:
        raise BadInput(error.filename, f"line {error.lineno}: {error.text}", "Correct it") from None


class Code:
    """A package's import graph and the digests of its modules, each made at first use."""

    def __init__(self, package: str) -> None:
        self.package = package
        self._folder = _folder(package)
        self._graph = grimp.build_graph(package, cache_dir=None, exclude_type_checking_imports=True)
        self._shown = {f"{package}.{module}" for module in SHOWN}
        self._listed = {f"{package}.{module}" for module in LISTED}
        self._digests: dict[str, str] = {}

    def digest(self, script: Path, modules: Iterable[str] = ()) -> str:
        """See `code_digest`."""
        tree = _parse(script)
        roots = set(self._imports(tree, script))
        roots |= {f"{self.package}.{module}" for module in modules}
        parts = [self._text(script)]
        parts += [f"{module} {self._of(module)}" for module in sorted(self._closure(roots))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _imports(self, tree: ast.AST, script: Path) -> Iterator[str]:
        """The package's modules that a script outside it imports, wherever it does."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                wanted = [(alias.name, "") for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                wanted = [(node.module, alias.name) for alias in node.names]
            else:
                continue
            for module, name in wanted:
                if module.partition(".")[0] != self.package:
                    continue
                if module not in self._graph.modules:
                    raise BadInput(
                        script,
                        f"line {node.lineno} imports {module}, which is not there",
                        "Correct the import",
                    )
                inner = f"{module}.{name}"
                yield inner if inner in self._graph.modules else module

    def _closure(self, roots: set[str]) -> set[str]:
        seen: set[str] = set()
        waiting = roots - self._shown
        while waiting:
            module = waiting.pop()
            seen.add(module)
            found = set(self._graph.find_modules_directly_imported_by(module))
            if "." in module:  # importing a module runs its package's __init__
                found.add(module.rpartition(".")[0])
            if module in self._listed:
                found |= self._graph.find_children(module)
            waiting |= found - seen - self._shown
        return seen

    def _of(self, module: str) -> str:
        if module not in self._digests:
            path = self._folder.joinpath(*module.split(".")[1:])
            path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            self._digests[module] = hashlib.sha256(self._text(path).encode()).hexdigest()
        return self._digests[module]

    def _text(self, path: Path) -> str:
        try:
            return fingerprint(_parse(path), self.package)
        except RecursionError:  # a sum of hundreds of terms
            return path.read_bytes().hex()


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no package named {package} to import")
    return Path(spec.origin).parent


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except OSError as fault:
        raise BadInput(path, f"cannot be read: {fault.strerror}", "Restore the file") from None
    except SyntaxError as fault:
        raise BadInput(path, f"line {fault.lineno}: {fault.msg}", "Correct the syntax") from None
