"""The wire that keeps instead of sending: every message becomes a file. It serves tests, the demo and development.

A file is named by a ULID, so that names sort by the instant of the hand-over.
"""

import asyncio
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_string
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from pathlib import Path

from ulid import ULID

from sequencing.emails import TEST, tested
from sequencing.errors import About, TransportError

KEPT = (".eml", ".txt")


class EmailOutbox:
    """A Transport that writes each email into `folder` as it would have been transmitted, one `.eml` each.

    The folder is made when it is first needed. What cannot be written raises TransportError `outbox`, not permanent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self, *, sender: str, recipient: str) -> "KeptDelivery":
        del sender, recipient  # an email says in its headers from whom and to whom it is
        return KeptDelivery(self._folder, ".eml", heading=b"")


class TextOutbox:
    """The same for text messages: `.txt` files that say From and To, whose text it is, and then the wording."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self, *, sender: str, recipient: str) -> "KeptDelivery":
        return KeptDelivery(self._folder, ".txt", heading=f"From: {sender}\nTo: {recipient}\n".encode())


class KeptDelivery:
    """A Delivery into a folder."""

    def __init__(self, folder: Path, suffix: str, heading: bytes) -> None:
        self._folder = folder
        self._suffix = suffix
        self._heading = heading
        self._draft: Path | None = None

    async def begin(self) -> None:
        """Makes the file that the message will be written into, under a name nobody reads."""
        try:
            self._draft = await asyncio.to_thread(_draft_in, self._folder)
        except OSError:
            raise _not_kept() from None

    async def hand_over(self, message: bytes) -> None:
        """Writes, and then gives the file its name in one step; a file is there whole or not at all."""
        assert self._draft is not None, "begin comes first"
        try:
            await asyncio.to_thread(_keep, self._draft, self._heading + message, self._suffix)
        except OSError:
            raise _not_kept() from None

    async def close(self) -> None:
        if self._draft is not None:
            with suppress(OSError):
                self._draft.unlink(missing_ok=True)


def _draft_in(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=".draft", dir=folder)
    os.close(handle)
    return Path(name)


def _keep(draft: Path, content: bytes, suffix: str) -> None:
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.link(draft, draft.with_name(f"{ULID()}{suffix}"))  # unlike a rename, it never replaces a file


def _not_kept() -> TransportError:
    return TransportError("outbox", permanent=False, about=About.server)


@dataclass(frozen=True)
class Kept:
    """A message in an outbox. A text has no subject and no Message-ID."""

    path: Path
    at: datetime
    sender: str
    recipient: str
    subject: str
    text: str
    message_id: str = ""


def messages(folder: Path) -> list[Kept]:
    """Every message in the folder, emails and texts, by the time of its hand-over; none where no folder is."""
    return list(_read(sorted(path for path in folder.glob("*") if path.suffix in KEPT)))


def newest_first(folder: Path, before: str = "") -> Iterator[Kept]:
    """The same, the newest first, behind the message of that name; each is read when it is asked for."""
    names = sorted((path for path in folder.glob("*") if path.suffix in KEPT), reverse=True)
    return _read(path for path in names if not before or path.stem < before)


def find(folder: Path, name: str) -> Kept | None:
    """The message of that name, if there is one."""
    return next(_read(path for suffix in KEPT if (path := folder / f"{name}{suffix}").is_file()), None)


def html(one: Kept) -> str | None:
    """The HTML of an email, if it has any."""
    if one.path.suffix != ".eml":
        return None
    whole = message_from_string(one.path.read_bytes().decode(errors="replace"))
    part = next((part for part in whole.walk() if part.get_content_type() == "text/html"), None)
    return None if part is None else _payload(part)


def listing(folder: Path) -> list[str]:
    """A line for each message, for people: when (UTC), to whom, and its subject or the beginning of a text."""
    return [
        f"{kept.at:%Y-%m-%d %H:%M:%S}  {kept.recipient}  {_printable(kept.subject or kept.text)}"
        for kept in messages(folder)
    ]


def forget(
    folder: Path,
    recipients: Collection[str],
    message_ids: Collection[str],
    wording: Collection[tuple[str, str]],
    contact_id: int | None = None,
) -> int:
    """Deletes what was kept for one person, also what was being written when a process died; how many files.

    His are the files to a recipient of these, with one of these Message-IDs, or with one of these (recipient, wording),
    and the tests of his emails.
    """
    test = None if contact_id is None else tested(contact_id)
    his = [path for path in sorted(folder.glob("*")) if _is_for(path, recipients, message_ids, wording, test)]
    for path in his:
        path.unlink(missing_ok=True)
    return len(his)


def _is_for(
    path: Path,
    recipients: Collection[str],
    message_ids: Collection[str],
    wording: Collection[tuple[str, str]],
    test: str | None,
) -> bool:
    if path.suffix not in {".eml", ".txt", ".draft"}:
        return False
    whole = path.read_bytes().decode(errors="replace")
    message = message_from_string(whole)
    recipient = _address(message, "To")
    text = whole.partition("\n\n")[2]
    named = str(message.get("Message-ID", "")).strip() in message_ids
    named = named or message.get(TEST) == test is not None
    return named or recipient.lower() in recipients or (recipient, text) in wording


def _read(paths: Iterable[Path]) -> Iterator[Kept]:
    for path in paths:
        with suppress(ValueError, FileNotFoundError):  # a name that is no ULID is nothing of ours; others erase
            yield _kept(path, ULID.from_str(path.stem).datetime)


def _kept(path: Path, at: datetime) -> Kept:
    whole = path.read_bytes().decode(errors="replace")
    message = message_from_string(whole)
    return Kept(
        path=path,
        at=at,
        sender=_address(message, "From"),
        recipient=_address(message, "To"),
        subject=str(make_header(decode_header(message.get("Subject", "")))),
        text=_wording(message) if path.suffix == ".eml" else whole.partition("\n\n")[2],
        message_id=str(message.get("Message-ID", "")).strip(),
    )


def _address(message: Message, header: str) -> str:
    return parseaddr(str(message.get(header, "")))[1]


def _wording(message: Message) -> str:
    part = next(part for part in message.walk() if not part.is_multipart())
    return _payload(part)


def _payload(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode(errors="replace").replace("\r\n", "\n") if isinstance(payload, bytes) else ""


def _printable(text: str) -> str:
    line = " ".join(text.split())
    return "".join(character if character.isprintable() else "?" for character in line)[:100]
