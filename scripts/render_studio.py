"""Render videos and positions of one subject in the studio, in Human3.6M's own layout."""

import argparse
from pathlib import Path

from posequery.jobs.command import run
from posequery.jobs.progress import Progress
from posequery.sources.human36m.names import SUBJECTS, sequences
from posequery.sources.rendered import MORE_SUBJECTS
from posequery.sources.rendered.writing import VALIDATION_SUBJECTS, write_subject


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the dataset's folder")
    parser.add_argument(
        "--subject", choices=SUBJECTS + MORE_SUBJECTS + VALIDATION_SUBJECTS, required=True
    )
    parser.add_argument("--stems", nargs="+", required=True, help="sequences by file name's stem")
    parser.add_argument("--frames", type=int, required=True, help="annotated frames of each")
    options = parser.parse_args()
    # Other bodies have no recordings of their own: they act what S1 acts.
    known = sequences(options.subject if options.subject in SUBJECTS else "S1")
    by_stem = {sequence.stem: sequence for sequence in known}
    chosen = [by_stem[stem] for stem in options.stems]
    what = f"{options.subject}, rendered"
    with Progress(len(chosen) * options.frames, "frames", what) as progress:
        write_subject(options.root, options.subject, chosen, options.frames, progress.advance)


run(main)
