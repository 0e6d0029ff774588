"""Procore: endpoints, paging, limits. Nothing about fields: a record is what Procore sent.

Source: developers.procore.com, REST API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Unpack

from .allowance import LimitStore
from .client import Surroundings, signed_in
from .limits import IN_FLIGHT, ProcoreLimiter, shared
from .oauth import CLIENT_CREDENTIALS, Credentials
from .parallel import read_each
from .procore_commitments import ProcoreCommitments
from .procore_company import ProcoreCompany
from .procore_costs import ProcoreCosts
from .procore_errors import SYSTEM, explain
from .transport import Http
from .urls import secure_url
from .wire import Record


class Procore(ProcoreCompany, ProcoreCommitments, ProcoreCosts):
    """One company. Lists are generators that hold one page; records are plain dicts.

    Every method raises what :meth:`.transport.Http.get` and :meth:`.transport.Http.write` raise.

    :param web_host: where people see the records; asked from Procore when empty.
    """

    def __init__(self, http: Http, company_id: int, *, web_host: str = "") -> None:
        super().__init__(http, company_id)
        self._web_host = web_host.rstrip("/")

    def web_host(self) -> str:
        """Return where people see the company, ``https://us02.procore.com``; asked once.

        Source: ``GET /rest/v1.0/company_base_url``.
        """
        if not self._web_host:
            answer = self._one("/rest/v1.0/company_base_url")
            self._web_host = str(answer.get("web_base_url") or "https://app.procore.com").rstrip(
                "/"
            )
        return self._web_host

    def file(self, url: str, most: int) -> bytes:
        """Return the file at *url*, an attachment's, if it has at most *most* bytes.

        Such an address is outside the API, and is good for a while only. The sign-in goes along
        where its host is the API's own.
        """
        return self._http.file(url, most)

    def each_project(
        self, project_ids: Iterable[int], read: Callable[[int], Iterable[Record]]
    ) -> Iterator[tuple[int, list[Record]]]:
        """Yield ``(project id, rows)`` in the order asked, reading a few projects ahead.

        *read* takes a project id and returns rows: ``client.requisitions``, or a partial of it.
        """
        return read_each(project_ids, read, at_once=IN_FLIGHT)


def procore(
    *,
    base_url: str,
    login_host: str,
    client_id: str,
    client_secret: str,
    company_id: int,
    grant_type: str = CLIENT_CREDENTIALS,
    refresh_token: str | None = None,
    web_host: str = "",
    limits: LimitStore | None = None,
    limiter: ProcoreLimiter | None = None,
    **around: Unpack[Surroundings],
) -> Procore:
    """Return a client of one company; nothing is sent before its first method is called.

    :param limits: where all workers keep account of their calls; without it this one does alone.
    :param around: see :class:`.client.Surroundings`.
    """
    credentials = Credentials(
        system=SYSTEM,
        token_url=f"{secure_url(login_host, 'the login host')}/oauth/token",
        client_id=client_id,
        client_secret=client_secret,
        client_auth="client_secret_post",
        grant_type=grant_type,
        refresh_token=refresh_token,
        once=True,
    )
    tenant = (base_url, client_id, str(company_id))
    http = signed_in(
        credentials,
        base_url=base_url,
        headers={"Procore-Company-Id": str(company_id)},
        limiter=limiter or shared(ProcoreLimiter, *tenant, store=limits),
        explain=explain,
        **around,
    )
    return Procore(http, company_id, web_host=web_host)
