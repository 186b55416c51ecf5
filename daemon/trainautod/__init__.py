"""The daemon: everything that runs without a person."""

__version__ = "0.1.0"
