"""An edited word leaves a digest as it is; an edited number, comparison or call does not."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posequery.study.fingerprint import fingerprint, left_out

ROOT = Path(__file__).resolve().parents[2]
MODULE = '''
from toy.jobs.files import BadInput
from toy.jobs.progress import Progress as Shown
from toy.jobs.terminal import tell

_AGAIN = "Make it again"
_KEY = "epochs"
PUBLIC = "public"


def check(path, frames, size):
    """Check."""
    fault = f"has {len(frames)} frames"
    fault += ", too many" if size > 9 else ""
    kind = "long" if size > 9 else "short"
    if len(frames) > size:
        raise BadInput(path, f"{fault}, so it is {kind}", _AGAIN)
    if size == 3:
        raise ValueError("a size of 3") from None
    tell(f"{path}: looked at")
    with Shown(size, "frames", "check") as shown:
        shown.advance(2)
    name = "mean"
    return getattr(frames, name)(_KEY)


class Table:
    words = "kept"

    def errors(self, faults):
        many = "many " if faults[1:] else ""
        return [BadInput(fault, many + "faults", fix="Repair") for fault in faults]
'''
SCRIPT = """
parser.add_argument("--size", type=int, help="side, pixels", default=3)
"""


def same(one: str, other: str) -> bool:
    return fingerprint(ast.parse(one), "toy") == fingerprint(ast.parse(other), "toy")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Check.", "Look."),
        ('f"has {len(frames)} frames"', '"has frames" + f"{size}"'),
        ('    fault += ", too many" if size > 9 else ""\n', ""),
        ('"long" if size > 9', '"long" if size > 8'),
        ("so it is {kind}", "so {path} is {kind}"),
        (": looked at", ": seen, {size}"),
        ('(size, "frames", "check")', '(None, "images", "look", stream=None)'),
        ('many + "faults", fix="Repair"', "many"),
        ('"many " if faults[1:]', '"more " if faults[2:]'),
        ("class Table:", "# A table.\nclass Table:\n    'A table'"),
    ],
)
def test_words_change_nothing(old: str, new: str) -> None:
    assert old in MODULE
    assert same(MODULE, MODULE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"epochs"', '"steps"'),  # used as a key
        ('"public"', '"private"'),  # perhaps used elsewhere
        ("Make it again", "Delete it"),  # by `check._AGAIN` or `getattr`
        ("a size of 3", "three"),  # perhaps caught, and used
        ('"mean"', '"std"'),
        ('"kept"', '"left"'),
        ("len(frames) > size", "len(frames) >= size"),
        ("size == 3", "size == 4"),
        ("advance(2)", "advance(3)"),
        ("raise BadInput", "raise OSError"),
        ("raise ValueError", "raise TypeError"),
        ("    tell(", "    print("),
        ("from toy.jobs.terminal import tell", "from toy.other import tell"),
        ('tell(f"{path}: looked at")', "tell(seen := 1)"),
        ("[BadInput(fault", "[tell(fault"),
        ("for fault in faults]", "for fault in faults if fault]"),
    ],
)
def test_all_else_does(old: str, new: str) -> None:
    assert old in MODULE
    assert not same(MODULE, MODULE.replace(old, new))


@pytest.mark.parametrize(
    "use",
    [
        "    print(fault)\n",
        "    size = [fault]\n",
        "    def inner():\n        return fault\n",
        "    other = f'{fault}'\n    print(other)\n",
        "    fault = size\n",
        "    for fault in frames: pass\n",
        "    import fault\n",
        "    fault, size = frames\n",
        "    (lambda fault: 1)\n",
        "    print(locals())\n",
        "    global fault\n",
    ],
)
def test_text_that_is_used_elsewhere_counts(use: str) -> None:
    module = MODULE.replace("    name = ", f"{use}    name = ")
    assert not same(module, module.replace("has {len", "held {len"))


@pytest.mark.parametrize(
    "more",
    [
        "def tell(text): return 3\n",
        "from toy.other import *\n",
        "from toy.other import tell\n",
        "def other(tell): tell('x')\n",
        "for tell in frames: pass\n",
    ],
)
def test_words_of_a_call_with_another_meaning_count(more: str) -> None:
    assert not same(MODULE + more, (MODULE + more).replace(": looked at", ": seen"))


@pytest.mark.parametrize("head", ["class Other:\n", "def f(x):\n    class Other:\n"])
def test_text_in_a_classs_body_counts_wherever_it_stands(head: str) -> None:
    inner = " " * 8
    body = f"{inner}if x:\n{inner}    words = 'kept'\n"
    assert not same(MODULE + head + body, MODULE + head + body.replace("'kept'", "'left'"))


def test_an_options_help_is_a_word() -> None:
    assert same(SCRIPT, SCRIPT.replace("side, pixels", "the side"))
    assert not same(SCRIPT, SCRIPT.replace("default=3", "default=4"))
    assert not same(SCRIPT, SCRIPT.replace("--size", "--side"))


@given(st.text(), st.text())
def test_no_message_enters(one: str, other: str) -> None:
    def module(text: str) -> str:
        return f"fault = {text!r}\ndef f(x):\n    y = {text!r}\n    raise X(y, {text!r})\n"

    head = "from toy.jobs.files import BadInput\ndef f(x):\n    y = 'z'\n"
    said = head + f"    raise BadInput({one!r}, x)\n"
    assert same(said, head + f"    raise BadInput(y, {other!r})\n")
    assert same(module(one), module(other)) == (one == other)


def everything() -> list[tuple[Path, ast.Module]]:
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]
    return [(file, ast.parse(file.read_bytes())) for file in files]


def test_no_work_is_hidden_in_words() -> None:
    """What is left out may look at things; nothing in it changes one."""
    working = {"add", "advance", "append", "clear", "extend", "integers", "next", "normal", "pop"}
    working |= {"popitem", "permutation", "random", "read", "remove", "send", "setattr", "update"}
    working |= {"write", "unlink", "uniform"}
    for file, tree in everything():
        for node in left_out(tree, "posequery"):
            for call in ast.walk(node):
                if isinstance(call, ast.Call):
                    name = ast.unparse(call.func).rpartition(".")[2]
                    assert name not in working, f"{file}: {ast.unparse(call)}"
