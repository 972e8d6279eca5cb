"""The charge point side of the Core profile."""

from .plugin import ChargePoint, Settings

__all__ = ["ChargePoint", "Settings"]
