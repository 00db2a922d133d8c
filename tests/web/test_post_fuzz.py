"""Whatever is posted to the webhooks of texts."""

from pathlib import Path

import pytest

from tests.fuzzing import TEN_MINUTES, finds_nothing
from tests.web.post_fuzz import Provider, seeds


async def test_what_was_posted_once_is_posted_again(tmp_path: Path) -> None:
    async with Provider.open(tmp_path) as provider:
        for seed in seeds():
            await provider.posts(seed.read_bytes())


@pytest.mark.soak
@pytest.mark.timeout(TEN_MINUTES + 120)
async def test_ten_minutes_of_posts_that_no_provider_would_make_find_nothing(tmp_path: Path) -> None:
    await finds_nothing("tests.web.post_fuzz", tmp_path)
