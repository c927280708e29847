"""What the study's report may show."""

from posequery.settings import Section


class Report(Section):
    """Settings of the report; they change no number."""

    frames: bool = False
    """Whether `report.html` holds frames of a person's video: the picture of before and after, and
    small ones on hover. It shows the poses alone otherwise, since a page is handed on. Frames of
    Human3.6M are never shown, rendered ones always."""
