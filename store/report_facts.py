"""The facts that numbers are made of: kind by kind a select of the same columns, from the enrollments that are counted.

What a fact counts for are the bits of one number, `marks`: a sent email is one row, though it counts as tried, as sent,
and as an email that was sent.

Who answers without saying what answers the last message that had left to him by then, in whatever sequence, a removed
enrollment's too: with that it counts as if it had never been.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from sequencing.enrollments import Status
from sequencing.happenings import Reason, What
from sequencing.replies import Meaning
from sequencing.reports import Key, Measure
from sequencing.text_words import TextKind
from sequencing.texts import NO_SUCH_MOBILE
from sequencing.todos import Outcome, Result, TodoStatus
from sequencing.tracking import Use
from store.columns import Instant, says
from store.mail_tables import MailRow
from store.tables import Channel, EventRow, LinkUseRow, MessageRow, MessageState, StepRow, TodoRow
from store.text_tables import IncomingTextRow, TextReceiptRow

COUNTED = (What.blocked, What.reply, What.unsubscribe)
"""The lines of timelines that numbers are made of; there is an index of these alone."""
NOBODY, NO_STEP = cast(null(), Integer), cast(null(), Integer)
EARLIER = aliased(MessageRow)
Rows = Select[Any]
Within = Callable[[Any], Sequence[ColumnElement[bool]]]
"""The condition that an instant is in the period."""

WORDS = {Measure.paused: Reason, Measure.finished: Outcome, Measure.sent: Channel, Measure.result: Result}
"""Measures that are counted word by word as well."""
KEYS: tuple[Key, ...] = tuple(
    (one, word) for one in Measure for word in ("", *(said.value for said in WORDS.get(one, ())))
)
"""Each is a bit of `marks`, which has 63."""


def facts_of(chosen: CTE, within: Within) -> CTE:
    """All of them whose instant is within."""
    kinds = (
        *(_enrolled(chosen), _standing(_latest(chosen)), _reached(chosen), _sent(chosen), _used(chosen)),
        *(_answered(chosen), _replied(chosen, within), _texted(chosen, within), _said_to_have_replied(chosen)),
        *(_refused(chosen), _undelivered(chosen), _unsubscribed(chosen), _put(chosen), _taken_off(chosen)),
    )
    return union_all(*(kind.where(*within(kind.selected_columns.at)) for kind in kinds)).cte("facts")


def keys_of(marks: int) -> list[Key]:
    """What the bits stand for."""
    return [key for place, key in enumerate(KEYS) if marks >> place & 1]


def _marks(*keys: Measure | Key) -> ColumnElement[int]:
    places = [KEYS.index((key, "") if isinstance(key, Measure) else key) for key in keys]
    return literal_column(str(sum(1 << place for place in places)), BigInteger)


def _worded(measure: Measure, word: Any, *also: Measure) -> ColumnElement[int]:
    """The marks of the measure, of its word in that column where there is one, and of other measures."""
    each = {_said(said): _marks(measure, (measure, said.value), *also) for said in WORDS[measure]}
    return case(each, value=word, else_=_marks(measure, *also))


def _said(word: StrEnum) -> ColumnElement[str]:
    return literal_column(f"'{word.value}'")


def _fact(of: CTE | Subquery, marks: ColumnElement[int], at: Any, step: Any, user: Any) -> Rows:
    return select(
        of.c.sequence_id.label("sequence_id"),
        of.c.contact_id.label("contact_id"),
        type_coerce(step, Integer).label("step"),
        type_coerce(user, Integer).label("user_id"),
        type_coerce(at, Instant).label("at"),
        marks.label("marks"),
    )


def _enrolled(chosen: CTE) -> Rows:
    return _fact(chosen, _marks(Measure.enrolled), chosen.c.enrolled_at, NO_STEP, chosen.c.enrolled_by)


def _latest(chosen: CTE) -> Subquery:
    """Of each contact in each sequence the open enrollment, or else the latest."""
    is_open = case((chosen.c.status.in_((Status.active, Status.paused)), 0), else_=1)
    place = func.row_number().over(
        partition_by=(chosen.c.sequence_id, chosen.c.contact_id), order_by=(is_open, chosen.c.id.desc())
    )
    ranked = select(*chosen.c, place.label("place")).subquery()
    return select(*ranked.c).where(ranked.c.place == 1).subquery()


def _standing(last: Subquery) -> Rows:
    words = {
        _said(Status.active): _marks(Measure.active),
        _said(Status.paused): _worded(Measure.paused, last.c.reason),
        _said(Status.canceled): _marks(Measure.canceled),
        _said(Status.finished): _worded(Measure.finished, last.c.outcome),
    }
    at = func.coalesce(last.c.since, last.c.enrolled_at)
    return _fact(last, case(words, value=last.c.status), at, last.c.step, last.c.enrolled_by)


def _reached(chosen: CTE) -> Rows:
    """Nothing says when."""
    rows = _fact(chosen, _marks(Measure.reached), cast(null(), Instant), StepRow.position, NOBODY)
    return rows.join(StepRow, (StepRow.sequence_id == chosen.c.sequence_id) & (StepRow.position <= chosen.c.step))


def _by_message(chosen: CTE, marks: ColumnElement[int], at: Any) -> Rows:
    """Of a message; the user is who sent it."""
    rows = _fact(chosen, marks, at, MessageRow.step, MessageRow.sender_id)
    return rows.join(MessageRow, MessageRow.enrollment_id == chosen.c.id)


def _sent(chosen: CTE) -> Rows:
    marks = _worded(Measure.sent, MessageRow.channel, Measure.tried)
    return _by_message(chosen, marks, MessageRow.sent_at).where(says(MessageRow.state, MessageState.sent))


def _used(chosen: CTE) -> Rows:
    """Who follows a link has opened the email, whether or not his program fetches pictures."""
    clicked = says(LinkUseRow.kind, Use.click), _marks(Measure.opened, Measure.clicked)
    rows = _by_message(chosen, case(clicked, else_=_marks(Measure.opened)), LinkUseRow.first_at)
    return rows.join(LinkUseRow, LinkUseRow.message_id == MessageRow.id).where(LinkUseRow.machine.is_(False))


def _answered(chosen: CTE) -> Rows:
    """By a mail that names the message, or returns it."""
    returned = says(MailRow.meaning, Meaning.bounce), _marks(Measure.bounced)
    rows = _by_message(chosen, case(returned, else_=_marks(Measure.replied)), MailRow.at)
    rows = rows.join(MailRow, MailRow.answers == MessageRow.id)
    return rows.where(says(MailRow.meaning, Meaning.reply, Meaning.bounce))


def _replied(chosen: CTE, within: Within) -> Rows:
    """By a mail that names none."""
    his = EARLIER.contact_id == MailRow.contact_id, says(EARLIER.channel, Channel.email)
    last = _last(MailRow.at, *his).label("message_id")
    told = select(MailRow.contact_id, MailRow.at, _marks(Measure.replied).label("marks"), last)
    return _to_last(chosen, told.where(MailRow.answers.is_(None), says(MailRow.meaning, Meaning.reply)), within)


def _texted(chosen: CTE, within: Within) -> Rows:
    his = EARLIER.contact_id == IncomingTextRow.contact_id, EARLIER.recipient == IncomingTextRow.sender
    last = _last(IncomingTextRow.at, *his, says(EARLIER.channel, Channel.text)).label("message_id")
    stopped = says(IncomingTextRow.kind, TextKind.stop), _marks(Measure.unsubscribed)
    marks = case(stopped, else_=_marks(Measure.replied)).label("marks")
    told = select(IncomingTextRow.contact_id, IncomingTextRow.at, marks, last)
    return _to_last(chosen, told.where(says(IncomingTextRow.kind, TextKind.reply, TextKind.stop)), within)


def _to_last(chosen: CTE, told: Rows, within: Within) -> Rows:
    """What contacts told, of the last message that each had got by then, which is looked up once for each; PostgreSQL
    would do it twice without that offset.
    """
    said = told.selected_columns
    his = said.contact_id.in_(select(chosen.c.contact_id))
    one = told.where(his, *within(said.at)).offset(0).subquery()
    rows = _by_message(chosen, one.c.marks, one.c.at).join(one, one.c.message_id == MessageRow.id)
    return rows.where(one.c.contact_id == chosen.c.contact_id)


def _said_to_have_replied(chosen: CTE) -> Rows:
    """A person, or a service, said so: of the last message of that enrollment."""
    by_hand = EventRow.details["mail"].as_string().is_(None), EventRow.details["text"].as_string().is_(None)
    rows = _by_message(chosen, _marks(Measure.replied), EventRow.at).join(
        EventRow, EventRow.enrollment_id == chosen.c.id
    )
    last = _last(EventRow.at, EARLIER.enrollment_id == EventRow.enrollment_id)
    return rows.where(*_told(What.reply), *by_hand, MessageRow.id == last)


def _last(at: Any, *of: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The last message that had left by that instant."""
    left = select(EARLIER.id).where(*of, says(EARLIER.state, MessageState.sent), EARLIER.sent_at <= at)
    last = left.order_by(EARLIER.sent_at.desc(), EARLIER.id.desc()).limit(1)
    return last.correlate(MailRow, IncomingTextRow, EventRow).scalar_subquery()


