"""Messages that left, without a worker: the claim is taken and answered by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sequencing.emails import message_id
from sequencing.happenings import Happening, What
from sequencing.tracking import Links, reference_of
from store import messages, suppressions, users
from store.lives import Life
from store.tables import Channel
from tests.house import RITA, House

BASE = "https://mail.example.org"


@dataclass(frozen=True, slots=True)
class Posted:
    """A message, and the links in it."""

    message_id: str
    links: Links
    fingerprint: str


async def post(house: House, enrollment_id: str, recipient: str = "ann@example.com", *, ago: float = 3600) -> Posted:
    """The enrollment's current step is an email; it left so many seconds ago, and the next step is on."""
    at = house.door.now() - timedelta(seconds=ago)
    secret = house.database.secrets()[0]
    async with house.database.writing() as tx:
        life = await Life.lock(tx, enrollment_id, at)
        assert life is not None
        one = life.enrollment
        sent = message_id(secret, enrollment=one.id, step=one.step, copy=one.copy, domain="example.org")
        life.happen(Happening(What.claimed))
        await _claim(life, recipient, sent, at)
        assert await messages.hand_over(tx, one, "attempt")
        assert await messages.arrive(tx, one, "attempt", at)
        life.happen(Happening(What.sent, step=one.step, copy=one.copy))
        await life.save()
        return Posted(sent, Links(BASE, secret, reference_of(sent) or ""), suppressions.fingerprint(tx, recipient))


async def _claim(life: Life, recipient: str, message_id: str, at: datetime) -> None:
    sender = (await users.by_email(life.tx, RITA)).id
    words = {"subject": "S", "body": "B", "message_id": message_id, "recipient": recipient}
    about = {"channel": Channel.email, "attempt": "attempt", "sender_id": sender, "at": at}
    await messages.claim(life.tx, life.enrollment, **about, **words)  # type: ignore[arg-type]  # words are text
