"""``make demo``: the nightly DAG with every flow on, in a real Airflow, on two pretend systems.

Four runs, as somebody would who tries the package: first only the plan, then the real thing; then
bills are paid in Xero and the payments go to Procore; then once more, with nothing left to do.
Everything stays in ``.demo/`` to be looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dev.airflow import Airflow, AirflowStopped, fresh, name
from dev.bookkeeper import Bookkeeper
from dev.mailbox import Mail, Mailbox
from dev.ports import free_ports
from dev.processes import Processes
from dev.terminal import Progress, coloured, counts_table, heading

ROOT = Path(__file__).parents[1]
SETTINGS = Path(__file__).with_suffix(".yaml")
DAG_ID = "procore_xero_nightly"
PATIENCE_FOR_MAIL = 20.0


@dataclass(frozen=True, kw_only=True)
class Round:
    """One run of the DAG and what must be true after it.

    :param may_write: whether the simulator may have been written to.
    """

    title: str
    mode: str
    may_write: bool


PLAN = Round(title="1. A plan: what would happen, and why", mode="plan", may_write=False)
APPLY = Round(title="2. The same for real", mode="apply", may_write=True)
PAID = Round(
    title="3. The night after: what was paid goes to Procore", mode="apply", may_write=True
)
AGAIN = Round(title="4. Once more: nothing is left to do", mode="apply", may_write=False)
NO_WAITING = {"minute_limit": 1000, "spike_limit": 1000}
"""The limits of calls that would make the second run wait for a minute, as it does in real life."""
APPROVED = 12
PAID_OF_THEM = 9


def main() -> int:
    """Run the demo; 0 when every run did what it should."""
    given = _arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    began = time.monotonic()
    home = fresh(given.home.resolve())
    try:
        with world(home) as demo:
            demo.simulator("POST", "switches", NO_WAITING)
            complaints = [*demo.play(PLAN), *demo.play(APPLY)]
            demo.pay_bills()
            complaints += [*demo.play(PAID), *demo.play(AGAIN)]
            demo.keep_state(home / "simulator-state.json")
            if given.keep:
                demo.invite()
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    except AirflowStopped as error:
        print(coloured(f"\n{error}", "31"))
        return 1
    _conclude(home, complaints, time.monotonic() - began)
    return 1 if complaints else 0


class Demo:
    """The running pieces: Airflow, the simulator at *url*, the mailbox."""

    def __init__(self, airflow: Airflow, url: str, mailbox: Mailbox) -> None:
        self.airflow = airflow
        self.url = url
        self.mailbox = mailbox
        self.results: list[dict[str, Any]] = []

    def play(self, part: Round, *, by_schedule: bool = False) -> list[str]:
        """Run the DAG once, show what happened, and return what was not as it should be.

        What the tasks left is in :attr:`results` after it.

        :param by_schedule: wait for the run that its schedule is due, instead of triggering one.
        """
        heading(part.title)
        mails_before = len(self.mailbox.mails)
        self.simulator("DELETE", "calls")
        if by_schedule:
            run_id, state = self.airflow.due(DAG_ID, timeout=600, watch=Progress())
        else:
            conf = {"mode": part.mode}
            run_id, state = self.airflow.run(DAG_ID, conf, timeout=600, watch=Progress())
        self._say_what_failed(run_id)
        self.results = self._results(run_id)
        print()
        print(counts_table(self.results))
        print("  (a dot is nought)")
        writes = self._writes()
        mail = self._mail_after(mails_before)
        print(f"  writes the two systems saw: {len(writes)}")
        print(f"  mail: {coloured(mail.subject if mail else 'none came', '1')}")
        print(f"  both systems compared: {proof(self.results)}")
        return list(_complaints(part, state, self.results, writes, mail))

    def pay_bills(self) -> None:
        """Do in Xero what the accounts department does by day."""
        heading(f"By day, in Xero: {APPROVED} bills are approved, {PAID_OF_THEM} of them paid")
        bookkeeper = Bookkeeper(self.url)
        bookkeeper.pay(bookkeeper.approve(APPROVED)[:PAID_OF_THEM])

    def keep_state(self, path: Path) -> None:
        """Write down everything that the simulator holds."""
        path.write_text(json.dumps(self.state(), indent=2))

    def state(self) -> dict[str, Any]:
        """Return everything that the simulator holds, amounts as text."""
        return dict(self.simulator("GET", "state").json())

    def invite(self) -> None:
        """Stay until interrupted."""
        print(f"\nAirflow: {self.airflow.url}   Procore and Xero: {self.url}   Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            threading.Event().wait()

    def _say_what_failed(self, run_id: str) -> None:
        for task in self.airflow.tasks(DAG_ID, run_id):
            if task["state"] == "failed":
                log = self.airflow.log(
                    DAG_ID,
                    run_id,
                    task["task_id"],
                    try_number=task["try_number"],
                    map_index=task["map_index"],
                )
                print(f"\n  The end of the log of {task['task_id']}:\n{_end_of(log)}")

    def _results(self, run_id: str) -> list[dict[str, Any]]:
        tasks = sorted(
            self.airflow.tasks(DAG_ID, run_id), key=lambda each: each["start_date"] or "~"
        )
        values = (
            self.airflow.xcom(DAG_ID, run_id, each["task_id"], map_index=each["map_index"])
            for each in tasks
        )
        return [
            {**left, "task": name(task)}
            for task, left in zip(tasks, values, strict=True)
            if isinstance(left, dict) and "entity" in left
        ]

    def _writes(self) -> list[str]:
        calls = self.simulator("GET", "calls?writes=1").json()
        return [f"{each['method']} {each['path']}" for each in calls]

    def _mail_after(self, count: int) -> Mail | None:
        end = time.monotonic() + PATIENCE_FOR_MAIL
        while len(self.mailbox.mails) == count and time.monotonic() < end:
            time.sleep(0.2)
        return self.mailbox.mails[-1] if len(self.mailbox.mails) > count else None

    def simulator(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        """Ask the simulator's control API."""
        url = f"{self.url}/_simulator/{path}"
        return httpx.request(method, url, json=body, timeout=30).raise_for_status()


