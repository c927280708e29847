"""The console command `posequery`: a file for each subcommand, which parses and calls.

To add one: a file here that holds `arguments(parser)`, which adds its options, and
`call(options)`, which does the work and may return an exit code, and a line in `COMMANDS`. The
first line of its docstring is what `posequery --help` says of it. All of them are imported at every
start, so what takes long to import, as torch does, is imported within `call`.
"""

from posequery.jobs import interruption  # noqa: F401 (before all else)

# isort: split
import argparse
import sys
from collections.abc import Sequence

from posequery.commands import adapt, archive, check, export, predict, report
from posequery.commands.checkout import version
from posequery.jobs.command import run

COMMANDS = {
    "adapt": adapt,
    "predict": predict,
    "export": export,
    "check": check,
    "report": report,
    "archive": archive,
}


def main() -> None:
    """What the console command runs."""
    run(lambda: sys.exit(called(sys.argv[1:])))


class _Version(argparse.Action):
    """As argparse's own, but it looks for the version only where it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"posequery {version()}")
        parser.exit()


def called(words: Sequence[str]) -> int | None:
    """Run the subcommand that `words` name; returns its exit code, None for 0."""
    about = "Adapt a light pose network to your own videos, and use what was adapted."
    parser = argparse.ArgumentParser(prog="posequery", description=about)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version, and end")
    each = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        text = (module.__doc__ or "").strip()
        own = each.add_parser(name, help=text.partition("\n")[0], description=text)
        module.arguments(own)
        own.set_defaults(call=module.call)
    options = parser.parse_args(words)
    code: int | None = options.call(options)
    return code
