"""Xero's Accounting API: endpoints, paging, batches, limits. Nothing about fields.

Source: developer.xero.com and Xero's OpenAPI description.
"""

from __future__ import annotations

from typing import Unpack

from .allowance import LimitStore
from .client import Surroundings, signed_in
from .limits import XeroLimiter, shared
from .oauth import CLIENT_CREDENTIALS, REFRESH_TOKEN, Credentials
from .urls import secure_url
from .xero_bills import XeroBills
from .xero_contacts import XeroContacts
from .xero_costs import XeroCosts
from .xero_errors import SYSTEM, explain
from .xero_orders import XeroOrders
from .xero_organisation import XeroOrganisation


class Xero(XeroOrganisation, XeroContacts, XeroOrders, XeroBills, XeroCosts):
    """One organisation. Paged lists are generators that hold one page; records are dicts.

    Every method raises what :meth:`.transport.Http.get` and :meth:`.transport.Http.write` raise.
    """


def xero(
    *,
    base_url: str,
    identity_host: str,
    client_id: str,
    client_secret: str,
    tenant_id: str = "",
    grant_type: str = CLIENT_CREDENTIALS,
    refresh_token: str | None = None,
    scopes: str = "",
    web_host: str = "https://go.xero.com",
    limits: LimitStore | None = None,
    limiter: XeroLimiter | None = None,
    **around: Unpack[Surroundings],
) -> Xero:
    """Return a client of one organisation; nothing is sent before its first method is called.

    :param limits: where all workers keep account of their calls; without it this one does alone.
    :param around: see :class:`.client.Surroundings`.
    """
    credentials = Credentials(
        system=SYSTEM,
        token_url=f"{secure_url(identity_host, 'the identity host')}/connect/token",
        client_id=client_id,
        client_secret=client_secret,
        client_auth="client_secret_basic",
        grant_type=grant_type,
        refresh_token=refresh_token,
        scopes=scopes,
    )
    http = signed_in(
        credentials,
        base_url=base_url,
        limiter=limiter or shared(XeroLimiter, base_url, client_id, tenant_id, store=limits),
        explain=explain,
        **around,
    )
    find = grant_type == REFRESH_TOKEN and not tenant_id
    return Xero(http, tenant_id, find_tenant=find, web_host=web_host)
