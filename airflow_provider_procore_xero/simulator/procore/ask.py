"""One call to the API, as the modules of the resources see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from .answers import Answer, Refusal, bad_request, forbidden, not_found
from .store import COMPANY_ID, Record

if TYPE_CHECKING:
    from .state import Procore

_READING = frozenset({"GET", "DELETE"})


@dataclass
class Ask:
    """A request that passed the gate, with its JSON body decoded (numbers as Decimal)."""

    state: Procore
    request: Request
    body: dict[str, Any]

    def query(self, name: str) -> str | None:
        return self.request.query_params.get(name)

    def path_id(self, name: str) -> int:
        """A number from the path; a text there is a record that does not exist."""
        return _number(self.request.path_params[name]) or _raise(not_found())

    def required(self, name: str, *, in_query: bool | None = None) -> int:
        """A parent's id: in the query of a GET or DELETE, on top of the body of a write.

        :param in_query: True for the sync actions that want it in the query all the same.
        """
        from_query = self.request.method in _READING if in_query is None else in_query
        given = self.query(name) if from_query else self.body.get(name)
        found = _number(given)
        if found is None:
            raise bad_request(f"param is missing or the value is empty: {name}")
        return found

    def check_company(self) -> None:
        """The company's id must be said again, beside the header."""
        path = self.request.path_params.get("company_id")
        given = path if path is not None else self.query("company_id")
        if given is None and self.request.method not in _READING:
            given = self.body.get("company_id")
        if given is None:
            raise bad_request("param is missing or the value is empty: company_id")
        if _number(given) != COMPANY_ID:
            raise forbidden()

    def check_erp_tool(self) -> None:
        """The endpoints of ERP Integrations answer where Procore has activated it."""
        mode = self.state.switches["erp_tool"]
        if mode != "open":
            raise forbidden() if mode == "403" else not_found()

    def project_id(self, *, in_query: bool | None = None) -> int:
        """The project of the call, which must exist and be permitted."""
        if "project_id" in self.request.path_params:
            project_id = self.path_id("project_id")
        else:
            project_id = self.required("project_id", in_query=in_query)
        self.check_permitted(project_id)
        return project_id

    def check_permitted(self, project_id: int) -> None:
        """A project that is none, or that the service account may not see, is refused."""
        if project_id not in self.state.projects:
            raise not_found()
        if project_id in self.state.permitted_projects:
            return
        mode = self.state.switches["not_permitted"]
        if mode == "empty" and self.request.method == "GET":
            raise Refusal(200, [])
        raise not_found() if mode == "404" else forbidden()

    def fields(self, key: str) -> dict[str, Any]:
        """The record's own part of the body, such as ``{"vendor": {...}}``."""
        given = self.body.get(key)
        if not isinstance(given, dict):
            raise bad_request(f"param is missing or the value is empty: {key}")
        return given

    def record(self, collection: str, name: str = "id") -> Record:
        """The record that the path names."""
        return self.state.collection(collection).get(self.path_id(name)) or _raise(not_found())

    def record_of_project(self, collection: str, name: str = "id") -> Record:
        """The record that the path names, if it belongs to the call's project."""
        project_id = self.project_id()
        record = self.record(collection, name)
        if record["project_id"] != project_id or record.get("deleted_at"):
            raise not_found()
        return record


Handler = Callable[[Ask], Answer]
Entry = tuple[str, str, Handler]


def _number(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def _raise(refusal: Refusal) -> Any:
    raise refusal
