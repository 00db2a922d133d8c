"""Local mode: who uses this machine signs in by one click. It is refused wherever others could reach the pages."""

import re
from urllib.parse import urlsplit

from sequencing.errors import Misconfigured
from settings import Settings

LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1|.+\.localhost")


def is_loopback(host: str | None) -> bool:
    """Whether only this machine is meant."""
    return LOOPBACK.fullmatch((host or "").strip("[]").lower()) is not None


def is_reached_from_here_only(settings: Settings) -> bool:
    """Whether the pages are served at this machine alone, and links to them lead there."""
    served = settings.web_address.rpartition(":")[0]
    return is_loopback(served) and is_loopback(urlsplit(settings.public_url).hostname)


def check_local(settings: Settings) -> None:
    """Raises Misconfigured where local mode is set and somebody else could sign in."""
    if settings.local and not is_reached_from_here_only(settings):
        raise Misconfigured(
            "local_in_public",
            "SEQUENCING_LOCAL lets everybody sign in without a password, so it needs SEQUENCING_WEB_ADDRESS and "
            f"SEQUENCING_PUBLIC_URL on this machine, as 127.0.0.1:8000 and http://localhost:8000, not "
            f"{settings.web_address} and {settings.public_url}; unset it, and let people sign in with passwords.",
        )
