"""Every command with bad input: an exit code, one clear sentence, and nothing changed. Each runs as a process."""

import fcntl
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from sequencing.people import Level
from settings import Settings
from starter.commands.shell import about_the_database
from store import users
from store.columns import Table
from store.database import Database
from tests.commands import Place, every_command
from tests.conftest import fresh_postgres
from tests.house import ADA, BOB, RITA
from tests.ports import free_port

AS_ADA = ("--as", ADA)
NOT_SHOWN = "There is nothing of that id, or it is not shown to you."
LONG = "x" * 10_000
HOSTILE = "\x1b[31mred\x07\r\nBcc: all@example.com"
NOWHERE = "127.0.0.1:1"
OAUTH = "SEQUENCING_SMTP_OAUTH_URL: a token endpoint at https://"
TOKENS = {
    "SEQUENCING_SMTP_URL": "smtp://bo@127.0.0.1:9",
    "SEQUENCING_SMTP_OAUTH_URL": "https://login.test/token",
    "SEQUENCING_SMTP_OAUTH_CLIENT": "us",
    "SEQUENCING_SMTP_OAUTH_SECRET": "secret",
    "SEQUENCING_SMTP_OAUTH_REFRESH_TOKEN": "",
}
STEP_OF_ANN = ("--step", "1", "--contact", "ann")

SMALL = "PRAGMA max_page_count = 1"


@dataclass(frozen=True, slots=True)
class Case:
    """What is typed, and what must come of it: the exit code and words of the sentence."""

    command: str
    words: tuple[str, ...]
    code: int
    says: str
    environment: dict[str, str] = field(default_factory=dict)
    on_stdout: bool = False

    def __str__(self) -> str:
        typed = " ".join([self.command, *self.words, *map("=".join, self.environment.items())])
        return ascii(typed if len(typed) < 70 else f"{typed[:70]}…")


def refused(command: str, *words: str, says: str) -> Case:
    return Case(command, words, 1, says)


def misused(command: str, *words: str, says: str) -> Case:
    return Case(command, words, 2, says)


def misset(command: str, says: str, code: int = 2, **environment: str) -> Case:
    return Case(command, (), code, says, environment)


FILES: dict[str, bytes | str] = {
    "suppressed.csv": "target\na@example.com\n",
    "nobody.csv": "target,by\na@example.com,ada@example.org\nb@example.com,nobody\n",
    "strange.csv": "address\na@example.com\n",
    "twice.csv": "target\na@example.com\nA@Example.com\n",
    "nowhen.csv": "target,since\na@example.com,yesterday\n",
    "no_html.txt": "Subject: S\n<a href=\n",
    "utf16.csv": "external_id,first_name\n1,A\n".encode("utf-16"),
    "binary.csv": b"external_id,first_name\n1,\x89PNG\r\n\x1a\n",
    "nul.csv": "external_id,first_name\n1,A\0B\n",
    "cells.csv": "external_id,first_name\n1,A\n2,B,C\n",
    "quote.csv": 'external_id,first_name\n1,A\n2,"B\n3,C\n',
    "cell.csv": "external_id,first_name\n1," + "A" * 1_000_000,
    "id.csv": "external_id,first_name\n" + "1" * 121 + ",A\n",
    "owner.csv": "external_id,first_name,owner\nnew,A,\nnext,B,nobody@example.org\n",
    "escape.csv": "external_id,first_name\n1,\x1b[31mA\n",
    "two_bad.csv": "external_id,first_name\n1,\n2,\n3,C\n",
    "companies.csv": "external_id,name\n1,A\n2,\n",
    "column.csv": "external_id,first_name," + "c" * 10_000 + "\n",
    "broken.yaml": "name: N\nsteps: [\n",
    "tag.yaml": 'name: !!python/object/apply:os.system ["true"]\nsteps: []\n',
    "laugh.yaml": "a: &a [x, x]\n"
    + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "name: *i\nsteps: *i\n",
    "deep.yaml": "[" * 100_000,
    "huge.yaml": "#" * 5_000_000,
    "twice.yaml": "name: N\nname: M\nsteps: []\n",
    "nul.yaml": 'name: "a\\0b"\nsteps: [{action: task, title: T}]\n',
    "key.yaml": "name: N\nsteps: [{action: task, title: T, when: now}]\n",
    "long_key.yaml": f"name: N\nsteps: [{{action: task, title: T}}]\n? {'k' * 10_000}\n: 1\n",
    "no_template.yaml": "name: N\nsteps: [{action: task, title: T}, {action: automatic_email}]\n",
    "unknown_template.yaml": "name: N\nsteps: [{action: automatic_email, template: None such}]\n",
    "early.yaml": "name: N\nsteps: [{action: task, title: T, delay: -1 days}]\n",
    "late.yaml": "name: N\nsteps: [{action: task, title: T, delay: 366 days}]\n",
    "rearranged.yaml": "name: N\nsteps: [{action: text, body: B}]\n",
    "one_step.yaml": "name: N\nsteps: [{action: task, title: T}]\n",
    "old_version.yaml": "name: N\nversion: 7\nsteps: [{action: task, title: T}]\n",
    "many.yaml": "name: N\nsteps:\n" + "- {action: task, title: T}\n" * 51,
    "header.yaml": 'name: N\nsteps: [{action: automatic_email, subject: "Hi\\r\\nBcc: x", body: B}]\n',
    "loop.yaml": "name: N\nsteps: [{action: text, body: '{% for x in range(10**9) %}{% endfor %}'}]\n",
    "columns.txt": "name,phone\nA,1\n",
    "crowd.txt": "ann\n" * 25_001,
    "syntax.txt": "Subject: S\nline\n{{ contact.first_name\n",
    "loop.txt": "Subject: S\n{% for i in range(10**9) %}{% for j in range(10**9) %}{% endfor %}{% endfor %}",
    "internals.txt": "Subject: S\n{{ ''.__class__.__mro__ }}",
    "product.txt": "Subject: S\n{{ 'a' * 10**10 }}",
    "filter.txt": "Subject: S\n{{ 'a'|center(10**9) }}",
    "nul.txt": "Subject: S\na\0b",
    "no_subject.txt": "Hello\nworld",
    "no_body.txt": "Subject: S\n\n",
    "good.txt": "Subject: S\nBody\n",
}


def a_file(name: str, folder: Path) -> str:
    """The path of one of FILES, written where it is asked for; or of something that is no file."""
    path = folder / name
    if name == "pipe":
        os.mkfifo(path)
    elif name == "huge.csv":
        path.touch()
        os.truncate(path, 100_000_000)
    elif name in FILES:
        content = FILES[name]
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


