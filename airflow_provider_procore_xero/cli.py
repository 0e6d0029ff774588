"""The console script ``procore-xero``.

Each command imports what it needs when it is called, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_procore_xero.errors import ConnectionIncomplete, SyncError, in_full
from airflow_provider_procore_xero.sync.links import LINKED

if TYPE_CHECKING:
    from sqlalchemy import URL

    from airflow_provider_procore_xero.ledger.explained import Explained
    from airflow_provider_procore_xero.ledger.ledger import Ledger
    from airflow_provider_procore_xero.sync.settings import Settings

ENTITIES = (
    "projects",
    "contacts",
    "vendors",
    "cost_codes",
    "commitments",
    "commitment_change_orders",
    "subcontractor_invoices",
    "payments",
    "direct_costs",
    "job_costs",
    "journal_entries",
)
Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all is well, 1 when something must be mended, 2 for wrong words."""
    given = _parser().parse_args(arguments)
    command: Command = given.command
    try:
        return command(given)
    except (SyncError, OSError, ValueError) as error:
        print(f"procore-xero: {in_full(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def simulator(given: argparse.Namespace) -> int:
    """Serve the pretend Procore and Xero until interrupted."""
    from airflow_provider_procore_xero.simulator.server import serve

    print(f"A pretend Procore and Xero at http://{given.host}:{given.port}/ (Ctrl-C ends it)")
    sys.stdout.flush()
    serve(
        host=given.host,
        port=given.port,
        world=given.world,
        seed=given.seed,
        allow_remote=given.allow_remote,
    )
    return 0


def ledger_upgrade(given: argparse.Namespace) -> int:
    """Create the ledger or bring it to the newest revision, and say where it is."""
    from sqlalchemy.exc import DBAPIError

    from airflow_provider_procore_xero.ledger.engine import url_of
    from airflow_provider_procore_xero.ledger.migrate import upgrade

    url = url_of(given.url) if given.url else _ledger_url(given.connection)
    place = url.render_as_string(hide_password=True)
    try:
        revision = upgrade(url)
    except DBAPIError as error:
        raise SyncError(f"The ledger {place} can't be opened: {error.orig}") from error
    print(f"The ledger {place} is at revision {revision}.")
    return 0


def settings_check(given: argparse.Namespace) -> int:
    """Say whether a settings file can be used, and if not, why and what to do."""
    from airflow_provider_procore_xero.settings import load

    settings = load(given.file)
    print(f"{given.file}: good; profile {settings.profile}.")
    return 0


def settings_describe(given: argparse.Namespace) -> int:
    """Print a page of what a settings file makes of the package."""
    from airflow_provider_procore_xero.settings import load
    from airflow_provider_procore_xero.variant import page

    print(page(load(given.file), given.file.name), end="")
    return 0


def settings_schema(given: argparse.Namespace) -> int:
    """Print the JSON Schema of the settings file."""
    from airflow_provider_procore_xero.settings import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0


def doctor(given: argparse.Namespace) -> int:
    """Try settings and connections, then all that a night needs; say what is wrong with each."""
    _settle_beside_airflow()
    verdicts = list(_connected(given))
    if all(verdicts):
        verdicts += _set_up(given)
    return 0 if all(verdicts) else 1


def _connected(given: argparse.Namespace) -> Iterator[bool]:
    from airflow_provider_procore_xero.hooks.ledger import LedgerHook
    from airflow_provider_procore_xero.hooks.procore import ProcoreHook
    from airflow_provider_procore_xero.hooks.xero import XeroHook

    yield _verdict("settings", *_try_settings(given.settings))
    for hook in (ProcoreHook(given.procore), XeroHook(given.xero), LedgerHook(given.ledger)):
        yield _verdict(hook.hook_name, *hook.test_connection())


def _set_up(given: argparse.Namespace) -> Iterator[bool]:
    from airflow_provider_procore_xero.hooks.procore import ProcoreHook
    from airflow_provider_procore_xero.hooks.xero import XeroHook
    from airflow_provider_procore_xero.operators.doctor import DoctorOperator

    operator = DoctorOperator(
        task_id="doctor",
        settings=str(given.settings) if given.settings else None,
        procore_conn_id=given.procore,
        xero_conn_id=given.xero,
        ledger_conn_id=given.ledger,
    )
    for finding in operator.findings({}):
        if finding.check in (ProcoreHook.hook_name, XeroHook.hook_name):
            continue  # their connections have just been tried
        yield _verdict(finding.check, finding.well, f"{finding.sentence} {finding.fix}".strip())


def _verdict(name: str, is_well: bool, sentence: str) -> bool:
    print(f"{'ok  ' if is_well else 'BAD '} {name}: {sentence}")
    return is_well


def explain(given: argparse.Namespace) -> int:
    """Say why a record is where it is: each condition, then what became of it so far."""
    _settle_beside_airflow()
    from airflow_provider_procore_xero.ledger.explained import explained

    ledger = _ledger(given)
    found = explained(ledger, given.entity, given.key)
    for each in found:
        _print_explained(each)
        for event in ledger.questions.history(given.entity, each.source_id, limit=given.limit):
            what = event.outcome.what.replace("_", " ")
            pages = " ".join(filter(None, (event.outcome.procore_url, event.outcome.xero_url)))
            said = f"{event.at:%Y-%m-%d %H:%M} {what:<9} {event.outcome.title}"
            print(f"  {said}  run {event.run}  {pages}".rstrip())
    if not found:
        print(f"No run has had to do anything with {given.key!r} among {given.entity}.")
    return 0


def _print_explained(each: Explained) -> None:
    judged = f"{each.judged_at:%Y-%m-%d %H:%M} UTC" if each.judged_at else "never"
    print(f"{each.title} ({each.source_id}): {each.verdict} Last judged: {judged}.")
    for one in each.conditions:
        sign = {"met": "ok ", "unmet": "NO ", "unknown": "?  ", "aside": "-  "}[one.verdict]
        print(f"  {sign} {one.asks or 'The other system accepts it'} [{one.code}]")
        if one.verdict == "unmet":
            print(f"      {one.sentence} {one.fix}".rstrip())


def link(given: argparse.Namespace) -> int:
    """Pair two records by hand; the next run makes no second one, and writes to no bill."""
    _settle_beside_airflow()
    pair = _ledger(given).by_hand.link(
        given.entity,
        given.procore_id,
        given.xero_id,
        who=_who(),
        as_item=_settings(given.settings).cost_codes.target == "item",
    )
    print(f"Procore {given.procore_id} and Xero {given.xero_id} are one {pair.kind} now.")
    return 0


def unlink(given: argparse.Namespace) -> int:
    """Forget a pair; both records stay as they are, and the next run judges them anew."""
    _settle_beside_airflow()
    ledger = _ledger(given)
    if given.former:
        return _unlink_former(given, ledger)
    ended = _unlink(ledger, LINKED[given.entity], given.procore_id)
    if not ended:
        print(f"Procore {given.procore_id} is linked with nothing among {given.entity}.")
        return 1
    print(f"Procore {given.procore_id} is no longer linked.")
    return 0


def _unlink_former(given: argparse.Namespace, ledger: Ledger) -> int:
    """Forget what cost codes stood for before ``cost_codes.target`` was changed."""
    from airflow_provider_procore_xero.sync.links import CODE_KIND

    if given.entity != "cost_codes":
        raise SyncError(
            f"--former is for cost_codes, whose counterpart the settings choose, not for"
            f" {given.entity}. Name the id in Procore instead."
        )
    target = _settings(given.settings).cost_codes.target
    former = [kind for kind in LINKED["cost_codes"] if kind != CODE_KIND[target]]
    ended = sum(
        _unlink(ledger, (kind,), link.procore_id) for kind in former for link in ledger.links(kind)
    )
    print(f"{ended} former links of cost codes are forgotten; cost_codes.target is {target!r}.")
    return 0


def _unlink(ledger: Ledger, kinds: Iterable[str], procore_id: str) -> int:
    living = [
        each.id
        for kind in kinds
        for each in ledger.questions.pairings_of(kind, "procore", procore_id)
        if each.state != "unlinked"
    ]
    for each in living:
        ledger.by_hand.unlink(each, who=_who())
    return len(living)


def _who() -> str:
    """Return what the audit trail calls whoever sits at this terminal."""
    import getpass

    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "command line"


def _ledger(given: argparse.Namespace) -> Ledger:
    from airflow_provider_procore_xero.hooks.ledger import LedgerHook
    from airflow_provider_procore_xero.hooks.pair import pair_of

    return LedgerHook(given.ledger).get_conn(pair_of(given.procore, given.xero))


def _settings(path: Path | None) -> Settings:
    from airflow_provider_procore_xero.operators.open import found

    return found(str(path) if path else None)


def _try_settings(path: Path | None) -> tuple[bool, str]:
    try:
        settings = _settings(path)
    except SyncError as error:
        return False, str(error)
    return True, f"profile {settings.profile}"


def _ledger_url(conn_id: str) -> URL:
    _settle_beside_airflow()
    from airflow.providers.common.compat.sdk import AirflowNotFoundException

    from airflow_provider_procore_xero.hooks.ledger import LedgerHook

    try:
        return LedgerHook(conn_id).url()
    except AirflowNotFoundException as error:
        raise ConnectionIncomplete(f"Airflow has no connection {conn_id!r}.") from error


def _settle_beside_airflow() -> None:
    """Say to Airflow, before it is imported, what this process is.

    A process that is neither a task nor one of Airflow's own components is given connections of the
    environment only, not those made on Airflow's page; and Airflow logs to the terminal.
    """
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="procore-xero", description="Procore and Xero in step.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_doctor(commands)
    _add_explain(commands)
    _add_ledger(commands)
    _add_links(commands)
    _add_settings(commands)
    _add_simulator(commands)
    return parser


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("doctor", help="say what is not set up, and how to mend it")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="default: as configured")
    _add_connections(parser)
    parser.set_defaults(command=doctor)


