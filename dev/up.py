"""``make up``: the page in a real Airflow, with two nights behind it and people in three roles.

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

from dev.airflow import AirflowStopped, fresh
from dev.demo import APPLY, PAID, ROOT, Demo, world
from dev.terminal import coloured, heading

ROLES = {"viewer": "viewer", "operator": "user", "approver": "admin"}
"""Who there is, and what Airflow's simple auth manager lets them do. The name is the password."""
SETTINGS = Path(__file__).with_suffix(".yaml")


def main() -> int:
    """Start everything and stay until interrupted."""
    given = _arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    home = fresh(given.home.resolve())
    try:
        with world(home, environment=_people(home), login=("approver", "approver")) as demo:
            _two_nights(demo)
            _invite(demo)
    except KeyboardInterrupt:
        print("\nStopped.")
    except AirflowStopped as error:
        print(coloured(f"\n{error}", "31"))
        return 1
    return 0


def _people(home: Path) -> dict[str, str]:
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


def _two_nights(demo: Demo) -> None:
    complaints = demo.play(APPLY)
    demo.pay_bills()
    complaints += demo.play(PAID)
    for each in complaints:
        print(coloured(f"  not as it should be: {each}", "31"))
    for dag_id in demo.airflow.dags():
        if dag_id.startswith("procore_xero_"):
            demo.airflow.unpause(dag_id)


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
