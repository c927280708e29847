"""Interpreters that have other packages than the one that runs the tests."""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest


def bare(folder: Path) -> str:
    """One without any package: its path."""
    return _program(folder / "bare-python", f'exec {sys.executable} -S "$@"')


def having(folder: Path, *packages: str) -> str:
    """One that has these packages, each of which is empty, beside the tests' own: its path."""
    for package in packages:
        (folder / "site" / package).mkdir(parents=True)
        (folder / "site" / package / "__init__.py").touch()
    path = f'"{folder}/site:$PYTHONPATH"'
    return _program(folder / "having-python", f'PYTHONPATH={path} exec {sys.executable} "$@"')


class _Broken(MetaPathFinder, Loader):
    """Finds a package, whose import raises an error."""

    def __init__(self, package: str, error: BaseException) -> None:
        self.package, self.error = package, error

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == self.package else None

    def exec_module(self, _: ModuleType) -> None:
        raise self.error


def broken(monkeypatch: pytest.MonkeyPatch, package: str, error: BaseException) -> None:
    """Let the import of a package fail, in the tests' own interpreter."""
    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr(sys, "meta_path", [_Broken(package, error), *sys.meta_path])


def _program(path: Path, line: str) -> str:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return str(path)
