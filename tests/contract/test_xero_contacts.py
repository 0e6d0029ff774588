"""Writing contacts: fifty a call, each for itself, in the order sent, and never merged by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.conftest import World


def test_R67_each_contact_of_a_batch_has_its_own_answer(world: World) -> None:
    taken = next(c for c in world.simulator.xero.contacts.values())["Name"]
    payloads = [{"Name": "Quite New Ltd", "ContactNumber": "PROCORE-V-1"}, {"Name": taken.upper()}]

    first, second = world.xero().create_contacts(payloads, "k")

    assert first.saved
    assert first.record["ContactNumber"] == "PROCORE-V-1"
    assert not second.saved
    assert "already assigned to another contact" in second.errors[0]


def test_contacts_come_in_the_order_sent_whatever_xero_does(build: Callable[..., World]) -> None:
    world = build(batch_order="reversed")
    payloads = [{"Name": f"Firm {n}", "ContactNumber": f"PROCORE-V-{n}"} for n in range(3)]

    made = world.xero().create_contacts(payloads, "k")
    renamed = [
        {"ContactID": e.record["ContactID"], "Name": f"Name {n}"} for n, e in enumerate(made)
    ]
    changed = world.xero().update_contacts(renamed, "k2")

    assert [e.record["Name"] for e in made] == ["Firm 0", "Firm 1", "Firm 2"]
    assert [e.record["Name"] for e in changed] == ["Name 0", "Name 1", "Name 2"]


def test_E20_an_archived_contact_refuses_a_change_and_the_others_take_theirs(world: World) -> None:
    people = world.simulator.xero
    gone, kept = [
        c["ContactID"] for c in people.contacts.values() if c["ContactStatus"] == "ACTIVE"
    ][:2]
    people.archive_contact(gone)
    payloads = [{"ContactID": each, "EmailAddress": "ap@firm.example"} for each in (gone, kept)]

    first, second = world.xero().update_contacts(payloads, "k")

    assert (first.saved, second.saved) == (False, True)
    assert people.contacts[kept]["EmailAddress"] == "ap@firm.example"


def test_a_batch_has_at_most_fifty_contacts(world: World) -> None:
    with pytest.raises(ValueError, match="takes 50 contacts, not 51"):
        world.xero().create_contacts([{"Name": f"Firm {n}"} for n in range(51)], "k")
