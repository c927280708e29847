"""A YAML file that a person writes as plain data, strict where YAML itself would guess."""

import math
import re
import stat
from pathlib import Path
from typing import Any

import yaml

from posequery.jobs import bounds
from posequery.jobs.files import BadInput, unreadable

_TAG = "tag:yaml.org,2002:"
_NUMBERS = ("int", "float", "timestamp")


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, without what it does in silence.

    It would take the last of two equal keys, 1:30 for 90, 010 for 8 and 2024-01-01 for a date, and
    would write out aliases of aliases until the memory is full.
    """

    def construct_document(self, node: yaml.Node) -> Any:
        if _values(node, {}) > bounds.STUDY_VALUES:
            raise _error(node, f"it holds more than {bounds.STUDY_VALUES:,} values")
        return super().construct_document(node)

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        value = super().construct_scalar(node)
        if isinstance(value, str) and not encodable(value):
            raise _error(node, "half of a character stands alone")
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = []
        for key, _ in node.value:
            if key.tag not in (f"{_TAG}str", f"{_TAG}merge"):
                raise _error(key, f"the key '{key.value}' is no text; write it in quotes")
            if key.value in keys and key.tag != f"{_TAG}merge":
                raise _error(key, f"'{key.value}' is given twice")
            keys.append(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [one for one in several if one[0].removeprefix(_TAG) not in _NUMBERS]
    for first, several in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_SIGNS = list("-+.0123456789")
_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(r"[-+]?(0|[1-9]\d{0,400})$"), _SIGNS)
_FLOAT = r"[-+]?((\d+\.\d*|\.\d+|\d+(?=e))(e[-+]?\d+)?|\.inf)$|\.nan$"
_Loader.add_implicit_resolver(f"{_TAG}float", re.compile(_FLOAT, re.IGNORECASE), _SIGNS)


def encodable(text: str) -> bool:
    """Whether a text can be written: YAML's escapes can make surrogates, halves of characters."""
    return not re.search("[\ud800-\udfff]", text)


def _values(node: yaml.Node, known: dict[int, float]) -> float:
    """Keys and values of a node, with its aliases written out; infinite if it holds itself."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = math.inf
        inner = node.value
        if isinstance(node, yaml.MappingNode):
            inner = [part for pair in inner for part in pair]
        known[id(node)] = 1 + sum(_values(part, known) for part in inner)
    return known[id(node)]


def _error(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def read(path: Path) -> dict[str, Any]:
    """The keys of a YAML file; raises `BadInput` for whatever is none, with the line."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise BadInput(path, "is no file", "Name a YAML file")
        if about.st_size > bounds.STUDY_BYTES:
            fault = f"has {about.st_size:,} bytes, of at most {bounds.STUDY_BYTES:,}"
            raise BadInput(path, fault, "Name a file of settings")
        values = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a safe one)
    except BadInput:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise BadInput(path, f"is no YAML ({line}{error.problem})", "Correct that line") from error
    except Exception as error:  # a constructor of YAML raises what a wrong value makes it raise
        fault = f"is no YAML ({type(error).__name__})"
        raise BadInput(path, fault, "Write it again as UTF-8 text") from error
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise BadInput(path, "holds no keys", "Write 'key: value' lines")
    return values