def _add_explain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("explain", help="say what became of a record, and why")
    parser.add_argument("entity", metavar="ENTITY", choices=ENTITIES, help=", ".join(ENTITIES))
    parser.add_argument("key", metavar="KEY", help="a number, a name or an id")
    parser.add_argument("--limit", type=int, default=20, help="how many outcomes, newest first")
    _add_connections(parser)
    parser.set_defaults(command=explain)


def _add_links(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    pairing = commands.add_parser("link", help="pair two records by hand")
    parting = commands.add_parser("unlink", help="forget a pair; both records stay")
    for parser, command in ((pairing, link), (parting, unlink)):
        parser.add_argument("entity", metavar="ENTITY", choices=LINKED, help=", ".join(LINKED))
        parser.add_argument("--settings", type=Path, metavar="FILE", help="default: as configured")
        _add_connections(parser)
        parser.set_defaults(command=command)
    for end in ("procore_id", "xero_id"):
        pairing.add_argument(end, metavar=end.upper())
    which = parting.add_mutually_exclusive_group(required=True)
    which.add_argument("procore_id", metavar="PROCORE_ID", nargs="?")
    which.add_argument(
        "--former",
        action="store_true",
        help="all that cost codes stood for before cost_codes.target was changed",
    )


def _add_connections(parser: argparse.ArgumentParser) -> None:
    for which, default in (
        ("procore", "procore_default"),
        ("xero", "xero_default"),
        ("ledger", "procore_xero_ledger"),
    ):
        parser.add_argument(
            f"--{which}", default=default, metavar="ID", help="connection (default: %(default)s)"
        )


def _add_simulator(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "simulator", help="serve a pretend Procore and a pretend Xero, with a memory"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument(
        "--world", default="contractor", help="contractor (default), empty, or large"
    )
    parser.add_argument("--seed", type=int, default=7, help="the same number, the same world")
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="serve a host that others can reach; they can then change every record",
    )
    parser.set_defaults(command=simulator)


def _add_ledger(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("ledger", help="what the package remembers between runs")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    upgrade = actions.add_parser("upgrade", help="create it, or bring it to the newest revision")
    which = upgrade.add_mutually_exclusive_group()
    which.add_argument(
        "--connection",
        default="procore_xero_ledger",
        metavar="ID",
        help="Airflow connection (default: %(default)s)",
    )
    which.add_argument("--url", help="a SQLAlchemy URL instead: no Airflow is asked")
    upgrade.set_defaults(command=ledger_upgrade)


def _add_settings(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("settings", help="check a settings file, or print its schema")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="say whether FILE can be used")
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(command=settings_check)
    describe = actions.add_parser("describe", help="print FILE as a page: what moves, what differs")
    describe.add_argument("file", type=Path, metavar="FILE")
    describe.set_defaults(command=settings_describe)
    schema = actions.add_parser("schema", help="print the JSON Schema of the file")
    schema.set_defaults(command=settings_schema)


if __name__ == "__main__":
    sys.exit(main())
