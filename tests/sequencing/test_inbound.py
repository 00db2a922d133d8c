from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencing.addresses import spellings
from sequencing.bounce_codes import judged
from sequencing.emails import Email, Mailbox, compose, has_our_form, message_id
from sequencing.header_values import instant, mailboxes, message_ids, words
from sequencing.html_text import as_text
from sequencing.inbound import counts_as_reply, our_ids, read_mail
from sequencing.mail_kinds import Kind
from sequencing.quotes import without_history

SECRET = b"s"
OURS = message_id(SECRET, enrollment="01J", step=1, copy=1, domain="agency.test")
LATER = message_id(SECRET, enrollment="01J", step=2, copy=1, domain="agency.test")


def mail(headers: str, body: str = "Yes\n") -> bytes:
    return f"From: ann@example.org\nTo: bo@agency.test\n{headers}\n{body}".encode()


def test_what_we_compose_is_read_as_it_was_written() -> None:
    email = Email(
        sender=Mailbox("Bo Récruiter", "bo@agency.test"),
        recipient=Mailbox("Ünal, Ann", "ann@example.org"),
        subject="Für Sie: " + "eine Stelle " * 20,
        text="Grüße\n",
        message_id=LATER,
        date=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        in_reply_to=OURS,
        references=(OURS,),
    )

    read = read_mail(compose(email))

    assert read.senders == (email.sender,)
    assert read.recipients == ("ann@example.org",)
    assert read.subject == email.subject.strip()
    assert (read.message_id, read.in_reply_to, read.references) == (LATER, (OURS,), (OURS,))
    assert (read.date, read.text) == (email.date, "Grüße")


def test_the_ids_of_ours_come_nearest_first() -> None:
    read = read_mail(mail(f"References: {OURS} <other@example.org> {LATER}\nIn-Reply-To: {LATER}\n"))

    assert our_ids(read, "agency.test") == (LATER, OURS)


def test_ids_of_another_installation_or_of_nobody_are_not_ours() -> None:
    read = read_mail(mail(f"References: {OURS} <0123456789@agency.test>\n"))

    assert our_ids(read, "other.test") == ()


@given(
    st.text(max_size=40),
    st.integers(0, 99),
    st.sampled_from(["agency.test", "exämple.org", "a..b", "x." * 40 + "test"]),
)
def test_every_id_that_we_make_has_our_form(enrollment: str, step: int, domain: str) -> None:
    made = message_id(SECRET, enrollment=enrollment, step=step, copy=1, domain=domain)

    assert has_our_form(made, domain)
    assert not has_our_form(made, "elsewhere.test")


@pytest.mark.parametrize(
    "other",
    ["", "<>", "<@agency.test>", OURS.replace("@", "@x."), f"<a{OURS[1:]}", "<abcdefghijklmnopqrstuvwxyb@agency.test>"],
)
def test_what_has_another_form_is_not_ours(other: str) -> None:
    assert not has_our_form(other, "agency.test")


@pytest.mark.parametrize(
    ("kind", "headers", "reply"),
    [
        (Kind.person, "", True),
        (Kind.automatic, "Auto-Submitted: auto-replied\n", False),
        (Kind.person, "Auto-Submitted: auto-forwarded\n", True),
        (Kind.person, "X-Auto-Response-Suppress: All\n", True),
        (Kind.list, "List-Id: <jobs.example.net>\n", False),
        (Kind.list, "List-Id: <jobs.agency.test>\n", True),
    ],
)
def test_a_person_pauses_and_a_program_does_not(kind: Kind, headers: str, reply: bool) -> None:
    read = read_mail(mail(headers))

    assert read.kind is kind
    assert counts_as_reply(read, answers_ours=False, our_domains=["agency.test"]) is reply


def test_an_answer_through_a_foreign_list_pauses() -> None:
    read = read_mail(mail(f"List-Id: <jobs.example.net>\nIn-Reply-To: {OURS}\n"))

    assert counts_as_reply(read, answers_ours=True)


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "", Kind.hard_bounce),
        ("5.1.2", "", Kind.hard_bounce),
        ("5.1.6", "", Kind.hard_bounce),
        ("5.1.10", "", Kind.hard_bounce),
        ("5.2.1", "", Kind.hard_bounce),
        ("5.4.4", "", Kind.hard_bounce),
        ("5.2.2", "", Kind.soft_bounce),
        ("4.2.2", "", Kind.soft_bounce),
        ("4.4.7", "550 5.1.1 user unknown", Kind.soft_bounce),
        ("5.4.6", "loop", Kind.soft_bounce),
        ("5.5.3", "too many recipients", Kind.soft_bounce),
        ("5.7.1", "", Kind.blocked),
        ("5.7.1", "550 5.7.1 user unknown", Kind.blocked),
        ("5.1.8", "", Kind.blocked),
        ("5.6.0", "", Kind.blocked),
        ("5.3.4", "", Kind.blocked),
        ("5.0.0", "smtp; 550 5.1.1 no", Kind.hard_bounce),
        ("5.0.0", "smtp; 550 5.7.1 no", Kind.blocked),
        ("5.0.0", "user unknown", Kind.hard_bounce),
        ("5.0.0", "550 over quota", Kind.soft_bounce),
        ("5.0.0", "554 listed on a blocklist", Kind.blocked),
        ("5.0.0", "554 no", Kind.soft_bounce),
        ("", "451 4.3.0 try again", Kind.soft_bounce),
        ("", "450 user unknown", Kind.soft_bounce),
        ("", "", Kind.soft_bounce),
        ("5.999.999", "", Kind.soft_bounce),
    ],
)
def test_a_refusal_is_judged_by_its_code_and_else_by_its_words(status: str, said: str, kind: Kind) -> None:
    assert judged(status, said) is kind