def _told(what: What) -> tuple[ColumnElement[bool], ...]:
    """Such a line, and it changed something, or was recorded."""
    return says(EventRow.what, *COUNTED), EventRow.what == what, EventRow.code.is_(None)


def _refused(chosen: CTE) -> Rows:
    """The recipient's server, or the network, refused it before it left."""
    of = *_told(What.blocked), EventRow.details["reason"].as_string() == Reason.bounced
    marks = _marks(Measure.tried, Measure.bounced)
    rows = _fact(chosen, marks, EventRow.at, EventRow.step, chosen.c.enrolled_by)
    return rows.join(EventRow, EventRow.enrollment_id == chosen.c.id).where(*of)


def _undelivered(chosen: CTE) -> Rows:
    rows = _by_message(chosen, _marks(Measure.bounced), TextReceiptRow.at)
    rows = rows.join(TextReceiptRow, TextReceiptRow.message_id == MessageRow.id)
    return rows.where(TextReceiptRow.code.in_(sorted(NO_SUCH_MOBILE)))


def _unsubscribed(chosen: CTE) -> Rows:
    """By the email's own way out: other enrollments that end with it have a line without the copy."""
    rows = _by_message(chosen, _marks(Measure.unsubscribed), EventRow.at).join(
        EventRow, EventRow.enrollment_id == chosen.c.id
    )
    same = MessageRow.step == EventRow.step, MessageRow.copy == EventRow.details["copy"].as_integer()
    return rows.where(*_told(What.unsubscribe), *same)


def _put(chosen: CTE) -> Rows:
    """On a list."""
    rows = _fact(chosen, _marks(Measure.todos), TodoRow.opened_at, TodoRow.step, NOBODY)
    return rows.join(TodoRow, TodoRow.enrollment_id == chosen.c.id)


def _taken_off(chosen: CTE) -> Rows:
    """By a result, or skipped."""
    skipped, done = (says(TodoRow.status, one) for one in (TodoStatus.skipped, TodoStatus.done))
    marks = case((skipped, _marks(Measure.skipped)), else_=_worded(Measure.result, TodoRow.result))
    rows = _fact(chosen, marks, TodoRow.done_at, TodoRow.step, TodoRow.done_by)
    rows = rows.join(TodoRow, TodoRow.enrollment_id == chosen.c.id)
    return rows.where(or_(skipped, and_(done, TodoRow.result.is_not(None))))
