"""The documentation of every key, in Markdown: `make docs` puts it into config/README.md."""

import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args, get_origin

from posequery import strategies, teachers
from posequery.jobs.files import write_text
from posequery.settings import Section
from posequery.sources import kinds
from posequery.study.schema import Study, TeacherSections, sections

HEAD = "| key | default | meaning |"


def reference() -> str:
    """The documentation of every key, in Markdown."""
    return "\n".join([HEAD, "|---|---|---|", *_table(Study, "")])


def _table(section: type[Section], prefix: str) -> Iterator[str]:
    """The rows of a section's keys; a teacher's own section stands after `teachers`."""
    taught = TeacherSections.model_fields if section is Study else {}
    for key in section.model_fields:
        # A kind has its row above those of all kinds.
        if key not in taught and key != "kind":
            yield from _rows(section, prefix, key)
        if key == "teachers":
            for own in taught:
                yield from _rows(section, prefix, own)


def _rows(section: type[Section], prefix: str, key: str) -> Iterator[str]:
    """The row of one key, and those of the keys below it."""
    info, name, inner = section.model_fields[key], f"{prefix}{key}", sections(section, key)
    about = _line(info.description)
    if inner:
        yield f"| **`{name}`** | | {about or _line(inner[''].__doc__)} |"
        if len(inner) > 1:
            yield f"| `{name}.kind` | `{kinds.DEFAULT}` | {_one_of(list(inner))} |"
        for kind, own in inner.items():
            if kind:
                yield f"| **`{name}`**, kind `{kind}` | | {_line(own.__doc__)} |"
            yield from _table(own, f"{name}.")
        return
    default = "required" if info.is_required() else _shown(info.default)
    choices = teachers.names() if name == "teachers" else _choices(info.annotation)
    about = f"{about} {_one_of(choices)}" if choices else about
    yield f"| `{name}` | `{default}` | {about.strip()} |"
    if name == "strategies":
        for strategy in strategies.names():
            yield from _table(strategies.load(strategy).parameters, f"strategies.{strategy}.")


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _one_of(choices: Sequence[str]) -> str:
    return f"One of: {', '.join(f'`{choice}`' for choice in choices)}."


def _choices(annotation: object) -> list[str]:
    """The words that a type allows, also inside a list or beside another type."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return [word for inner in get_args(annotation) for word in _choices(inner)]


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, Fraction):
        return f"{value * 100} %"
    return "none" if value is None else str(value)


def renew(page: Path) -> None:
    """Replace the table at the end of `page` by today's."""
    text = page.read_text(encoding="utf-8")
    write_text(page, f"{text[: text.index(HEAD)]}{reference()}\n")


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