CSV = [
    refused("contacts import", "@utf16.csv", says="line 1, column 1"),
    refused("contacts import", "@binary.csv", says="line 2, column 3"),
    refused("contacts import", "@nul.csv", says="Line 2, column 2"),
    refused("contacts import", "@cells.csv", says="Line 3, column 3"),
    refused("contacts import", "@quote.csv", says="Line 3, column 2: a quotation mark is never closed"),
    refused("contacts import", "@cell.csv", says="Line 2, column 2"),
    refused("contacts import", "@id.csv", says="Line 2, column 1: external_id"),
    refused("contacts import", "@owner.csv", says="Line 3, column 3: owner"),
    refused("contacts import", "@escape.csv", says="Line 2, column 2"),
    refused("contacts import", "@column.csv", says="Line 1, column 3: unknown column"),
    refused("contacts import", "@huge.csv", says="larger than 20 MB"),
    refused("contacts import", "@two_bad.csv", says="Line 2, column 2: first_name: it must not be empty. 1 more line"),
    refused("contacts import", "@none such", says="No such file"),
    refused("contacts import", "@", says="no file but a folder"),
    refused("contacts import", "/dev/zero", says="no file but"),
    refused("contacts import", "@pipe", says="no file but"),
    refused("contacts import", LONG, says="File name too long"),
    refused("contacts import", f"@{HOSTILE}", says="No such file"),
    misused("contacts import", says="Missing argument"),
]
YAML = [
    refused("sequences create", "@broken.yaml", says="line 3, column 1"),
    refused("sequences create", "@tag.yaml", says="line 1, column 7"),
    refused("sequences create", "@laugh.yaml", says="name"),
    refused("sequences create", "@deep.yaml", says="too many levels"),
    refused("sequences create", "@huge.yaml", says="larger than 0.5 MB"),
    refused("sequences create", "@twice.yaml", says="line 2, column 1: the key 'name' appears twice"),
    refused("sequences create", "@nul.yaml", says="The name must be one line"),
    refused("sequences create", "@key.yaml", says="Unknown key: step 1, when; known are action, delay"),
    refused("sequences create", "@long_key.yaml", says="Unknown key"),
    refused("sequences create", "@no_template.yaml", says="Step 2: an email needs a template"),
    refused("sequences create", "@unknown_template.yaml", says="Step 1: There is no template"),
    refused("sequences create", "@early.yaml", says="Step 1: A delay cannot be negative"),
    refused("sequences create", "@late.yaml", says="Step 1: A delay cannot be longer than 365 days"),
    refused("sequences create", "@many.yaml", says="at most 50"),
    refused("sequences create", "@header.yaml", says="Step 1: the subject must be one line"),
    refused("sequences create", "@loop.yaml", says="Step 1: Line 1 of the template: loops are not possible"),
    refused("sequences create", "@pipe", says="no file but"),
    refused("sequences create", "/dev/zero", says="no file but"),
    refused("sequences create", "@key.yaml", "--as", BOB, says="needs the level 'edit'"),
]
TEMPLATES = [
    refused("templates add", "T", "@syntax.txt", says="Line 2 of the template"),
    refused("templates add", "T", "@loop.txt", says="loops are not possible"),
    refused("templates add", "T", "@internals.txt", says="only a field"),
    refused("templates add", "T", "@product.txt", says="calculations are not possible"),
    refused("templates add", "T", "@filter.txt", says="there is no filter"),
    refused("templates add", "T", "@nul.txt", says="control character in its line 1"),
    refused("templates add", "T", "@no_subject.txt", says="must be “Subject: …”"),
    refused("templates add", "T", "@no_body.txt", says="body must not be empty"),
    refused("templates add", "", "@good.txt", says="name must not be empty"),
    refused("templates add", LONG, "@good.txt", says="at most 120"),
    refused("templates add", HOSTILE, "@good.txt", says="name must be one line"),
    refused("templates add", "Hello", "@good.txt", says="already"),
    refused("templates add", "T", "@good.txt", "--as", BOB, says="needs the level 'edit'"),
    refused("templates add", "T", "@no_html.txt", "--format", "html", says="Line 1 of the HTML: a tag begins"),
    misused("templates add", "T", "@good.txt", "--format", "rtf", says="'rtf' is not one of"),
    misused("templates add", "T", "@good.txt", "--address-type", "home", says="'home' is not one of"),
    refused("templates list", "--as", "nobody", says="no user 'nobody'"),
    misused("templates list", "now", says="unexpected extra argument"),
    refused("templates show", "None such", says="There is no template 'None such'"),
    refused("templates show", LONG, says="There is no template"),
    refused("templates edit", "None such", "@good.txt", says="There is no template 'None such'"),
    refused("templates edit", "Hello", "@no_body.txt", says="body must not be empty"),
    refused("templates edit", "Hello", "@internals.txt", says="only a field"),
    refused("templates edit", "Hello", "@good.txt", "--if-version", "7", says="It was changed by"),
    refused("templates edit", "Hello", "--name", HOSTILE, says="name must be one line"),
    refused("templates edit", "Hello", "@good.txt", "--as", BOB, says="needs the level 'manage'"),
    misused("templates edit", "Hello", "--address-type", "home", says="'home' is not one of"),
    refused("templates edit", "Hello", "@no_html.txt", "--format", "html", says="Line 1 of the HTML: a tag begins"),
    Case("templates edit", ("Hello",), 0, "nothing was changed", on_stdout=True),
    Case("templates edit", ("Hello", "@good.txt", "--dry-run"), 0, "Nothing was changed", on_stdout=True),
    refused("templates copy", HOSTILE, says="There is no template"),
    refused("templates copy", "Hello", "--as", BOB, says="needs the level 'edit'"),
    refused("templates archive", "None such", says="There is no template 'None such'"),
    refused("templates archive", "Hello", "--as", BOB, says="needs the level 'manage'"),
    Case("templates unarchive", ("Hello",), 0, "It is not archived", on_stdout=True),
    refused("templates hand-over", "None such", ADA, *AS_ADA, says="There is no template 'None such'"),
]
PEOPLE = [
    refused("users add", "nobody", "N", "use", *AS_ADA, says="'nobody' is no email address"),
    refused("users add", HOSTILE, "N", "use", *AS_ADA, says="is no email address"),
    refused("users add", "n@example.com", HOSTILE, "use", *AS_ADA, says="name must be one line"),
    refused("users add", "n@example.com", LONG, "use", *AS_ADA, says="at most 200"),
    refused("users add", "n@example.com", "N", "use", "--number", "0301", *AS_ADA, says="'0301' is no number"),
    refused("users add", ADA, "Ada", "use", *AS_ADA, says="already"),
    refused("users add", "n@example.com", "N", "use", says="needs the level 'manage' on sequences; yours is 'edit'"),
    refused("users add", "n@example.com", "N", "god", *AS_ADA, says="There is no role 'god'"),
    refused("users add", "n@example.com", "N", "use", "--zone", "Mars", *AS_ADA, says="is no time zone"),
    misused("users add", "n@example.com", "N", says="Missing argument"),
    refused("users change", BOB, "--name", HOSTILE, *AS_ADA, says="name must be one line"),
    refused("users change", BOB, "--number", "0301", *AS_ADA, says="'0301' is no number"),
    refused("users change", BOB, "--sending-address", "bob", *AS_ADA, says="'bob' is no email address"),
    refused("users change", "nobody", "--name", "N", *AS_ADA, says="no user 'nobody'"),
    refused("users change", BOB, "--name", "N", says="needs the level 'manage'"),
    refused("users deactivate", ADA, "--heir", RITA, *AS_ADA, says="Somebody active must keep the level 'manage'"),
    refused("users deactivate", RITA, "--heir", BOB, *AS_ADA, says="needs the level 'edit'"),
    refused("users deactivate", RITA, "--heir", RITA, *AS_ADA, says="Somebody else has to take over"),
    refused("users deactivate", RITA, "--heir", "nobody", *AS_ADA, says="no user 'nobody'"),
    refused("users deactivate", RITA, "--heir", ADA, says="needs the level 'manage'"),
    misused("users deactivate", RITA, *AS_ADA, says="Missing option '--heir'"),
    refused("users activate", LONG, *AS_ADA, says="no user"),
    refused("users activate", BOB, says="needs the level 'manage'"),
    refused("roles add", "use", "use", *AS_ADA, says="is the word of a level"),
    refused("roles add", HOSTILE, "use", *AS_ADA, says="name must be one line"),
    refused("roles add", "Administrator", "use", *AS_ADA, says="already"),
    refused("roles add", "Sourcer", "use", says="needs the level 'manage'"),
    misused("roles add", "Sourcer", "god", says="'god' is not one of"),
    refused("roles change", "Administrator", "edit", *AS_ADA, says="Somebody active must keep the level 'manage'"),
    refused("roles change", LONG, "edit", *AS_ADA, says="There is no role"),
    refused("roles change", "Administrator", "edit", says="needs the level 'manage'"),
    refused("roles give", "god", BOB, *AS_ADA, says="There is no role 'god'"),
    refused("roles give", "edit", "nobody", *AS_ADA, says="no user 'nobody'"),
    refused("roles give", "manage", RITA, says="needs the level 'manage'"),
    refused("roles take", "Administrator", ADA, *AS_ADA, says="Somebody active must keep the level 'manage'"),
    refused("roles take", "edit", RITA, says="needs the level 'manage'"),
    misused("roles list", "now", says="unexpected extra argument"),
    refused("users list", "--as", "nobody", says="no user 'nobody'"),
    refused("users list", "--as", "", says="Say who acts"),
    refused("roles list", "--as", "nobody", says="no user 'nobody'"),
    refused("suppressions add", HOSTILE, says="is no"),
    refused("suppressions add", LONG, says="neither an email address nor a number"),
    refused("suppressions add", "a@example.com", "--reason", HOSTILE, says="reason must be one line"),
    refused("suppressions add", " @example.com", says="needs the level 'manage'"),
    refused("suppressions add", " @com", *AS_ADA, says="write @ and at least two names"),
    refused("suppressions add", " @exa mple.com", *AS_ADA, says="is no domain like @example.org"),
    refused("suppressions show", "a@example.com", "--as", "nobody", says="no user 'nobody'"),
    refused("suppressions export", "--as", "", says="Say who acts"),
    Case("suppressions export", ("/none/such.csv",), 3, "cannot be used"),
    refused("suppressions import", "@suppressed.csv", says="needs the level 'manage'"),
    refused("suppressions import", "@strange.csv", *AS_ADA, says="Line 1, column 1: unknown column"),
    refused("suppressions import", "@nobody.csv", *AS_ADA, says="Line 3, column 2: by: there is no user"),
    refused("suppressions import", "@twice.csv", *AS_ADA, says="Line 3, column 1: target: 'A@Example.com' stands in"),
    refused("suppressions import", "@nowhen.csv", *AS_ADA, says="Line 2, column 2: since: 'yesterday' is no instant"),
    refused("suppressions import", "@utf16.csv", *AS_ADA, says="UTF-8"),
    refused("suppressions lift", "a@example.com", says="needs the level 'manage'"),
    refused("suppressions list", "--as", "nobody", says="no user 'nobody'"),
    refused("contacts list", "--as", "", says="Say who acts"),
    refused("contacts list", "--owner", "nobody", says="no user 'nobody'"),
    refused("contacts list", "--company", LONG, says="no company"),
    refused("contacts list", "--sequence", "Hidden", says="no sequence 'Hidden'"),
    misused("contacts list", "--kind", "robot", says="'robot' is not one of"),
    misused("contacts list", "--after", "-1", says="greater than or equal to 0"),
    misused("contacts list", "--outcome", "happy", says="'happy' is not one of"),
    refused("contacts list", "--opportunity", "none", says="no opportunity 'none'"),
    refused("contacts list", "--stage", "none", says="no stage 'none'"),
    refused("contacts export", "--as", "", says="Say who acts"),
    Case("contacts export", ("/none/such.csv",), 3, "cannot be used"),
    refused("contacts show", "nobody", says="no contact 'nobody'"),
    refused("contacts show", HOSTILE, says="no contact"),
    refused("contacts add", "", says="first name must not be empty"),
    refused("contacts add", HOSTILE, says="first name must be one line"),
    refused("contacts add", "N", LONG, says="at most 200"),
    refused("contacts add", "N", "--email", "n@example.com", says="write TYPE:ADDRESS"),
    refused("contacts add", "N", "--email", "work:nobody", says="'nobody' is no email address"),
    refused("contacts add", "N", "--phone", "fax:+4930000001", says="'fax' is none of mobile, work, home, other"),
    refused("contacts add", "N", "--phone", "home:0301", says="'0301' is no number"),
    refused("contacts add", "N", "--external-id", "ann", says="has the external id 'ann' already"),
    refused("contacts add", "N", "--email", "work:ANN@example.com", says="has the address 'ann@example.com' already"),
    refused("contacts add", "N", "--owner", "nobody", says="no user 'nobody'"),
    refused("contacts add", "N", "--company", "None such", says="no company 'None such'"),
    refused("contacts add", "N", "--time-zone", "Berlin", says="is no time zone"),
    refused("contacts change", "nobody", "--title", "T", says="no contact 'nobody'"),
    refused("contacts change", "ann", "--first-name", " ", says="first name must not be empty"),
    refused("contacts change", "ann", "--external-id", "ben", says="has the external id 'ben' already"),
    Case("contacts change", ("ann", "--first-name", "Ann"), 0, "nothing was changed", on_stdout=True),
    refused("contacts erase", "ann", "--yes", says="needs the level 'manage'"),
    refused("contacts erase", "nobody", "--yes", *AS_ADA, says="no contact 'nobody'"),
    refused("contacts erase", HOSTILE, "--yes", *AS_ADA, says="no contact"),
    Case("contacts erase", ("ann", *AS_ADA), 1, "nothing was changed"),
]
COMPANIES = [
    refused("companies add", "", says="name must not be empty"),
    refused("companies add", HOSTILE, says="name must be one line"),
    refused("companies add", "C", "--external-id", LONG, says="at most 120"),
    refused("companies add", "C", "--owner", "nobody", says="no user 'nobody'"),
    refused("companies change", "None such", "--name", "N", says="no company 'None such'"),
    refused("companies change", "Acme", "--name", LONG, says="at most 200"),
    Case("companies change", ("Acme", "--name", "Acme"), 0, "nothing was changed", on_stdout=True),
    refused("companies import", "@companies.csv", says="Line 3, column 2: name: it must not be empty"),
    refused("companies import", "@utf16.csv", says="line 1, column 1"),
    refused("companies import", "@pipe", says="no file but"),
    refused("companies list", "--as", "nobody", says="no user 'nobody'"),
    misused("companies list", "--after", "x", says="valid integer"),
    refused("companies show", LONG, says="no company"),
    refused("opportunities add", "", says="title must not be empty"),
    refused("opportunities add", HOSTILE, says="title must be one line"),
    refused("opportunities add", "O", "--external-id", "job", says="the external id 'job' already"),
    refused("opportunities add", "O", "--company", "None such", says="no company 'None such'"),
    refused("opportunities change", "None such", "--title", "T", says="no opportunity 'None such'"),
    refused("opportunities change", "job", "--owner", "nobody", says="no user 'nobody'"),
    refused("opportunities list", "--as", "nobody", says="no user 'nobody'"),
    refused("opportunities show", LONG, says="no opportunity"),
    refused("opportunities enter", "None such", "ann", says="no opportunity 'None such'"),
    refused("opportunities enter", "job", "ann", "--stage", "None such", says="no stage 'None such'"),
    Case("opportunities enter", ("job", "nobody"), 1, "There is no contact 'nobody'.", on_stdout=True),
    refused("opportunities move", "job", HOSTILE, "ann", says="no stage"),
    Case("opportunities move", ("job", "Offer", "ann"), 1, "not_in_workflow", on_stdout=True),
    misused("opportunities move", "job", "Offer", says="Missing argument"),
]
STAGES = [
    refused("stages list", "--as", "nobody", says="no user 'nobody'"),
    refused("stages add", "Fresh", "new", *AS_ADA, says="exactly one stage of type New"),
    refused("stages add", "Offer", "done", *AS_ADA, says="a stage 'Offer' already"),
    refused("stages add", HOSTILE, "done", *AS_ADA, says="name must be one line"),
    refused("stages add", "Fresh", "done", says="needs the level 'manage'"),
    misused("stages add", "Fresh", "over", says="'over' is not one of"),
    refused("stages change", "New", "--type", "done", *AS_ADA, says="make another one New instead"),
    refused("stages change", "Offer", "--name", "hired", *AS_ADA, says="a stage 'hired' already"),
    refused("stages remove", "New", *AS_ADA, says="make another one New before"),
    refused("stages remove", LONG, *AS_ADA, says="no stage"),
    Case("stages move-up", ("New", *AS_ADA), 0, "the first one already", on_stdout=True),
    refused("stages move-up", "None such", *AS_ADA, says="no stage 'None such'"),
    Case("stages move-down", ("Rejected", *AS_ADA), 0, "the last one already", on_stdout=True),
    refused("stages move-down", "Offer", says="needs the level 'manage'"),
    refused("stages link", "New", "Welcome", *AS_ADA, says="is of type New; link another one"),
    refused("stages link", "Offer", "None such", *AS_ADA, says="no sequence 'None such'"),
    refused("stages link", "Offer", "Welcome", says="needs the level 'manage'"),
    Case("stages unlink", ("Offer", *AS_ADA), 0, "linked to no sequence", on_stdout=True),
]
KEYS = [
    refused("passwords set", ADA, says="A password has 10 to 200 characters."),
    misused("passwords set", says="Missing argument"),
    refused("tokens add", "", says="name must not be empty"),
    refused("tokens add", LONG, says="at most 80"),
    refused("tokens add", HOSTILE, says="name must be one line"),
    refused("tokens add", "mine", "--as", "nobody", says="no user 'nobody'"),
    refused("tokens list", "--as", "nobody", says="no user 'nobody'"),
    refused("tokens revoke", "4711", says=NOT_SHOWN),
    refused("tokens revoke", "9" * 30, says=NOT_SHOWN),
    misused("tokens revoke", "mine", says="valid integer"),
]
SETTINGS = [
    refused("settings set", "--zone", "Berlin", *AS_ADA, says="“Berlin” is no time zone; use a name such as"),
    refused("settings set", "--zone", LONG, *AS_ADA, says="is no time zone"),
    refused("settings set", "--window", "mon=25:00-26:00", *AS_ADA, says="written like 09:00-17:00"),
    refused("settings set", "--window", LONG, *AS_ADA, says="write mon=09:00-17:00"),
    refused("settings set", "--closed", "Christmas", *AS_ADA, says="write 2026-12-24"),
    refused("settings set", "--zone", "Asia/Tokyo", says="needs the level 'manage'"),
    refused("settings set", "--window", "mon=09:00-12:00,11:00-17:00", *AS_ADA, says="overlap"),
    refused("settings set", "--limit", "steps", *AS_ADA, says="as steps=50"),
    refused("settings set", "--limit", "steps=0", *AS_ADA, says="steps can be 1 to 500, not '0'"),
    refused("settings set", "--limit", f"{LONG}=1", *AS_ADA, says="There is no limit"),
    refused("settings set", "--journaling", "--if-version", "0", *AS_ADA, says="made version 1 of the settings"),
    misused("settings set", "--if-version", "x", *AS_ADA, says="valid integer"),
    refused("settings history", says="needs the level 'manage'"),
    misused("settings show", "now", says="unexpected extra argument"),
    refused("settings show", "--as", "nobody", says="no user 'nobody'"),
]
SEQUENCES = [
    refused("sequences show", "Hidden", says="There is no sequence 'Hidden'"),
    refused("sequences show", LONG, says="There is no sequence"),
    refused("sequences show", HOSTILE, says="There is no sequence"),
    refused("sequences list", "--as", "nobody", says="no user 'nobody'"),
    refused("sequences edit", "Welcome", "@no_template.yaml", says="Step 2: an email needs a template"),
    refused("sequences edit", "{calling_sequence}", "@rearranged.yaml", says="so its steps are frozen"),
    refused("sequences edit", "Welcome", "@old_version.yaml", says="It was changed by"),
    refused("sequences edit", "Welcome", "@one_step.yaml", "--as", BOB, says="needs the level 'manage'"),
    refused("sequences edit", "Hidden", "@one_step.yaml", says="There is no sequence 'Hidden'"),
    refused("sequences copy", "Hidden", says="There is no sequence 'Hidden'"),
    refused("sequences copy", "Welcome", "--as", BOB, says="needs the level 'edit'"),
    refused("sequences preview", "Hidden", *STEP_OF_ANN, says="There is no sequence 'Hidden'"),
    refused("sequences preview", "Welcome", "--step", "99", "--contact", "ann", says="has the steps 1 to"),
    refused("sequences preview", "Welcome", "--step", "0", "--contact", "ann", says="has the steps 1 to"),
    refused("sequences preview", "Welcome", "--step", "1", "--contact", LONG, says="There is no contact"),
    refused("sequences preview", "{calling_sequence}", *STEP_OF_ANN, says="Step 1 is a call; emails and texts"),
    misused("sequences preview", "Welcome", "--step", "one", "--contact", "ann", says="valid integer"),
    misused("sequences preview", "Welcome", "--step", "1", says="Missing option '--contact'"),
    refused("sequences test-mail", "Hidden", *STEP_OF_ANN, says="There is no sequence 'Hidden'"),
    refused("sequences test-mail", "Welcome", *STEP_OF_ANN, "--to", "ann@example.com", says="active users only"),
    refused("sequences test-mail", "Welcome", *STEP_OF_ANN, "--to", HOSTILE, says="active users only"),
    refused("sequences archive", LONG, says="There is no sequence"),
    refused("sequences unarchive", "Hidden", says="There is no sequence 'Hidden'"),
    refused("sequences hold", "--all", says="needs the level 'manage'"),
    misused("sequences hold", says="Say which sequence"),
    misused("sequences release", "Welcome", "--all", says="Say which sequence"),
    refused("sequences release", HOSTILE, says="There is no sequence"),
    refused("enroll", "Hidden", "ann", says="There is no sequence 'Hidden'"),
    refused("enroll", "None such", "ann", says="There is no sequence 'None such'"),
    refused("sequences share", "Hidden", "everyone", says="There is no sequence 'Hidden'"),
    refused("sequences share", "Welcome", "users", says="Name the users with `users`"),
    refused("sequences share", "Welcome", "private", BOB, says="nobody with `private`"),
    refused("sequences share", "Welcome", "users", "nobody", says="no user 'nobody'"),
    refused("sequences share", "Welcome", "private", "--as", BOB, says="needs the level 'manage'"),
    misused("sequences share", "Welcome", "all", says="'all' is not one of"),
    refused("sequences hand-over", "Hidden", ADA, says="There is no sequence 'Hidden'"),
    refused("sequences hand-over", "Welcome", ADA, says="needs the level 'manage'"),
    refused("sequences hand-over", "Welcome", BOB, *AS_ADA, says="an owner needs 'edit'"),
    refused("sequences hand-over", "Welcome", "nobody", *AS_ADA, says="no user 'nobody'"),
    misused("enroll", "Welcome", says="Say whom to enroll"),
    misused("enroll", says="Missing argument"),
    misused("enroll", "Welcome", "--kind", "robot", says="'robot' is not one of"),
    refused("enroll", "Welcome", "--file", "@none such", says="No such file"),
    refused("enroll", "Welcome", "--file", "@columns.txt", says="Line 1: a list of several columns"),
    refused("enroll", "Welcome", "--file", "@crowd.txt", says="At most 25,000 contacts"),
    refused("enroll", "Welcome", "--in-sequence", "Hidden", says="There is no sequence 'Hidden'"),
    refused("enroll", "Welcome", "--stage", LONG, says="There is no stage"),
    refused("enroll", "Welcome", "--opportunity", HOSTILE, says="There is no opportunity"),
    Case("enroll", ("Welcome", "--company", "%"), 1, "finds no contacts", on_stdout=True),
    refused("adds show", "none such", says=NOT_SHOWN),
    refused("adds show", LONG, says=NOT_SHOWN),
    refused("adds cancel", HOSTILE, says=NOT_SHOWN),
    misused("adds cancel", says="Missing argument"),
    misused("adds list", "--status", "x", says="No such option"),
    Case("enroll", ("Welcome", "nobody"), 1, "There is no contact 'nobody'.", on_stdout=True),
    Case("enroll", ("Welcome", HOSTILE), 1, "There is no contact", on_stdout=True),
    Case("enroll", ("{calling_sequence}", "ann"), 1, "already_in_sequence", on_stdout=True),
]
ENROLLMENT_ACTS = ["show", "bypass", "pause", "resume", "cancel", "reactivate", "reply"]
ENROLLMENTS = [
    *[refused(f"enrollments {act}", "{hidden}", says=NOT_SHOWN) for act in ENROLLMENT_ACTS],
    *[refused(f"enrollments {act}", "none such", says=NOT_SHOWN) for act in ENROLLMENT_ACTS],
    *[refused(f"enrollments {act}", "{finished}", says="It has finished") for act in ENROLLMENT_ACTS[1:-1]],
    refused("enrollments show", LONG, says=NOT_SHOWN),
    refused("enrollments pause", HOSTILE, says=NOT_SHOWN),
    refused("enrollments bypass", "{calling}", says="not waiting"),
    refused("enrollments bypass", "{calling}", "--any-hour", "--yes", says="not waiting"),
    refused("enrollments bypass", "{hidden}", "--any-hour", says=NOT_SHOWN),
    Case("enrollments bypass", ("{waiting}", "--any-hour"), 1, "Nobody knows what time it is where Ben Bruno is"),
    misused("enrollments bypass", "{waiting}", "{calling}", "--any-hour", says="unexpected extra argument"),
    refused("enrollments bypass", "{waiting}", "--step", "2", says="The step whose wait was to be bypassed is over"),
    misused("enrollments bypass", "{waiting}", "--step", "0", says="Invalid value for '--step'"),
    refused("enrollments list", "--sequence", "Hidden", says="There is no sequence"),
    misused("enrollments list", "--status", "asleep", says="'asleep' is not one of"),
    refused("enrollments conclude", "{hidden}", "positive", says=NOT_SHOWN),
    misused("enrollments conclude", "{waiting}", "great", says="'great' is not one of"),
    refused("enrollments settle", "{waiting}", "left", says="no message whose delivery is unknown"),
    misused("enrollments settle", "{waiting}", "left", "--copy", "none", says="Invalid value for '--copy'"),
    misused("enrollments settle", "{waiting}", LONG, says="is not one of 'left', 'send_again'"),
    refused("enrollments remove", "{hidden}", "--yes", says=NOT_SHOWN),
    Case("enrollments remove", ("{waiting}",), 1, "nothing was changed"),
    misused("enrollments remove", says="Missing argument"),
]
TODOS = [
    *[refused(f"todos {act}", "{hidden_todo}", says=NOT_SHOWN) for act in ("send", "skip", "take-back")],
    *[refused(f"todos {act}", LONG, says=NOT_SHOWN) for act in ("send", "skip", "take-back")],
    refused("todos resolve", "{hidden_todo}", "great", says=NOT_SHOWN),
    refused("todos resolve", "{call_todo}", "great", says="choose no_answer, left_voicemail"),
    refused("todos resolve", "{call_todo}", LONG, says="choose no_answer, left_voicemail"),
    refused("todos resolve", "{letter_todo}", "interested", says="it has no results"),
    refused("todos resolve", "{call_todo}", "interested", "--note", LONG + "x", says="at most 10000 characters"),
    refused("todos resolve", "{call_todo}", "interested", "--as", BOB, says="needs the level 'manage'"),
    refused("todos send", "{call_todo}", says="give it a result instead"),
    refused("todos send", "{letter_todo}", "--body", LONG * 11, says="at most 100000 characters"),
    refused("todos take-back", "{call_todo}", says="cannot be taken back"),
    refused("todos postpone", "{call_todo}", "tomorrow", says="write 2026-12-01T09:00+01:00"),
    refused("todos postpone", "{call_todo}", "0001-01-01", says="still to come"),
    refused("todos show", "{hidden_todo}", says=NOT_SHOWN),
    refused("todos show", LONG, says=NOT_SHOWN),
    refused("todos show", "{call_todo}", "--as", BOB, says="needs the level 'manage'"),
    refused("todos send", "{letter_todo}", "{call_todo}", "--body", "B", says="give one id with it"),
    misused("todos skip", says="Missing argument"),
    refused("todos list", "--everybody", says="needs the level 'manage'"),
    refused("todos list", "--of", BOB, says="needs the level 'manage'"),
    refused("todos list", "--of", "nobody", *AS_ADA, says="no user 'nobody'"),
    refused("todos list", "--sequence", "Hidden", says="There is no sequence"),
    misused("todos list", "--kind", "letter", says="'letter' is not one of"),
    misused("todos list", "--due", "soon", says="'soon' is not one of"),
    refused("todos postpone", "{call_todo}", "0001-01-01T00:00+14:00", says="is no instant"),
    refused("todos postpone", "{hidden_todo}", "2026-12-01T09:00+01:00", says=NOT_SHOWN),
    refused("todos reassign", "{call_todo}", "nobody", says="no user 'nobody'"),
    refused("todos reassign", "{hidden_todo}", BOB, says=NOT_SHOWN),
    refused("todos list", "--as", "nobody", says="no user 'nobody'"),
    refused("attention", "--as", "nobody", says="no user 'nobody'"),
    refused("report", "--sequence", "Hidden", says="There is no sequence"),
    refused("report", "--user", "nobody", says="no user 'nobody'"),
    refused("report", "--since", "today", says="'today' is no day"),
    refused("report", "--since", "2026-12-02", "--until", "2026-12-01", says="before it begins"),
    misused("report", "--every", "year", says="'year' is not one of"),
    misused("report", "--time", "soon", says="'soon' is not one of"),
    misused("report", "--csv", "--json", says="Choose one of"),
    refused("report", "--as", "nobody", says="no user 'nobody'"),
]
RUNNING = [
    misused("up", "--temporal-port", "x", says="valid integer"),
    misused("up", "--health-port", "70000", says="65535"),
    refused("up", "--temporal-port", "7300", "--ui-port", "7300", says="Every port must be another one"),
    misused("up", "--simulate", "--speed", "0", says="0.1"),
    Case("up", ("--simulate",), 1, "unset both first", {"SEQUENCING_SMTP_URL": "smtp://127.0.0.1:9"}),
    misused("simulate", "--smtp-port", "0", says="greater than or equal to 1"),
    misused("simulate", "--speed", "nan", says="less than or equal to 100000"),
    misused("simulate", "--for", "-1", says="0"),
    misused("simulate", "--journal", LONG, says="is no address"),
    misused("simulate", "--journal", "a@b", "--journal-door", LONG, says="is no host and port"),
    refused("simulate", "--journal", "a@b", "--journal-door", "192.0.2.1:25", says="leads away"),
    refused("simulate", "--for", "0", "--log", "/dev/null/log", says="The world cannot be opened"),
    Case("simulate", (), 1, "leads away", {"SEQUENCING_PUBLIC_URL": "https://mail.example.org"}),
    misused("up", "--web-port", "0", says="greater than or equal to 1"),
    misused("worker", "now", says="unexpected extra argument"),
    misused("web", "now", says="unexpected extra argument"),
    refused("setup", "--admin", HOSTILE, says="is no email address"),
    refused("reconcile", says="needs the level 'manage'"),
    misused("outbox", "--everything", says="No such option"),
    refused("outbox", "--as", "nobody", says="no user 'nobody'"),
    Case("setup", (), 3, "Temporal cannot be reached", {"TEMPORAL_ADDRESS": NOWHERE}),
    Case("reconcile", AS_ADA, 3, "Temporal cannot be reached", {"TEMPORAL_ADDRESS": NOWHERE}),
    Case("worker", (), 2, "Temporal has no namespace 'nowhere'", {"TEMPORAL_NAMESPACE": "nowhere"}),
    Case("setup", (), 3, "Temporal has no such namespace", {"TEMPORAL_NAMESPACE": "nowhere"}),
]
ENVIRONMENT = [
    misset("worker", "SEQUENCING_SMTP_URL: write smtp://", SEQUENCING_SMTP_URL="mail.example.org"),
    Case("worker", (), 2, OAUTH, {**TOKENS, "SEQUENCING_SMTP_OAUTH_URL": "http://login.test"}),
    Case("worker", (), 2, OAUTH, {**TOKENS, "SEQUENCING_SMTP_OAUTH_CLIENT": ""}),
    Case("worker", (), 2, OAUTH, {**TOKENS, "SEQUENCING_SMTP_OAUTH_SECRET": ""}),
    Case("worker", (), 2, "write smtp://user@host", {**TOKENS, "SEQUENCING_SMTP_URL": "smtp://bo:pw@mail.test"}),
    misset("outbox", "SEQUENCING_SMTP_OAUTH_SCOPE", SEQUENCING_SMTP_OAUTH_SCOPE="send\r\nmail"),
    misset("worker", "SEQUENCING_METRICS_ADDRESS: write host and port", SEQUENCING_METRICS_ADDRESS="9090"),
    misset("outbox", "SEQUENCING_HEALTH_ADDRESS: write host and port", SEQUENCING_HEALTH_ADDRESS="::99999"),
    misset("web", "SEQUENCING_WEB_ADDRESS: write host and port", SEQUENCING_WEB_ADDRESS="8000"),
    misset("web", "SEQUENCING_WEB_ADDRESS", SEQUENCING_WEB_ADDRESS=""),
    misset("web", "SEQUENCING_LOCAL", SEQUENCING_LOCAL="perhaps"),
    misset("web", "SEQUENCING_TEMPORAL_UI: write an address of the web", SEQUENCING_TEMPORAL_UI="here"),
    misset("web", "nothing can be served at 192.0.2.1:80", SEQUENCING_WEB_ADDRESS="192.0.2.1:80"),
    misset("journal", "SEQUENCING_JOURNAL_ADDRESS: write host and port", SEQUENCING_JOURNAL_ADDRESS="2525"),
    misset("journal", "nothing can be served at 192.0.2.1:25", SEQUENCING_JOURNAL_ADDRESS="192.0.2.1:25"),
    misset("outbox", "SEQUENCING_JOURNAL_SENDERS: write addresses or networks", SEQUENCING_JOURNAL_SENDERS="all"),
    misset("outbox", "SEQUENCING_JOURNAL_RECIPIENT", SEQUENCING_JOURNAL_RECIPIENT="nobody"),
    misset("journal", "cannot be read", SEQUENCING_JOURNAL_CERTIFICATE=__file__, SEQUENCING_JOURNAL_KEY="/none"),
    misset("worker", "SEQUENCING_TEXTS_URL", SEQUENCING_TEXTS_URL="http://SID:TOKEN@api.example.org"),
    misset("outbox", "SEQUENCING_TASK_QUEUE", SEQUENCING_TASK_QUEUE=""),
    misset("outbox", "SEQUENCING_MAIL_DOMAIN", SEQUENCING_MAIL_DOMAIN="ex ample\r\nBcc: x"),
    misset("setup", "SEQUENCING_RETENTION_DAYS", SEQUENCING_RETENTION_DAYS="9" * 30),
    misset("outbox", "SEQUENCING_RETENTION_DAYS", SEQUENCING_RETENTION_DAYS=""),
    misset("users list", "SEQUENCING_HAND_OVER_SECONDS", SEQUENCING_HAND_OVER_SECONDS="inf"),
    misset("users list", "SEQUENCING_RETRY_SECONDS", SEQUENCING_RETRY_SECONDS="soon"),
    misset("users list", "SEQUENCING_SWEEP_SECONDS", SEQUENCING_SWEEP_SECONDS="0"),
    misset("users list", "SEQUENCING_GRACE_SECONDS", SEQUENCING_GRACE_SECONDS="-1"),
    misset("users list", "SEQUENCING_MAX_CACHED_WORKFLOWS", SEQUENCING_MAX_CACHED_WORKFLOWS="0"),
    misset("users list", "SEQUENCING_WEB_PROCESSES", SEQUENCING_WEB_PROCESSES="0"),
    misset("contacts list", "no user", code=1, SEQUENCING_USER=HOSTILE),
    misset("outbox", "SEQUENCING_PUBLIC_URL: write an address of the web", SEQUENCING_PUBLIC_URL="mail.example.org"),
    misset("users list", "/dev/null cannot be used", code=3, SEQUENCING_VAR="/dev/null"),
    misset("worker", "/dev/null cannot be used", code=3, SEQUENCING_VAR="/dev/null"),
    misset("users list", "write sqlite:///FILE", SEQUENCING_DATABASE_URL="garbage"),
    misset("users list", "'mysql' is no database", SEQUENCING_DATABASE_URL="mysql://host/name"),
    misset("users list", "write sqlite:///FILE", SEQUENCING_DATABASE_URL="postgresql://host:port/name"),
    misset("users list", "'sslmode' is not known", SEQUENCING_DATABASE_URL="postgresql://h/n?sslmode=require"),
    misset("users list", "SQLite needs a file", SEQUENCING_DATABASE_URL="sqlite://"),
    misset("users list", "cannot be reached", code=3, SEQUENCING_DATABASE_URL=f"postgresql://{NOWHERE}/name"),
    misset("users list", "cannot be used", code=3, SEQUENCING_DATABASE_URL="sqlite:////proc/none/such.db"),
    misset("users list", "no SQLite database", code=3, SEQUENCING_DATABASE_URL=f"sqlite:///{__file__}"),
    misset("users list", "run `sequencing setup`", code=3, SEQUENCING_DATABASE_URL="sqlite:///empty.db"),
    misset("users list", "a port is a number", SEQUENCING_DATABASE_URL="postgresql://127.0.0.1:99999/name"),
    misset("users list", "ssl is one of", SEQUENCING_DATABASE_URL="postgresql://h/n?ssl=perhaps"),
    misset("users list", "SEQUENCING_VAR: write a folder", SEQUENCING_VAR=""),
    misset("users list", "SEQUENCING_VAR: write a folder", SEQUENCING_VAR=" "),
    misset("users list", "SEQUENCING_TASK_QUEUE", SEQUENCING_TASK_QUEUE=" "),
    misset("outbox", "a port is at most 65535", SEQUENCING_PUBLIC_URL="https://mail.example.org:99999"),
    misset("journal", "at least 16 characters", SEQUENCING_SECRET=" "),
    misset("journal", "at least 16 characters", SEQUENCING_SECRET="x" * 15),
    misset("worker", "nothing can be served at 192.0.2.1:9", SEQUENCING_HEALTH_ADDRESS="192.0.2.1:9"),
    misset("worker", "is no setting; SEQUENCING_SMTP_URL is", SEQUENCING_SMTP_URI="smtp://127.0.0.1:9"),
    misset("worker", "is no setting; SEQUENCING_SMTP_URL is", SEQUENCING_SMPT_URL="smtp://127.0.0.1:9"),
    misset("web", "is no setting; SEQUENCING_DATABASE_URL is", SEQUENCING_DATABASE_URI="sqlite:///other.db"),
    misset("reconcile", "TEMPORAL_ADDRESS: write host and port", TEMPORAL_ADDRESS="http://localhost"),
    misset("reconcile", "TEMPORAL_PROFILE", TEMPORAL_PROFILE="none such"),
]
UNKEYED = {"SEQUENCING_OLD_SECRETS"}
"""Any text will do."""
TASKS = [
    refused("tasks add", "", "2026-12-01", says="title"),
    refused("tasks add", HOSTILE, "2026-12-01", says="title must be one line"),
    refused("tasks add", LONG, "2026-12-01", says="title"),
    refused("tasks add", "Read", "tomorrow", says="is no day"),
    refused("tasks add", "Read", "2026-12-01", "--time", "9", says="write it as 09:30"),
    refused("tasks add", "Read", "2026-12-01", "--contact", "nobody", says="There is no contact 'nobody'"),
    refused("tasks add", "Read", "2026-12-01", "--note", LONG + "x", says="at most 10,000 characters"),
    refused("tasks list", "--from", "yesterday", says="is no day"),
    refused("tasks list", "--as", "nobody", says="no user 'nobody'"),
    misused("tasks list", "--limit", "0", says="should be greater than or equal to 1"),
    *[refused(f"tasks {act}", LONG, says=NOT_SHOWN) for act in ("done", "reopen", "remove")],
    refused("tasks move", LONG, "2026-12-01", says=NOT_SHOWN),
    refused("tasks move", LONG, "2026-02-30", says="is no day"),
]
OF_PEOPLE = [*CSV, *PEOPLE, *COMPANIES, *STAGES, *KEYS]
CASES = [*OF_PEOPLE, *YAML, *TEMPLATES, *SETTINGS, *SEQUENCES, *ENROLLMENTS, *TODOS, *TASKS, *RUNNING, *ENVIRONMENT]


