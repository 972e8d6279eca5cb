"""A central system's idTags, in an SQLite database that an operator keeps with ``tags``."""
