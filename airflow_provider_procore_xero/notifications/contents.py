"""What the mail after a run says, in its order: to do, written, counts, waiting, where to look.

Everything here is text that is fit to be shown; the templates only lay it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from airflow_provider_procore_xero.notifications.outside import (
    A_TITLE,
    A_VALUE,
    address,
    field_words,
    line,
    words,
)
from airflow_provider_procore_xero.sync.plan import FieldChange, Reason
from airflow_provider_procore_xero.sync.reconciliation import Amounts, Reconciled
from airflow_provider_procore_xero.sync.report import CALLED, COUNTS, FlowReport, Outcome, Report

DONE = ("created", "updated", "linked", "removed")
NAMED = 3
"""How many of the records that merely wait are named, for each reason."""
FIELDS = 6
"""How many changed fields of one record are shown."""
NOTES = 5
_FIRST = ("in_doubt", "refused", "drifted", "held")
"""What to look at first: money may already have moved."""
STATES = {
    "success": ("done", "good"),
    "failed": ("failed", "bad"),
    "upstream_failed": ("did not run", "bad"),
    "skipped": ("did not run", "warn"),
    "limited": ("stopped by a limit", "warn"),
    "blocked": ("not set up", "warn"),
    "running": ("did not finish", "warn"),
}
"""The state of a flow, in words, and how loud it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """How many records, at most, are shown one by one."""

    to_do: int
    written: int
    flows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record. *links* are labels and addresses; *fields* are name, before and after."""

    title: str
    what: str
    flow: str
    links: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...] = ()
    fields: tuple[tuple[str, str, str], ...] = ()
    more_fields: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Records that belong together, and how many of them are not shown.

    :param see: the runs that hold the rest.
    :param sentence, fix: what is true of all of them; empty where each has its own.
    """

    title: str
    count: int
    rows: tuple[Row, ...]
    more: int
    see: str
    code: str = ""
    sentence: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Records that nobody must act on, folded into one line."""

    title: str
    sentence: str
    count: int
    names: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One line of the table of flows."""

    called: str
    entity: str
    state: str
    tone: str
    error: str
    counts: Mapping[str, int]
    calls: Mapping[str, int]
    notes: tuple[str, ...]
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What both systems say in one currency: pairs of two names and amounts that should be one."""

    currency: str
    pairs: tuple[tuple[str, Decimal, str, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Whether both systems agree, in numbers of rows, totals, and the worst rows."""

    agrees: bool
    rows: int
    agreeing: int
    explained: int
    unexplained: int
    totals: tuple[Total, ...]
    worst: tuple[Row, ...]


def problems(report: Report) -> tuple[Flow, ...]:
    """Return the flows that ended early; where a set-up is missing, a record says so."""
    return tuple(_flow(flow) for flow in report.failed if flow.state != "blocked")


def to_do(report: Report, most: int) -> tuple[Group, ...]:
    """Return what a person must do, a group for each reason."""
    found = [(flow, o) for flow in report.flows for o in flow.outcomes if o.needs_somebody]
    found.sort(key=lambda pair: _FIRST.index(pair[1].what))
    by_code: dict[str, list[tuple[FlowReport, Outcome]]] = {}
    for flow, outcome in found:
        by_code.setdefault(_reasons(outcome)[0].code, []).append((flow, outcome))
    room = shares([len(members) for members in by_code.values()], most)
    return tuple(
        _reason_group(code, members, shown)
        for (code, members), shown in zip(by_code.items(), room, strict=True)
    )


def written(report: Report, most: int) -> tuple[Group, ...]:
    """Return what was written, or would be, a group for each kind of record."""
    by_title: dict[str, list[FlowReport]] = {}
    for flow in report.flows:
        by_title.setdefault(called(flow), []).append(flow)
    found = [(title, flows, _done(flows)) for title, flows in by_title.items()]
    found = [(title, flows, done) for title, flows, done in found if done]
    room = shares([len(done) for _, _, done in found], most)
    groups = []
    for (title, flows, done), shown in zip(found, room, strict=True):
        count = max(len(done), sum(_written(flow) - _elsewhere(flow) for flow in flows))
        rest = [flow for flow, _ in done[shown:]] or flows
        groups.append(
            Group(
                title=title,
                count=count,
                rows=tuple(_row(flow, outcome) for flow, outcome in done[:shown]),
                more=count - min(shown, len(done)),
                see=_see(rest),
            )
        )
    return tuple(groups)


def waiting(report: Report) -> tuple[Waiting, ...]:
    """Return what is not ready yet, folded into a line for each reason."""
    by_code: dict[str, list[tuple[Reason, str]]] = {}
    for flow in report.flows:
        for outcome in flow.outcomes:
            if outcome.what == "held" and not (outcome.needs_somebody or outcome.ignored):
                reason = next(reason for reason in outcome.reasons if reason.waits)
                by_code.setdefault(reason.code, []).append((reason, outcome.title))
    return tuple(
        Waiting(
            title=words(code),
            sentence=_common(reason.sentence for reason, _ in members),
            count=len(members),
            names=tuple(line(name, A_TITLE) for _, name in members[:NAMED]),
            more=max(0, len(members) - NAMED),
        )
        for code, members in by_code.items()
    )


def unlisted(report: Report) -> int:
    """Return how many held records the report only counts."""
    return sum(
        max(0, flow.counts.get("held", 0) - sum(o.what == "held" for o in flow.outcomes))
        for flow in report.flows
    )


