"""The only reader of the environment: one frozen object, passed down. Temporal's own address comes from the SDK
(TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, profiles, TLS)."""

import os
import re
import secrets
from contextlib import suppress
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from sequencing.errors import Misconfigured

TASK_QUEUE = "sequencing"
HOUR, DAY = 3600, 86_400
PREFIX = "SEQUENCING_"
ALIKE = 0.85
"""From which likeness on an unknown name was meant to be one of ours; what container platforms add is further away."""
SHORTEST_SECRET = 16


def _host_and_port(said: str) -> str:
    if said and not (re.fullmatch(r"[^/\s]+:[0-9]{1,5}", said) and int(said.rpartition(":")[2]) < 2**16):
        raise ValueError("write host and port, as 127.0.0.1:9090, or leave it empty")
    return said


def _web_address(said: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/-]*)?", said):
        raise ValueError("write an address of the web, as https://mail.example.org")
    if (port := re.match(r"[^/]+//[^/]*:([0-9]+)(/|$)", said)) and int(port[1]) >= 2**16:
        raise ValueError("a port is at most 65535")
    return said.rstrip("/")


def _folder(said: Any) -> Any:
    if not str(said).strip():
        raise ValueError("write a folder, or leave the setting out")
    return said


def _hard_to_guess(said: SecretStr) -> SecretStr:
    if said.get_secret_value() and len(said.get_secret_value().strip()) < SHORTEST_SECRET:
        raise ValueError(f"write at least {SHORTEST_SECRET} characters that nobody guesses, or leave it empty")
    return said


Address = Annotated[str, AfterValidator(_host_and_port)]


def _web_address_or_nothing(said: str) -> str:
    return _web_address(said) if said else said


WebAddress = Annotated[str, AfterValidator(_web_address)]


def _networks(said: str) -> str:
    for one in said.replace(",", " ").split():
        try:
            ip_network(one, strict=False)
        except ValueError:
            raise ValueError("write addresses or networks, as 192.0.2.7, 10.0.0.0/8, with commas between") from None
    return said


Networks = Annotated[str, AfterValidator(_networks)]


