"""Looks whether everything is set up that a night needs, and says how to mend what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, MappingError, SyncError, in_full
from airflow_provider_procore_xero.operators.paired import Paired

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_procore_xero.operators.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    :param fix: what a person does about it; empty where all is well.
    """

    check: str
    well: bool
    sentence: str
    fix: str = ""


class DoctorOperator(Paired):
    """Check connections, project stage, tracking categories, contact group, accounts and mail.

    Red means that something must be mended; the log says what. Nothing is written.

    :param settings: path of the settings file, or the settings themselves.
    """

    ui_color = "#e8f1fb"

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow.providers.common.compat.sdk import AirflowFailException

        findings = list(self.findings(context))
        for finding in findings:
            mark = "ok " if finding.well else "BAD"
            self.log.info("%s %s: %s %s", mark, finding.check, finding.sentence, finding.fix)
        bad = [f"{f.sentence} {f.fix}" for f in findings if not f.well]
        if bad:
            raise AirflowFailException(f"{len(bad)} to mend: " + " ".join(bad))
        return {"checked": len(findings), "bad": 0}

    def findings(self, context: Mapping[str, Any]) -> Iterator[Finding]:
        """Yield what each check finds; a check that can't be made is a finding too."""
        from airflow_provider_procore_xero.operators.asked import Asked
        from airflow_provider_procore_xero.operators.open import open_work

        try:
            with closing(open_work(self, Asked(mode="plan"), context, called="doctor")) as opened:
                work = next(opened)
                yield from _examined(work)
                work.ledger.end_run(work.run, "success", {}, work.calls)
        except SyncError as error:
            yield Finding(check="Set-up", well=False, sentence=in_full(error))


def _examined(work: Work) -> Iterator[Finding]:
    for name, check in _CHECKS.items():
        try:
            yield Finding(check=name, well=True, sentence=check(work))
        except MappingError as error:
            yield Finding(check=name, well=False, sentence=str(error), fix=error.fix)
        except ApiError as error:
            yield Finding(check=name, well=False, sentence=in_full(error))


def _procore(work: Work) -> str:
    work.procore.me()
    return f"Signed in to company {work.procore.company_id}."


def _xero(work: Work) -> str:
    return f"Signed in to {work.organisation()['Name']}."


def _projects(work: Work) -> str:
    from airflow_provider_procore_xero.operators.projects import projects_of

    projects = projects_of(work)
    if not projects:
        raise MappingError(
            "Procore shows this connection no project at all.",
            code="NO_PROJECTS",
            fix="Permit projects for the service account in Procore's App Management.",
        )
    return f"{len(projects)} projects are visible, {sum(p['active'] for p in projects)} active."


def _stage(work: Work) -> str:
    wanted = work.settings.projects.stage
    if "stage" not in work.settings.projects.gate:
        return "No project stage is asked for."
    stages = [stage["name"] for stage in work.procore.project_stages()]
    if wanted.casefold() not in (stage.casefold() for stage in stages):
        raise MappingError(
            f"Procore has no project stage called {wanted!r}; it has {', '.join(stages)}.",
            code="STAGE_MISSING",
            fix=f"Add the stage {wanted!r} in the company's project stages, or name another in"
            " projects.stage.",
        )
    return f"Project stage {wanted!r} is there."


def _project_category(work: Work) -> str:
    return _category(work, work.settings.projects.tracking_category)


def _code_category(work: Work) -> str:
    if work.settings.cost_codes.target != "tracking_option":
        return "Cost codes need no tracking category."
    return _category(work, work.settings.cost_codes.tracking_category)


def _category(work: Work, name: str) -> str:
    from airflow_provider_procore_xero.sync.tracking import TrackingCategory

    found = TrackingCategory.named(
        name, work.small("tracking categories", work.xero.tracking_categories)
    )
    return f"Tracking category {found.name!r} is there, with {found.active} active options."


def _one_target(work: Work) -> str:
    """Refuse cost codes that stand for options and for items at once (C2)."""
    from airflow_provider_procore_xero.sync.links import CODE_KIND

    target = work.settings.cost_codes.target
    linked = {name: len(work.ledger.links(kind)) for name, kind in CODE_KIND.items() if kind}
    if former := {name: count for name, count in linked.items() if count and name != target}:
        told = " and ".join(f"{count} ({name})" for name, count in former.items())
        raise MappingError(
            f"cost_codes.target is {target!r}, and cost codes are still linked to what it was"
            f" before: {told}.",
            code="CODES_MIXED",
            fix="Set cost_codes.target back, or forget the former links: procore-xero unlink"
            " cost_codes --former. Nothing changes in Xero.",
        )
    return f"Cost codes have one target, {target!r}."


def _group(work: Work) -> str:
    from airflow_provider_procore_xero.operators.contacts import members_of_group

    if work.settings.vendors.direction == "procore_to_xero":
        return "Contacts do not become vendors, so they need no group."
    return f"The contact group has {len(members_of_group(work))} contacts."


