"""What activities work with, given to them once by the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from store.database import Database
from transports.outgoing import Transport


@dataclass(frozen=True, slots=True)
class World:
    """The collaborators. `retry_after`: the first pause after "not now"; `record_within`: how long a result is kept.

    For so long, too, an email may stay on the spot for its slot. `public_url`: where recipients reach the links of
    emails.
    """

    database: Database
    emails: Transport
    texts: Transport
    new_id: Callable[[], str]
    secret: bytes
    mail_domain: str
    public_url: str = "http://localhost:8000"
    retry_after: timedelta = timedelta(seconds=30)
    record_within: timedelta = timedelta(seconds=20)
