"""The page whole: well formed, readable without its charts, complete without a network."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from posequery.clips import ClipInfo, ClipWriter, write_index
from posequery.evidence.verdicts import COLUMNS
from posequery.jobs.files import whole, write_summed
from posequery.report.html.write import render, write_page

HOSTILE = "</script><img src=x onerror=alert(1)>&\"'{{7*7}}<!--"
LARGEST = 3_000_000


@pytest.fixture(params=["truth", "videos"])
def page(request, cells):
    """The HTML of each kind of study."""
    if request.param == "truth":
        return render(replace(request.getfixturevalue("sources")(cells), frames=True))
    return render(request.getfixturevalue("video_sources"))


def test_a_page_is_well_formed_and_says_what_it_is(page, parsed):
    found = parsed(page)
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert found.all("html") == [{"lang": "en"}]
    assert found.count()["title"] == found.count()["h1"] == found.count()["main"] == 1
    names = [attrs["id"] for _, attrs, _ in found.tags if "id" in attrs]
    assert len(names) == len(set(names))
    anchors = {attrs["href"] for attrs in found.all("a")}
    assert anchors == {f"#{attrs['id']}" for attrs in found.all("section")}


def test_headings_leave_out_no_level(page, parsed):
    levels = [int(tag[1]) for tag, _, _ in parsed(page).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_chart_has_words_a_spec_and_a_table(page, parsed):
    found = parsed(page)
    charts = found.all("div", **{"class": "chart"})
    assert len(charts) >= 2
    specs = re.findall(r'<script type="application/json" id="(.+?)-spec">(.+?)</script>', page)
    assert [name for name, _ in specs] == [attrs["id"] for attrs in charts]
    for attrs, (_, spec) in zip(charts, specs, strict=True):
        assert attrs["role"] == "img"
        said = attrs["aria-label"].replace("\N{NO-BREAK SPACE}", " ")
        assert json.loads(spec)["description"] == said
    tables = [inside for tag, _, inside in found.tags if tag == "table" and "details" in inside]
    assert len(tables) >= len(charts)
    assert all("tbody" in inside for tag, _, inside in found.tags if tag == "td")
    assert all("scope" in attrs for attrs in found.all("th") if attrs.get("class") != "none")


def test_every_picture_has_text(page, parsed):
    found = parsed(page)
    assert all(attrs.get("alt") for attrs in found.all("img"))
    drawn = [attrs for attrs in found.all("svg") if attrs.get("aria-hidden") != "true"]
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in drawn)


def test_a_page_names_nothing_outside_itself(page, parsed, script, tried):
    found = parsed(page)
    assert not found.all("link")
    assert not {"iframe", "object", "embed", "base", "form"} & set(found.count())
    for _, attrs, _ in found.tags:
        for key in ("src", "href", "action", "poster", "srcset"):
            assert attrs.get(key, "#").startswith(("#", "data:"))
    policy = found.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert policy.startswith("default-src 'none';")
    own = page.replace(script, "")
    assert "http" not in own.replace("http-equiv", "")
    assert not re.search(r"@import|url\(", own)
    tried("10", "a page opened without a network", {"done right": 1})


def test_a_page_is_small_and_the_same_bytes_again(sources, cells, tmp_path):
    for name in ("first", "second"):
        write_page(sources(cells), tmp_path / f"{name}.html")
    first, second = (tmp_path / f"{name}.html" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size < LARGEST


def test_hostile_names_are_text(sources, cells, captions, parsed, tmp_path, tried):
    scripts = parsed(render(sources(cells))).count()["script"]
    clip = tmp_path / "clips/Walking.h5"
    info = ClipInfo("Walking", "S1", HOSTILE, 1, "1", 20, 5.0, 64, 64, 8, f"{HOSTILE}.mp4")
    with whole(clip) as temporary, ClipWriter(temporary) as writer:
        for _ in range(20):
            writer.append(np.zeros((8, 8, 3), np.uint8))
        writer.close(info, None)
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    row = dict.fromkeys(COLUMNS, "") | dict.fromkeys(("claim", "says", "place"), HOSTILE)
    row |= {"verdict": "undecided", HOSTILE: 1}
    write_summed(evidence / "verdicts.csv", pd.DataFrame([row]).to_csv(index=False))
    hostile = replace(captions, study=HOSTILE, source=HOSTILE, teacher=HOSTILE)
    hostile = replace(hostile, readings={"common": [HOSTILE], "offline": [], "online": [HOSTILE]})
    made = replace(
        sources(cells),
        said=hostile,
        settings={"online.window": "10 frames", "online.clock": "ideal", HOSTILE: HOSTILE},
        codes={HOSTILE: HOSTILE},
    )
    write_index(made.stream_index, [clip, tmp_path / "clips/Sitting.h5"])
    text = render(replace(made, labels=None))
    found = parsed(text)
    assert not found.all("img")
    assert found.count()["script"] == scripts
    assert "49" not in next(text for tag, text in found.texts if tag == "title")
    assert HOSTILE in found.words()
    tried("10", "names that are HTML, in every place of the page", {"done right": 1})


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
CHECK = """<script>
const faults = [];
addEventListener("error", event => faults.push(event.message));
addEventListener("securitypolicyviolation", event => faults.push(event.blockedURI));
function hovered(chart) {
  const box = chart.querySelector("svg").getBoundingClientRect();
  for (let part = 1; part < 400; part++) {
    const place = { clientX: box.left + box.width * (part % 20) / 20, bubbles: true,
      clientY: box.top + box.height * part / 400 };
    const found = document.elementFromPoint(place.clientX, place.clientY);
    for (const kind of ["pointerover", "pointermove"])
      if (found) found.dispatchEvent(new PointerEvent(kind, place));
    const tip = document.getElementById("vg-tooltip-element");
    if (tip && tip.classList.contains("visible")) return tip.innerText;
  }
  return "";
}
function cut(text) {
  const box = text.getBoundingClientRect(), all = text.closest("svg").getBoundingClientRect();
  return box.left < all.left - 1 || box.right > all.right + 1;
}
setTimeout(() => {
  const charts = [...document.querySelectorAll(".chart")];
  const said = { faults, wide: document.documentElement.scrollWidth, shown: innerWidth,
    drawn: charts.filter(chart => chart.querySelector("svg")).length,
    marks: document.querySelectorAll(".chart svg path").length,
    cut: [...document.querySelectorAll(".chart svg text")].filter(cut).map(t => t.textContent),
    asked: performance.getEntriesByType("resource").length };
  const chart = charts.find(chart => chart.id.match(/^(figure2a|error_over_time)-1$/));
  chart.scrollIntoView();
  const tip = hovered(chart), image = document.querySelector("#vg-tooltip-element img");
  document.title = JSON.stringify({ ...said, tip, image: image ? image.alt : "" });
}, 3000);
</script></head>"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_draws_every_chart_and_asks_nobody(page, parsed, width, tmp_path):
    """A window of chromium is 500 pixels wide or more, so that the page is shown in a frame."""
    inside = page.replace("</head>", CHECK, 1)
    (tmp_path / "page.html").write_text(inside)
    frame = (
        f'<iframe id="f" src="page.html" style="width:{width}px;height:900px;border:0"></iframe>'
    )
    after = 'setInterval(() => document.body.dataset.said = document.getElementById("f")'
    after += ".contentDocument.title, 200)"
    (tmp_path / "frame.html").write_text(f"<body>{frame}<script>{after}</script></body>")
    options = "--headless --no-sandbox --disable-gpu --allow-file-access-from-files --dump-dom"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [CHROMIUM, *options.split(), profile, "--virtual-time-budget=9000", "frame.html"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"HOME": str(tmp_path)},
    )
    said = re.search('data-said="(.+?)"', done.stdout)
    assert said, done.stderr
    found = json.loads(said[1].replace("&quot;", '"'))
    assert found["faults"] == []
    assert found["asked"] == 0
    assert found["wide"] <= found["shown"] == width
    assert found["drawn"] == len(parsed(page).all("div", **{"class": "chart"}))
    assert found["marks"] > 20
    assert found["cut"] == []
    assert all(word in found["tip"] for word in ("time", "sequence", "window"))
    assert "undefined" not in found["tip"]
    frame = re.search(r"frame\s+(\d+)", found["tip"])[1]
    held = bool(parsed(page).all("script", id="thumbnails"))
    assert found["image"] == (f"frame {frame} of the stream" if held else "")


@pytest.mark.parametrize(
    "cell",
    [
        ("online", "none", "baseline", 0, 25.0),
        ("online", "network", "once", 10, 20.0),
        ("online", "ground_truth", "continual", 100, 20.0),
        ("offline", "none", "none", 0, 30.0),
        ("offline", "ground_truth", "all", 100, 18.0),
        ("offline", "ground_truth", "uniform", 1, 18.0),
    ],
)
def test_a_run_of_one_cell_has_a_page(sources, a_cell, parsed, cell):
    text = render(sources([a_cell(*cell)]))
    assert f"{cell[-1]:.2f}" in parsed(text).words()
    assert "nan" not in parsed(text).words().split()
