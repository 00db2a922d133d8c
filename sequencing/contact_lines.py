"""What a CSV file of contacts may say, and which contact a line is about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sequencing.addresses import check_email, check_number
from sequencing.errors import Refused, quoted
from sequencing.lines import LONGEST_CELL, BadLine, Line, Sheet, check_id, guarded
from sequencing.people import AddressType, Contact, ContactKind, PhoneType
from sequencing.timing import check_zone
from sequencing.wording import check_name

Type = TypeVar("Type", AddressType, PhoneType)
LINES_PER_IMPORT = 25_000
YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}
OF_EACH_TYPE = ("", "_2", "_3")
ADDRESSES: Mapping[str, AddressType] = {
    f"{kind.value}_email{nth}": kind for kind in (AddressType.work, AddressType.personal) for nth in OF_EACH_TYPE
}
NUMBERS: Mapping[str, PhoneType] = {
    (kind.value if kind is PhoneType.mobile else f"{kind.value}_phone") + nth: kind
    for kind in PhoneType
    for nth in OF_EACH_TYPE
}


@dataclass(frozen=True, slots=True)
class Known:
    """A contact who has an address."""

    id: int
    external_id: str | None


def addresses(line: Line) -> list[tuple[AddressType, str]]:
    """(type, address), each address once."""
    found: dict[str, AddressType] = {}
    for name, kind in ADDRESSES.items():
        if line.cells[name]:
            found.setdefault(line.cells[name].lower(), kind)
    return [(kind, address) for address, kind in found.items()]


def numbers(line: Line) -> list[tuple[PhoneType, str]]:
    """(type, number), each number once."""
    found: dict[str, PhoneType] = {}
    for name, kind in NUMBERS.items():
        if line.cells[name]:
            found.setdefault(line.cells[name], kind)
    return [(kind, number) for number, kind in found.items()]


def meant(
    line: Line, by_external_id: Mapping[str, int], by_address: Mapping[str, Sequence[Known]]
) -> int | BadLine | None:
    """The contact to update: the one of that external id, else the only one with an address of the line; None: new."""
    external_id = line.cells["external_id"]
    if external_id in by_external_id:
        return by_external_id[external_id]
    found = {one.id: one for _, address in addresses(line) for one in by_address.get(address, ())}
    fitting = [one for one in found.values() if not (external_id and one.external_id)]
    if len(fitting) == 1:
        return fitting[0].id
    if fitting and not external_id:
        ids = ", ".join(str(one.id) for one in fitting)
        return line.bad(
            _first_address(line), f"several contacts have an address of this line ({ids}); name one's external_id"
        )
    return None


def unidentified(line: Line) -> BadLine | None:
    """A line by which nobody could be found again would double the contact at the next import."""
    if line.cells["external_id"] or addresses(line):
        return None
    return line.bad("external_id", "it needs an external id or an email address")


def _first_address(line: Line) -> str:
    return next(name for name in ADDRESSES if line.cells[name])


def _kind(cell: str) -> None:
    if cell and cell not in list(ContactKind):
        raise Refused("unknown_kind", f"{quoted(cell)} is none of {', '.join(ContactKind)}")


def _yes_or_no(cell: str) -> None:
    if cell.lower() not in YES:
        raise Refused("neither", f"{quoted(cell)} is neither yes nor no")


def _anything(cell: str) -> None:
    """One line of text, as every cell is."""


def _filled(check: Callable[[str], object]) -> Callable[[str], object]:
    return lambda cell: check(cell) if cell else None


def _id(cell: str) -> None:
    check_id("it", cell)


SHEET = Sheet(
    columns={
        "external_id": _filled(_id),
        "first_name": lambda cell: check_name("it", cell, LONGEST_CELL),
        "last_name": _anything,
        "kind": _kind,
        "title": _anything,
        "company": _anything,
        "company_external_id": _filled(_id),
        "owner": _anything,
        **dict.fromkeys(ADDRESSES, _filled(check_email)),
        **dict.fromkeys(NUMBERS, _filled(check_number)),
        "time_zone": _filled(check_zone),
        "do_not_contact": _yes_or_no,
    },
    required=("first_name",),
    guarded=True,
)

COLUMNS = tuple(SHEET.columns)


def cells(contact: Contact, owner: str) -> list[str]:
    """The contact as a line that an import would understand: at most three addresses and numbers of a type.

    `owner` is the owner's email.
    """
    said = {
        "external_id": contact.external_id or "",
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "kind": contact.kind.value,
        "title": contact.title,
        "company": contact.company.name if contact.company else "",
        "company_external_id": (contact.company.external_id or "") if contact.company else "",
        "owner": owner,
        "time_zone": contact.time_zone or "",
        "do_not_contact": "yes" if contact.do_not_contact else "no",
        **_spread(ADDRESSES, contact.emails),
        **_spread(NUMBERS, contact.numbers),
    }
    return [guarded(said[name]) for name in COLUMNS]


def _spread(columns: Mapping[str, Type], said: Sequence[tuple[Type, str]]) -> dict[str, str]:
    left = {kind: [one for of, one in said if of is kind] for kind in set(columns.values())}
    return {name: left[kind].pop(0) if left[kind] else "" for name, kind in columns.items()}
