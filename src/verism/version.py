"""The version of verism, defined only here, also for the build."""

__version__ = "0.1.0"