@contextmanager
def world(
    home: Path,
    *,
    ledger: str | None = None,
    metadata: str | None = None,
    environment: Mapping[str, str] | None = None,
    login: tuple[str, str] | None = None,
) -> Iterator[Demo]:
    """Start everything, hand it over, and stop everything for certain.

    :param ledger, metadata: URLs of PostgreSQL databases; None is SQLite in *home*.
    :param environment: what Airflow sees on top.
    :param login: who asks Airflow, where not everybody is an administrator.
    """
    heading("Starting a pretend Procore and Xero, a mailbox and Airflow (half a minute)")
    with ExitStack() as stack:
        mailbox = stack.enter_context(Mailbox(home / "mail"))
        url = _start_simulator(stack.enter_context(Processes(home)))
        seen = _environment(url, mailbox)
        if ledger is not None:
            seen["AIRFLOW_CONN_PROCORE_XERO_LEDGER"] = json.dumps(
                {"conn_type": "procore_xero_ledger", "host": ledger}
            )
        airflow = stack.enter_context(
            Airflow(
                home / "airflow",
                ROOT / "dags",
                environment={**seen, **(environment or {})},
                database=metadata,
                login=login,
            )
        )
        print(f"  Airflow: {airflow.url}\n  Procore and Xero: {url}")
        yield Demo(airflow, url, mailbox)


def _start_simulator(processes: Processes) -> str:
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "airflow_provider_procore_xero.cli", "simulator"]
    processes.start("simulator", [*command, "--port", str(port)], environment=os.environ)
    end = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/_simulator/health", timeout=5).raise_for_status()
        except httpx.HTTPError:
            if processes.dead() or time.monotonic() > end:
                log = processes.log("simulator").read_text()
                raise SystemExit(f"The simulator did not start:\n{log}") from None
            time.sleep(0.2)
        else:
            return url


