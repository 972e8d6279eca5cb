"""The Firmware Management profile: firmware updates and diagnostics uploads."""
