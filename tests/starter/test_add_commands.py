"""`sequencing enroll` and `sequencing adds` as they are typed; the engine answers, and no worker runs."""

import json
from pathlib import Path

from tests.commands import Place


def test_a_dry_run_says_per_contact_and_in_sum_and_enrolls_nobody(place: Place) -> None:
    before = place.counts()

    told = place.run("enroll", "Welcome", "ann", "dot", "nobody", "--dry-run")
    as_json = json.loads(place.run("enroll", "Welcome", "ann", "dot", "nobody", "--dry-run", "--json").out)

    assert (told.code, told.err) == (0, "")
    assert "2 of 3 would be enrolled." in told.out
    assert "1 of 3 has no email address: they will pause at step 1." in told.out
    assert "Email journaling is off" in told.out
    assert [row["answer"] for row in as_json["answers"]] == ["would be enrolled"] * 2 + ["unknown_contact"]
    assert as_json["in_sum"] == told.out.split("\n\n")[1].splitlines()
    assert place.counts() == before


def test_a_list_and_a_search_are_added_together(place: Place, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("name,email\nAnn,ann@example.com\n")

    told = place.run("enroll", "Welcome", "--file", str(tmp_path / "list.csv"), "--company", "birch", "--json")

    assert [row["answer"] for row in json.loads(told.out)] == ["enrolled"] * 3


def test_many_contacts_go_to_the_background_and_can_be_looked_at_and_canceled(place: Place, tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("ann\n" * 201)

    begun = place.run("enroll", "Welcome", "--file", str(tmp_path / "many.txt"), "--json")
    add = json.loads(begun.out)["add"]
    shown = json.loads(place.run("adds", "show", add, "--json").out)
    canceled = place.run("adds", "cancel", add)
    again = place.run("adds", "cancel", add)
    told = place.run("adds", "show", add)
    refused = json.loads(place.run("adds", "show", add, "--refused", "--json").out)
    listed = json.loads(place.run("adds", "list", "--json").out)

    assert (shown["status"], shown["answered"], shown["total"]) == ("running", 0, 201)
    assert (canceled.code, again.code, again.out) == (0, 0, "It has ended already.\n")
    assert "0 of 201 enrolled.\n201 not reached before the add was canceled: left out.\n" in told.out
    assert {row["answer"] for row in refused} == {"canceled"}
    assert len(refused) == 201
    assert [(row["id"], row["status"]) for row in listed] == [(add, "canceled")]
