"""What the stories of the run-book assert is told in full."""

import pytest

pytest.register_assert_rewrite("tests.docs.desk", "tests.docs.calm", "tests.docs.outages", "tests.docs.restoring")
