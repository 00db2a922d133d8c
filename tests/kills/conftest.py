"""The mark that keeps these tests on one process is xdist's own; `make soak` runs without xdist."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "xdist_group(name): tests of one group run in the same process")
