"""What a mail server answers, as values and errors of ours."""

import ssl
from collections.abc import Awaitable
from typing import TypeVar

from aiosmtplib import SMTPConnectError, SMTPException, SMTPResponse, SMTPResponseException

from sequencing.errors import About, TransportError
from sequencing.smtp_answers import refusal

Answer = TypeVar("Answer")


async def answer(question: Awaitable[Answer], about: About = About.server) -> Answer:
    """The answer, or a TransportError that is raised outside of the handler, so that no server's text hangs on it."""
    try:
        return await question
    except (SMTPException, OSError) as error:
        failure = _translated(error, about)
    raise failure


def _translated(error: Exception, about: About) -> TransportError:
    if isinstance(error, SMTPResponseException):
        return refused(SMTPResponse(error.code, error.message), about)
    if isinstance(error, TimeoutError):
        return not_now("timeout")
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return not_now("tls")
    if isinstance(error, SMTPConnectError):
        return not_now("unreachable")
    return not_now("disconnected" if isinstance(error, OSError) else "login")


def refused(answer: SMTPResponse, about: About) -> TransportError:
    if not 400 <= answer.code < 600:
        return not_now("unreadable")
    says = refusal(about, answer.code, answer.message)
    return TransportError(str(answer.code), permanent=says.permanent, about=says.about, nobody=says.nobody)


def not_now(word: str) -> TransportError:
    return TransportError(word, permanent=False, about=About.server)
