"""The Local Auth List Management profile: authorization by a list the central system sends."""