class Settings(BaseSettings):
    """Each is set by SEQUENCING_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    var: Annotated[Path, BeforeValidator(_folder)] = Field(
        Path("var"), description="Folder for everything kept on this machine."
    )
    database_url: str = Field("", description="SQLite or PostgreSQL; empty: a SQLite file in the folder above.")
    smtp_url: str = Field("", description="smtp://user:password@host:587?starttls=required; empty: the outbox.")
    smtp_oauth_url: str = Field("", description="Token endpoint, to log in by XOAUTH2; empty: the password above.")
    smtp_oauth_client: str = Field("", description="The client's id at the token endpoint.")
    smtp_oauth_secret: SecretStr = Field(SecretStr(""), description="The client's secret.")
    smtp_oauth_refresh_token: SecretStr = Field(SecretStr(""), description="Empty: the client's own credentials.")
    smtp_oauth_scope: str = Field(
        "", pattern=r"^[ -~]*$", description="What is asked for, if the endpoint wants to know."
    )
    texts_url: str = Field("", repr=False, description="https://ACCOUNT:TOKEN@api.twilio.com; empty: the outbox.")
    mail_domain: str = Field("sequencing.localhost", pattern=r"^[^\s@<>]+$", description="Right half of Message-IDs.")
    public_url: WebAddress = Field(
        "http://localhost:8000", description="Where links in emails and webhooks reach the pages."
    )
    temporal_ui: Annotated[str, AfterValidator(_web_address_or_nothing)] = Field(
        "", description="Temporal's UI, as https://temporal.example.org/namespaces/default; empty: no links to runs."
    )
    secret: Annotated[SecretStr, AfterValidator(_hard_to_guess)] = Field(
        SecretStr(""), description="Message-IDs are derived from it; empty: kept in var/secret."
    )
    old_secrets: SecretStr = Field(SecretStr(""), description="Secrets before this one, with blanks between them.")
    user: str = Field("", description="Who acts at the command line, by email, unless --as says otherwise.")
    task_queue: str = Field(
        TASK_QUEUE, pattern=r"^\S+$", max_length=200, description="Temporal task queue of the workers."
    )
    retention_days: int = Field(90, ge=1, le=36_500, description="How long Temporal keeps ended runs.")
    hand_over_seconds: float = Field(60, gt=0, le=HOUR, description="How long a mail server may take over one message.")
    retry_seconds: float = Field(30, gt=0, le=DAY, description="First pause after a mail server said not now.")
    sweep_seconds: float = Field(5, gt=0, le=DAY, description="How often the sweep looks.")
    grace_seconds: float = Field(25, ge=0, le=DAY, description="How long a stopping worker lets activities end.")
    metrics_address: Address = Field("127.0.0.1:9090", description="Prometheus metrics of the worker; empty: none.")
    health_address: Address = Field("127.0.0.1:9091", description="/health of the worker; empty: none.")
    web_address: Address = Field("127.0.0.1:8000", min_length=1, description="Pages and HTTP API.")
    web_processes: int = Field(1, ge=1, le=64, description="How many processes serve them; one uses one core.")
    local: bool = Field(False, description="Sign in by one click, without a password; on this machine only.")
    journal_address: Address = Field("127.0.0.1:2525", min_length=1, description="Where the journal takes mail in.")
    journal_senders: Networks = Field("127.0.0.0/8, ::1", description="Networks whose servers may bring it mail.")
    journal_recipient: str = Field("", pattern=r"^([^\s@<>]+@[^\s@<>]+)?$", description="Its address; empty: derived.")
    journal_certificate: str = Field("", description="File with the journal's certificate; empty: no STARTTLS.")
    journal_key: str = Field("", description="File with the certificate's key; empty: it is in the same file.")
    max_cached_workflows: int = Field(2000, ge=1, le=1_000_000, description="Runs a worker keeps in memory.")

    @property
    def database(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.var / 'sequencing.db'}"

    @property
    def outbox(self) -> Path:
        """Where messages go when no mail server is named."""
        return self.var / "outbox"

    @property
    def act_within(self) -> float:
        """Seconds an acting activity may take: staying for its slot, connecting, handing over, recording; a live one
        ends earlier.
        """
        return self.hand_over_seconds * 3 + 5

    @property
    def retry_after(self) -> timedelta:
        """The first pause after "not now"."""
        return timedelta(seconds=self.retry_seconds)

    def secret_bytes(self) -> bytes:
        """The secret; made and kept on first use where none is set. Raises Misconfigured where the kept is empty."""
        if self.secret.get_secret_value():
            return self.secret.get_secret_value().encode()
        path = self.var / "secret"
        if not path.exists():
            self.var.mkdir(parents=True, exist_ok=True)
            _write_once(path)
        if not (kept := path.read_bytes()).strip():
            raise Misconfigured(
                "secret_lost", f"{path} is empty; put the secret back from a backup, or delete the file."
            )
        return kept

    def old_secret_bytes(self) -> tuple[bytes, ...]:
        """Secrets that sign nothing any more; what they signed is still ours."""
        return tuple(one.encode() for one in self.old_secrets.get_secret_value().split())


def read_settings() -> Settings:
    """What the environment says. Raises Misconfigured, naming the first variable that cannot be used."""
    _refuse_what_was_misspelt()
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name, trouble = str(first["loc"][0]).upper(), first["msg"].removeprefix("Value error, ")
        raise Misconfigured("invalid_setting", f"{PREFIX}{name}: {trouble}.") from None


def _refuse_what_was_misspelt() -> None:
    """A mail server that is set under a wrong name would keep every message in the outbox, and nobody would know."""
    known = {name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        said = name.upper().removeprefix(PREFIX)
        if said == name.upper() or said in known:
            continue
        if meant := get_close_matches(said, known, n=1, cutoff=ALIKE):
            raise Misconfigured("unknown_setting", f"{name} is no setting; {PREFIX}{meant[0]} is.")


def _write_once(path: Path) -> None:
    """Two processes may try at once; the first one's secret stays."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.touch(mode=0o600)
        with fresh.open("wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
