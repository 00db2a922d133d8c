"""Where emails leave, as the settings say; and whether the mail server lets us in."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from sequencing.smtp_answers import shuts_out
from sequencing.timing import next_open
from settings import Settings
from starter.clocks import in_a_sentence
from store import mail_server as waits
from store import settings as settings_of_house
from transports.oauth import OAuthClient, Tokens
from transports.outbox import EmailOutbox
from transports.outgoing import Transport
from transports.smtp import SmtpTransport


def mail_server(settings: Settings) -> Transport:
    """Where emails leave. Raises Misconfigured."""
    if not settings.smtp_url:
        return EmailOutbox(settings.outbox)
    within = timedelta(seconds=settings.hand_over_seconds)
    return SmtpTransport(settings.smtp_url, within=within, tokens=_tokens(settings))


def _tokens(settings: Settings) -> Tokens | None:
    if not settings.smtp_oauth_url:
        return None
    secret, refresh = settings.smtp_oauth_secret, settings.smtp_oauth_refresh_token
    return Tokens(
        OAuthClient(
            url=settings.smtp_oauth_url,
            client=settings.smtp_oauth_client,
            secret=secret.get_secret_value(),
            refresh_token=refresh.get_secret_value(),
            scope=settings.smtp_oauth_scope,
        )
    )


async def shut_out(tx: AsyncSession, now: datetime, zone: str | None = None) -> str | None:
    """The sentence for those who manage while the mail server refuses us itself, which no waiting mends; by the clock
    of that zone, without one by that of the settings.
    """
    calendar = (await settings_of_house.current(tx)).calendar
    opens, clock = next_open(now, calendar), zone or calendar.zone
    found = await waits.waiting(tx, now, opens)
    if found is None or not shuts_out(found.answer):
        return None
    wait = "1 email waits" if found.messages == 1 else f"{found.messages:,} emails wait"
    again = f" The next try is at {in_a_sentence(found.again, clock)}." if found.again > now + waits.SOON else ""
    return (
        f"The mail server does not let us in (it answers {found.answer}): {wait}, since "
        f"{in_a_sentence(found.since, clock)}.{again} Correct the login or SEQUENCING_SMTP_URL, then start the workers "
        "again; after three days they pause. See docs/operations.md."
    )
