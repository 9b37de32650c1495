"""Shops of any size, the same for the same seed: goods, people and orders in bulk, with every invariant kept."""