def flows(report: Report, most: int) -> tuple[Flow, ...]:
    """Return a line for each flow in the order they ran; where they are cut, the loud ones stay."""
    lines = [_flow(flow) for flow in report.flows]
    if len(lines) <= most:
        return tuple(lines)
    loudest = sorted(range(len(lines)), key=lambda place: lines[place].tone == "good")[:most]
    return tuple(lines[place] for place in sorted(loudest))


def proof(report: Report) -> Proof | None:
    """Return whether both systems agree, or None where nobody looked."""
    found = report.proof
    if found is None:
        return None
    explained = found.differing - found.unexplained
    return Proof(
        agrees=not found.unexplained,
        rows=found.rows,
        agreeing=found.rows - found.differing,
        explained=explained,
        unexplained=found.unexplained,
        totals=tuple(_total(currency, sums) for currency, sums in sorted(found.totals.items())),
        worst=tuple(_worst(row) for row in found.worst),
    )


def _total(currency: str, sums: Amounts) -> Total:
    return Total(
        currency=line(currency, A_VALUE),
        pairs=(
            ("Claimed", sums.claimed, "Billed", sums.billed),
            ("Paid in Xero", sums.paid_xero, "in Procore", sums.paid_procore),
            ("Billed and direct", sums.billed + sums.direct_cost, "Cost", sums.job_cost),
        ),
    )


def _worst(row: Reconciled) -> Row:
    pages = (("Procore", address(row.procore_url)), ("Xero", address(row.xero_url)))
    return Row(
        title=line(row.title, A_TITLE),
        what=f"{row.unexplained:,.2f} unexplained",
        flow=CALLED["reconciliation"],
        links=tuple((label, url) for label, url in pages if url),
        sentences=(line(row.sentence),),
    )


def called(flow: FlowReport) -> str:
    """Return what people call a flow."""
    return CALLED.get(flow.entity, words(flow.entity))


def shares(sizes: Sequence[int], most: int) -> list[int]:
    """Return how many of each list are shown, *most* in all: short lists whole, long ones alike."""
    left, room = most, [0] * len(sizes)
    smallest_first = sorted(range(len(sizes)), key=lambda place: sizes[place])
    for done, place in enumerate(smallest_first):
        room[place] = min(sizes[place], left // (len(sizes) - done))
        left -= room[place]
    return room


def _reason_group(code: str, members: Sequence[tuple[FlowReport, Outcome]], shown: int) -> Group:
    first = [_reasons(outcome)[0] for _, outcome in members]
    sentence = _common(reason.sentence for reason in first)
    fix = _common(reason.fix for reason in first)
    return Group(
        title=words(code),
        count=len(members),
        rows=tuple(_row(flow, outcome, said=(sentence, fix)) for flow, outcome in members[:shown]),
        more=len(members) - shown,
        see=_see([flow for flow, _ in members[shown:]]),
        code=code,
        sentence=sentence,
        fix=fix,
    )


def _row(flow: FlowReport, outcome: Outcome, said: tuple[str, ...] = ()) -> Row:
    """Return *outcome* to be shown, without the sentences that its group has *said*."""
    told = (line(text) for r in outcome.reasons for text in (r.sentence, r.fix))
    pages = (("Procore", address(outcome.procore_url)), ("Xero", address(outcome.xero_url)))
    return Row(
        title=line(outcome.title or outcome.source_id, A_TITLE),
        what=outcome.what.replace("_", " "),
        flow=called(flow),
        links=tuple((label, url) for label, url in pages if url),
        sentences=tuple(dict.fromkeys(text for text in told if text and text not in said)),
        fields=tuple(_field(change) for change in outcome.fields[:FIELDS]),
        more_fields=max(0, len(outcome.fields) - FIELDS),
    )


def _field(change: FieldChange) -> tuple[str, str, str]:
    before, after = (
        "nothing" if value is None else line(value, A_VALUE) or "nothing"
        for value in (change.before, change.after)
    )
    return field_words(change.name), before, after


def _flow(flow: FlowReport) -> Flow:
    state, tone = STATES.get(flow.state, (line(flow.state, A_VALUE), "warn"))
    return Flow(
        called=called(flow),
        entity=flow.entity,
        state=state,
        tone=tone,
        error=line(flow.error),
        counts={name: flow.counts.get(name, 0) for name in COUNTS},
        calls={system: flow.calls.get(system, 0) for system in ("procore", "xero")},
        notes=tuple(line(note) for note in flow.notes[:NOTES]),
        run=flow.run,
    )


def _reasons(outcome: Outcome) -> tuple[Reason, ...]:
    if outcome.reasons:
        return outcome.reasons
    return (Reason(code=outcome.what.upper(), sentence="The run gave no reason."),)


def _common(sentences: Iterable[str]) -> str:
    """Return the one sentence that all share, or an empty text."""
    different = {line(sentence) for sentence in set(sentences)}
    return different.pop() if len(different) == 1 else ""


def _done(flows: Sequence[FlowReport]) -> list[tuple[FlowReport, Outcome]]:
    return [(flow, o) for flow in flows for o in flow.outcomes if o.what in DONE]


def _see(flows: Sequence[FlowReport]) -> str:
    """Return the runs that hold the rest, the first of them."""
    runs = list(dict.fromkeys(flow.run for flow in flows if flow.run))
    return ", ".join(runs[:NAMED]) + (" and others" if len(runs) > NAMED else "")


def _written(flow: FlowReport) -> int:
    return sum(flow.counts.get(name, 0) for name in ("created", "updated", "linked"))


def _elsewhere(flow: FlowReport) -> int:
    """Return how many written records stand among what is to do: the target kept something else."""
    return sum(outcome.what == "drifted" for outcome in flow.outcomes)
