"""Ask of a stream that is indexed what the study asks of its frames, before it is trained on."""

import argparse
import json
import os
from pathlib import Path

from posequery.clips import Stream
from posequery.jobs.command import run
from posequery.study import conditions
from posequery.study.plan import planned

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--played", required=True, help="the pool, the test, or a stream's name")
    parser.add_argument("--index", type=Path, required=True)
    options = parser.parse_args()
    # Not among a rule's parameters: one more rate makes no index again.
    plan = planned(json.loads(os.environ["POSEQUERY_CONFIG"]), ROOT / "config")
    stream = Stream(options.index)
    faults = []
    if options.played in plan.streams:
        faults = conditions.of_stream(plan.study, plan.cells, options.played, stream.timing)
        videos = [(clip.video, stream.clip_timing(n)) for n, clip in enumerate(stream.clips)]
        faults += conditions.of_parts(plan.study, plan.cells, videos)
    elif options.played == "pool":
        sizes = [clip.frames for clip in stream.clips]
        faults = conditions.of_pool(plan.study, plan.cells, sizes)
    for fault in faults:
        raise fault


run(main)
