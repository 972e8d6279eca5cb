"""The reservation demo: a charge point that is asked to cancel, and who asks it."""
