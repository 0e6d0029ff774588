"""Projects, the standard cost codes, and each project's copy of them."""

from __future__ import annotations

from . import words
from .builder import Builder, Record

PROJECT_ONLY_CODE = "02-998"
CUSTOM_SEGMENT = "NIGHT"
# The bookkeeper made options for these by hand before there was an integration.
HAND_MADE = (0, 1, 4, 8)
HAND_MADE_CODES = ("01-550", "02-300", "02-500", "03-300", "32-120")
_SEGMENT_ID = 31010


def build(builder: Builder) -> None:
    list_id = _standard_codes(builder)
    for row in words.PROJECTS:
        project = _project(builder, *row)
        _copy_codes(builder, project, list_id)
    _odd_codes(builder)
    for index in HAND_MADE:
        builder.xero.add_option("Project", option_name(index))
    for code in HAND_MADE_CODES:
        builder.xero.add_option("Cost Codes", code)
    builder.xero.add_option("Project", "19-044 Kilbirnie Depot")["Status"] = "ARCHIVED"


def option_name(index: int) -> str:
    """What the bookkeeper calls the project in that row of ``words.PROJECTS``."""
    name, number = words.PROJECTS[index][:2]
    return f"{number} {name}"


def numbered(builder: Builder, index: int) -> Record:
    """The project in that row of ``words.PROJECTS``."""
    name = words.PROJECTS[index][0]
    return next(p for p in builder.procore.projects.values() if p["name"] == name)


def project_wbs(builder: Builder, project: Record) -> list[Record]:
    """The budget codes of a project that a document may use without a complaint."""
    return [
        code
        for code in builder.procore.wbs_codes.values()
        if code["project_id"] == project["id"]
        and not code["flat_code"].startswith(PROJECT_ONLY_CODE)
        and len(code["segment_items"]) == 2
    ]


def _project(
    builder: Builder,
    name: str,
    number: str | None,
    stage: str,
    active: bool,
    city: str,
    country: str,
    region: str,
) -> Record:
    creator = builder.random.choice([u for u in builder.procore.users.values() if u["job_title"]])
    project = builder.procore.add_project(
        name=name,
        stage=stage,
        created_by=creator["id"],
        project_number=number,
        active=active,
        address=f"{builder.random.randrange(1, 99)} {builder.random.choice(words.STREETS)}",
        city=city,
        country_code=country,
        state_code=region if len(region) == 2 else None,
        zip=str(builder.random.randrange(1000, 9999)),
        phone="+64 4 499 1200",
        time_zone="Australia/Sydney" if country == "AU" else "Pacific/Auckland",
        total_value=builder.amount(800_000, 9_000_000, step=5000),
        start_date=builder.day(builder.random.randrange(220, 420)),
        completion_date=builder.day(-builder.random.randrange(60, 500)),
    )
    return builder.dated(project, made=420, changed=builder.random.randrange(3, 60))


def _standard_codes(builder: Builder) -> int:
    """Divisions and leaves of the list that goes to Xero, and a few codes of an old list."""
    procore = builder.procore
    chosen = procore.add_standard_cost_code_list(words.COST_CODE_LIST)
    old = procore.add_standard_cost_code_list("Hartnell Legacy Codes",
                                              available_to_use_on_new_projects=False)  # fmt: skip
    for division, name, leaves in words.COST_CODES:
        head = procore.add_standard_cost_code(list_id=chosen["id"], code=division, name=name)
        for code, title, _ in leaves:
            procore.add_standard_cost_code(
                list_id=chosen["id"], code=code, name=title, parent_id=head["id"]
            )
    for code, name in (("1000", "Preliminaries"), ("2000", "Works"), ("9000", "Margin")):
        procore.add_standard_cost_code(list_id=old["id"], code=code, name=name)
    for record in (chosen, old, *procore.standard_cost_codes.values()):
        builder.dated(record, made=800)
    return int(chosen["id"])


def _copy_codes(builder: Builder, project: Record, list_id: int) -> None:
    """The project's cost codes, and a budget code for each leaf and type in use."""
    procore = builder.procore
    types = {kind["code"]: kind["id"] for kind in procore.line_item_types.values()}
    in_use = {
        f"{division}-{code}": letters
        for division, _, leaves in words.COST_CODES
        for code, _, letters in leaves
    }
    for cost_code in procore.copy_standard_list(project_id=project["id"], list_id=list_id):
        builder.dated(cost_code, made=400)
        for letter in in_use.get(cost_code["full_code"], ""):
            wbs = procore.add_wbs_code(
                cost_code_id=cost_code["id"], line_item_type_id=types[letter]
            )
            builder.dated(wbs, made=400)


def _odd_codes(builder: Builder) -> None:
    """On the second project: a code of its own, and one with a custom segment."""
    procore, project = builder.procore, numbered(builder, 1)
    own = [c for c in procore.cost_codes.values() if c["biller_id"] == project["id"]]
    head = next(c for c in own if c["full_code"] == "02")
    earth = next(c for c in own if c["full_code"] == "02-300")
    kind = next(k for k in procore.line_item_types.values() if k["code"] == "S")
    extra = procore.add_cost_code(
        project_id=project["id"], code=PROJECT_ONLY_CODE.split("-")[1],
        name="Client Requested Extras", parent_id=head["id"],
    )  # fmt: skip
    plain = procore.add_wbs_code(cost_code_id=extra["id"], line_item_type_id=kind["id"])
    odd = procore.add_wbs_code(cost_code_id=earth["id"], line_item_type_id=kind["id"])
    odd["flat_code"] += f".{CUSTOM_SEGMENT}"
    odd["flat_name"] += ".Night shift"
    odd["wbs_pattern_id"] += 1
    odd["segment_items"].append({
        "id": 88_120_999,
        "code": CUSTOM_SEGMENT,
        "name": "Night shift",
        "path_code": CUSTOM_SEGMENT,
        "path_ids": [],
        "status": "active",
        "segment": {"id": _SEGMENT_ID, "name": "Shift", "type": "custom"},
    })  # fmt: skip
    for record in (extra, plain, odd):
        builder.dated(record, made=300)
