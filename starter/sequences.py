"""Making sequences from documents."""

import io
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

from sequencing.documents import read_sequence
from sequencing.errors import Refused, quoted
from starter.door import Door, permitted
from starter.steps import steps_of
from store import settings, templates, users
from store.sequences import put_steps, share_with
from store.tables import SequenceRow

LARGEST_FILE = 2_000_000
LARGEST_DOCUMENT = 500_000
"""Bytes of YAML, which takes some seconds a megabyte to read."""


class _Loader(yaml.SafeLoader):
    """Not libyaml's, which ends the process where ten thousand brackets are nested in each other."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """A merge copies what it names, and ten merges of ten merges, eight deep, are a document of one kilobyte."""
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise ConstructorError(None, None, "<< is not possible; write the keys themselves", key.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise ConstructorError(None, None, f"the key {quoted(key.value)} appears twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> object:
    """The file's content. Raises Refused with line and column."""
    return parse_yaml(read_text(path, LARGEST_DOCUMENT), path.name)


def parse_yaml(text: str, name: str) -> object:
    """The content of a YAML (or JSON) text called `name`. Raises Refused with line and column."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Refused(
            "invalid_yaml", f"{quoted(name)} is no valid YAML{where}: {error.problem or 'unreadable'}."
        ) from None
    except ReaderError as error:
        where = _place(text, error.position)
        raise Refused("invalid_yaml", f"{quoted(name)} is no valid YAML: a control character at {where}.") from None
    except RecursionError:
        raise Refused("invalid_yaml", f"{quoted(name)} nests too many levels in each other.") from None
    except (yaml.YAMLError, ValueError):
        raise Refused("invalid_yaml", f"{quoted(name)} is no valid YAML.") from None


def read_text(path: Path, largest: int = LARGEST_FILE) -> str:
    """The file as UTF-8 text with \\n at the ends of its lines. Raises Refused(`unreadable_file`)."""
    try:
        if path.exists() and not path.is_file():
            raise Refused("unreadable_file", f"{quoted(str(path))} is no file but a folder, a pipe or a device.")
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise Refused("unreadable_file", f"{quoted(str(path))} cannot be read: {error.strerror}.") from None
    if len(content) > largest:
        raise Refused("unreadable_file", f"{quoted(path.name)} is larger than {largest / 1_000_000:g} MB.")
    try:
        return io.StringIO(content.decode("utf-8-sig"), newline=None).read()
    except UnicodeDecodeError as error:
        where = _place(content[: error.start].decode(errors="replace"), error.start)
        raise Refused("unreadable_file", f"{quoted(path.name)} is not UTF-8 text: see {where}.") from None


def _place(text: str, at: int) -> str:
    before = text[:at]
    return f"line {before.count(chr(10)) + 1}, column {len(before.rpartition(chr(10))[2]) + 1}"


async def create_sequence(door: Door, document: object, by: str) -> int:
    """Makes a sequence; its number. Raises Refused, and nothing was made."""
    async with door.database.writing() as tx:
        user = await permitted(tx, by, "create_sequence")
        now = await settings.current(tx)
        wanted = read_sequence(document, seconds_allowed=now.seconds_allowed, limits=now.limits)
        row = SequenceRow(
            name=wanted.name,
            description=wanted.description,
            owner_id=user.id,
            sharing=wanted.sharing,
            archived=False,
            created_at=door.now(),
        )
        tx.add(row)
        await tx.flush()
        await templates.keep(tx, [step.template for step in wanted.steps if step.template])
        await put_steps(tx, row.id, await steps_of(tx, wanted))
        await share_with(tx, row.id, [(await users.by_email(tx, email)).id for email in wanted.shared_with])
        await door.made(tx, row.id)
        return row.id
