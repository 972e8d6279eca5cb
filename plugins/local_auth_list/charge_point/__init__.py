"""The charge point side of the Local Auth List Management profile."""

from .plugin import ChargePoint, Settings

__all__ = ["ChargePoint", "Settings"]
