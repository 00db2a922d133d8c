"""What a recipient finds in a mail of ours."""

from email.message import EmailMessage

from simulator import mails

OUT = "http://localhost:8000/u/out"
PAGE = f"""<p>Hi <a href="http://localhost:8000/c/one">the role</a>
<span style="display: none"><a href="http://localhost:8000/c/hidden">.</a></span>
<a href="http://localhost:8000/c/empty"></a><a href="mailto:x@example.com">write</a>
<a href="http://localhost:8000/c/picture"><img src="http://localhost:8000/logo.png"></a>
<a href="{OUT}">no more</a></p><img src="http://localhost:8000/o/pixel" width="1">"""


def letter(**headers: str) -> bytes:
    mail = EmailMessage()
    given = {"From": "Rita <rita@example.org>", "Message-ID": "<a@b>", **headers}
    for name, value in given.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Hi\n\nthe role: http://localhost:8000/c/one\n")
    mail.add_alternative(PAGE, subtype="html")
    return mail.as_bytes()


def test_a_person_sees_the_links_that_are_shown_and_a_machine_all() -> None:
    mail = mails.read(letter(), "ann@example.com")

    assert [link.rpartition("/")[2] for link in mail.to_read] == ["one", "picture"]
    assert [link.rpartition("/")[2] for link in mail.links] == ["one", "hidden", "empty", "picture", "out"]
    assert [image.rpartition("/")[2] for image in mail.images] == ["logo.png", "pixel"]
    assert mail.way_out == OUT


def test_the_header_to_unsubscribe_is_found_and_whether_one_click_is_offered() -> None:
    both = {
        "List_Unsubscribe": f"<mailto:x@example.org>, <{OUT}>",
        "List_Unsubscribe_Post": "List-Unsubscribe=One-Click",
    }

    assert (mails.read(letter(**both), "a@b").unsubscribe, mails.read(letter(**both), "a@b").one_click) == (OUT, True)
    assert (mails.read(letter(), "a@b").unsubscribe, mails.read(letter(), "a@b").one_click) == ("", False)


def test_links_of_a_mail_without_html_are_those_of_its_text() -> None:
    mail = mails.read(b"Message-ID: <a@b>\r\n\r\nSee http://localhost/c/x (or http://localhost/u/y).\r\n", "a@b")

    assert (mail.to_read, mail.way_out) == (("http://localhost/c/x",), "http://localhost/u/y")
