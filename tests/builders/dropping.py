"""A file written as if it lay in the folder of a registry."""

import sys
from contextlib import contextmanager


@contextmanager
def dropped(package, folder, name, text):
    """A module `name` of `package`, written into `folder`."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(text)
    package.__path__.append(str(folder))
    try:
        yield
    finally:
        package.__path__.remove(str(folder))
        sys.modules.pop(f"{package.__name__}.{name}", None)
