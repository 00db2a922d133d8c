"""The tables of people: users and their keys, companies, contacts, opportunities and their stages."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from sequencing.people import AddressType, ContactKind, Level
from sequencing.search_words import LONGEST
from sequencing.stage_links import StageType
from store.columns import Table, Word, one_of, partial


class UserRow(Table):
    __tablename__ = "users"
    __table_args__ = (one_of("level", Level),)
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    level: Mapped[Level] = mapped_column(Word(Level))
    active: Mapped[bool] = mapped_column(server_default=true())
    sending_address: Mapped[str | None] = mapped_column(String(320))
    sending_number: Mapped[str | None] = mapped_column(String(32))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    password_hash: Mapped[str | None] = mapped_column(String(200))


class RoleRow(Table):
    """What a user may do with sequences; the highest of his roles wins and is kept in `users.level`."""

    __tablename__ = "roles"
    __table_args__ = (one_of("level", Level),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    level: Mapped[Level] = mapped_column(Word(Level))


class UserRoleRow(Table):
    __tablename__ = "user_roles"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id"), primary_key=True)


class TokenRow(Table):
    """A key to the HTTP API with its user's rights; only its SHA-256 is kept."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SessionRow(Table):
    """Somebody signed in at the pages; only the SHA-256 of the cookie is kept."""

    __tablename__ = "sessions"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime]


class TryRow(Table):
    """Wrong tries at signing in, for an account or from an address; of either only the SHA-256 is kept, for an hour."""

    __tablename__ = "tries"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    wrong: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)


class AnswerRow(Table):
    """What a request with an Idempotency-Key was answered, to be answered again."""

    __tablename__ = "answers"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


class CompanyRow(Table):
    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ContactRow(Table):
    """Ids are never given again: they stand in the names of runs, and an erased contact's must not mean another."""

    __tablename__ = "contacts"
    __table_args__ = (
        one_of("kind", ContactKind),
        Index("ix_contacts_owner", "owner_id", "id"),
        Index("ix_contacts_company", "company_id", "id"),
        partial("ix_contacts_candidates", "id", where="kind <> 'client'"),
        partial("ix_contacts_clients", "id", where="kind <> 'candidate'"),
        partial("ix_contacts_both", "id", where="kind = 'both'"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    kind: Mapped[ContactKind] = mapped_column(Word(ContactKind))
    first_name: Mapped[str] = mapped_column(String(200))
    last_name: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200), server_default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    do_not_contact: Mapped[bool] = mapped_column(server_default=false())


class EmailAddressRow(Table):
    __tablename__ = "email_addresses"
    __table_args__ = (one_of("type", AddressType), UniqueConstraint("contact_id", "address"))
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    type: Mapped[AddressType] = mapped_column(Word(AddressType))
    address: Mapped[str] = mapped_column(String(320), index=True)


class PhoneNumberRow(Table):
    __tablename__ = "phone_numbers"
    __table_args__ = (UniqueConstraint("contact_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(32), index=True)


WORD = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")
"""What something is found by (`sequencing/search_words.py`), in the order of code points, so that all that begins alike
stands together.
"""


class ContactWordRow(Table):
    __tablename__ = "contact_words"
    __table_args__ = (Index("ix_contact_words_contact", "contact_id", "word"), {"sqlite_with_rowid": False})
    word: Mapped[str] = mapped_column(WORD, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)


class CompanyWordRow(Table):
    __tablename__ = "company_words"
    __table_args__ = (Index("ix_company_words_company", "company_id", "word"), {"sqlite_with_rowid": False})
    word: Mapped[str] = mapped_column(WORD, primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True)


class OpportunityWordRow(Table):
    __tablename__ = "opportunity_words"
    __table_args__ = (Index("ix_opportunity_words_opportunity", "opportunity_id", "word"), {"sqlite_with_rowid": False})
    word: Mapped[str] = mapped_column(WORD, primary_key=True)
    opportunity_id: Mapped[int] = mapped_column(ForeignKey("opportunities.id", ondelete="CASCADE"), primary_key=True)


class OpportunityRow(Table):
    __tablename__ = "opportunities"
    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200), index=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class StageRow(Table):
    """A stage of the recruiting workflow. `sequence_id`: contacts who enter it are offered that sequence."""

    __tablename__ = "stages"
    __table_args__ = (
        one_of("type", StageType),
        Index(
            "uq_stages_new",
            "type",
            unique=True,
            sqlite_where=text("type = 'new'"),
            postgresql_where=text("type = 'new'"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    type: Mapped[StageType] = mapped_column(Word(StageType))
    position: Mapped[int]
    sequence_id: Mapped[int | None] = mapped_column(ForeignKey("sequences.id"))


class CandidacyRow(Table):
    """A contact in an opportunity's recruiting workflow, at one stage."""

    __tablename__ = "candidacies"
    __table_args__ = (Index("ix_candidacies_stage", "opportunity_id", "stage_id", "contact_id"),)
    opportunity_id: Mapped[int] = mapped_column(ForeignKey("opportunities.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stages.id"), index=True)
    since: Mapped[datetime]


class StageMoveRow(Table):
    """Who moved a contact to which stage, and when; `from_stage_id` is empty where it came in."""

    __tablename__ = "stage_moves"
    __table_args__ = (Index("ix_stage_moves_candidacy", "opportunity_id", "contact_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    opportunity_id: Mapped[int] = mapped_column(ForeignKey("opportunities.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    from_stage_id: Mapped[int | None] = mapped_column(ForeignKey("stages.id"))
    stage_id: Mapped[int] = mapped_column(ForeignKey("stages.id"))
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class ErasureRow(Table):
    """Who erased a contact, and when. `contact_id` points at nothing any more."""

    __tablename__ = "erasures"
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(index=True)
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
