"""Steps between a document, which names users, templates and opportunities, and the rows, which number them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.documents import SequenceDocument, StepDocument, delay_of
from sequencing.errors import Refused, quoted
from sequencing.people import AddressType
from sequencing.sequences import Action, Format, OwnerRule, Step
from store import users
from store.people_tables import OpportunityRow
from store.tables import SequenceRow, TemplateRow

SWITCHES = ("track_opens", "track_clicks", "unsubscribe_link")


async def steps_of(tx: AsyncSession, wanted: SequenceDocument, used: Collection[int | None] = ()) -> list[Step]:
    """The document's steps. Raises Refused, with the step, for what it names and there is not.

    Archived templates can be named only where they are in `used`.
    """
    steps = []
    for position, step in enumerate(wanted.steps, 1):
        try:
            steps.append(await _step(tx, position, step, used))
        except Refused as refusal:
            raise Refused(refusal.code, f"Step {position}: {refusal.sentence}") from None
    return steps


async def _step(tx: AsyncSession, position: int, step: StepDocument, used: Collection[int | None]) -> Step:
    rule, user_id = await _owner(tx, step.owner)
    return Step(
        position=position,
        action=step.action,
        delay=delay_of(step),
        owner=rule,
        user_id=user_id,
        title=step.title,
        subject=step.subject,
        body=step.instructions if step.action.for_a_person_alone else step.body,
        format=step.format,
        template_id=await _template(tx, step, used),
        address_type=step.address_type,
        reply_in_thread=step.reply_in_thread,
        opportunity_id=await _opportunity(tx, step),
        regards_enrolled_opportunity=step.opportunity == "enrolled",
        track_opens=step.switch("track_opens"),
        track_clicks=step.switch("track_clicks"),
        unsubscribe_link=step.switch("unsubscribe_link"),
    )


async def _owner(tx: AsyncSession, said: str) -> tuple[OwnerRule, int | None]:
    if "@" in said:
        return OwnerRule.user, (await users.by_email(tx, said)).id
    rule = said.strip().replace(" ", "_")
    if rule not in list(OwnerRule) or rule == OwnerRule.user:
        raise Refused(
            "unknown_owner", f"Owner {quoted(said)}: say enroller, contact owner, company owner, or a user's email."
        )
    return OwnerRule(rule), None


async def _template(tx: AsyncSession, step: StepDocument, used: Collection[int | None]) -> int | None:
    if step.template is None:
        return None
    row = await tx.scalar(select(TemplateRow).where(TemplateRow.name == step.template))
    if row is None:
        raise Refused("unknown_template", f"There is no template {quoted(step.template)}.")
    if row.archived and row.id not in used:
        raise Refused("template_archived", f"The template {quoted(row.name)} is archived; choose another one.")
    return row.id


async def _opportunity(tx: AsyncSession, step: StepDocument) -> int | None:
    if step.opportunity is None or step.opportunity == "enrolled":
        return None
    said = step.opportunity
    number = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else None
    means = or_(OpportunityRow.external_id == said, OpportunityRow.id == number)
    rows = select(OpportunityRow.id).where(means).order_by(OpportunityRow.external_id.is_(None)).limit(1)
    found = await tx.scalar(rows)
    if found is None:
        raise Refused("unknown_opportunity", f"There is no opportunity {quoted(step.opportunity)}.")
    return found


async def document_of(tx: AsyncSession, row: SequenceRow, steps: list[Step]) -> dict[str, Any]:
    """The sequence as the document that would make it, with the version to be edited."""
    said = [await _said(tx, step) for step in steps]
    return {"name": row.name, "description": row.description, "version": row.version, "steps": said}


async def _said(tx: AsyncSession, step: Step) -> dict[str, Any]:
    body = "instructions" if step.action.for_a_person_alone else "body"
    said: dict[str, Any] = {
        "action": step.action.value,
        "delay": str(step.delay) if step.delay.amount else "none",
        "owner": await _owner_said(tx, step),
        "template": (await tx.get_one(TemplateRow, step.template_id)).name if step.template_id else None,
        "subject": step.subject,
        "title": step.title,
        body: step.body,
        "format": None if step.format is Format.text else step.format.value,
        "address_type": None if step.address_type is AddressType.any else step.address_type.value,
        "reply_in_thread": step.reply_in_thread,
        "opportunity": await _opportunity_said(tx, step),
    }
    usual = step.action is Action.automatic_email
    switches = {name: getattr(step, name) for name in SWITCHES if getattr(step, name) is not usual}
    return {name: value for name, value in said.items() if value} | switches


async def _owner_said(tx: AsyncSession, step: Step) -> str:
    user = await users.get(tx, step.user_id) if step.user_id else None
    return user.email if user else step.owner.value.replace("_", " ")


async def _opportunity_said(tx: AsyncSession, step: Step) -> str | None:
    if step.regards_enrolled_opportunity:
        return "enrolled"
    row = await tx.get(OpportunityRow, step.opportunity_id) if step.opportunity_id else None
    return (row.external_id or str(row.id)) if row else None
