"""What is optimised: the ways to hold the image, one a file."""

from verism.canvas.pixels import Pixels

__all__ = ["Pixels"]
