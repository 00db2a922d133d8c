"""Templates of emails: made, changed, copied, archived."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.errors import Refused, Unchanged, quoted
from sequencing.letters import check_html
from sequencing.limits import LINE_LENGTH, NAME_LENGTH
from sequencing.merge_fields import check as check_fields
from sequencing.people import AddressType, Level, User
from sequencing.permissions import Tie, check
from sequencing.replans import Cause, Replan
from sequencing.sequences import Format
from sequencing.wording import check_name, check_text
from starter.door import Door, acting_user, permitted
from starter.replans import start
from starter.sequences import read_text
from starter.versions import check_version
from store import replans, settings, template_lists, templates, users
from store.tables import TemplateRow
from store.template_lists import Wanted
from store.templates import Users

EVERY = Wanted()


@dataclass(frozen=True, slots=True)
class Letter:
    """What a template says."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """What shall be otherwise; None stays. `version`: the one that was read and is now edited."""

    letter: Letter | None = None
    name: str | None = None
    address_type: AddressType | None = None
    version: int | None = None
    format: Format | None = None


@dataclass(frozen=True, slots=True)
class EditedTemplate:
    """What a change came to, or would come to: the version in force, and whom it reaches."""

    version: int
    reached: Users


@dataclass(frozen=True, slots=True)
class Template:
    """A template with its owner's email."""

    row: TemplateRow
    owner: str | None


def read_letter(path: Path) -> Letter:
    """The file's subject and body. Raises Refused."""
    first, _, body = read_text(path).partition("\n")
    if not first.startswith("Subject:"):
        raise Refused("invalid_template", f"Line 1 of {quoted(path.name)} must be “Subject: …”; then comes the body.")
    return Letter(first.removeprefix("Subject:").strip(), body.strip() + "\n")


async def create_template(
    door: Door, name: str, subject: str, body: str, address_type: AddressType, by: str, form: Format = Format.text
) -> int:
    """Makes a template; its number. Raises Refused."""
    _check(Letter(subject, body), form)
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "create_template")
        await _check_name(tx, name)
        said = {"subject": subject, "body": body, "format": form, "address_type": address_type}
        row = TemplateRow(name=name, version=1, owner_id=user.id, **said)
        tx.add(row)
        await tx.flush()
        await door.made(tx, row.id)
        return row.id


async def edit_template(
    door: Door, name: str | int, change: TemplateChange, by: str, *, dry_run: bool = False
) -> EditedTemplate:
    """Changes what is named. Emails not yet sent follow at once, untouched drafts some each second.

    Raises Refused (`changed_meanwhile` with who and when), or Unchanged.
    """
    async with door.database.writing() as tx:
        user, row = await _mine(tx, name, by, "edit_template")
        await check_version(tx, row, change.version, by)
        if change.name is not None and change.name != row.name:
            await _check_name(tx, change.name)
        reworded = await _change(tx, door, user, row, change)
        done = EditedTemplate(row.version, await templates.users_of(tx, row.id, user))
        replan = Replan(door.new_id(), Cause.instructions, None, user.id, door.now())
        follow = reworded and await templates.drafts_follow(tx, row.id, user.id, door.now())
        if follow:
            await replans.begin(tx, replan)
        if dry_run:
            await tx.rollback()
    if follow and not dry_run:
        await start(door, replan)
    return done


async def _change(tx: AsyncSession, door: Door, user: User, row: TemplateRow, change: TemplateChange) -> bool:
    """Whether the wording is another one now. Raises Unchanged."""
    before = row.name, row.subject, row.body, row.format, row.address_type
    letter, form = change.letter or Letter(row.subject, row.body), change.format or row.format
    after = change.name or row.name, letter.subject, letter.body, form, change.address_type or row.address_type
    if after[1:4] != before[1:4]:
        _check(letter, form)
    if after == before:
        raise Unchanged("so_already", "The template is so already; nothing was changed.")
    row.name, row.subject, row.body, row.format, row.address_type = after
    _changed(row, user, door)
    await tx.flush()
    return after[1:4] != before[1:4]


async def copy_template(door: Door, name: str | int, by: str) -> str:
    """A copy that is the copier's; its name. Raises Refused."""
    return (await copied(door, name, by)).name


async def copied(door: Door, name: str | int, by: str) -> TemplateRow:
    """The same; its row."""
    async with door.database.writing() as tx:
        user, row = await _seen(tx, name, by, "copy_template")
        copy = await _free_name(tx, row.name)
        said = {name: getattr(row, name) for name in ("subject", "body", "format", "address_type")}
        made = TemplateRow(name=copy, version=1, owner_id=user.id, **said)
        tx.add(made)
        await tx.flush()
        await door.made(tx, made.id)
        return made


