"""Where emails leave, as the settings say."""

from datetime import timedelta

from settings import Settings
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
