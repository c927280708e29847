"""One file that holds a study's results and everything that says how they came about.

Unpacked it is an RO-Crate: a folder whose `ro-crate-metadata.json` says what it holds.
"""

import gzip
import hashlib
import json
import platform
import tarfile
from collections.abc import Mapping
from importlib.metadata import distributions
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from posequery.jobs import sealed
from posequery.jobs.files import BadInput, whole
from posequery.study import crate, runs, sums
from posequery.study.sharing import LEFT_OUT, NO_PICTURES, PICTURES, Sharing
from posequery.study.sums import SUMS

_MAKE_WHOLE = "Copy it again, or delete it with what lies beside it and run the study again"


def pack(
    results: Path, target: Path, *, settings: Mapping[str, Any], sharing: Sharing, checkout: Path
) -> int:
    """Pack the study in the folder `results` into `target` (.tar.gz); the number of files.

    Beside the results that `sharing` lets go, there are `settings` (as a study's file), the
    workflow and the pins in `checkout`, the versions installed, the sums of what is left out, the
    metadata of an RO-Crate, and a SHA256SUMS that `sha256sum -c` reads. The same content gives the
    same bytes. `target` appears whole or not at all; memory does not grow with the files. Raises
    BadInput if the study has no cells.csv, and, naming the file, where what is packed is not what
    the study's own SHA256SUMS says.
    """
    if not (results / "cells.csv").is_file():
        raise BadInput(results, "holds no cells.csv, so no finished study", "Run the study first")
    stated, kept = _kept(results, sharing)
    texts = {
        LEFT_OUT: _left_out(stated, kept, sharing),
        "environment/versions.txt": _versions(),
        crate.settings(results.name): json.dumps(settings, indent=2, sort_keys=True) + "\n",
        **dict.fromkeys(_places_of_pictures(stated), NO_PICTURES),
    }
    pins = filter(Path.is_file, (checkout / "envs").iterdir())
    files = {f"environment/{path.name}": path for path in pins}
    files |= {
        path.relative_to(checkout).as_posix(): path
        for path in (checkout / "workflow").rglob("*")
        if path.is_file()
    }
    # What an editor or a system hides there is in no list, so that no copy would be whole with it.
    files = {name: path for name, path in files.items() if sums.is_listed(name)} | kept
    packed: dict[str, crate.File] = {}
    with (
        whole(target) as temporary,
        temporary.open("wb") as raw,
        # No name and no time in gzip's header, so that the bytes depend on the content alone.
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):

        def add(name: str, file: _Readable, size: int) -> None:
            member = tarfile.TarInfo(f"{results.name}/{name}")  # mode 644, owner 0, time 0
            member.size = size
            hashing = _Hashing(file)
            tar.addfile(member, hashing)
            packed[name] = crate.File(size, hashing.digest.hexdigest())

        def add_text(name: str, text: str) -> None:
            add(name, BytesIO(text.encode()), len(text.encode()))

        for name in sorted(files | texts):
            if name in texts:
                add_text(name, texts[name])
                continue
            with files[name].open("rb") as file:
                original = _Hashing(file)
                blank = name.endswith(".h5") and name.startswith("clips/")
                hidden = sealed.bulk(files[name]) if blank and sharing.frames == "blank" else (0, 0)
                add(name, _Blanked(original, *hidden), files[name].stat().st_size)
            if name in kept and original.digest.hexdigest() != stated[name]:
                fault = f"is not as it was made: {SUMS} has another sum of it"
                raise BadInput(files[name], fault, _MAKE_WHOLE)
        history = runs.read(results)
        add_text(crate.METADATA, crate.metadata(results.name, packed, history, sharing.left_out()))
        sums_text = sums.as_text({name: one.sha256 for name, one in packed.items()})
        count = len(packed)
        add_text(SUMS, sums_text)
    return count


def _kept(results: Path, sharing: Sharing) -> tuple[dict[str, str], dict[str, Path]]:
    """What a study's list says of all its files, and those to be packed, by name.

    Raises BadInput where one to be packed is missing or not listed, or is no file.
    """
    listed, found = sums.read(results / SUMS), sums.find(results)
    sums.refuse_odd(results, found)
    files = {name: path for name, path in found.files.items() if sharing.holds(name)}
    for name in sorted(filter(sharing.holds, listed.keys() ^ files.keys())):
        if name in files:
            fault = f"{SUMS} does not list it, so that no job made it"
            raise BadInput(files[name], fault, sums.MOVE)
        raise BadInput(results, f"lacks {name}, which {SUMS} lists", _MAKE_WHOLE)
    return listed, files


def _left_out(stated: Mapping[str, str], kept: Mapping[str, Path], sharing: Sharing) -> str:
    """The sums of the study's files that are not packed, of its data above all.

    They follow lines on what of it cannot be made again without the data.
    """
    words = [f"# {what}\n" for what in sharing.left_out()]
    lines = [f"{stated[name]}  {name}\n" for name in sorted(stated.keys() - kept.keys())]
    return "".join([*words, *lines])


def _places_of_pictures(stated: Mapping[str, str]) -> set[str]:
    """Where a word stands in place of pictures, whose folder Snakemake asks for."""
    marked = (name.split("/") for name in stated)
    within = (words[: words.index(PICTURES) + 1] for words in marked if PICTURES in words)
    return {"/".join([*words, "README.md"]) for words in within}


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Hashing:
    """A file that hashes what is read from it, so that each is read once only."""

    def __init__(self, file: _Readable) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block


class _Blanked:
    """A file with zeros from byte `start` on, up to `stop`."""

    def __init__(self, file: _Readable, start: int, stop: int) -> None:
        self._file, self._start, self._stop, self._place = file, start, stop, 0

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        first = min(max(self._start - self._place, 0), len(block))
        last = min(max(self._stop - self._place, 0), len(block))
        self._place += len(block)
        return block[:first] + bytes(last - first) + block[last:]


def _versions() -> str:
    installed = {f"{one.metadata['Name'].lower()}=={one.version}" for one in distributions()}
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return "".join(f"{line}\n" for line in [f"# {system}", *sorted(installed)])
