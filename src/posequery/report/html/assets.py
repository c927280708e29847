"""The page's style, and the few lines that draw its charts."""

STYLE = """
:root {
  --ink: #1c1c1c; --soft: #565656; --line: #d9d9d9; --tint: #f5f6f8; --link: #0b5394;
  --plain: system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif;
  --book: Georgia, "Liberation Serif", "DejaVu Serif", "Times New Roman", serif;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; color: var(--ink); background: #fff; overflow-wrap: break-word;
  font: 16px/1.55 var(--book);
}
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2.2rem; }
h1, h2, h3, h4, nav, table, figcaption, .keys, summary, .said, dt { font-family: var(--plain); }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 {
  font-size: 1.3rem; margin: 2.8rem 0 .8rem; padding-top: .9rem;
  border-top: 2px solid var(--ink);
}
h3 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
h4 { font-size: .86rem; line-height: 1.4; margin: 0 0 .3rem; }
p { max-width: 46rem; margin: .6rem 0; }
.under { color: var(--soft); margin: 0; }
nav { margin: 1.3rem 0 0; font-size: .88rem; }
nav a { display: inline-block; margin: 0 1.1rem .3rem 0; color: var(--link); }
.answer {
  background: var(--tint); border-left: 4px solid var(--ink); padding: .6rem 1.4rem;
  margin: 1rem 0;
}
.answer p { max-width: 60rem; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .5rem 1.3rem; }
dt { font-size: .86rem; font-weight: 600; line-height: 1.8; max-width: 11rem; }
dd { margin: 0; max-width: 54rem; }
.scroll { overflow-x: auto; margin: .8rem 0 1.4rem; }
.scroll:focus-visible { outline: 2px solid var(--link); }
table {
  border-collapse: collapse; font-size: .84rem; line-height: 1.35;
  font-variant-numeric: tabular-nums;
}
caption { caption-side: top; text-align: left; color: var(--soft); padding: 0 0 .4rem; }
thead th { border-bottom: 1px solid var(--ink); vertical-align: bottom; font-weight: 600; }
thead tr:first-child th { border-top: 2px solid var(--ink); }
thead th.group { border-bottom: 1px solid var(--line); text-align: center; }
thead th.none { border-bottom: 0; }
tbody tr:last-child > * { border-bottom: 2px solid var(--ink); }
tbody tr:nth-child(even) { background: var(--tint); }
th, td { padding: .32rem .7rem; text-align: left; vertical-align: top; }
th:first-child, td:first-child { padding-left: .3rem; }
tbody th { font-weight: 400; }
.right { text-align: right; white-space: nowrap; }
tbody .left { min-width: 4.5rem; max-width: 24rem; }
tbody th.left { min-width: 8rem; }
table.claims tbody th { min-width: 15rem; }
table.claims th, table.claims td { padding-left: .4rem; padding-right: .4rem; }
thead .right { white-space: normal; max-width: 9rem; }
table.claims td:nth-child(2) { white-space: nowrap; }
td small {
  display: block; color: var(--soft); font-weight: 400; font-size: .92em; white-space: nowrap;
}
.supported, .same { color: #0b6338; font-weight: 600; }
.contradicted, .opposite { color: #9c1f1a; font-weight: 600; }
.undecided, .not { color: var(--soft); }
figure { margin: 1rem 0 2rem; }
figcaption {
  color: var(--soft); font-size: .84rem; line-height: 1.45; max-width: 58rem;
  margin-top: .5rem;
}
.beside {
  display: grid; gap: 1.2rem 2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr));
}
.one { min-width: 0; margin-bottom: 1rem; }
.chart { width: 100%; min-height: 4rem; }
.chart svg { display: block; max-width: 100%; }
.keys {
  display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: .2rem 0 .8rem;
  list-style: none; font-size: .84rem;
}
.keys li { display: flex; align-items: center; gap: .4rem; }
.keys svg { flex: none; }
details { margin: .3rem 0 0; }
summary { color: var(--link); font-size: .84rem; cursor: pointer; }
.poses {
  display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr));
}
.poses svg { width: 100%; max-height: 22rem; background: var(--tint); display: block; }
.said { font-size: .82rem; color: var(--soft); margin: .3rem 0; }
img { max-width: 100%; height: auto; }
footer { margin-top: 3.5rem; padding-bottom: 2rem; color: var(--soft); font-size: .84rem; }
#vg-tooltip-element { font: 13px/1.35 var(--plain); max-width: 17rem; }
#vg-tooltip-element table tr { background: none; }
#vg-tooltip-element table tr td { vertical-align: top; padding: 1px 4px; border: 0; }
#vg-tooltip-element img { display: block; width: 9rem; margin: .3rem 4px 0; }
#vg-tooltip-element span { color: var(--soft); margin: 0 4px; }
@media (max-width: 40rem) {
  body { font-size: 15px; }
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  h1 { font-size: 1.4rem; }
  .answer { padding: .3rem 1rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dt { max-width: none; }
  dd { margin-bottom: .6rem; }
  th, td { padding: .3rem .45rem; }
  tbody th { position: sticky; left: 0; background: #fff; max-width: 9.5rem; }
  tbody tr:nth-child(even) th { background: var(--tint); }
}
@media print {
  @page { margin: 15mm; }
  body { font-size: 10pt; }
  header, main, footer { max-width: none; padding: 0; }
  nav, details:not([open]) { display: none; }
  h2, h3, h4, dt, caption, thead, .keys { break-after: avoid; }
  section:first-child h2 { margin-top: 1rem; }
  dl { display: block; }
  dt { max-width: none; }
  dd { margin-bottom: .5em; }
  .one, tr, dd, .keys { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  table tbody th.left, table.claims tbody th, tbody .left { min-width: 6em; }
  th, td, table.claims th, table.claims td { padding: .12rem .25rem; }
  .chart svg { width: 100%; height: auto; }
  .poses { grid-template-columns: repeat(4, 1fr); }
  tbody tr:nth-child(even), .answer { background: none; }
}
"""

SCRIPT = """
const held = document.getElementById("thumbnails");
const shots = held ? JSON.parse(held.textContent) : { frames: [], images: [] };
function thumbnail(frame) {
  if (frame === undefined || !shots.frames.length) return "";
  const far = shots.frames.map(shown => Math.abs(shown - frame));
  const at = far.indexOf(Math.min(...far));
  const said = `frame ${shots.frames[at]}`;
  return `<img src="${shots.images[at]}" alt="${said} of the stream"><span>${said}</span>`;
}
function formatTooltip(value, sanitize) {
  const rows = Object.entries(value).map(([key, text]) =>
    `<tr><td class="key">${sanitize(key)}</td><td class="value">${sanitize(text)}</td></tr>`);
  return `<table>${rows.join("")}</table>${thumbnail(value.frame)}`;
}
for (const place of document.querySelectorAll(".chart")) {
  const spec = JSON.parse(document.getElementById(place.id + "-spec").textContent);
  const how = { mode: "vega-lite", renderer: "svg", actions: false, tooltip: { formatTooltip } };
  vegaEmbed(place, spec, how)
    .catch(error => { place.textContent = "This chart could not be drawn: " + error.message; });
}
"""
