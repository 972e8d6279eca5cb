"""A module at its worst: everything that differs from device to device drawn from one seed."""

from __future__ import annotations

import random
from typing import Any

_WRAP = 1 << 30
_DAY = 86_400


def strict_options(seed: int) -> dict[str, Any]:
    """Options for `modules/emulated.py`; the same seed gives the same.

    Nothing in them breaks a connection that is up, so that a program has to behave as on a good
    day. What does, `gone` and a lack of room, is for tests of their own.
    """
    draw = random.Random(seed)  # noqa: S311  # no secret
    return {
        "strict": True,
        "seed": seed,
        "ticks": _WRAP - draw.randrange(5_000, 300_000),
        "imei": draw.choice(["866340050000017", -1]),
        "clock": draw.randrange(-20 * 365, 365) * _DAY,
        "gc": draw.choice([0, 4_000, 30_000]),
        "fsync": draw.choice([0, 30, 200]),
        "sys": draw.choice(["sys", "usys"]),
        "errors": draw.choice([10, 50, 100]),
        "short": draw.choice([50, 300, 700]),
        "no_name": draw.choice([0, 200]),
        "refused": draw.choice([0, 200]),
    }


def new_seed() -> int:
    """A seed nobody chose."""
    return random.SystemRandom().randrange(1, 1 << 31)