def test_every_command_is_tried_with_bad_input_and_every_case_is_of_a_command() -> None:
    assert {case.command for case in CASES} == set(every_command())


def test_every_setting_is_tried_with_a_bad_value() -> None:
    settings = {f"SEQUENCING_{name.upper()}" for name in Settings.model_fields}

    assert {name for case in CASES for name in case.environment if name in settings} == settings - UNKEYED


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_input_gets_one_sentence_and_changes_nothing(case: Case, place: Place, tmp_path: Path) -> None:
    before = place.seen()
    words = [a_file(word[1:], tmp_path) if word.startswith("@") else word for word in case.words]

    ended = place.run(*case.command.split(), *words, **case.environment)

    assert (ended.code, is_one_sentence(ended.out if case.on_stdout else ended.err)) == (case.code, True), ended
    assert case.says in (ended.out if case.on_stdout else ended.err)
    assert place.seen() == before


@pytest.mark.parametrize("role", ["worker", "web", "journal"])
def test_what_lasts_does_not_start_on_a_database_of_an_older_build(role: str, place: Place) -> None:
    place.sql("UPDATE alembic_version SET version_num = '0001'")
    ports = {f"SEQUENCING_{one}_ADDRESS": "127.0.0.1:0" for one in ("WEB", "JOURNAL")}

    ended = place.run(role, **ports)

    assert (ended.code, is_one_sentence(ended.err)) == (2, True), ended
    assert "The database is of an older build; run `sequencing setup` first." in ended.err


