"""Connection forms as Airflow 3.1 wants them; later versions read the provider info instead."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

KINDS = {
    "text": ("StringField", "BS3TextFieldWidget"),
    "number": ("IntegerField", "BS3TextFieldWidget"),
    "secret": ("PasswordField", "BS3PasswordFieldWidget"),
}


def widgets(fields: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return the extra fields of a form, by name.

    :param fields: name to (label, kind), kinds as in :data:`KINDS`.

    The form libraries are not installed with a worker: Airflow puts stand-ins in their place
    while it reads the forms, which is why they are named here and not imported above.
    """
    wtforms = import_module("wtforms")
    looks = import_module("flask_appbuilder.fieldwidgets")
    return {
        name: getattr(wtforms, KINDS[kind][0])(label, widget=getattr(looks, KINDS[kind][1])())
        for name, (label, kind) in fields.items()
    }


def behaviour(placeholders: Mapping[str, str]) -> dict[str, Any]:
    """Return how the standard fields are called."""
    return {
        "hidden_fields": ["schema", "port"],
        "relabeling": {
            "host": "API address",
            "login": "Client id",
            "password": "Client secret",
        },
        "placeholders": dict(placeholders),
    }
