"""The facts that numbers are made of: kind by kind a select of the same columns, from the enrollments that are counted.

Who answers without saying what answers the last message that had left to him by then, in whatever sequence, a removed
enrollment's too: with that it counts as if it had never been.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy import String as Text
from sqlalchemy.orm import aliased

from sequencing.enrollments import Status
from sequencing.happenings import Reason, What
from sequencing.replies import Meaning
from sequencing.reports import Measure
from sequencing.text_words import TextKind
from sequencing.texts import NO_SUCH_MOBILE
from sequencing.todos import TodoStatus
from sequencing.tracking import Use
from store.columns import Instant, says
from store.mail_tables import MailRow
from store.tables import Channel, EventRow, LinkUseRow, MessageRow, MessageState, StepRow, TodoRow
from store.text_tables import IncomingTextRow, TextReceiptRow

COUNTED = (What.blocked, What.reply, What.unsubscribe)
"""The lines of timelines that numbers are made of; there is an index of these alone."""
NOBODY, NO_STEP = cast(null(), Integer), cast(null(), Integer)
EARLIER = aliased(MessageRow)
NO_WORD: ColumnElement[str] = literal_column("''", Text)
Rows = Select[Any]


def facts_of(chosen: CTE) -> CTE:
    """All of them."""
    last = _latest(chosen)
    kinds = (
        _enrolled(chosen),
        _standing(last),
        _reached(chosen),
        *_sent(chosen),
        *_used(chosen),
        *_answered_by_mail(chosen),
        *_answered_by_text(chosen),
        _said_to_have_replied(chosen),
        *_refused(chosen),
        _returned(chosen),
        _undelivered(chosen),
        _unsubscribed(chosen),
        *_todos(chosen),
    )
    return union_all(*kinds).cte("facts")


def _fact(of: CTE | Subquery, measure: Measure | ColumnElement[str], at: Any, step: Any, user: Any, word: Any) -> Rows:
    named = literal_column(f"'{measure.value}'", Text) if isinstance(measure, Measure) else measure
    return select(
        of.c.sequence_id.label("sequence_id"),
        of.c.contact_id.label("contact_id"),
        type_coerce(step, Integer).label("step"),
        type_coerce(user, Integer).label("user_id"),
        type_coerce(at, Instant).label("at"),
        named.label("measure"),
        type_coerce(word, Text).label("word"),
    )


def _enrolled(chosen: CTE) -> Rows:
    return _fact(chosen, Measure.enrolled, chosen.c.enrolled_at, NO_STEP, chosen.c.enrolled_by, NO_WORD)


def _latest(chosen: CTE) -> Subquery:
    """Of each contact in each sequence the open enrollment, or else the latest."""
    is_open = case((chosen.c.status.in_((Status.active, Status.paused)), 0), else_=1)
    place = func.row_number().over(
        partition_by=(chosen.c.sequence_id, chosen.c.contact_id), order_by=(is_open, chosen.c.id.desc())
    )
    ranked = select(*chosen.c, place.label("place")).subquery()
    return select(*ranked.c).where(ranked.c.place == 1).subquery()


def _standing(last: Subquery) -> Rows:
    status = type_coerce(last.c.status, Text)
    paused, finished = last.c.status == Status.paused, last.c.status == Status.finished
    why = (paused, type_coerce(last.c.reason, Text)), (finished, type_coerce(last.c.outcome, Text))
    word = func.coalesce(case(*why, else_=NO_WORD), NO_WORD)
    at = func.coalesce(last.c.since, last.c.enrolled_at)
    return _fact(last, status, at, last.c.step, last.c.enrolled_by, word)


def _reached(chosen: CTE) -> Rows:
    """Nothing says when."""
    rows = _fact(chosen, Measure.reached, cast(null(), Instant), StepRow.position, NOBODY, NO_WORD)
    return rows.join(StepRow, (StepRow.sequence_id == chosen.c.sequence_id) & (StepRow.position <= chosen.c.step))


def _by_message(chosen: CTE, measure: Measure, at: Any, word: Any = NO_WORD) -> Rows:
    """Of a message; the user is who sent it."""
    rows = _fact(chosen, measure, at, MessageRow.step, MessageRow.sender_id, word)
    return rows.join(MessageRow, MessageRow.enrollment_id == chosen.c.id)


def _sent(chosen: CTE) -> tuple[Rows, ...]:
    left = says(MessageRow.state, MessageState.sent)
    words = {Measure.sent: MessageRow.channel, Measure.tried: NO_WORD}
    return tuple(_by_message(chosen, one, MessageRow.sent_at, word).where(left) for one, word in words.items())


def _used(chosen: CTE) -> tuple[Rows, ...]:
    """Who follows a link has opened the email, whether or not his program fetches pictures."""
    by_person = LinkUseRow.message_id == MessageRow.id, LinkUseRow.machine.is_(False)
    opened = _by_message(chosen, Measure.opened, LinkUseRow.first_at).join(LinkUseRow, by_person[0]).where(by_person[1])
    clicked = _by_message(chosen, Measure.clicked, LinkUseRow.first_at).join(LinkUseRow, by_person[0])
    return opened, clicked.where(by_person[1], says(LinkUseRow.kind, Use.click))


def _answered_by_mail(chosen: CTE) -> tuple[Rows, ...]:
    replied = says(MailRow.meaning, Meaning.reply)
    named = _by_message(chosen, Measure.replied, MailRow.at).join(MailRow, MailRow.answers == MessageRow.id)
    his = EARLIER.contact_id == MailRow.contact_id, says(EARLIER.channel, Channel.email)
    unnamed = _by_message(chosen, Measure.replied, MailRow.at).join(MailRow, MailRow.contact_id == chosen.c.contact_id)
    unnamed = unnamed.where(MailRow.answers.is_(None), MessageRow.id == _last(MailRow.at, *his))
    return named.where(replied), unnamed.where(replied)


def _answered_by_text(chosen: CTE) -> tuple[Rows, ...]:
    measures = {TextKind.reply: Measure.replied, TextKind.stop: Measure.unsubscribed}
    return tuple(_texted(chosen, kind, measure) for kind, measure in measures.items())


def _texted(chosen: CTE, kind: TextKind, measure: Measure) -> Rows:
    his = EARLIER.contact_id == IncomingTextRow.contact_id, EARLIER.recipient == IncomingTextRow.sender
    rows = _by_message(chosen, measure, IncomingTextRow.at)
    rows = rows.join(IncomingTextRow, IncomingTextRow.contact_id == chosen.c.contact_id)
    last = _last(IncomingTextRow.at, *his, says(EARLIER.channel, Channel.text))
    return rows.where(says(IncomingTextRow.kind, kind), MessageRow.id == last)


def _said_to_have_replied(chosen: CTE) -> Rows:
    """A person, or a service, said so: of the last message of that enrollment."""
    by_hand = EventRow.details["mail"].as_string().is_(None), EventRow.details["text"].as_string().is_(None)
    rows = _by_message(chosen, Measure.replied, EventRow.at).join(EventRow, EventRow.enrollment_id == chosen.c.id)
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


def _refused(chosen: CTE) -> tuple[Rows, ...]:
    """The recipient's server, or the network, refused it before it left."""
    of = *_told(What.blocked), EventRow.details["reason"].as_string() == Reason.bounced
    rows = [
        _fact(chosen, one, EventRow.at, EventRow.step, chosen.c.enrolled_by, NO_WORD)
        for one in (Measure.tried, Measure.bounced)
    ]
    return tuple(one.join(EventRow, EventRow.enrollment_id == chosen.c.id).where(*of) for one in rows)


