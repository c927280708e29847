"""Pack a study into one file, or check or restore one that is packed.

What is packed holds results, settings, the workflow and checksums.
"""

import argparse
from pathlib import Path

from posequery.commands.checkout import run_study


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    what = (
        "a study's name or file; with --verify also a copied folder or an archive; "
        "with --restore an archive"
    )
    parser.add_argument("what", help=what)
    does = parser.add_mutually_exclusive_group()
    verify = "hold an archive (.tar.gz) or a copied study against its checksums, making it current"
    does.add_argument("--verify", action="store_true", help=verify)
    restore = "unpack an archive to results/, where the study must not be yet"
    does.add_argument("--restore", action="store_true", help=restore)


def call(options: argparse.Namespace) -> None:
    """Pack, verify or restore."""
    if options.verify:
        _verify(options.what)
    elif options.restore:
        _restore(Path(options.what))
    else:
        run_study(options.what, "archive")


def _verify(what: str) -> None:
    from posequery.study import copies
    from posequery.study.loading import SUFFIXES
    from posequery.study.unpacking import verify

    path = Path(what)
    # A name is enough: the study's file need not have been copied with the results.
    results = Path("results", path.stem if path.suffix in SUFFIXES else path.name)
    if path.suffix in SUFFIXES or (what == path.name and results.is_dir()):
        path = results
    if path.is_dir():
        count = copies.restore(path)
        print(f"{path}: {count} files agree with their checksums, and are current")
    else:
        print(f"{path}: {verify(path)} files agree with their checksums")


def _restore(archive: Path) -> None:
    from posequery.study.crate import settings
    from posequery.study.sharing import LEFT_OUT
    from posequery.study.unpacking import restore

    folder = restore(archive, Path("results"))
    print(f"{folder}: restored from {archive}; all files agree with their checksums.")
    noted = folder / LEFT_OUT
    # Who made the archive wrote it; older ones have none.
    left = noted.read_text(encoding="utf-8", errors="replace") if noted.is_file() else ""
    told = [line.removeprefix("# ") for line in left.splitlines() if line.startswith("# ")]
    if words := [line for line in told if line.isprintable()]:
        print(f"Not in it, and not made again without the study's data: {'; '.join(words)}.")
    print(f"Its settings: {folder / settings(folder.name)}, a study's file.")
