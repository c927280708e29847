"""Interpreters that have other packages than the one that runs the tests."""

import sys
from pathlib import Path


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


def _program(path: Path, line: str) -> str:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return str(path)
