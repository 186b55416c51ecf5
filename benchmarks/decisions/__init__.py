"""Simulations that a default of the product rests on; each prints its table."""
