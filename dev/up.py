"""``make up``: the page in a real Airflow, with two nights behind it and people in three roles.

The first night is triggered; the second is the schedule's own, which then says when the next is.
Everything is in ``.up/``, made anew each time; the mails lie there too.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

import httpx

from dev.airflow import AirflowStopped, fresh
from dev.bookkeeper import Bookkeeper
from dev.demo import APPLY, DAG_ID, PAID, ROOT, Demo, world
from dev.terminal import coloured, heading

ROLES = {"viewer": "viewer", "operator": "user", "approver": "admin"}
"""Who there is, and what Airflow's simple auth manager lets them do. The name is the password."""
SETTINGS = Path(__file__).with_suffix(".yaml")
EXPORT = "procore_xero_export_accepted"
COSTS = "310"
"""The account that bills post to, as the settings say."""


def main() -> int:
    """Start everything and stay until interrupted; 1 where something is not as it should be."""
    given = _arguments()
    complaints: list[str] = []
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    home = fresh(given.home.resolve())
    try:
        with world(home, environment=people(home), login=("approver", "approver")) as demo:
            complaints += prepare(demo)
            _invite(demo)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    except AirflowStopped as error:
        print(coloured(f"\n{error}", "31"))
        return 1
    return 1 if complaints else 0


def people(home: Path) -> dict[str, str]:
    """Return Airflow's environment with somebody for each role, and our settings."""
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps({name: name for name in ROLES}))
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{name}:{role}" for name, role in ROLES.items()
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__PROCORE_XERO__SETTINGS": str(SETTINGS),
    }


def prepare(demo: Demo) -> list[str]:
    """Let two nights and a day pass, and return what was not as it should be."""
    complaints = [*_two_nights(demo), *_one_that_fails(demo)]
    for each in complaints:
        print(coloured(f"  not as it should be: {each}", "31"))
    return complaints


def _two_nights(demo: Demo) -> list[str]:
    complaints = demo.play(APPLY)
    demo.airflow.pause(DAG_ID)
    demo.pay_bills()
    demo.airflow.reparse({"AIRFLOW__PROCORE_XERO__SCHEDULES": "{}"})  # what the DAG files say
    complaints += demo.play(PAID, by_schedule=True)
    for dag_id in demo.airflow.dags():
        if dag_id.startswith("procore_xero_"):
            demo.airflow.unpause(dag_id)
    return complaints


def _one_that_fails(demo: Demo) -> list[str]:
    """Leave one claim under *Failed to Export*: its account was archived for a while.

    The account is back at the end, so that a retry on the page exports the claim.
    """
    heading(f"By day: account {COSTS} is archived by mistake, and a claim is accepted meanwhile")
    bookkeeper, page = Bookkeeper(demo.url), page_of(demo, "approver")
    claim = page.get("queue").raise_for_status().json()["rows"][-1]
    bookkeeper.account(COSTS, "ARCHIVED")
    accepted = page.post(f"queue/{claim['id']}/accept", json={"hash": claim["hash"]})
    run_id = accepted.raise_for_status().json()["dag_run"]
    demo.airflow.wait(EXPORT, run_id, timeout=600)
    bookkeeper.account(COSTS, "ACTIVE")
    after = page.get(f"queue/{claim['id']}").raise_for_status().json()
    print(f"  {after['title']} is {after['state'].replace('_', ' ')}: {' '.join(after['errors'])}")
    if after["state"] != "failed_to_export":
        return [f"{after['title']}, whose account is archived, did not fail."]
    return []


def page_of(demo: Demo, name: str) -> httpx.Client:
    """Return the page's API as *name* sees it."""
    who = {"username": name, "password": name}
    token = httpx.post(f"{demo.airflow.url}/auth/token", json=who).raise_for_status().json()
    return httpx.Client(
        base_url=f"{demo.airflow.url}/procore-xero/api/",
        headers={"Authorization": f"Bearer {token['access_token']}"},
        timeout=30,
    )


def _invite(demo: Demo) -> None:
    heading("Ready")
    print(f"  The page:         {demo.airflow.url}/plugin/procore_xero")
    print(f"  without Airflow's frame:  {demo.airflow.url}/procore-xero/")
    print(f"  Procore and Xero: {demo.url}")
    for name, what in (
        ("viewer", "looks"),
        ("operator", "also runs flows, links, ignores"),
        ("approver", "also decides what is exported"),
    ):
        print(f"  {name} / {name:<10} {what}")
    print("Ctrl-C ends it.", flush=True)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.up", description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / ".up", help="emptied first")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
