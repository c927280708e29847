"""What every kind of source and every teacher must pass: a test class inherits it.

A subclass says in `name` what it is of, and brings a miniature of its data as fixtures.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from posequery import teachers
from posequery.clips import Clip
from posequery.skeletons import JOINTS, LIMBS
from posequery.sources import extraction, kinds
from posequery.study.schema import Study, sections


def documented(section):
    """Whether each key has its text, or is a section, which has its own."""
    keys = section.model_fields.items()
    return all(info.description or sections(section, key) for key, info in keys if key != "kind")


class SourceSuite:
    """Brings the fixtures `source`, an object whose data are there, and `out`, the study's folder:
    at least the first clip's of the stream are whole."""

    name = ""

    @pytest.fixture
    def out(self, tmp_path):
        return str(tmp_path / "results/a study")

    @pytest.fixture
    def clips(self, source, out):
        return source.clips(out, offline=source.has_truth or source.parts is not None)

    @pytest.fixture
    def first(self, source, clips):
        return next(clip for clip in clips if {*clip.streams} & {*source.streams})

    def test_it_is_found_by_its_kind(self, source):
        assert kinds.load(self.name) is type(source)
        assert source.kind == type(source).model_fields["kind"].default == self.name

    def test_it_says_what_it_is(self, source):
        assert source.title and source.place() and type(source).__doc__
        assert documented(type(source))
        assert source.makes in ("", "renders", "fetches")
        assert source.rendered != source.filmed

    def test_it_survives_as_json_and_refuses_an_unknown_key(self, source):
        held = source.model_dump(mode="json")
        assert type(source).model_validate(held) == source
        with pytest.raises(ValidationError, match="sauce"):
            type(source).model_validate(held | {"sauce": 1})

    def test_a_study_takes_it_with_a_teacher_that_fits(self, source):
        fits = [name for name in teachers.names() if teachers.load(name).fits(source)]
        assert source.usual_teacher in fits
        bare = [name for name in fits if not teachers.load(name).required]
        values = {"name": "mine", "source": source.model_dump(mode="json"), "teachers": bare[:1]}
        assert Study.model_validate(values).source == source
        for name in {*teachers.names()} - {*fits}:
            with pytest.raises(ValidationError, match=f"'{name}' does not go with source kind"):
                Study.model_validate(values | {"teachers": [name]})

    def test_its_clips_have_names_and_streams(self, source, out, clips):
        slugs = [clip.slug for clip in clips]
        assert len({*slugs}) == len(slugs) > 0
        assert all(re.fullmatch(r"[A-Za-z0-9.-]+", slug) for slug in slugs)
        played = {stream for clip in clips for stream in clip.streams}
        assert played == {
            *source.streams,
            *(("pool", "test") if source.has_truth or source.parts else ()),
        }
        assert len({*source.streams}) == len(source.streams) > 0
        assert all(clip.streams for clip in clips)
        assert source.clips(out, offline=source.has_truth or source.parts is not None) == clips
        alone = source.clips(out, offline=False)
        for stream in source.streams:
            assert [clip for clip in alone if stream in clip.streams]

    def test_a_clip_names_all_that_it_is_extracted_from(self, source, clips, first):
        assert all(Path(file).exists() for file in first.files.values())
        assert {clip.annotation is not None for clip in clips} == {source.has_truth}
        assert first.video_file.items() <= first.files.items()

    def test_its_clip_has_frames_and_the_labels_that_it_promises(self, source, first, tmp_path):
        extraction.extract(
            first.video,
            first.annotation,
            slug=first.slug,
            subject=first.subject,
            action=first.action,
            subaction=first.subaction,
            camera=first.camera,
            size=32,
            output=tmp_path / "clip.h5",
            stem=first.stem,
            expected=first.expected,
        )
        clip = Clip(tmp_path / "clip.h5")
        count = clip.info.frames
        assert count > 0 and clip.frames(np.arange(1)).shape == (1, 32, 32, 3)
        assert clip.joints.shape == (count, len(JOINTS), 2) and clip.joints.dtype == np.float32
        assert np.isfinite(clip.joints[:, LIMBS]).all() == source.has_truth
        found = np.isfinite(clip.joints).all(axis=2)
        assert (clip.confidence[~found] == 0).all() and (clip.confidence[found] > 0).all()

    def test_whole_data_have_no_fault_and_a_missing_file_is_named(self, source, first):
        assert source.faults([]) == []
        if not source.makes:
            Path(first.video).unlink()
            text = " ".join(map(str, source.faults([Path(first.video)])))
            assert Path(first.video).name in text

    @pytest.mark.parametrize("offline", [True, False])
    def test_what_it_says_of_itself_is_text(self, source, offline):
        offline = offline and source.has_truth
        readings = source.readings(offline)
        assert readings.keys() <= {"common", "offline", "online"}
        said = [*source.notes(offline), *(word for words in readings.values() for word in words)]
        assert all(isinstance(word, str) and word for word in said)

    def test_what_it_renders_are_its_clips(self, source, clips):
        rendered = [(one.subject, len(one.stems)) for one in source.renderings()]
        subjects = [clip.subject for clip in clips]
        assert bool(rendered) == (source.makes == "renders")
        assert all(subjects.count(subject) == count for subject, count in rendered)


