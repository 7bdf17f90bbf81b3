"""The two photos of a run, by what each gives to the result."""

from typing import Literal

Role = Literal["content", "style"]
"""The photo that keeps its content, or the photo whose look it takes on."""
