"""What the documentation names exists: tests that check a claim, config keys, files."""

import errno
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from runs import checkout, planned

from posequery import strategies
from posequery.study.schema import Study, sections

ROOT = Path(__file__).parents[1]
REPRODUCTION = (ROOT / "docs/reproduction.md").read_text(encoding="utf-8")


def test_every_trap_names_a_test_that_exists():
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", REPRODUCTION)
    assert len(named) > 30
    for file, name in named:
        assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), (file, name)


def keys(section, prefix=""):
    for key in section.model_fields:
        yield prefix + key
        if key == "strategies":
            for name in strategies.names():
                yield from keys(strategies.load(name).parameters, f"strategies.{name}.")
        for inner in sections(section, key).values():
            yield from keys(inner, f"{prefix}{key}.")


def test_every_reading_names_a_key_that_exists():
    table = REPRODUCTION.split("| the paper | readings | key |")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert len(rows) > 20 and {len(row) for row in rows} == {3}
    named = {key for *_, cell in rows for key in re.findall(r"`([a-z_.]+)(?:: \w+)?`", cell)}
    assert len(named) > 20
    # breakdown.csv and cells.csv have what no key decides.
    files = {"cells.csv", "breakdown.csv", "mpjpe_px_parsed", "found_share"}
    assert named - files <= set(keys(Study))


PAGES = ["README.md", "CONTRIBUTING.md", "config/README.md"]
PAGES += sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_links_point_to_files(page):
    path = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    for link in links:
        assert (path.parent / link).exists(), link


def test_messages_that_are_explained_are_those_of_the_code():
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    # A text over two lines is one text.
    code = re.sub(r"\"\s*\n\s*f?\"", "", code)
    unknown = []
    for row in re.findall(r"^\| (.*?) \| ", page, re.MULTILINE):
        for quoted in re.findall(r"`([^`]+)`", row):
            parts = [part.strip(" ,;:'()") for part in quoted.split("...")]
            unknown += [part for part in parts if len(part) > 12 and part not in code]
    # What the system says.
    system = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
    assert {*unknown} <= {*map(os.strerror, system)}


def test_the_table_of_strategies_is_that_of_the_files():
    page = (ROOT / "docs/strategies.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    expected = []
    for name in strategies.names():
        strategy = strategies.load(name)
        about = importlib.import_module(f"posequery.strategies.{name}").__doc__
        first = " ".join(about.split("\n\n")[0].split())
        needs = ", ".join(f"`{need}`" for need in strategy.needs)
        expected.append(f"| `{name}` | {strategy.label} | {first} | {needs} |")
    assert rows == expected


def test_the_page_on_a_new_strategy_runs_as_written(tmp_path):
    page = (ROOT / "docs/new_strategy.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL)
    root = checkout(tmp_path / "posequery")
    shutil.copytree(ROOT / "tests", root / "tests")
    shutil.copy2(ROOT / "pyproject.toml", root)
    (root / ".venv").symlink_to(sys.prefix)
    # Snakemake finds its checkout by itself, and pytest by the settings that were copied.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    said = []
    for language, text in blocks:
        if language == "sh":
            done = subprocess.run(
                ["bash", "-euc", text], cwd=root, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
            said.append(done.stdout)
        else:
            path = root / text.split("\n", 1)[0].removeprefix("# ")
            assert not path.exists()
            path.write_text(text, encoding="utf-8")
    assert [language for language, _ in blocks] == ["python", "sh", "python", "sh", "yaml", "sh"]
    assert "8 passed" in said[0] and "1 passed" in said[1]
    jobs = planned(said[2])
    # Two strategies at two rates, offline and online.
    assert min(jobs["select_frames"], jobs["adapt"]) >= 4
