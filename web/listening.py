"""The socket at which something is served."""

import socket

from sequencing.errors import Misconfigured

BACKLOG = 512


def listen(address: str, setting: str = "WEB_ADDRESS") -> socket.socket:
    """The socket for that address, HOST:PORT, whose connections send at once: the end of an answer would else wait
    40 ms for the receipt of its beginning. Raises Misconfigured with the setting where another program has the port.
    """
    host, _, port = address.rpartition(":")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError):
        raise Misconfigured(
            setting.lower(), f"SEQUENCING_{setting}: nothing can be served at {address}; another program may be there."
        ) from None
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio sees to its own sockets only
    return listening
