"""The page itself: one shell, whose script asks the API. Scripts and styles are ours alone."""

from __future__ import annotations

import hashlib
import html
import json
import re
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath

from fastapi import APIRouter, HTTPException, Request, Response

from airflow_provider_procore_xero.web.answers import CLOSED
from airflow_provider_procore_xero.web.people import Viewer

router = APIRouter()

STATIC = Path(__file__).with_name("static")
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_IMPORT = re.compile(r'^import .* from "(.+)";$', re.MULTILINE)
SCREENS = ("overview", "runs", "records", "issues", "why", "reconciliation", "queue", "settings")


@router.get("/icon.svg")
@router.get("/icon-dark.svg")
def icon(request: Request) -> Response:
    """Return the picture beside our entry in Airflow's navigation."""
    return _file(request.url.path.rsplit("/", 1)[1], "private, max-age=86400")


@router.get("/static/{version}/{path:path}")
def static(version: str, path: str) -> Response:
    """Return a script or a style; its address changes whenever any of them does."""
    fresh = version == _version()
    return _file(path, "private, max-age=31536000, immutable" if fresh else "no-store")


@router.get("/")
@router.get("/{screen}")
@router.get("/{screen}/{rest:path}")
def shell(request: Request, person: Viewer, screen: str = "overview") -> Response:
    """Return the shell of every screen, which says who is calling; the script reads the address."""
    if screen not in SCREENS:
        raise HTTPException(404, f"There is no screen {screen!r}; there are {', '.join(SCREENS)}.")
    base = f"{request.scope.get('root_path', '')}/"
    text = (STATIC / "shell.html").read_text(encoding="utf-8")
    text = text.replace("{{base}}", html.escape(base)).replace("{{ahead}}", _ahead(screen))
    text = text.replace("{{version}}", _version())
    text = text.replace("{{me}}", html.escape(json.dumps(person.told())))
    return Response(
        text, headers={**CLOSED, "Cache-Control": "no-store"}, media_type="text/html; charset=utf-8"
    )


def _file(path: str, keep: str) -> Response:
    content = _files().get(path)
    if content is None:
        raise HTTPException(404, f"There is no file {path!r}.")
    kind = KINDS[Path(path).suffix]
    return Response(content, headers={**CLOSED, "Cache-Control": keep}, media_type=kind)


@cache
def _ahead(screen: str) -> str:
    """Return links to every script of *screen*: the browser asks for all at once, not in turns."""
    return "\n".join(
        f'<link rel="modulepreload" href="static/{{{{version}}}}/{path}">'
        for path in sorted(_imported("app.js") | _imported(f"screens/{screen}.js"))
    )


def _imported(path: str) -> set[str]:
    """Return *path* and the paths of all that it imports, and these import."""
    found, due = set(), [path]
    while due:
        each = due.pop()
        if each not in found:
            found.add(each)
            names = _IMPORT.findall(_files()[each].decode())
            due += [normpath(join(dirname(each), name)) for name in names]
    return found


@cache
def _files() -> dict[str, bytes]:
    """Return every file of the page by its path: only these are ever served."""
    return {
        str(each.relative_to(STATIC)): each.read_bytes()
        for each in sorted(STATIC.rglob("*"))
        if each.suffix in KINDS
    }


@cache
def _version() -> str:
    digest = hashlib.blake2b(digest_size=6)
    for path, content in _files().items():
        digest.update(path.encode() + content)
    return digest.hexdigest()
