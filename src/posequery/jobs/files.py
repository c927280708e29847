"""Files that appear complete or not at all, and the one error for bad files and settings."""

import difflib
import errno
import glob
import hashlib
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

REMAKE = "Delete it and run the study again"
"""What to do about a damaged file that a job of ours made."""
COPY_AGAIN = "Copy or download it again"
"""What to do about a damaged file from elsewhere."""
FULL = 1 << 20
"""A disk without room for this many bytes counts as full: a failed write can be as large."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system answers where a disk is full, its user's share of it, or a file too large."""
UNWRITABLE = (*NO_ROOM, errno.EROFS, errno.EIO)
"""And where a disk cannot be written."""
SUM_SUFFIX = ".sha256"
"""What the name of a sum's file has beyond that of the file which it is of."""


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


_SECRET = re.compile(r"(\b[a-z][a-z0-9+.-]*:/{1,2})[^\s/]*@", re.IGNORECASE)
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*:/{1,2}[^\s?]+\?)[^\s'\"\])]+", re.IGNORECASE)
"""Where an address holds a user's name and password, and where it may."""


def _without_secrets(text: str) -> str:
    return _QUERY.sub(r"\1...", _SECRET.sub(r"\1...@", text))


def _one_line(text: str) -> str:
    """What a name or a value in the text would do to a terminal is written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class BadInput(Exception):
    """A file or setting that cannot be used: states which, what is wrong with it, and the fix."""

    def __init__(self, path: str | os.PathLike[str], fault: str, fix: str) -> None:
        self.path, self.fault = str(path), fault.rstrip(".")
        self.fix = f"{fix[:1].upper()}{fix[1:]}".rstrip(".")
        super().__init__(self.path, self.fault, self.fix)

    def __str__(self) -> str:
        text = f"{self.path}: {_sentence(self.fault)} {_sentence(self.fix)}"
        return _one_line(_without_secrets(text))


def unreadable(path: str | os.PathLike[str], error: OSError) -> BadInput:
    """What a failure to read a file means to a user: it says nothing of the file's content."""
    if isinstance(error, PermissionError):
        fix = "Let yourself read it and its folder (chmod u+rX), or ask its owner"
        return BadInput(path, "may not be read: permission denied", fix)
    return BadInput(path, f"cannot be read ({error.strerror})", "Check its path and its disk")


def worded(error: BaseException) -> str:
    """An error of somebody else's code in one line: its class, and what it says."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """What to try in place of an unknown `word`: the nearest known one, or all where none is near.

    Starts in lower case, as in "did you mean 'uniform'?" or "there are random, uniform".
    """
    names = list(known)
    near = difflib.get_close_matches(word, names, 1)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names)}"


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """That nothing of the kind `what` has the name `word`, and what to try in its place."""
    return f"no {what} is called '{word}': {suggestion(word, known)}"


def _beside(path: Path) -> Path:
    # Whose it is comes first; the suffix is last because libraries choose the format by it.
    owner = f"{os.getpid():08x}{uuid.uuid4().hex[:8]}"
    return path.with_name(f".{path.stem}.{owner}{path.suffix}")


def _prepare(path: Path) -> None:
    """Make its folder, and delete what killed writers of `path` left there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stem, suffix = glob.escape(path.stem), glob.escape(path.suffix)
    for left in path.parent.glob(f".{stem}.[0-7]{'[0-9a-f]' * 15}{suffix}"):
        owner = left.name[len(path.stem) + 2 :][:8]
        if not _lives(int(owner, 16)):
            _delete(left)


def _lives(pid: int) -> bool:
    """Whether there is such a process; without psutil, which a board's Python does not have."""
    try:
        os.kill(pid, 0)
    except PermissionError:  # somebody else's
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _delete(path: Path) -> None:
    """A file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _failed_write_named(target: Path, temporary: Path) -> Iterator[None]:
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        cause, path = getattr(error, "errno", None), getattr(error, "filename", None)
        # Nobody knows the temporary path, and it is gone. HDF5 names it in its words alone.
        if cause and cause in errno.errorcode and str(temporary) in f"{path} {error}":
            raise OSError(cause, os.strerror(cause), str(target)) from error
        # HDF5 and torch each word a failed write in their own way, torch without the cause.
        why = cause if cause in UNWRITABLE else _without_room(target.parent, temporary)
        if not why or (path is not None and why not in NO_ROOM):
            raise
        raise OSError(why, os.strerror(why), str(target)) from error


def _without_room(folder: Path, half: Path) -> int | None:
    """The one of `NO_ROOM` that the system answers when `FULL` bytes are asked for.

    In a folder, and, where it is a file, at the end of what was written there.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            os.posix_fallocate(probe.fileno(), 0, FULL)
        if half.is_file():
            with half.open("r+b") as file:
                os.posix_fallocate(file.fileno(), half.stat().st_size, FULL)
    except OSError as error:
        return error.errno if error.errno in NO_ROOM else None
    return None


@contextmanager
def whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path` only if the block succeeds.

    Of two processes of one machine that write the same `path` at the same time, the one that ends
    last leaves its file. Whatever is raised on a full disk, at the end of a quota or at a limit of
    size becomes an `OSError` that names `path`; so does one of `UNWRITABLE`, and one of the
    temporary path. A folder at `path` is an `IsADirectoryError` before the block begins.
    """
    target = Path(path)
    temporary = _beside(target)
    try:
        with _failed_write_named(target, temporary):
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
            _prepare(target)
            yield temporary
            with open(temporary, "rb") as handle:
                os.fsync(handle.fileno())
            os.replace(temporary, target)
    finally:
        with suppress(OSError):  # what was raised before says more
            temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Like `whole`, for a folder: an older folder at `path` is replaced."""
    target = Path(path)
    temporary, older = _beside(target), _beside(target)
    try:
        with _failed_write_named(target, temporary):
            _prepare(target)
            temporary.mkdir()
            yield temporary
            if os.path.lexists(target):  # a link may lead nowhere
                os.replace(target, older)  # a kill during deletion must not leave half a folder
            os.replace(temporary, target)
    finally:
        with suppress(OSError):  # there may be none, and what was raised before says more
            if not os.path.lexists(target):
                os.replace(older, target)
        for left in (temporary, older):
            with suppress(OSError):
                _delete(left)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` (UTF-8) to `path`, completely or not at all."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def summed_by(path: str | os.PathLike[str]) -> Path:
    """The file beside `path` that holds its sum, as `sha256sum -c` reads it."""
    return Path(f"{os.fspath(path)}{SUM_SUFFIX}")


def write_summed(path: str | os.PathLike[str], text: str, of: str = "") -> None:
    """Like `write_text`, with the text's sum in a file of its own beside it.

    of: what the file belongs to, in one line, where others of its name belong to something else;
    the sum states it. The sum appears first: a kill between the two leaves a file that is refused,
    never one that is believed.
    """
    write_text(summed_by(path), _sum(Path(path).name, text.encode(), of))
    write_text(path, text)


def read_summed(path: str | os.PathLike[str], fix: str, of: str = "") -> str:
    """The text that `write_summed` wrote.

    Raises `BadInput`, with `fix`, if the text or its sum is not as it was written, belongs to
    something else than `of`, or the sum is missing; an `OSError` if the text cannot be read.
    """
    data, beside = Path(path).read_bytes(), summed_by(path)
    if not beside.is_file():
        raise BadInput(path, f"its sum is missing ({beside.name} beside it)", fix)
    found = beside.read_bytes()
    if found != _sum(Path(path).name, data, of).encode():
        stated = found.partition(b"\n")[0].decode(errors="replace").removeprefix("# of ")
        if found == _sum(Path(path).name, data, stated).encode():
            raise BadInput(path, f"is of {stated}" + f", not of {of}" * bool(of), fix)
        raise BadInput(path, "is not as it was written (its sum differs)", fix)
    return data.decode()


def _sum(name: str, data: bytes, of: str) -> str:
    # `sha256sum -c` passes over the line that begins with '#'.
    return f"# of {of}\n" * bool(of) + f"{hashlib.sha256(data).hexdigest()}  {name}\n"


def write_sums(path: str | os.PathLike[str]) -> None:
    """Write the sum of a file, or of each file in a folder, beside it, as `sha256sum -c` reads it.

    For what is in a format of others, which has no room for a sum.
    """
    write_text(summed_by(path), "".join(_sums(Path(path))))


def require_sums(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Raise `BadInput` if any of these is not as it was when `write_sums` wrote its sums."""
    for path in paths:
        try:
            lines = summed_by(path).read_text(encoding="utf-8").splitlines(keepends=True)
            found = _sums(Path(path))
        except FileNotFoundError as error:
            lacks = "it is missing" if error.filename == str(path) else "its sum is missing"
            raise BadInput(path, f"{lacks} ({error.filename})", REMAKE) from None
        except UnicodeDecodeError:
            raise BadInput(summed_by(path), "is no list of sums", REMAKE) from None
        except OSError as error:
            raise unreadable(error.filename or path, error) from None
        if lines != found:
            other = min({*lines} ^ {*found}, key=lambda line: line[66:], default="").strip()
            name = Path(path).parent / (other[66:] or Path(path).name)
            raise BadInput(name, "is not as it was made (its sum differs)", REMAKE)


def _sums(path: Path) -> list[str]:
    files = [path] if not path.is_dir() else [file for file in path.rglob("*") if file.is_file()]
    shown = {file.relative_to(path.parent).as_posix(): file for file in files}
    # Snakemake's own date of a folder begins with a point.
    names = sorted(name for name in shown if not Path(name).name.startswith("."))
    return [f"{sha256(shown[name])}  {name}\n" for name in names]


def sha256(path: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 digest of a file's content."""
    with open(path, "rb") as handle:
        digest = hashlib.sha256()
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
