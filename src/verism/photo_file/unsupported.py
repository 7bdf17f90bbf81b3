"""The error for a file that is intact, but of an unsupported kind."""


class UnsupportedError(ValueError):
    """The message completes "cannot be read as an image (…)"."""