class TeacherSuite:
    """Brings the fixtures `stream`, a stream in some of whose frames somebody is found, `files`
    that the teacher reads beside it, and `settings`."""

    name = ""

    @pytest.fixture
    def settings(self):
        return self.teacher.settings()

    @property
    def teacher(self):
        return teachers.load(self.name)

    def test_it_says_what_it_is_and_what_it_needs(self):
        assert self.teacher.title
        classes = [kinds.load(kind) for kind in kinds.names()]
        for need in self.teacher.needs:
            assert all(hasattr(kind, need) for kind in classes), need
        assert documented(self.teacher.settings)

    def test_its_settings_survive_as_json_and_have_valid_defaults(self, settings):
        assert type(settings) is self.teacher.settings
        assert type(settings).model_validate_json(settings.model_dump_json()) == settings
        assert not self.teacher.key or self.teacher.key in Study.model_fields
        if not self.teacher.required:
            self.teacher.settings()
        assert all(isinstance(word, str) for word in self.teacher.readings(settings))

    def test_its_files_lie_below_the_studys_folder(self, files):
        named = self.teacher.files(["a", "b"])
        assert named.keys() == files.keys() and json.loads(json.dumps(named)) == named
        for held in named.values():
            for file in [held] if isinstance(held, str) else held:
                assert not Path(file).is_absolute() and ".." not in Path(file).parts

    def test_it_labels_every_frame_and_says_where_it_finds_nothing(self, stream, files, settings):
        labels = self.teacher.label(stream, files, settings, "cpu")
        count = len(stream)
        assert labels.joints.shape == (count, len(JOINTS), 2)
        assert labels.confidence.shape == (count, len(JOINTS))
        assert labels.joints.dtype == labels.confidence.dtype == np.float32
        found = np.isfinite(labels.joints)
        assert (found[:, :, 0] == found[:, :, 1]).all() and found.any()
        assert np.isfinite(labels.confidence).all()
        lost = labels.confidence[~found[:, :, 0]]
        assert lost.max(initial=0) < labels.confidence[found[:, :, 0]].min()
        json.dumps(teachers.summary(labels, stream))

    def test_the_same_stream_gets_the_same_labels(self, stream, files, settings):
        one, two = (self.teacher.label(stream, files, settings, "cpu") for _ in range(2))
        np.testing.assert_array_equal(one.joints, two.joints)
        np.testing.assert_array_equal(one.confidence, two.confidence)
        assert one.notes == two.notes
