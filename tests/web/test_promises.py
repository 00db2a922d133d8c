"""The description of the API names the refusals of each operation; every answer of these tests is held against it."""

import httpx2
import pytest

from tests.web import promises
from tests.web.knocking import Knocking
from web.api.refusals import OF
from web.problems import MEDIA_TYPE


def _answer(status: int, code: str, path: str = "/api/enrollments/x/pause") -> httpx2.Response:
    headers = {"content-type": MEDIA_TYPE}
    request = httpx2.Request("POST", f"http://here{path}")
    return httpx2.Response(status, json={"code": code}, headers=headers, request=request)


def test_every_operation_has_its_refusals_and_there_are_none_of_others() -> None:
    paths = promises.app_of_all().openapi()["paths"]

    described = {f"{method.upper()} {path.removeprefix('/api')}" for path, ways in paths.items() for method in ways}
    assert described == set(OF)


def test_a_promised_refusal_passes() -> None:
    promises.check(_answer(409, "already_ended"))


@pytest.mark.parametrize(("status", "code"), [(409, "settle_first"), (404, "unknown_sequence"), (418, "not_found")])
def test_a_refusal_that_is_not_promised_is_found(status: int, code: str) -> None:
    with pytest.raises(AssertionError):
        promises.check(_answer(status, code))


async def test_answers_that_come_are_held_against_the_description(undisturbed: Knocking) -> None:
    assert undisturbed.api.event_hooks["response"] == [promises.check_read]