@pytest.mark.parametrize(
    ("address", "ways"),
    [
        (" Ann@Example.ORG ", ("ann@example.org",)),
        ("ann@exämple.org", ("ann@exämple.org", "ann@xn--exmple-cua.org")),
        ("ann@xn--exmple-cua.org", ("ann@xn--exmple-cua.org", "ann@exämple.org")),
        ("ann@straße.test", ("ann@straße.test", "ann@xn--strae-oqa.test")),
        ("ann@exa\u0308mple.org", ("ann@exämple.org", "ann@xn--exmple-cua.org")),
        ("ann@xn--\x80.org", ("ann@xn--\x80.org",)),
        ("ann+jobs@example.org", ("ann+jobs@example.org",)),
        ("nobody", ("nobody",)),
        ("", ("",)),
    ],
)
def test_an_address_is_known_in_either_script(address: str, ways: tuple[str, ...]) -> None:
    assert spellings(address) == ways


@given(st.text(max_size=80))
def test_any_address_has_a_spelling(address: str) -> None:
    assert spellings(address)[0].count("@") == address.strip().count("@")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ann <ann@example.org>, cy@example.net", ["ann@example.org", "cy@example.net"]),
        ("Ann <ann@example.org>; cy@example.net", ["ann@example.org", "cy@example.net"]),
        ('"Last, First" <ann@example.org>', ["ann@example.org"]),
        ('"<all@example.org>" <ann@example.org>', ["ann@example.org"]),
        ("Team: a@example.org, b@example.org;, c@example.org", ["a@example.org", "b@example.org", "c@example.org"]),
        ("undisclosed-recipients:;", []),
        ("ann@example.org (Ann, at work)", ["ann@example.org"]),
        ("<ann@example.org", ["ann@example.org"]),
        ("ann@example.org>", ["ann@example.org"]),
        ("ann at example.org", []),
        ("<a@b@c>", []),
        ("", []),
    ],
)
def test_the_addresses_of_a_header_are_found(value: str, expected: list[str]) -> None:
    assert [one.address for one in mailboxes([value])] == expected


def test_a_long_thread_keeps_its_first_id_and_its_last_ones() -> None:
    ids = [f"<{number}@example.org>" for number in range(200)]

    assert message_ids([" ".join(ids)]) == (ids[0], *ids[-49:])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?R3LDvMOf?= =?utf-8?q?e?=", "Grüße"),
        ("=?iso-8859-1?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("=?utf-8*en?q?a_b?=", "a b"),
        ("plain =?broken", "plain =?broken"),
        ("a\tb  c", "a b c"),
        ("=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
    ],
)
def test_encoded_words_are_decoded_onto_one_line(value: str, expected: str) -> None:
    assert words(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Tue, 3 Nov 2026 10:15:00 +0100", datetime(2026, 11, 3, 9, 15, tzinfo=UTC)),
        ("3 Nov 2026 10:15:00 -0000", datetime(2026, 11, 3, 10, 15, tzinfo=UTC)),
        ("Tue, 3 Nov 1926 10:15:00 +0000", None),
        ("Tue, 3 Nov 2026 10:15:00 +9999999", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_utc_or_unknown(value: str, expected: datetime | None) -> None:
    assert instant(value) == expected


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Yes.\n\nOn 2 Nov, Bo wrote:\n> Hi", "Yes."),
        ("Yes.\n\nOn Monday, 2 November 2026,\nBo Recruiter <bo@agency.test>\nwrote:\n\n> Hi", "Yes."),
        ("> Hi\nYes.\n> Bye\nNo.", "Yes.\nNo."),
        ("On Monday I wrote:\nnothing", "On Monday I wrote:\nnothing"),
        ("From: here on I am free.\nTo me it is fine.", "From: here on I am free.\nTo me it is fine."),
        ("First\n----------\nSecond", "First\n----------\nSecond"),
        ("Oui.\n\nLe lun. 2 nov. 2026 à 09:30, Bo <bo@agency.test> a écrit :\n> Bonjour", "Oui."),
        ("Sí.\n\nEl lun, 2 nov 2026 a las 9:30, Bo (<bo@agency.test>) escribió:\n> Hola", "Sí."),
        ("Sì.\n\nIl giorno lun 2 nov 2026 alle ore 09:30 Bo <bo@agency.test> ha scritto:\n> Ciao", "Sì."),
        ("Ja.\n\nOp ma 2 nov 2026 om 09:30 schreef Bo <bo@agency.test>:\n> Dag", "Ja."),
        ("Sim.\n\nEm seg., 2 de nov. de 2026 às 09:30, Bo <bo@agency.test> escreveu:\n> Olá", "Sim."),
        ("Tak.\n\npon., 2 lis 2026 o 09:30 Bo <bo@agency.test> napisał(a):\n> Cześć", "Tak."),
        ("", ""),
    ],
)
def test_history_is_taken_off_and_what_was_written_stays(text: str, written: str) -> None:
    assert without_history(text) == written


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<title>x</title><style>p{}</style>a<script>b</script>c", "ac"),
        ("<!-- a > b -->c", "c"),
        ("&lt;b&gt; &amp; &#252; &#xD800;", "<b> & ü �"),
        ("<blockquote>a<br>b</blockquote>c", "> a\n> b\nc"),
        ("a < b", "a < b"),
        ("<head>x<body>y", "y"),
    ],
)
def test_html_becomes_lines_of_text(html: str, text: str) -> None:
    assert as_text(html) == text
