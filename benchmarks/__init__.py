"""Measures the product beside the machine's limits and its peers, in one run."""
