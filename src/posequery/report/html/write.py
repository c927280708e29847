"""The page of a study, put together and written."""

import re
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from posequery.evidence import published
from posequery.jobs.files import write_text
from posequery.report.html import (
    answer,
    compared,
    evidence,
    paper,
    provenance,
    real_time,
    videos,
)
from posequery.report.html.assets import SCRIPT, STYLE
from posequery.report.html.parts import Section
from posequery.report.html.sources import Sources
from posequery.report.html.template import TEMPLATE
from posequery.report.html.thumbnails import thumbnails

TITLES = {
    True: "which frames should a light pose network train on?",
    False: "a light pose network adapts to its videos",
}
"""With ground truth, and of somebody's own videos."""
FOOT = (
    f"The paper: {published.PAPER}. This file holds all that it shows, and asks no network for "
    "anything."
)


def bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that stands inside a page."""
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return str(script).replace("</script", r"<\/script").replace("<!--", r"<\!--")


def sections(sources: Sources) -> list[Section]:
    found = [answer.section(sources)]
    if sources.truth:
        found += [evidence.section(sources), *paper.sections(sources), compared.section(sources)]
    else:
        found += videos.sections(sources)
    found += [real_time.section(sources)]
    found += [provenance.readings(sources), provenance.provenance(sources)]
    return [section for section in found if section.parts]


def _first_word(text: str) -> str:
    """Of a verdict, as its style is called."""
    return (re.findall("[a-z]+", text.lower()) or [""])[0]


def _kept(value: Any) -> Any:
    """Text whose numbers and units stay on one line."""
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return re.sub(r"(?<=\d) (?=%|px\b)", "\N{NO-BREAK SPACE}", value) if plain else value


def render(sources: Sources) -> str:
    """The page as HTML."""
    made = Environment(autoescape=True, undefined=StrictUndefined, finalize=_kept)
    made.filters["first_word"] = _first_word
    page = made.from_string(TEMPLATE)
    return page.render(
        title=f"Study {sources.captions.study}: {TITLES[sources.truth]}",
        under=f"Frames: {sources.captions.source}. Teacher: {sources.captions.teacher}.",
        sections=sections(sources),
        foot=FOOT,
        thumbnails=thumbnails(sources.stream) if sources.frames else None,
        style=Markup(STYLE),
        script=Markup(SCRIPT),
        bundle=Markup(bundle()),
    )


def write_page(sources: Sources, path: Path) -> None:
    """Write the page. Raises BadInput for what a page cannot be made from."""
    write_text(path, render(sources).lstrip() + "\n")
