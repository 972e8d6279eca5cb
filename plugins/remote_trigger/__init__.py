"""The Remote Trigger profile: the central system asks for a message to be sent."""