def _accounts(work: Work) -> str:
    from airflow_provider_procore_xero.sync.accounts import Account

    settings = work.settings
    by_item = settings.cost_codes.target == "item"
    retained = [] if by_item else [("bills.retainage_account", settings.bills.retainage_account)]
    wanted = [
        ("accounts.expense", settings.accounts.expense),
        *retained,
        *(("accounts.by_cost_type", code) for code in settings.accounts.by_cost_type.values()),
        *(("accounts.by_cost_code", code) for code in settings.accounts.by_cost_code.values()),
    ]
    if unset := " and ".join(key for key, code in wanted if code is None):
        raise MappingError(
            f"The settings name no account for {unset}.",
            code="ACCOUNT_NOT_SET",
            fix=f"Set {unset} in the settings file.",
        )
    known = {a.code: a for a in map(Account.from_xero, work.small("accounts", work.xero.accounts))}
    bad = [f"{code} ({key})" for key, code in wanted if not _usable(known.get(str(code)))]
    if bad:
        raise MappingError(
            f"Xero has no active account for bills called {', '.join(bad)}.",
            code="ACCOUNT_UNKNOWN",
            fix="Correct the account codes in the settings file.",
        )
    return f"{len(wanted)} accounts are there and active."


def _retainage_item(work: Work) -> str:
    if work.settings.cost_codes.target != "item":
        return "Retainage goes to an account, and needs no item."
    item = work.settings.bills.retainage_item
    if item is None:
        raise MappingError(
            "The settings name no item for retainage.",
            code="RETAINAGE_NOT_SET",
            fix="Set bills.retainage_item in the settings file to an item that stands for no cost"
            " code.",
        )
    if item not in {each["Code"] for each in work.small("items", work.xero.items)}:
        raise MappingError(
            f"Xero has no item {item!r}, which the settings name for retainage.",
            code="RETAINAGE_ITEM_UNFIT",
            fix="Add the item in Xero, or name another in bills.retainage_item.",
        )
    return f"Item {item!r} for retainage is there."


def _usable(account: Any) -> bool:
    return account is not None and bool(account.takes_lines)


def _job_costs(work: Work) -> str:
    """Say how many projects the ERP tool knows, and what budgets must not add up."""
    from airflow_provider_procore_xero.operators.projects import projects_of

    if work.settings.job_costs.write == "none":
        return "Job costs are not written to Procore."
    linked = {link.procore_id for link in work.ledger.links("project") if link.state == "active"}
    ours = [raw for raw in projects_of(work) if str(raw["id"]) in linked and raw.get("active")]
    known = [raw for raw in ours if raw.get("origin_id")]
    return (
        f"Job costs go to Procore's ERP job costs: its ERP tool knows {len(known)} of {len(ours)}"
        " integrated projects. Let no column of a budget view count them and direct costs both: in"
        " Procore's own connector transactions only show what job costs consist of."
    )


def _approvals(work: Work) -> str:
    from airflow_provider_procore_xero.sync.approval import (
        ENTITIES,
        UNSIGNED,
        person,
        rule,
        under_approval,
    )

    settings = work.settings
    asked = [name for name in ENTITIES if under_approval(settings, name)]
    if not asked:
        return "Nothing needs an approval."
    approvers = settings.approval.approvers
    if not approvers:
        raise MappingError(
            "Records wait for a decision that nobody may make.",
            code="NO_APPROVER",
            fix="Name in approval.approvers who may decide.",
        )
    by_rule = {rule(text).entity for text in settings.approval.auto_accept}
    nobodys = [name for name in UNSIGNED if name in asked and not by_rule & {name, "any"}]
    if settings.approval.four_eyes and nobodys:
        raise MappingError(
            f"Nobody may accept {' and '.join(nobodys)} under approval.four_eyes: Procore does not"
            " tell who created them.",
            code="NO_FOUR_EYES",
            fix="Take them out of approval.entities, or let rules of approval.auto_accept decide.",
        )
    unheard = [entry for entry in approvers if not person(entry).address]
    silent = f" No summary goes to {', '.join(unheard)}: an address is missing." if unheard else ""
    return f"{len(approvers)} may decide on {', '.join(asked)}.{silent}"


def _mail(work: Work) -> str:
    to = work.settings.notifications.to
    if not to:
        raise MappingError(
            "Nobody gets the mail after a run.",
            code="NO_RECIPIENT",
            fix="Set notifications.to in the settings file, and the connection smtp_default.",
        )
    return f"The mail goes to {', '.join(to)}."


_CHECKS: Mapping[str, Callable[[Work], str]] = {
    "Procore": _procore,
    "Xero": _xero,
    "Projects": _projects,
    "Project stage": _stage,
    "Tracking category of projects": _project_category,
    "Tracking category of cost codes": _code_category,
    "Target of cost codes": _one_target,
    "Contact group": _group,
    "Accounts": _accounts,
    "Item of retainage": _retainage_item,
    "Job costs": _job_costs,
    "Approvals": _approvals,
    "Mail": _mail,
}
