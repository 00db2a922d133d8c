"""Making sequences and templates from documents."""

from pathlib import Path

import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.documents import SequenceDocument, StepDocument, delay_of, read_sequence
from sequencing.errors import Refused
from sequencing.merge_fields import check
from sequencing.people import AddressType
from sequencing.sequences import Action, OwnerRule
from starter.door import Door, permitted
from store import settings, users
from store.tables import OpportunityRow, SequenceRow, SequenceShareRow, StepRow, TemplateRow

LARGEST_FILE = 2_000_000


def read_yaml(path: Path) -> object:
    """The file's content. Raises Refused with line and column."""
    text = read_text(path)
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Refused(
            "invalid_yaml", f"{path.name} is no valid YAML{where}: {error.problem or 'unreadable'}."
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Refused("invalid_yaml", f"{path.name} is no valid YAML.") from None


def read_text(path: Path) -> str:
    """The file as UTF-8 text. Raises Refused(`unreadable_file`)."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Refused("unreadable_file", f"{path.name} is larger than {LARGEST_FILE // 1_000_000} MB.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Refused("unreadable_file", f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise Refused("unreadable_file", f"{path.name} is not UTF-8 text (byte {error.start}).") from None


async def create_sequence(door: Door, document: object, by: str) -> int:
    """Makes a sequence; its number. Raises Refused, and nothing was made."""
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "create_sequence")
        allowed = (await settings.current(tx)).seconds_allowed
        wanted = read_sequence(document, seconds_allowed=allowed)
        row = SequenceRow(
            name=wanted.name,
            description=wanted.description,
            owner_id=user.id,
            sharing=wanted.sharing,
            archived=False,
            created_at=door.now(),
        )
        tx.add(row)
        await tx.flush()
        await _add_steps(tx, row.id, wanted)
        for email in dict.fromkeys(wanted.shared_with):
            tx.add(SequenceShareRow(sequence_id=row.id, user_id=(await users.by_email(tx, email)).id))
        return row.id


async def create_template(door: Door, name: str, subject: str, body: str, address_type: AddressType, by: str) -> int:
    """Makes a template; its number. Raises Refused."""
    check(subject)
    check(body)
    async with door.database.writing() as tx:
        await permitted(tx, by, "create_template")
        if await tx.scalar(select(TemplateRow.id).where(TemplateRow.name == name)):
            raise Refused("template_exists", f"There is a template {name!r} already.")
        row = TemplateRow(name=name, subject=subject, body=body, address_type=address_type, version=1)
        tx.add(row)
        await tx.flush()
        return row.id


async def _add_steps(tx: AsyncSession, sequence_id: int, wanted: SequenceDocument) -> None:
    for position, step in enumerate(wanted.steps, 1):
        delay = delay_of(step)
        rule, user_id = await _owner(tx, step.owner)
        tx.add(
            StepRow(
                sequence_id=sequence_id,
                position=position,
                action=step.action,
                delay_amount=delay.amount,
                delay_unit=delay.unit,
                owner=rule,
                user_id=user_id,
                title=step.title,
                subject=step.subject,
                body=step.instructions if step.action in (Action.call, Action.task) else step.body,
                template_id=await _template(tx, step),
                address_type=step.address_type,
                reply_in_thread=step.reply_in_thread,
                opportunity_id=await _opportunity(tx, step),
                regards_enrolled_opportunity=step.opportunity == "enrolled",
                track_opens=step.switch("track_opens"),
                track_clicks=step.switch("track_clicks"),
                unsubscribe_link=step.switch("unsubscribe_link"),
            )
        )
    await tx.flush()


async def _owner(tx: AsyncSession, said: str) -> tuple[OwnerRule, int | None]:
    if "@" in said:
        return OwnerRule.user, (await users.by_email(tx, said)).id
    rule = said.strip().replace(" ", "_")
    if rule not in list(OwnerRule) or rule == OwnerRule.user:
        raise Refused(
            "unknown_owner", f"Owner {said!r}: say enroller, contact owner, company owner, or a user's email."
        )
    return OwnerRule(rule), None


async def _template(tx: AsyncSession, step: StepDocument) -> int | None:
    if step.template is None:
        return None
    template_id = await tx.scalar(select(TemplateRow.id).where(TemplateRow.name == step.template))
    if template_id is None:
        raise Refused("unknown_template", f"There is no template {step.template!r}.")
    return template_id


async def _opportunity(tx: AsyncSession, step: StepDocument) -> int | None:
    if step.opportunity is None or step.opportunity == "enrolled":
        return None
    found = await tx.scalar(select(OpportunityRow.id).where(OpportunityRow.external_id == step.opportunity))
    if found is None:
        raise Refused("unknown_opportunity", f"There is no opportunity {step.opportunity!r}.")
    return found
