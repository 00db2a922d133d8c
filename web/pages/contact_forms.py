"""The form of a contact: what was typed, what stood there before, and so what is said of him."""

import json
from dataclasses import dataclass, field
from typing import Any

from sequencing.errors import Refused
from sequencing.people import AddressType, ContactKind, PhoneType
from starter.people import Card, Said
from web.pages.frame import Form

PLAIN = ("first_name", "last_name", "kind", "title", "company", "owner", "time_zone", "external_id", "do_not_contact")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields as they stand in the form; `emails` and `numbers` are (type, address)."""

    fields: dict[str, str] = field(default_factory=dict)
    emails: tuple[Pair, ...] = ()
    numbers: tuple[Pair, ...] = ()

    @property
    def was(self) -> str:
        """The same to be sent along, so that it can be told afterwards what was changed."""
        return json.dumps({**self.fields, "emails": self.emails, "numbers": self.numbers}, ensure_ascii=False)

    def said(self, was: str | None, now: "Typed | None" = None) -> Said:
        """What differs from what stood there; all of it for a new contact. Raises Refused.

        `now` is what stands there now: addresses that somebody else gave or took meanwhile stay so.
        """
        before = {} if was is None else _before(was)
        plain: dict[str, Any] = {
            name: self.fields.get(name, "").strip()
            for name in PLAIN
            if was is None or self.fields.get(name, "") != before.get(name)
        }
        if "kind" in plain:
            plain["kind"] = _kind(plain["kind"])
        if "do_not_contact" in plain:
            plain["do_not_contact"] = plain["do_not_contact"] == "yes"
        if list(map(list, self.emails)) != before.get("emails"):
            emails = _merged(self.emails, before.get("emails"), now.emails if now else ())
            plain["emails"] = [(_type(AddressType, kind), address) for kind, address in emails]
        if list(map(list, self.numbers)) != before.get("numbers"):
            numbers = _merged(self.numbers, before.get("numbers"), now.numbers if now else ())
            plain["numbers"] = [(_type(PhoneType, kind), number) for kind, number in numbers]
        return Said(**plain)

    def shown(self, was: str, name: str) -> str:
        """What stood in that field before."""
        return str(_before(was).get(name, "")) if was else ""


def of_contact(card: Card) -> Typed:
    """The form of a contact as he is."""
    one = card.contact
    plain = {name: str(getattr(one, name) or "") for name in ("first_name", "last_name", "title", "time_zone")}
    more = {
        "kind": one.kind.value,
        "company": one.company.name if one.company else "",
        "owner": card.owner or "",
        "external_id": one.external_id or "",
        "do_not_contact": "yes" if one.do_not_contact else "",
    }
    emails = tuple((kind.value, address) for kind, address in one.emails)
    return Typed({**plain, **more}, emails, tuple((kind.value, number) for kind, number in one.numbers))


def read_contact(form: Form) -> Typed:
    """The form as it was sent; lines without an address or a number are none."""
    fields = {name: form.text(name).strip() for name in PLAIN}
    return Typed(fields, _pairs(form, "email_type", "email"), _pairs(form, "number_type", "number"))


def _pairs(form: Form, kinds: str, values: str) -> tuple[Pair, ...]:
    typed = zip(form.many(kinds), form.many(values), strict=False)
    return tuple((kind, value.strip()) for kind, value in typed if value.strip())


def _merged(typed: tuple[Pair, ...], was: Any, now: tuple[Pair, ...]) -> list[Pair]:
    """What was typed, with what came meanwhile, and without what was typed by nobody and is gone."""
    before = {target for _, target in was or ()}
    mine, there = {target for _, target in typed}, {target for _, target in now}
    kept = [pair for pair in typed if pair[1] in there or pair[1] not in before]
    return kept + [pair for pair in now if pair[1] not in before | mine]


def _before(was: str) -> dict[str, Any]:
    try:
        said = json.loads(was)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Refused("wrong_form", "This form is out of date. Go back, load the page again, and repeat it.")
    return said


def _kind(said: str) -> ContactKind:
    if said not in list(ContactKind):
        raise Refused("unknown_kind", f"Choose one of {', '.join(ContactKind)}.")
    return ContactKind(said)


def _type(types: Any, said: str) -> Any:
    if said not in list(types):
        raise Refused("unknown_type", f"Choose one of {', '.join(types)}.")
    return types(said)
