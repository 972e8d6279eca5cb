"""Where an update leaves what it needs on a module's flash; `/usr/main.py` knows both. Portable."""

from __future__ import annotations

#: What the app on trial replaced.
PREVIOUS = "/usr/ocpp_previous"
#: The note that an app is on trial.
TRIAL = "/usr/ocpp_trial"
