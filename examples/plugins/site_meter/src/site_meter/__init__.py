"""Local load management: EVs get what a building leaves of its fuse."""
