"""Whatever records are called, and whatever is sent: the page answers, and a refusal is a sentence.

The routes are those that the app has, so a new one is tried without a word here.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.dependencies.utils import get_flat_dependant
from fastapi.routing import APIRoute

from airflow_provider_procore_xero.ledger.facts import Queued
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import About, Create, Desired, FieldChange, Reason
from airflow_provider_procore_xero.sync.report import Outcome
from airflow_provider_procore_xero.web.app import app
from tests.web.conftest import ORIGIN, Browser
from tests.web.kept import a_held, a_run_of

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
STORED = (
    SCRIPT,
    '"><svg/onload=alert(1)>',
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    '"=1+1',
    ",=1+1",
    "\x01\x07\x1b[31m\x7f\x85",
    "‮gnp.exe\u200b\ufeff",
    "Zażółć 東京 🏗️ e\u0301",
    "99999999999999999999999999999999999.99",
    "0.000000000000000000000000000001",
    "1e999",
    "-0",
    "NaN",
    "%00%0a..%2f..%2f",
    "'; DROP TABLE links; --",
    "x" * 10_000,
)
"""What a record, a reason or a comment may be called."""
SENT = (
    *STORED,
    "\x00",
    "a\x00b",
    "\ud800",
    "x\udfff",
    "",
    " ",
    "..",
    "%",
    "_",
    "l-1",
    "q9",
    "i" + "9" * 30,
    "9" * 19,
    "9223372036854775808",
    "-9223372036854775809",
    "٣",
    "0001-01-01T00:00:00+14:00_1",
    "9999-12-31T23:59:59-14:00_1",
    "1_0001-01-01T00:00:00+14:00_1",
    "1_2026-01-01T00:00:00+00:00_" + "9" * 30,
    "2026-01-01T00:00:00+00:00_" + "9" * 30,
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")


def routes() -> list[tuple[str, APIRoute]]:
    return [
        (method, route)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]


ROUTES = routes()
NAMES = [f"{method} {route.path}" for method, route in ROUTES]


def sent(route: APIRoute, known: dict[str, str]) -> Iterator[tuple[str, dict[str, str], Any]]:
    """Yield path, query and body, each with one thing in it that is hostile."""
    needed = {name: known.get(name, "1") for name in _PARAMETER.findall(route.path)}
    good = _path(route, needed)
    asked = [each.alias for each in get_flat_dependant(route.dependant).query_params]
    wants = {"entity": "projects", "key": "24-017"}
    base = {name: value for name, value in wants.items() if name in asked}
    for text in SENT:
        for name in needed if "\n" not in text else ():  # Airflow hands us no such address
            yield _path(route, needed | {name: text}), base, _body(route) or None
        for name in asked:
            yield good, base | {name: text}, _body(route) or None
        for name in _fields(route):
            yield good, base, _body(route) | {name: text}
            yield good, base, _body(route) | {name: {text: [text]}}
        if "rows" in _fields(route):
            yield good, base, {"rows": [{"id": text, "hash": "h"}, {"id": 1, "hash": text}]}
        if _fields(route):
            yield good, base, text
            yield good, base, {text: text}


def _path(route: APIRoute, values: dict[str, str]) -> str:
    return _PARAMETER.sub(lambda found: _quoted(values[found[1]]), route.path)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _fields(route: APIRoute) -> tuple[str, ...]:
    return tuple(_model(route).model_fields) if route.body_field else ()


def _model(route: APIRoute) -> Any:
    kinds = [route.body_field.field_info.annotation]  # type: ignore[union-attr]
    kinds += getattr(kinds[0], "__args__", ())
    return next(each for each in kinds if hasattr(each, "model_fields"))


def _body(route: APIRoute) -> dict[str, Any]:
    """Return a body that would be taken."""
    good: dict[str, Any] = {
        "hash": "h",
        "comment": "Because.",
        "rows": [{"id": 1, "hash": "h"}],
        "dag_id": "procore_xero_projects",
        "conf": {},
        "entity": "projects",
        "procore_id": "1",
        "xero_id": "2",
        "mode": "apply",
    }
    return {name: good[name] for name in _fields(route)}


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=NAMES)
def test_hostile_input_is_answered_or_refused_in_a_sentence(
    ana: Browser, ledger: Ledger, dags: None, method: str, route: APIRoute
) -> None:
    known = full_of(ledger, "Marina")

    for path, query, body in sent(route, known):
        address = path + "?" + "&".join(f"{name}={_quoted(text)}" for name, text in query.items())
        answer = ana.send(
            method,
            address,
            content=b"" if body is None else json.dumps(body).encode(),
            headers={
                "origin": ORIGIN,
                "sec-fetch-site": "same-origin",
                "content-type": "application/json",
            },
        )

        about = f"{method} {address[:300]} {json.dumps(body)[:300]}: {answer.text[:300]}"
        assert answer.status_code < 500, about
        assert _markup(answer) == [], about
        if answer.status_code >= 400:
            said = answer.json()["detail"]
            assert isinstance(said, str), about
            assert " " in said, about
            assert said.endswith("."), about


@pytest.mark.parametrize("text", SENT, ids=range(len(SENT)))
def test_an_address_typed_by_hand_is_refused_in_a_page_that_obeys_nothing(
    ana: Browser, text: str
) -> None:
    for path in (f"/{_quoted(text)}", f"/api/records/{_quoted(text)}/1"):
        answer = ana.send("GET", path, headers={"accept": "text/html"})

        assert answer.status_code < 500
        assert _markup(answer) == []


READ = [(method, route) for method, route in ROUTES if method == "GET"]


@pytest.mark.parametrize("text", STORED, ids=range(len(STORED)))
def test_hostile_records_are_shown_as_text_and_no_cell_of_a_file_is_a_formula(
    ana: Browser, ledger: Ledger, dags: None, text: str
) -> None:
    known = full_of(ledger, text)

    for method, route in READ:
        path = _path(route, {n: known.get(n, "x") for n in _PARAMETER.findall(route.path)})
        for form in ("json", "csv"):
            answer = ana.get(path, format=form, entity="projects", key=text[:200])

            about = f"{method} {path}: {answer.text[:300]}"
            assert answer.status_code in (200, 404, 422), about
            if answer.status_code == 200:
                assert _markup(answer) == [], about
            if answer.headers["content-type"].startswith("text/csv"):
                assert [c for c in _cells(answer.text) if _runs(c)] == [], about


@pytest.mark.parametrize("path", ["records", "issues", "queue", "runs/{run}/outcomes"])
def test_a_file_has_the_hostile_text_that_the_list_has(
    vera: Browser, ledger: Ledger, path: str
) -> None:
    """Else the test above would hold for empty files."""
    known = full_of(ledger, "=1+1")

    answer = vera.get(f"/api/{path.format(**known)}", format="csv")

    assert any(cell.startswith("'=1+1") for cell in _cells(answer.text))


def full_of(ledger: Ledger, text: str) -> dict[str, str]:
    """Fill the ledger with *text* wherever somebody may write; return what there is to look at."""
    reason = Reason(code="PROJECT_NUMBER_MISSING", sentence=text, fix=text)
    run = a_run_of(
        ledger,
        a_held("7", reason, title=text, procore_url=text, xero_url=text),
        company=text,
        organisation=text,
        dag_id="procore_xero_nightly",
        dag_run=f"manual__{text[:200]}",
    )
    plan = ledger.begin_plan(run, "projects", kind="project")
    change = Create(
        about=About(source_id="8", title=text, read="r"),
        desired=Desired(payload={"Name": text, text[:50]: text}, name=text),
        wrote="w",
    )
    ledger.seal_plan(plan, ledger.add_changes(plan, [change]))
    done = Outcome(
        entity="projects",
        what="created",
        source_id="8",
        title=text,
        target_id="x",
        fields=(FieldChange(name=text, before=text, after=text),),
    )
    link = Link(
        kind="project", procore_id="8", xero_id="x", procore_name=text, xero_name=text, data={}
    )
    ledger.close_batch(run, [done], [link], ())
    waiting = Queued(
        entity="projects",
        source_id="9",
        state="ready_to_export",
        what="create",
        title=text,
        name=text,
        hash="h",
        read="r",
        payload={"Name": text},
        vendor=text,
        project=text,
        creator=text,
    )
    failed = replace(waiting, source_id="10", state="failed_to_export", errors=(text, text))
    ledger.queue.save([waiting, failed])
    (row,) = ledger.queue.find("projects", ["9"]).values()
    (issue,) = ledger.questions.issues()
    ledger.by_hand.ignore(issue.id, who=text[:100], why=text)
    ledger.by_hand.unignore(issue.id, who=text[:100], why=text)
    return {
        "run": run,
        "plan": plan,
        "entity": "projects",
        "source_id": "8",
        "row": str(row.id),
        "issue": str(issue.id),
        "link": str(ledger.questions.pairings()[0].id),
        "dag_id": "procore_xero_projects",
        "screen": "runs",
        "rest": "x",
        "version": "x",
        "path": "app.js",
    }


def _markup(answer: Any) -> list[str]:
    """Return what of ours a browser would obey: nothing, where it is told that it is no page."""
    is_a_page = answer.headers["content-type"].startswith("text/html")
    return [each for each in ("<script>", "<img", "<svg/") if is_a_page and each in answer.text]


def _cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


def _runs(cell: str) -> bool:
    return cell.lstrip("\ufeff").startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
