"""pydantic's errors in plain words."""

from collections.abc import Sequence
from typing import Any

from posequery.settings import shown

LONGEST = 400
"""Letters of what a section says of a value, which it may quote."""
WANTED = {
    "bool": "true or false",
    "dict": "keys of its own (key: value)",
    "finite": "a finite number",
    "float": "a number",
    "int": "a whole number",
    "list": "a list, as [one, two]",
    "model": "keys of its own (key: value)",
    "path": "a path",
    "string": "text",
    "tuple": "a list, as [one, two]",
}
"""What a key takes, by the first word of pydantic's name for the error."""
LIMITS = {
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "below {lt}",
    "less_than_equal": "at most {le:,}",
    "literal_error": "{expected}",
    "string_pattern_mismatch": "a word like {pattern}",
    "too_long": "a list of at most {max_length}",
    "too_short": "a list of at least {min_length}",
}
"""The same, by the whole name."""


def plain(where: str, errors: Sequence[dict[str, Any]]) -> str:
    """What is wrong with a key; several errors are those of a value that may be this or that."""
    wanted = dict.fromkeys(_wanted(error) for error in errors)
    if None in wanted:
        message = shown(errors[0]["msg"].removeprefix("Value error, "), LONGEST)
        return f"{where}: {message}" if where else message
    return f"{where} takes {' or '.join(map(str, wanted))}, not {_quoted(errors[0]['input'])}"


def _wanted(error: dict[str, Any]) -> str | None:
    if error["type"] in LIMITS:
        return LIMITS[error["type"]].format(**error["ctx"])
    return WANTED.get(error["type"].partition("_")[0])


def _quoted(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"'{shown(value)}'" if isinstance(value, str) else shown(value)
