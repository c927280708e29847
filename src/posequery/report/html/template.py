"""The page's HTML."""

TEMPLATE = """
{%- macro sheet(part) %}
{%- if part.folded %}
<details>
<summary>{{ part.caption }}</summary>
{{ bare(part) }}
</details>
{%- else %}
{{ bare(part) }}
{%- endif %}
{%- endmacro %}
{%- macro bare(part) %}
<div class="scroll" tabindex="0" role="region" aria-label="{{ part.caption }}">
<table{% if ("", "verdict") in part.heads %} class="claims"{% endif %}>
<caption>{{ part.caption }}</caption>
<thead>
{%- if part.groups %}
<tr>
{%- for group, span in part.groups -%}
<th class="{{ 'group' if group else 'none' }}" colspan="{{ span }}"
{%- if group %} scope="colgroup"{% endif %}>{{ group }}</th>
{%- endfor -%}
</tr>
{%- endif %}
<tr>
{%- for _, head in part.heads -%}
<th scope="col" class="{{ part.sides[loop.index0] }}">{{ head }}</th>
{%- endfor -%}
</tr>
</thead>
<tbody>
{%- for row in part.rows %}
<tr>
{%- for text, below in row -%}
{%- set side = part.sides[loop.index0] -%}
{%- set look = text | first_word if part.heads[loop.index0][1] == "verdict" else "" -%}
{%- if loop.first -%}
<th scope="row" class="{{ side }}">{{ text }}</th>
{%- else -%}
<td class="{{ side }}{{ ' ' if look }}{{ look }}">
{{- text }}{% if below %}<small>{{ below }}</small>{% endif %}</td>
{%- endif -%}
{%- endfor -%}
</tr>
{%- endfor %}
</tbody>
</table>
</div>
{%- endmacro %}
{%- macro keys(found) %}
{%- if found %}
<ul class="keys" aria-label="Legend">
{%- for key in found %}
<li><svg width="34" height="14" viewBox="0 0 34 14" aria-hidden="true">
{%- if key.line -%}
<line x1="1" y1="7" x2="33" y2="7" stroke="{{ key.color }}" stroke-width="2.2"
stroke-dasharray="{{ key.dasharray }}"/>
{%- endif -%}
{%- if key.path -%}
<path d="{{ key.path }}" transform="translate(17 7)" fill="{{ key.color }}" stroke="#222"
stroke-width=".6"/>
{%- endif -%}
</svg>{{ key.name }}</li>
{%- endfor %}
</ul>
{%- endif %}
{%- endmacro %}
{%- macro chart(part) %}
<div class="one">
<h4>{{ part.title }}</h4>
<div class="chart" id="{{ part.name }}" role="img" aria-label="{{ part.label }}"></div>
<script type="application/json" id="{{ part.name }}-spec">{{ part.spec | tojson }}</script>
<details>
<summary>The numbers of this chart</summary>
{{ sheet(part.sheet) }}
</details>
</div>
{%- endmacro %}
{%- macro shown(part) %}
{%- if part.kind == "words" %}
{%- for text in part.texts %}
<p>{{ text }}</p>
{%- endfor %}
{%- elif part.kind == "points" %}
<dl>
{%- for about, text in part.said %}
<dt>{{ about }}</dt>
<dd>{{ text }}</dd>
{%- endfor %}
</dl>
{%- elif part.kind == "sheet" %}
{{ sheet(part) }}
{%- elif part.kind == "charts" %}
<figure>
<h3>{{ part.title }}</h3>
{{ keys(part.keys) }}
<div{% if part.beside %} class="beside"{% endif %}>
{%- for one in part.charts %}
{{ chart(one) }}
{%- endfor %}
</div>
<figcaption>{{ part.caption }}</figcaption>
</figure>
{%- elif part.kind == "poses" %}
<figure>
<h3>{{ part.title }}</h3>
{{ keys(part.keys) }}
<div class="poses">
{%- for pose in part.poses %}
<div>
<h4>{{ pose.title }}</h4>
<svg viewBox="{{ pose.box | join(' ') }}" role="img" aria-label="{{ pose.title }}: {{ pose.said }}">
{%- for skeleton in pose.skeletons %}
<g stroke="{{ skeleton.color }}" stroke-width="{{ pose.stroke }}" stroke-linecap="round">
{%- for a, b, c, d in skeleton.lines -%}
<line x1="{{ a }}" y1="{{ b }}" x2="{{ c }}" y2="{{ d }}"/>
{%- endfor -%}
</g>
{%- endfor %}
</svg>
<p class="said">{{ pose.said }}</p>
</div>
{%- endfor %}
</div>
<figcaption>{{ part.caption }}</figcaption>
</figure>
{%- elif part.kind == "picture" %}
<figure>
<h3>{{ part.title }}</h3>
<img src="{{ part.data }}" alt="{{ part.label }}">
<figcaption>{{ part.caption }}</figcaption>
</figure>
{%- endif %}
{%- endmacro -%}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:;
script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body>
<header>
<h1>{{ title }}</h1>
<p class="under">{{ under }}</p>
<nav aria-label="Contents">
{%- for section in sections %}
<a href="#{{ section.name }}">{{ section.title }}</a>
{%- endfor %}
</nav>
</header>
<main>
{%- for section in sections %}
<section id="{{ section.name }}">
<h2>{{ section.title }}</h2>
{%- if section.name == "answer" %}
<div class="answer">
{%- endif %}
{%- for part in section.parts %}
{{ shown(part) }}
{%- endfor %}
{%- if section.name == "answer" %}
</div>
{%- endif %}
</section>
{%- endfor %}
</main>
<footer><p>{{ foot }}</p></footer>
<noscript><p>Charts need JavaScript; the table below each has its numbers.</p></noscript>
{%- if thumbnails %}
<script type="application/json" id="thumbnails">{{ thumbnails | tojson }}</script>
{%- endif %}
<script>{{ bundle }}</script>
<script>{{ script }}</script>
</body>
</html>
"""
