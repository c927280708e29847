"""Make a study's report: its page, tables and figures, and whatever these still lack.

`posequery check` says beforehand how long what is lacking takes.
"""

import argparse

from posequery.commands.checkout import run_study


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("study", help="a study's name, or the path of its file")


def call(options: argparse.Namespace) -> None:
    """Run the study to its end."""
    run_study(options.study)
