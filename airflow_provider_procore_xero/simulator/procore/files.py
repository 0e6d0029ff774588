"""Files that hang on records: each with an address that somebody may read it at, for a while.

Procore's reference names ``attachments[].url`` and says nothing of who may read it. The switch
``file_urls`` has both ways: ``signed`` (anybody may, for an hour) and ``api`` (the sign-in must
come along).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .ask import Ask
from .store import Record

if TYPE_CHECKING:
    from .state import Procore

READABLE_FOR = 3600


def with_addresses(ask: Ask, record: Record) -> Record:
    """*record* as it is shown: the address of each file was made for this answer."""
    url = ask.request.url
    until = int(ask.state.clock.now().timestamp()) + READABLE_FOR
    return {
        **record,
        "attachments": [
            {**file, "url": f"{url.scheme}://{url.netloc}/files/{file['id']}?until={until}"}
            for file in record["attachments"]
        ],
    }


def routes(state: Procore) -> list[Route]:
    """The store of files, which is no part of the API and has none of its limits."""
    return [Route("/files/{id:int}", _download(state), methods=["GET"])]


def _download(state: Procore) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        content = state.files.get(request.path_params["id"])
        if content is None:
            return Response("<html>Not here</html>", 404, media_type="text/html")
        if not _may_read(state, request):
            return Response("<html>This link has expired</html>", 403, media_type="text/html")
        return Response(content, media_type="application/pdf")

    return endpoint


def _may_read(state: Procore, request: Request) -> bool:
    if state.switches["file_urls"] == "api":
        token = request.headers.get("authorization", "").partition(" ")[2]
        return state.tokens.is_valid(token)
    until = float(request.query_params.get("until", 0))
    return until >= state.clock.now().timestamp()
