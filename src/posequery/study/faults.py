"""What is wrong with a study's keys, each by its path and with what it takes."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from pydantic import ValidationError

from posequery.jobs.files import suggestion
from posequery.settings import Section, shown
from posequery.study.schema import Study, sections
from posequery.study.wording import plain

CONTROLS = ("study", "only", "confirm", "python")
"""Words of `--config` that steer a run and are no part of a study."""

MOVED = {
    "confidence": "is now a parameter of its strategy: strategies: [{least_confidence: {over: …}}]",
    "videos": "is short for source.videos: give one of the two",
    **{word: f"is no part of a study: --config {word}=..." for word in CONTROLS},
}
"""Keys of older versions or of another place, and where they went."""


def faults(error: ValidationError, overrides: Collection[str] = ()) -> list[str]:
    """Each fault of a study. overrides: the keys that `--config` gives, where it does."""
    grouped: dict[object, list[dict[str, Any]]] = {}
    for number, one in enumerate(error.errors(include_url=False)):
        either = _alternative(one)
        key = number if either is None else one["loc"][:either]
        grouped.setdefault(key, []).append(dict(one))
    return [_fault(several, overrides) for several in grouped.values()]


def _alternative(error: Any) -> int | None:
    """Where in an error's place pydantic names which of several types it tried."""
    marks = (
        number
        for number, part in enumerate(error["loc"])
        if error["type"] != "extra_forbidden" and re.match(r"(literal|tuple)\[", str(part))
    )
    return next(marks, None)


def _fault(errors: list[dict[str, Any]], overrides: Collection[str]) -> str:
    # The deepest says most: a list was given, and one of its entries is wrong.
    deepest = max(len(error["loc"]) for error in errors)
    errors = [error for error in errors if len(error["loc"]) == deepest]
    error, either = errors[0], _alternative(errors[0])
    place = [shown(part) for number, part in enumerate(error["loc"]) if number != either]
    # Between a source and its keys stands its kind, which is no key.
    kind = place.pop(1) if place[:1] == ["source"] and place[1:] else ""
    where = ".".join(place)
    if error["type"] == "extra_forbidden":
        return _unknown(place, kind, overrides)
    if error["type"] == "missing":
        fields = _section(place, kind).model_fields
        about = (fields[place[-1]].description or "") if place[-1] in fields else "it has no value"
        return f"{where} is needed: {' '.join(about.split())}"
    if error["type"] == "invalid_key":
        return f"the key '{where}' is no text"
    return plain(where, errors)


def _section(place: list[str], kind: str) -> type[Section]:
    """The section that holds the last key of a place."""
    section: type[Section] = Study
    for part in place[:-1]:
        found = sections(section, part) if part in section.model_fields else {}
        if not found:
            return section
        section = found[kind if kind in found else ""]
    return section


def _unknown(place: list[str], kind: str, overrides: Collection[str]) -> str:
    where, key = ".".join(place), place[-1]
    if where in MOVED:
        return f"{where}: {MOVED[where]}"
    others = sections(Study, "source").items() if place[0] == "source" else ()
    owners = [f"'{other}'" for other, section in others if key in section.model_fields]
    if owners:
        owner = " and ".join(owners)
        return f"{where} belongs to source kind {owner}, and this study's is '{kind}'"
    if homes := list(dict.fromkeys(_homes(key, Study))):
        return f"unknown key '{where}': it belongs elsewhere, as {' or '.join(homes)}"
    known = [*_section(place, kind).model_fields, *(CONTROLS if where in overrides else ())]
    return f"unknown key '{where}': {suggestion(key, known)}"


def _homes(key: str, section: type[Section], prefix: str = "") -> Iterator[str]:
    """The paths of all keys that are called `key`."""
    for name in section.model_fields:
        if name == key:
            yield f"{prefix}{name}"
        for inner in sections(section, name).values():
            yield from _homes(key, inner, f"{prefix}{name}.")
