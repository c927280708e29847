"""The documentation of every key, in Markdown: `make docs` puts it into config/README.md."""

import sys
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args, get_origin

from posequery import strategies
from posequery.jobs.files import write_text
from posequery.settings import Section
from posequery.study.schema import Study, subsection

HEAD = "| key | default | meaning |"


def reference() -> str:
    """The documentation of every key, in Markdown."""
    lines: list[str] = []

    def table(section: type[Section], prefix: str) -> None:
        for key, info in section.model_fields.items():
            inner = subsection(section, key)
            name = f"{prefix}{key}"
            if isinstance(inner, type) and issubclass(inner, Section):
                about = info.description or inner.__doc__ or ""
                lines.append(f"| **`{name}`** | | {' '.join(about.split())} |")
                table(inner, f"{name}.")
                continue
            default = "required" if info.is_required() else _shown(info.default)
            about = " ".join((info.description or "").split())
            choices = _choices(info.annotation)
            if choices:
                about = f"{about} One of: {', '.join(f'`{choice}`' for choice in choices)}."
            lines.append(f"| `{name}` | `{default}` | {about.strip()} |")
            if name == "strategies":
                for strategy in strategies.names():
                    table(strategies.load(strategy).parameters, f"strategies.{strategy}.")

    table(Study, "")
    return "\n".join([HEAD, "|---|---|---|", *lines])


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
