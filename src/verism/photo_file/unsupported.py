"""The error for a file that is intact, but of a kind that cannot be read correctly."""


class UnsupportedError(ValueError):
    """Its message completes "cannot be read as an image (…)"."""
