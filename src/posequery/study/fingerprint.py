"""A module's code as text, without what cannot change a number. The list of that is this:

- comments, layout, and strings that stand alone, such as docstrings: they do nothing;
- the modules of `SHOWN`: they only show things to a person;
- what the calls of `WORDS` say, and an option's `help`: words for a person;
- plain text under a name of a function that is used in those places alone.

What is in doubt counts: a text of a module or of a class may be read from elsewhere, and what
another error than `BadInput` says by whoever catches it.
"""

import ast
from collections import Counter
from typing import NamedTuple

SHOWN = ("jobs.command", "jobs.progress", "jobs.terminal")
"""Modules of the package that are left out whole."""
PURE = frozenset(
    "len str repr int float abs min max sum sorted round join map range set list dict tuple "
    "fspath strerror strip rstrip lstrip splitlines lower upper title replace removeprefix "
    "removesuffix partition split items keys values tolist as_posix suggestion".split()
)
"""Calls among words that change nothing, by their names; with another call words are code."""
WORDS = {"jobs.files": "BadInput", "jobs.progress": "Progress", "jobs.terminal": "tell"}
"""Where the calls come from whose arguments are left out."""


def fingerprint(tree: ast.Module, package: str) -> str:
    """A module's syntax tree as text.

    Unlike `ast.dump` it is the same under every Python version that this project runs under,
    since fields that are absent or empty leave no trace, and it is three times as fast.
    """
    words: list[str] = []
    silent = {id(node) for node in left_out(tree, package)}
    _write(tree, words, silent)
    return "".join(words)


def _write(node: ast.AST, words: list[str], silent: set[int]) -> None:
    words.append(type(node).__name__ + "(")
    for field in node._fields:
        value = getattr(node, field, None)
        if value is None or field == "ctx":  # load or store: where the node stands says it
            continue
        if isinstance(value, ast.AST):
            words.append(field + "=")
            _write(value, words, silent)
        elif not isinstance(value, list):
            words.append(f"{field}={value!r},")
        elif kept := [item for item in value if id(item) not in silent]:
            words.append(field + "=[")
            for item in kept:
                if isinstance(item, ast.AST):
                    _write(item, words, silent)
                else:
                    words.append(f"{item!r},")
            words.append("]")
    words.append(")")


def left_out(tree: ast.Module, package: str) -> list[ast.AST]:
    """The statements and arguments of a module that its fingerprint leaves out."""
    finder = _Finder(tree, package)
    finder.look(tree, None)
    return finder.silent


class _Text(NamedTuple):
    """A statement that binds plain text to a name, and the names that the text is made of."""

    node: ast.stmt
    name: str
    uses: set[str]


class _Unit:
    """The names of a function with all in it.

    loud: those that are bound to more than text, or used elsewhere than among words.
    """

    def __init__(self) -> None:
        self.texts: list[_Text] = []
        self.loud: set[str] = set()

    def quiet(self) -> list[ast.stmt]:
        """The statements whose text is used among words alone; what others' text uses is loud."""
        if not self.loud.isdisjoint(("locals", "eval", "exec", "globals", "vars", "_getframe")):
            self.loud |= {text.name for text in self.texts}
        while (
            more := {name for text in self.texts if text.name in self.loud for name in text.uses}
            - self.loud
        ):
            self.loud |= more
        return [text.node for text in self.texts if text.name not in self.loud]


class _Finder:
    """Goes through a module once; `silent` is what is left out."""

    def __init__(self, tree: ast.Module, package: str) -> None:
        self.silent: list[ast.AST] = []
        homes = {f"{package}.{module}": name for module, name in WORDS.items()}
        bound = Counter(name for node in ast.walk(tree) for name in _bound(node))
        # Whose name has another meaning somewhere in the module, or may have, is no word.
        self._calls = {
            alias.asname or alias.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module in homes
            for alias in node.names
            if alias.name == homes[node.module] and bound[alias.asname or alias.name] == 1
        } - ({*bound} if "*" in bound else set())

    def look(self, node: ast.AST, unit: _Unit | None, in_class: bool = False) -> None:
        """Look at all in a node; unit: the names of the function that it is in.

        in_class: whether it is in a class's body, whose names are not the function's.
        """
        said = self._said(node)
        self.silent += said
        for child in ast.iter_child_nodes(node):
            if child in said:
                continue
            if isinstance(child, ast.Expr) and _is_string(child.value):
                self.silent.append(child)
                continue
            text = _text(child) if unit and not in_class else None
            if text and unit:
                unit.texts.append(text)
                continue
            if unit:
                unit.loud.update(_names(child))
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                self.look(child, unit, in_class or isinstance(child, ast.ClassDef))
            elif unit:
                self.look(child, unit)
            else:
                inner = _Unit()
                self.look(child, inner)
                self.silent += inner.quiet()

    def _said(self, node: ast.AST) -> list[ast.AST]:
        """The arguments of a call that are words for a person."""
        if not isinstance(node, ast.Call):
            return []
        words: list[ast.AST] = []
        if isinstance(node.func, ast.Name) and node.func.id in self._calls:
            words = [*node.args, *node.keywords]
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
            words = [keyword for keyword in node.keywords if keyword.arg == "help"]
        return [word for word in words if not _does(word)]


def _does(node: ast.AST) -> bool:
    """Whether an expression may do more than be looked at: a call may, but for `PURE`."""
    doing = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda)
    return any(
        isinstance(inner, doing) or (isinstance(inner, ast.Call) and _called(inner) not in PURE)
        for inner in ast.walk(node)
    )


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _text(node: ast.AST) -> _Text | None:
    """A statement that binds text to one name, if it is one."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        target = node.target
    else:
        return None
    if isinstance(node, ast.AugAssign) and not isinstance(node.op, ast.Add):
        return None
    value = node.value
    if value is None or not _is_text(value) or not isinstance(target, ast.Name) or _does(value):
        return None
    uses = {inner.id for inner in ast.walk(value) if isinstance(inner, ast.Name)}
    return _Text(node, target.id, uses)


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and _is_text(node.left) and _is_text(node.right)
    if isinstance(node, ast.IfExp):
        return _is_text(node.body) and _is_text(node.orelse)
    return isinstance(node, ast.JoinedStr) or _is_string(node)


def _names(node: ast.AST) -> list[str]:
    """The names that a node itself uses or binds, in whichever way."""
    if isinstance(node, ast.Name):
        return [node.id]
    return _bound(node)


def _bound(node: ast.AST) -> list[str]:
    """The names that a node itself binds."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.alias):
        return [(node.asname or node.name).partition(".")[0]]
    if isinstance(node, ast.Global | ast.Nonlocal):
        return node.names
    # Functions, classes, caught exceptions, and what a pattern binds.
    names = (getattr(node, field, None) for field in ("name", "rest"))
    return [name for name in names if isinstance(name, str)]
