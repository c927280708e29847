"""Render videos and positions of one subject in the studio, in Human3.6M's own layout."""

import argparse
import json
from pathlib import Path

from posequery.command import run
from posequery.progress import Progress
from posequery.sources.human36m_names import SUBJECTS, Sequence, sequences
from posequery.sources.rendered.writing import write_subject


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the dataset's folder")
    parser.add_argument("--subject", required=True, help="S1 ... S11, or S101 ... S104 to tune on")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--stems", nargs="+", help="sequences by file name's stem (all, without)")
    which.add_argument("--sequences", help="JSON list of [action, subaction, stem]")
    parser.add_argument("--frames", type=int, required=True, help="annotated frames of each")
    parser.add_argument("--fps", type=int, default=5, help="frames a second")
    parser.add_argument("--size", type=int, nargs=2, default=(320, 320), help="width and height")
    parser.add_argument("--seed", type=int, default=0, help="for bodies and motions")
    options = parser.parse_args()
    if options.sequences is not None:
        chosen = [Sequence(*row) for row in json.loads(options.sequences)]
    else:
        # Bodies to tune on have no recordings of their own: they act what S1 acts.
        known = sequences(options.subject if options.subject in SUBJECTS else "S1")
        stems = options.stems or [sequence.stem for sequence in known]
        by_stem = {sequence.stem: sequence for sequence in known}
        chosen = [by_stem.get(stem, Sequence(stem, 1, stem)) for stem in stems]
    what = f"{options.subject}, rendered"
    with Progress(len(chosen) * options.frames, "frames", what) as progress:
        write_subject(
            options.root,
            options.subject,
            chosen,
            options.frames,
            fps=options.fps,
            size=tuple(options.size),
            seed=options.seed,
            advance=progress.advance,
        )


run(main)
