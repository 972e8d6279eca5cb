"""Every block of code of the documentation does what the page says."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.timeout(600)
def test_the_blocks_of_a_page(page: Any, blocks: list[Any]) -> None:
    for block in blocks:
        page.take(block)