async def _free_name(tx: AsyncSession, name: str) -> str:
    """“Copy of …”, with a number where that is taken."""
    number, copy = 1, f"Copy of {name}"[:NAME_LENGTH]
    while await templates.is_name_taken(tx, copy):
        number += 1
        copy = f"Copy {number} of {name}"[:NAME_LENGTH]
    return copy


async def archive_template(door: Door, name: str | int, by: str, *, archived: bool) -> None:
    """From now on no new step can use it, or can again; steps that use it go on. Raises Refused, or Unchanged."""
    async with door.database.writing() as tx:
        user, row = await _mine(tx, name, by, "archive_template")
        if row.archived is archived:
            raise Unchanged("so_already", "It is archived already." if archived else "It is not archived.")
        row.archived = archived
        _changed(row, user, door)


async def hand_over_template(door: Door, name: str | int, to: str, by: str) -> None:
    """Gives the template another owner, who must be able to edit it. Raises Refused, or Unchanged."""
    async with door.database.writing() as tx:
        user, row = await _mine(tx, name, by, "hand_over_template")
        owner = await users.who_stays(tx, to)
        if not owner.level.reaches(Level.edit):
            raise Refused("invalid_owner", f"{owner.email} has the level {owner.level.value!r}; an owner needs 'edit'.")
        if row.owner_id == owner.id:
            raise Unchanged("unchanged", f"It belongs to {owner.email} already.")
        row.owner_id = owner.id
        _changed(row, user, door)


async def show_template(door: Door, name: str | int, by: str) -> tuple[Template, Users]:
    """The template, and whom it concerns. Raises Refused."""
    async with door.database.reading() as tx:
        user, row = await _seen(tx, name, by, "see_template")
        owner = await users.get(tx, row.owner_id) if row.owner_id else None
        return Template(row, owner.email if owner else None), await templates.users_of(tx, row.id, user)


async def list_templates(door: Door, by: str, wanted: Wanted = EVERY) -> list[Template]:
    """Templates by name. Raises Refused."""
    return await _listed(door, by, lambda tx: template_lists.by_name(tx, wanted))


async def templates_in_order(door: Door, by: str, after: int, limit: int) -> list[Template]:
    """Templates in the order in which they were made, those behind that number. Raises Refused."""
    return await _listed(door, by, lambda tx: template_lists.by_number(tx, after, limit))


async def _listed(door: Door, by: str, look: Callable[[AsyncSession], Awaitable[list[TemplateRow]]]) -> list[Template]:
    async with door.database.reading() as tx:
        check(await acting_user(tx, by), "see_template", Tie(seen=True))
        rows = await look(tx)
        owners = await users.some(tx, {row.owner_id for row in rows if row.owner_id})
    emails = {user.id: user.email for user in owners.values()}
    return [Template(row, emails.get(row.owner_id or 0)) for row in rows]


async def _seen(tx: AsyncSession, name: str | int, by: str, act: str) -> tuple[User, TemplateRow]:
    """Templates are shown to whoever sees sequences at all; only their owners, and who manages, change them."""
    user = await acting_user(tx, by)
    row = await templates.find(tx, name, user)
    check(user, act, Tie(own=row.owner_id == user.id, seen=True))
    return user, row


async def _mine(tx: AsyncSession, name: str | int, by: str, act: str) -> tuple[User, TemplateRow]:
    user, row = await _seen(tx, name, by, act)
    return user, await templates.locked(tx, row.id)


def _check(letter: Letter, form: Format) -> None:
    check_name("The subject", letter.subject, LINE_LENGTH)
    check_text("The body", letter.body)
    if not letter.body.strip():
        raise Refused("invalid_text", "The body must not be empty.")
    check_fields(letter.subject)
    check_fields(letter.body)
    if form is Format.html:
        check_html(letter.body)


async def _check_name(tx: AsyncSession, name: str) -> None:
    check_name("The template's name", name, (await settings.current(tx)).limits.name_length)
    if await templates.is_name_taken(tx, name):
        raise Refused("template_exists", f"There is a template {quoted(name)} already.")


def _changed(row: TemplateRow, user: User, door: Door) -> None:
    row.version, row.changed_by, row.changed_at = row.version + 1, user.id, door.now()
