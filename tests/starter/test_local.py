"""Local mode is for this machine only."""

import pytest

from sequencing.errors import Misconfigured
from settings import Settings
from starter.local import check_local, is_loopback

HERE = "http://localhost:8000"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "[::1]", "::1", "app.localhost", "LOCALHOST"])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", None, "0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org", "127.0.0.1.example.org"]
)
def test_anything_else_is_not(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("0.0.0.0:8000", HERE),
        ("10.0.0.1:8000", HERE),
        ("127.0.0.1:8000", "https://mail.example.org"),
        (":::8000", HERE),
    ],
)
def test_it_is_refused_where_others_could_sign_in_and_says_what_to_set(address: str, public: str) -> None:
    with pytest.raises(Misconfigured, match="SEQUENCING_WEB_ADDRESS") as refused:
        check_local(Settings(local=True, web_address=address, public_url=public))

    assert refused.value.code == "local_in_public"


def test_it_is_allowed_on_this_machine_and_elsewhere_without_it() -> None:
    check_local(Settings(local=True, web_address="127.0.0.1:8000", public_url=HERE))
    check_local(Settings(local=False, web_address="0.0.0.0:8000", public_url="https://mail.example.org"))
