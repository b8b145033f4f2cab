"""The version of dynode, for everything that signs what it makes."""

__version__ = "0.2.0"
