"""The version of publishkit, core and bundled backends alike."""

__version__ = "0.1.0"