def test_of_two_that_run_everything_in_one_folder_the_second_is_refused(place: Place) -> None:
    ports = (f"--{one}-port={free_port()}" for one in ("temporal", "ui", "metrics", "health", "web", "journal"))
    with (place.folder / "up.lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        ended = place.run("up", *ports)

    assert (ended.code, is_one_sentence(ended.err)) == (1, True), ended
    assert "Another `sequencing up` works in" in ended.err
    assert not (place.folder / "temporal.db").exists()


def test_a_secret_that_was_lost_signs_nothing(place: Place) -> None:
    (place.folder / "secret").write_bytes(b"")

    ended = place.run("journal", "--address", *AS_ADA)

    assert (ended.code, is_one_sentence(ended.err)) == (2, True), ended
    assert "put the secret back from a backup" in ended.err


def test_a_database_that_takes_no_changes_is_not_said_to_be_away(place: Place) -> None:
    file, troubles = place.folder / "sequencing.db", {}
    for name, address, before in (("read", f"file:{file}?mode=ro", "SELECT 1"), ("full", str(file), SMALL)):
        with closing(sqlite3.connect(address, uri=name == "read")) as connection:
            connection.execute(before)
            with pytest.raises(sqlite3.OperationalError) as trouble:
                connection.execute("CREATE TABLE large AS SELECT randomblob(9000000)")
        troubles[name] = about_the_database(trouble.value)

    assert troubles == {
        "read": "The database's file may not be used by this user; see who owns it and its folder.",
        "full": "The database's disk is full; make room, and repeat it. Nothing was changed.",
    }


async def test_a_postgresql_that_takes_no_changes_is_not_said_to_be_away(postgres: str, tmp_path: Path) -> None:
    database = Database(await fresh_postgres(postgres, f"r{abs(hash(tmp_path)):x}"))
    async with database.reading() as tx:
        await tx.execute(sa.text("SET TRANSACTION READ ONLY"))
        with pytest.raises(sa.exc.DBAPIError) as trouble:
            await tx.execute(sa.text("CREATE TABLE one (id INTEGER)"))
    await database.close()

    assert about_the_database(trouble.value).startswith("The database takes no changes;")


def is_one_sentence(said: str) -> bool:
    """At most a header and a line of a table, harmless to a terminal; on a line that a person reads to its end."""
    lines = said.splitlines()
    return 1 <= len(lines) <= 2 and len(said) < 900 and "".join(lines).isprintable() and "Traceback" not in said


@pytest.mark.parametrize(
    "words",
    [
        ("contacts", "import", "@people.csv"),
        ("suppressions", "add", "gone@example.com"),
        ("suppressions", "import", "@suppressed.csv", *AS_ADA),
        ("settings", "set", "--zone", "Europe/Berlin", *AS_ADA),
        ("setup",),
        ("contacts", "add", "New", "--email", "work:new@example.com"),
        ("contacts", "erase", "ann", "--yes", *AS_ADA),
        ("companies", "import", "@companies.csv"),
        ("opportunities", "enter", "job", "ann"),
        ("stages", "add", "Assessment", "in_progress", *AS_ADA),
        ("stages", "link", "Offer", "Welcome", *AS_ADA),
        ("enroll", "Welcome", "ann"),
        ("enrollments", "pause", "{calling}"),
        ("enrollments", "resume", "{paused}"),
        ("enrollments", "cancel", "{waiting}"),
        ("enrollments", "reactivate", "{canceled}"),
        ("todos", "resolve", "{call_todo}", "interested"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_repeated_command_changes_nothing_the_second_time(
    words: tuple[str, ...], place: Place, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text("external_id,first_name,work_email\nnew,New,new@example.com\n")
    (tmp_path / "companies.csv").write_text("external_id,name\nnew,New\n")
    (tmp_path / "suppressed.csv").write_text("target\na@example.com\n")
    typed = [str(tmp_path / word[1:]) if word.startswith("@") else word for word in words]
    first = place.run(*typed)
    before = place.counts()

    again = place.run(*typed)

    assert (first.code, again.code in (0, 1), is_one_sentence(again.out + again.err)) == (0, True, True), again
    assert place.counts() == before


def test_with_the_engine_away_acts_are_recorded_and_say_so(place: Place) -> None:
    away = {"TEMPORAL_ADDRESS": NOWHERE}

    enrolled = place.run("enroll", "Welcome", "ann", **away)
    paused = place.run("enrollments", "pause", "{waiting}", **away)

    assert (enrolled.code, enrolled.err, paused.code, paused.err) == (0, "", 0, "")
    assert "recorded, takes effect when Temporal is back" in paused.out


def test_a_newer_or_an_older_schema_is_named(place: Place) -> None:
    place.sql("ALTER TABLE contacts DROP COLUMN title")
    older = place.run("contacts", "list")
    place.sql("UPDATE alembic_version SET version_num = '9999'")
    newer = place.run("setup")

    assert (older.code, "another build" in older.err, is_one_sentence(older.err)) == (3, True, True), older
    assert (newer.code, "newer build" in newer.err, is_one_sentence(newer.err)) == (1, True, True), newer


def test_names_are_printed_harmless_and_as_they_are(place: Place) -> None:
    place.sql("UPDATE contacts SET first_name = 'A' || char(27) || ']0;x' || char(7), last_name = '[/red] :smile:'")

    listed = place.run("contacts", "list")
    told = place.run("enrollments", "show", "{waiting}")

    for said in (listed, told):
        assert said.code == 0, said
        assert "".join(said.out.splitlines()).isprintable()
        assert "[/red] :smile:" in said.out


def test_an_outbox_with_strange_files_is_listed(place: Place) -> None:
    (place.folder / "outbox" / "01J00000000000000000000000.eml").write_bytes(b"Subject: =?utf-8?q?=1b[31m?=\n\nx\xff")
    (place.folder / "outbox" / "01J00000000000000000000001.eml").write_bytes(b"")
    (place.folder / "outbox" / "note.txt").write_bytes(b"\xff")

    listed = place.run("outbox", *AS_ADA)

    assert (listed.code, listed.err) == (0, "")
    assert "".join(listed.out.splitlines()).isprintable()


async def test_what_postgresql_cannot_keep_is_refused_before_it_is_asked(
    postgres: str, postgres_to_copy: dict[str, str], place: Place, tmp_path: Path
) -> None:
    database = Database(await fresh_postgres(postgres, f"t{abs(hash(tmp_path)):x}", postgres_to_copy["empty"]))
    async with database.writing() as tx:
        await users.add(tx, ADA, "Ada", Level.manage)
    before = await counts(database)
    there = {
        "SEQUENCING_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "SEQUENCING_USER": ADA,
    }

    for words in (
        ("contacts", "import", a_file("id.csv", tmp_path)),
        ("contacts", "import", a_file("nul.csv", tmp_path)),
        ("contacts", "import", a_file("owner.csv", tmp_path)),
        ("sequences", "create", a_file("nul.yaml", tmp_path)),
        ("sequences", "create", a_file("unknown_template.yaml", tmp_path)),
        ("templates", "add", "T", a_file("nul.txt", tmp_path)),
        ("users", "add", "n@example.com", LONG, "use"),
        ("suppressions", "add", f"{LONG}@example.com"),
        ("sequences", "show", LONG),
        ("todos", "resolve", LONG, "interested"),
    ):
        ended = place.run(*words, **there)
        assert (ended.code, is_one_sentence(ended.err)) == (1, True), ended
    assert await counts(database) == before
    await database.close()


async def counts(database: Database) -> list[int]:
    async with database.reading() as tx:
        return [
            (await tx.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            for table in Table.metadata.sorted_tables
        ]
