"""A real Postfix and a real Dovecot of our own, on loopback, as an agency and its clients have them.

    example.org   the recruiters' domain; all its mail, in and out, is copied to the journal
    example.com   the contacts' domain
    gone.example  a domain whose server knows nobody: what is sent there comes back as a delivery status notification

Postfix does not copy by `always_bcc` what it writes itself, so a notification would not reach the journal: the copies
are made by `virtual_alias_maps` for what comes in, notifications too, and by `sender_bcc_maps` for what goes out.
"""

import asyncio
import email
import imaplib
import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path
from typing import Self, cast

from starter.up import listens
from tests.patience import PATIENCE
from tests.ports import free_port

PROGRAMS = ("postfix", "dovecot")
PASSWORD = "letmein"
MAIL_USER = "vmail-of-tests"
BACKOFF = "1s"


def trouble() -> str:
    """Why there can be no post office here, or `""`. Installs the packages where that is possible."""
    if os.geteuid() != 0:
        return "Postfix and Dovecot have to be started by root"
    if not all(map(shutil.which, PROGRAMS)):
        _install()
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    return f"{' and '.join(missing)} could not be installed by apt-get" if missing else ""


def _install() -> None:
    """Debian's packages, which must not start anything."""
    if not shutil.which("apt-get"):
        return
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    answers = "postfix postfix/main_mailer_type select No configuration\n"
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postfix", "dovecot-imapd"]
    try:
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, capture_output=True, check=False)
        subprocess.run(["debconf-set-selections"], input=answers, text=True, capture_output=True, check=False)
        subprocess.run(install, env=quiet, capture_output=True, check=False)
    finally:
        if ours:
            policy.unlink()