def _returned(chosen: CTE) -> Rows:
    rows = _by_message(chosen, Measure.bounced, MailRow.at).join(MailRow, MailRow.answers == MessageRow.id)
    return rows.where(says(MailRow.meaning, Meaning.bounce))


def _undelivered(chosen: CTE) -> Rows:
    rows = _by_message(chosen, Measure.bounced, TextReceiptRow.at)
    rows = rows.join(TextReceiptRow, TextReceiptRow.message_id == MessageRow.id)
    return rows.where(TextReceiptRow.code.in_(sorted(NO_SUCH_MOBILE)))


def _unsubscribed(chosen: CTE) -> Rows:
    """By the email's own way out: other enrollments that end with it have a line without the copy."""
    rows = _by_message(chosen, Measure.unsubscribed, EventRow.at).join(EventRow, EventRow.enrollment_id == chosen.c.id)
    same = MessageRow.step == EventRow.step, MessageRow.copy == EventRow.details["copy"].as_integer()
    return rows.where(*_told(What.unsubscribe), *same)


def _todos(chosen: CTE) -> tuple[Rows, ...]:
    given = says(TodoRow.status, TodoStatus.done), TodoRow.result.is_not(None)
    put = _todo(chosen, Measure.todos, TodoRow.opened_at, NOBODY)
    result = _todo(chosen, Measure.result, TodoRow.done_at, TodoRow.done_by, TodoRow.result).where(*given)
    skipped = _todo(chosen, Measure.skipped, TodoRow.done_at, TodoRow.done_by)
    return put, result, skipped.where(says(TodoRow.status, TodoStatus.skipped))


def _todo(chosen: CTE, measure: Measure, at: Any, user: Any, word: Any = NO_WORD) -> Rows:
    rows = _fact(chosen, measure, at, TodoRow.step, user, word)
    return rows.join(TodoRow, TodoRow.enrollment_id == chosen.c.id)
