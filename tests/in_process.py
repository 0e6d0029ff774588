"""An httpx client for an ASGI app in this process: no port, no socket, the same bytes."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx


class InProcessTransport(httpx.BaseTransport):
    """Runs the app on an event loop of its own, in a thread of its own.

    Calls from several threads overlap as they do over a network. A connection that the app
    lets die becomes :class:`httpx.ReadError`.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answered = asyncio.run_coroutine_threadsafe(
            _call(self._app, request, request.read()), self._loop
        )
        # The same limit that a socket would have, so that a slow answer times out here too.
        limit = request.extensions.get("timeout", {}).get("read")
        try:
            return answered.result(limit)
        except TimeoutError as error:
            answered.cancel()
            raise httpx.ReadTimeout("The app took too long.", request=request) from error
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=request) from error

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


def in_process_client(app: Any, base_url: str, **options: Any) -> httpx.Client:
    """A client whose every call reaches *app*; *options* are httpx's own."""
    return httpx.Client(transport=InProcessTransport(app), base_url=base_url, **options)


async def _call(app: Any, request: httpx.Request, body: bytes) -> httpx.Response:
    sent: list[dict[str, Any]] = []
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not unread:
            await asyncio.Event().wait()  # the caller stays until the whole answer is there
        return unread.pop()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(_scope(request), receive, send)
    start = next(m for m in sent if m["type"] == "http.response.start")
    content = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return httpx.Response(start["status"], headers=start.get("headers", []), content=content)


def _scope(request: httpx.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (request.url.host, request.url.port or 80),
    }
