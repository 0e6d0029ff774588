"""What Airflow is told about the package.

Every ``airflow`` command calls this, so it imports nothing, and a mistake in it breaks them all:
``tests/test_house.py`` holds it against the schema of the installed Airflow.
"""

from __future__ import annotations

from typing import Any

PACKAGE = "airflow_provider_procore_xero"
TEXT = {"type": ["string", "null"]}
GRANTS = ["client_credentials", "refresh_token"]


def get_provider_info() -> dict[str, Any]:
    """Return the package's connection types, configuration and classes, in Airflow's words."""
    return {
        "package-name": "airflow-provider-procore-xero",
        "name": "Procore and Xero",
        "description": (
            "Keeps `Procore <https://www.procore.com>`__ and `Xero <https://www.xero.com>`__ in "
            "step: projects, vendors, cost codes, subcontractor invoices and payments.\n"
        ),
        "integrations": [
            {
                "integration-name": "Procore and Xero",
                "external-doc-url": "https://pypi.org/project/airflow-provider-procore-xero/",
                "tags": ["service"],
            },
            {
                "integration-name": "Procore",
                "external-doc-url": "https://developers.procore.com/",
                "tags": ["service"],
            },
            {
                "integration-name": "Xero",
                "external-doc-url": "https://developer.xero.com/",
                "tags": ["service"],
            },
        ],
        "operators": [
            {
                "integration-name": "Procore and Xero",
                "python-modules": [
                    f"{PACKAGE}.operators.approval",
                    f"{PACKAGE}.operators.daily_summary",
                    f"{PACKAGE}.operators.doctor",
                    f"{PACKAGE}.operators.job_costs",
                    f"{PACKAGE}.operators.reconcile",
                    f"{PACKAGE}.operators.report",
                ],
            },
            {
                "integration-name": "Procore",
                "python-modules": [
                    f"{PACKAGE}.operators.contacts",
                    f"{PACKAGE}.operators.bill_payments",
                    f"{PACKAGE}.operators.direct_costs",
                    f"{PACKAGE}.operators.journal_entries",
                ],
            },
            {
                "integration-name": "Xero",
                "python-modules": [
                    f"{PACKAGE}.operators.projects",
                    f"{PACKAGE}.operators.vendors",
                    f"{PACKAGE}.operators.cost_codes",
                    f"{PACKAGE}.operators.items",
                    f"{PACKAGE}.operators.commitments",
                    f"{PACKAGE}.operators.commitment_change_orders",
                    f"{PACKAGE}.operators.subcontractor_invoices",
                ],
            },
        ],
        "hooks": [
            {"integration-name": "Procore", "python-modules": [f"{PACKAGE}.hooks.procore"]},
            {
                "integration-name": "Xero",
                "python-modules": [f"{PACKAGE}.hooks.xero", f"{PACKAGE}.hooks.ledger"],
            },
        ],
        "notifications": [
            f"{PACKAGE}.notifications.run_report.RunReportNotifier",
            f"{PACKAGE}.notifications.chat.ChatNotifier",
        ],
        "extra-links": [
            f"{PACKAGE}.operators.links.ProcoreLink",
            f"{PACKAGE}.operators.links.XeroLink",
        ],
        "connection-types": [_procore(), _xero(), _ledger()],
        "config": {"procore_xero": _configuration()},
    }


def _procore() -> dict[str, Any]:
    return {
        "connection-type": "procore",
        "hook-class-name": f"{PACKAGE}.hooks.procore.ProcoreHook",
        "hook-name": "Procore",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {
                "host": "API address",
                "login": "Client id",
                "password": "Client secret",
            },
            "placeholders": {"host": "https://api.procore.com"},
        },
        "conn-fields": {
            "company_id": {
                "label": "Company id",
                "description": "The number after /companies/ in Procore's address bar.",
                "schema": {"type": "integer", "minimum": 1},
            },
            "grant_type": _grant_type(
                "client_credentials for a service account (Data Connection App); refresh_token to "
                "work as the person who gave consent."
            ),
            "refresh_token": _refresh_token(),
            "login_host": {
                "label": "Sign-in address",
                "description": "Only for a sandbox. Empty means https://login.procore.com.",
                "schema": TEXT,
            },
            "web_host": {
                "label": "Web address",
                "description": "Where links to records lead. Empty: Procore is asked.",
                "schema": TEXT,
            },
        },
    }


