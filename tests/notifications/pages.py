"""A mail's HTML, as a test reads it."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"br", "meta", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Text, links and tags of a page; tags must be balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self._said: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(("", dict(attrs).get("href") or ""))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self._said.append(data)
        if "a" in self.open:
            label, url = self.links[-1]
            self.links[-1] = (label + data, url)