def _environment(url: str, mailbox: Mailbox) -> dict[str, str]:
    procore = {
        "conn_type": "procore",
        "host": url,
        "login": "procore-client",
        "password": "procore-secret",
        "extra": {"company_id": 4281379, "login_host": url, "web_host": url},
    }
    xero = {
        "conn_type": "xero",
        "host": url,
        "login": "xero-client",
        "password": "xero-secret",
        "extra": {
            "tenant_id": "c3d50000-0000-4000-8000-00000000cafe",
            "identity_host": url,
            "web_host": url,
        },
    }
    return {
        "AIRFLOW_CONN_PROCORE_DEFAULT": json.dumps(procore),
        "AIRFLOW_CONN_XERO_DEFAULT": json.dumps(xero),
        "AIRFLOW_CONN_SMTP_DEFAULT": mailbox.connection("procore-xero@example.com"),
        "AIRFLOW__PROCORE_XERO__SETTINGS": str(SETTINGS),
        # Unpaused, a DAG with a schedule first makes up for last night; here only we start runs.
        "AIRFLOW__PROCORE_XERO__SCHEDULES": json.dumps({DAG_ID: None}),
    }


def _complaints(
    part: Round,
    state: str,
    results: list[dict[str, Any]],
    writes: list[str],
    mail: Mail | None,
) -> Iterator[str]:
    if state != "success":
        yield f"{part.title}: the run ended as {state}."
    if not results:
        yield f"{part.title}: no task left its counts."
    if writes and not part.may_write:
        yield f"{part.title}: {len(writes)} writes, the first {writes[0]}."
    if part.may_write and not writes:
        yield f"{part.title}: nothing was written."
    if mail is None:
        yield f"{part.title}: no mail came."
    if unexplained := sum(each.get("unreconciled", 0) for each in results):
        yield f"{part.title}: {unexplained} differences that nothing explains."


def proof(results: list[dict[str, Any]]) -> str:
    """Return what the reconciliation came to, in words."""
    rows, differing, unexplained = (
        sum(each[what] for each in results if "unreconciled" in each)
        for what in ("read", "differing", "unreconciled")
    )
    if not rows:
        return "nothing to compare, since nothing was written"
    if not differing:
        return f"{rows} rows, all the same to the cent"
    said = (
        f"{rows} rows (project, commitment, vendor, code), {rows - differing} the same to the cent"
    )
    if unexplained:
        return f"{said}, {unexplained} DIFFERENT FOR NO KNOWN REASON"
    return f"{said}, {differing} different, each cent for a known reason"


def job_costs(ledger: Path) -> str:
    """Return what each project has cost, from the ledger, as a table; amounts without tax."""
    query = (
        "SELECT project, SUM(job_to_date), SUM(commitment_invoiced), SUM(direct_costs)"
        " FROM job_costs WHERE project_id <> '' GROUP BY project_id, project, currency ORDER BY 1"
    )
    with closing(sqlite3.connect(ledger)) as connection:
        found = connection.execute(query).fetchall()
    rows = [("", "job to date", "= commitments", "+ direct costs")]
    rows += [(p[:40], *(f"{cents / 100:,.2f}" for cents in sums)) for p, *sums in found]
    return "\n".join(f"  {p:<40}" + "".join(f"{each:>16}" for each in rest) for p, *rest in rows)


def _conclude(home: Path, complaints: list[str], seconds: float) -> None:
    heading("What the projects have cost: approved bills and spend money, from the ledger")
    print(job_costs(home / "airflow" / "procore_xero.db"))
    heading("To look at")
    for what, path in (
        ("mails", home / "mail" / "*.html"),
        ("ledger", home / "airflow" / "procore_xero.db"),
        ("the two systems", home / "simulator-state.json"),
        ("Airflow's logs", home / "airflow" / "logs"),
        ("settings", SETTINGS),
    ):
        print(f"  {what:<16} {_shown(path)}")
    for each in complaints:
        print(coloured(f"  not as it should be: {each}", "31"))
    verdict = "Something was not as it should be" if complaints else "All four runs went well"
    print(f"\n{verdict}, after {seconds:.0f} s.", flush=True)


def _end_of(log: str) -> str:
    return "\n".join(f"    {line}" for line in log.splitlines()[-12:])


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.demo", description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / ".demo", help="emptied first")
    parser.add_argument("--keep", action="store_true", help="leave everything running at the end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