def _xero() -> dict[str, Any]:
    return {
        "connection-type": "xero",
        "hook-class-name": f"{PACKAGE}.hooks.xero.XeroHook",
        "hook-name": "Xero",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {
                "host": "API address",
                "login": "Client id",
                "password": "Client secret",
            },
            "placeholders": {"host": "https://api.xero.com"},
        },
        "conn-fields": {
            "tenant_id": {
                "label": "Tenant id",
                "description": "The organisation. May stay empty with a custom connection.",
                "schema": TEXT,
            },
            "grant_type": _grant_type(
                "client_credentials for a custom connection; refresh_token for an app with "
                "offline_access."
            ),
            "refresh_token": _refresh_token(),
            "scopes": {
                "label": "Scopes",
                "description": "Separated by spaces. Empty: the scopes that the flows need.",
                "schema": {"type": ["string", "null"], "format": "multiline"},
            },
            "identity_host": {
                "label": "Sign-in address",
                "description": "Empty means https://identity.xero.com.",
                "schema": TEXT,
            },
            "web_host": {
                "label": "Web address",
                "description": "Where links to records lead. Empty means https://go.xero.com.",
                "schema": TEXT,
            },
        },
    }


def _ledger() -> dict[str, Any]:
    return {
        "connection-type": "procore_xero_ledger",
        "hook-class-name": f"{PACKAGE}.hooks.ledger.LedgerHook",
        "hook-name": "Procore-Xero ledger",
        "ui-field-behaviour": {
            "hidden-fields": [],
            "relabeling": {"host": "Database host, or a whole URL", "schema": "Database"},
            "placeholders": {"host": "postgresql+psycopg2://user@host/database", "port": "5432"},
        },
        "conn-fields": {},
    }


def _grant_type(description: str) -> dict[str, Any]:
    return {
        "label": "Grant",
        "description": description,
        "schema": {"type": "string", "enum": GRANTS, "default": "client_credentials"},
    }


def _refresh_token() -> dict[str, Any]:
    # "token" in the name is what makes Airflow mask the value in its API and its logs.
    return {
        "label": "Refresh token",
        "description": "Only for that grant. The first one: newer ones are kept in the ledger.",
        "schema": {"type": ["string", "null"], "format": "password"},
    }


def _configuration() -> dict[str, Any]:
    return {
        "description": "Options of airflow-provider-procore-xero.",
        "options": {
            "settings": {
                "description": (
                    "Path of the YAML file that says how this Procore company and this Xero "
                    "organisation fit together. Empty: the defaults of the profile. A DAG's or an "
                    "operator's own settings argument goes before it.\n"
                ),
                "version_added": "0.1.0",
                "type": "string",
                "example": "/opt/airflow/config/procore_xero.yaml",
                "default": "",
            },
            "schedules": {
                "description": (
                    "Cron expressions by DAG id, as JSON; they go before the lines in the example "
                    "DAGs. null means only when triggered.\n"
                ),
                "version_added": "0.1.0",
                "type": "string",
                "example": '{"procore_xero_nightly": "30 3 * * *"}',
                "default": "",
            },
            "lease_seconds": {
                "description": (
                    "How long a run that was killed keeps others from its flow: a living one "
                    "renews its lease four times in this many seconds.\n"
                ),
                "version_added": "0.1.0",
                "type": "integer",
                "example": "60",
                "default": "120",
            },
            "timezone": {
                "description": "Time zone of the example DAGs' schedules.\n",
                "version_added": "0.1.0",
                "type": "string",
                "example": "Pacific/Auckland",
                "default": "UTC",
            },
        },
    }
