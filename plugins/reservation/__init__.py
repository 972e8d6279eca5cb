"""The Reservation profile: a connector, or any one, is kept for an idTag."""
