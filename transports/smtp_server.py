"""A mail server's address as the settings write it, and what follows from it."""

import ssl
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from sequencing.errors import Misconfigured

CONNECTIONS = 8
MOST_CONNECTIONS = 100


@dataclass(frozen=True)
class Server:
    """Where it is, and how it is spoken to."""

    host: str
    port: int
    tls: bool
    starttls: str
    connections: int
    user: str | None
    password: str = field(repr=False)


def read(url: str, *, by_token: bool) -> Server:
    """The server that the URL names; who logs in `by_token` has a user and no password. Raises Misconfigured."""
    server = _server(url)
    if server is None or by_token is not (server.user is not None and not server.password):
        user = "user" if by_token else "user:password"
        raise Misconfigured(
            "invalid_smtp_url",
            f"SEQUENCING_SMTP_URL: write smtp://{user}@host:port?starttls=auto|required|never or "
            f"smtps://{user}@host:port, both with connections=1…{MOST_CONNECTIONS} if you like, special characters in "
            "user and password percent-encoded.",
        )
    return server


def tls_to(server: Server) -> ssl.SSLContext:
    """`auto` verifies nothing, the others against the system's authorities."""
    context = ssl.create_default_context()
    if server.starttls == "auto":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _server(url: str) -> Server | None:
    try:
        parts = urlsplit(url)
        host, port, options = (parts.hostname or "").encode("idna").decode(), parts.port, parse_qs(parts.query, True)
    except ValueError:
        return None
    starttls = options.pop("starttls", ["required" if parts.username else "auto"])
    connections = _connections(options.pop("connections", [str(CONNECTIONS)]))
    if (
        parts.scheme not in {"smtp", "smtps"}
        or not host
        or port == 0
        or bool(parts.password) > bool(parts.username)
        or parts.path not in {"", "/"}
        or parts.fragment
        or options
        or connections is None
        or starttls not in (["never"], ["auto"], ["required"])
        or (parts.scheme == "smtps" and "starttls" in parts.query)
    ):
        return None
    tls = parts.scheme == "smtps"
    return Server(
        host=host,
        port=port or (465 if tls else 587 if parts.username else 25),
        tls=tls,
        starttls="never" if tls else starttls[0],
        connections=connections,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or ""),
    )


def _connections(said: list[str]) -> int | None:
    number = int(said[0]) if len(said) == 1 and said[0].isascii() and said[0].isdecimal() and len(said[0]) < 4 else 0
    return number if 1 <= number <= MOST_CONNECTIONS else None
