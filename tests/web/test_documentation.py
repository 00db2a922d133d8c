"""The API's description as a page."""

from web.pages.documentation import code


def test_code_is_shown_as_code_and_obeyed_by_no_browser() -> None:
    assert code("Send `Bearer <x>` & <b>go</b>") == ("Send <code>Bearer &lt;x&gt;</code> &amp; &lt;b&gt;go&lt;/b&gt;")
