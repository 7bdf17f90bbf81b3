"""Which verism this is: the one place that says so, also to the build."""

__version__ = "0.1.0"