@dataclass
class PostOffice:
    """Where they listen, and what lies in the mailboxes."""

    folder: Path
    smtp_port: int
    imap_port: int

    @classmethod
    @asynccontextmanager
    async def open(cls, people: Collection[str], journal: str, journal_port: int) -> AsyncIterator[Self]:
        """Both running, with a mailbox for each; all mail of example.org is copied to `journal` at that port."""
        with tempfile.TemporaryDirectory(prefix="post-") as named:
            office = cls(Path(named), free_port(), free_port())
            office.folder.chmod(0o755)
            await asyncio.to_thread(office._start, people, journal, journal_port)
            try:
                await office._listening()
                yield office
            finally:
                await asyncio.to_thread(office._stop)

    def mailbox(self, address: str) -> list[Message]:
        """What was delivered to somebody, read by IMAP, oldest first."""
        with imaplib.IMAP4("127.0.0.1", self.imap_port) as box:
            box.login(address, PASSWORD)
            box.select(readonly=True)
            numbers = box.search(None, "ALL")[1][0].split()
            found = [cast(list[tuple[bytes, bytes]], box.fetch(number.decode(), "(RFC822)")[1]) for number in numbers]
        return [email.message_from_bytes(one[0][1], policy=default) for one in found]

    async def delivered(self, address: str, number: int = 1, within: float = PATIENCE) -> list[Message]:
        """What lies in the mailbox as soon as there are so many."""
        async with asyncio.timeout(within):
            while len(found := await asyncio.to_thread(self.mailbox, address)) < number:
                await asyncio.sleep(0.1)
        return found

    def reply(self, to: Message, sender: str, text: str, **headers: str) -> str:
        """Somebody answers a mail with the mail server; the Message-ID."""
        answer = EmailMessage()
        answer["From"], answer["To"] = sender, str(to["From"])
        answer["Subject"] = f"Re: {to['Subject']}"
        answer["Message-ID"] = f"<{os.urandom(12).hex()}@example.com>"
        answer["In-Reply-To"] = answer["References"] = str(to["Message-ID"])
        for name, value in headers.items():
            answer[name.replace("_", "-")] = value
        answer.set_content(f"{text}\n\nOn Monday you wrote:\n> {to['Subject']!s}\n")
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as server:
            server.send_message(answer)
        return str(answer["Message-ID"])

    def log(self) -> str:
        """What Postfix has logged."""
        log = self.folder / "mail.log"
        return log.read_text() if log.exists() else ""

    def waiting(self) -> int:
        """How many mails stand in Postfix' queue."""
        listed = subprocess.run(["postqueue", "-c", self.folder / "postfix", "-j"], capture_output=True, check=True)
        return len(listed.stdout.splitlines())

    def _start(self, people: Collection[str], journal: str, journal_port: int) -> None:
        mail = _mail_user()
        mailboxes = self.folder / "mailboxes"
        mailboxes.mkdir()
        os.chown(mailboxes, mail.pw_uid, mail.pw_gid)
        self._write_postfix(people, journal, journal_port, mail)
        self._write_dovecot(people, mail)
        self._run("dovecot", "-c", self.folder / "dovecot.conf")
        self._run("postfix", "-c", self.folder / "postfix", "start")

    async def _listening(self) -> None:
        async with asyncio.timeout(PATIENCE):
            for port in (self.smtp_port, self.imap_port):
                while not await listens(port):
                    await asyncio.sleep(0.05)

    def _stop(self) -> None:
        self._run("postfix", "-c", self.folder / "postfix", "abort", check=False)
        self._run("dovecot", "-c", self.folder / "dovecot.conf", "stop", check=False)

    def _run(self, *command: str | Path, check: bool = True) -> None:
        """Into a file, and not into a pipe: the daemon would hold that open."""
        with (self.folder / "programs.log").open("ab") as said:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=check, timeout=PATIENCE)

    def _write_postfix(self, people: Collection[str], journal: str, journal_port: int, mail: pwd.struct_passwd) -> None:
        settings, gone_port = self.folder / "postfix", free_port()
        for name in ("postfix", "queue", "data"):
            (self.folder / name).mkdir()
        postfix = pwd.getpwnam("postfix")
        os.chown(self.folder / "data", postfix.pw_uid, postfix.pw_gid)
        ours = [one for one in people if one.endswith("@example.org")]
        boxes = ", ".join(f"{{{one} = {one}/}}" for one in people)
        copies_in = ", ".join(f"{{{one} = {one} {journal}}}" for one in ours)
        copies_out = ", ".join(f"{{{one} = {journal}}}" for one in ours)
        journal_domain = journal.partition("@")[2]
        lines = {
            "compatibility_level": "3.6",
            "queue_directory": self.folder / "queue",
            "data_directory": self.folder / "data",
            "mail_owner": "postfix",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "myhostname": "mail.example.org",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "disable_dns_lookups": "yes",
            "virtual_mailbox_base": self.folder / "mailboxes",
            "virtual_mailbox_domains": "example.org, example.com",
            "virtual_mailbox_maps": f"inline:{{{boxes}}}",
            "virtual_uid_maps": f"static:{mail.pw_uid}",
            "virtual_gid_maps": f"static:{mail.pw_gid}",
            "virtual_alias_maps": f"inline:{{{copies_in}}}",
            "sender_bcc_maps": f"inline:{{{copies_out}}}",
            "relay_domains": f"gone.example, {journal_domain}",
            "transport_maps": f"inline:{{{{gone.example = smtp:[127.0.0.1]:{gone_port}}}, "
            f"{{{journal_domain} = smtp:[127.0.0.1]:{journal_port}}}}}",
            "default_transport": "error:there is no way out of this machine",
            "minimal_backoff_time": BACKOFF,
            "maximal_backoff_time": BACKOFF,
            "queue_run_delay": BACKOFF,
            "smtp_destination_rate_delay": "0",
            "initial_destination_concurrency": "20",
            "destination_concurrency_failed_cohort_limit": "1000",
            "maillog_file": self.folder / "mail.log",
            "maillog_file_prefixes": self.folder,
        }
        main = "".join(f"{name} = {value}\n" for name, value in lines.items())
        (settings / "main.cf").write_text(main)
        nobody = "-o {smtpd_recipient_restrictions=check_recipient_access static:{550 5.1.1 Nobody of that name}}"
        master = [f"127.0.0.1:{self.smtp_port} inet n - n - - smtpd"]
        master += [f"127.0.0.1:{gone_port} inet n - n - - smtpd {nobody}"]
        master += [_unchained(line) for line in _services()]
        (settings / "master.cf").write_text("\n".join(master) + "\n")

    def _write_dovecot(self, people: Collection[str], mail: pwd.struct_passwd) -> None:
        users = "".join(f"{one}:{{PLAIN}}{PASSWORD}::::::\n" for one in people)
        (self.folder / "users").write_text(users)
        (self.folder / "users").chmod(0o644)
        (self.folder / "dovecot.conf").write_text(
            f"""
protocols = imap
listen = 127.0.0.1
base_dir = {self.folder}/dovecot
state_dir = {self.folder}/dovecot-state
log_path = {self.folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{self.folder}/mailboxes/%u
passdb {{
  driver = passwd-file
  args = {self.folder}/users
}}
userdb {{
  driver = static
  args = uid={mail.pw_uid} gid={mail.pw_gid} home={self.folder}/mailboxes/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
        )


def _mail_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(MAIL_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", MAIL_USER], check=True, capture_output=True)
        return pwd.getpwnam(MAIL_USER)


def _services() -> list[str]:
    """The services of the master process as Debian ships them, but for the one that listens."""
    lines = Path("/usr/share/postfix/master.cf.dist").read_text().splitlines()
    kept = [line for line in lines if line and not line.startswith("#")]
    return [line for line in kept if not line.startswith("smtp      inet")]


def _unchained(line: str) -> str:
    """The service outside of a chroot; lines that begin with a blank go on with the one before."""
    if line.startswith(" "):
        return line
    parts = line.split()
    if parts[0] == "qmgr":  # what it met while a program still had it waits among the incoming until it wakes up
        parts[5] = "1"
    return " ".join([*parts[:4], "n", *parts[5:]])
