"""The charge point side of the Core profile."""

from .plugin import ChargePoint
from .settings import Settings

__all__ = ["ChargePoint", "Settings"]
