"""A driver that simulates connectors, cables, vehicles and meters."""
