"""The stand-in, of which a single sequence is rendered here."""

import pytest
from pydantic import ValidationError
from suites import SourceSuite

from posequery.sources.human36m import names
from posequery.sources.kinds.rendered import Rendered
from posequery.sources.rendered.writing import write_subject


class TestRendered(SourceSuite):
    name = "rendered"

    @pytest.fixture
    def source(self, out):
        source = Rendered(stream_frames=2, pool_sequences=2, pool_frames=3, test_frames=1)
        rendering = source.renderings()[0]
        first = names.sequences(rendering.subject)[:1]
        write_subject(f"{out}/data/human36m", rendering.subject, first, rendering.frames)
        return source


def test_of_the_pool_some_sequences_spread_over_all_of_the_test_each_actions_first():
    source = Rendered(stream_frames=2, pool_sequences=3, pool_frames=4, test_frames=5)
    found = {one.subject: one for one in source.renderings()}
    assert [*found] == list(names.SUBJECTS)
    assert (len(found["S1"].stems), found["S1"].frames) == (30, 2)
    every = [sequence.stem for sequence in names.sequences("S5")]
    assert (list(found["S5"].stems), found["S5"].frames) == (every[::10], 4)
    # Of S9's fifteen, the first of Waiting is left out.
    assert (len(found["S9"].stems), len(found["S11"].stems)) == (14, 15)
    assert found["S9"].frames == 5


def test_it_has_the_readings_of_the_real_one():
    """By stem, S9's and S11's first 'Directions' is the one without a number."""
    found = {clip.slug for clip in Rendered(first_video="stem").clips("results", offline=True)}
    assert "S9-Directions-54138969" in found and "S9-Directions-1-54138969" not in found
    assert "S9-Greeting-54138969" not in found


def test_each_subject_of_the_streams_has_one_that_changes_nothing_else():
    alone, several = Rendered(), Rendered(stream_subjects=["S1", "S3", "S1", "S10"])
    assert (alone.streams, several.streams) == (["S1"], ["S1", "S3", "S10"])
    before, after = (source.clips("results", offline=True) for source in (alone, several))
    assert after[: len(before)] == before
    more = after[len(before) :]
    assert [clip.streams for clip in more] == [("S3",)] * 30 + [("S10",)] * 30
    # What S1 acts, by another body.
    assert [clip.action for clip in more[:30]] == [
        clip.action for clip in before if clip.subject == "S1"
    ]
    assert several.renderings()[: len(names.SUBJECTS)] == alone.renderings()
    without = Rendered(stream_subjects=["S2"]).clips("results", offline=True)
    assert {clip.streams for clip in without if clip.subject == "S1"} == {("pool",)}


def test_a_subject_of_the_pool_or_the_test_has_no_stream():
    for subject in ("S5", "S9", "S101"):
        with pytest.raises(ValidationError, match=f"no subject is called '{subject}'"):
            Rendered(stream_subjects=[subject])
