"""How a page looks: one template for all, every value escaped."""

from __future__ import annotations

from jinja2 import Environment

_TEMPLATE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; background: #f5f6f8; margin: 0 }
header { background: {{ '#13b5ea' if side == 'xero' else '#ff5200' if side == 'procore' \
else '#3a4656' }}; color: #fff; padding: .6rem 1.5rem }
header a { color: #fff; text-decoration: none; font-weight: 600 }
main { max-width: 70rem; margin: 1.5rem auto; background: #fff; padding: 1rem 2rem 2rem;
       border-radius: 6px; box-shadow: 0 1px 3px #0002; overflow-x: auto }
h1 { font-size: 1.5rem; margin: .5rem 0 1rem } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e6e9ee;
         vertical-align: top; overflow-wrap: anywhere }
th { color: #5b6878; font-weight: 600 } .facts th { width: 18rem }
.status { background: #e6e9ee; border-radius: 9px; padding: .1rem .6rem; font-size: .85rem }
footer { text-align: center; color: #5b6878; font-size: .85rem; padding-bottom: 2rem }
</style></head><body>
<header><a href="/">{{ {'xero': 'Xero', 'procore': 'Procore'}.get(side, 'Simulator') }},
pretended</a></header>
<main><h1>{{ title }}{% if status %} <span class="status">{{ status }}</span>{% endif %}</h1>
{% macro shown(value) -%}
{% if value is string and value.startswith(('http://', 'https://')) -%}
<a href="{{ value }}" rel="noreferrer">{{ value }}</a>
{%- elif value is mapping and 'href' in value -%}
<a href="{{ value.href }}">{{ value.text }}</a>
{%- else -%}{{ value }}{%- endif %}
{%- endmacro %}
{% if facts %}<table class="facts">{% for name, value in facts %}
<tr><th scope="row">{{ name }}</th><td>{{ shown(value) }}</td></tr>{% endfor %}
</table>{% endif %}
{% for table in tables %}<h2>{{ table.title }}</h2>
<table><tr>{% for name in table.columns %}<th scope="col">{{ name }}</th>{% endfor %}</tr>
{% for row in table.rows %}<tr>{% for value in row %}<td>{{ shown(value) }}</td>{% endfor %}
</tr>{% endfor %}</table>{% endfor %}
</main><footer>Nothing here is real. These pages are for reading only.</footer>
</body></html>
"""

PAGE = Environment(autoescape=True).from_string(_TEMPLATE)
