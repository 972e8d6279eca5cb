"""The charge point side of the Smart Charging profile."""

from .plugin import ChargePoint, Settings

__all__ = ["ChargePoint", "Settings"]
