"""Clips: video files graded by a lookup table, with all that else is in them (extra ``video``)."""

from verism.clip.encoding import ClipEncoding
from verism.clip.grading import grade
from verism.clip.kinds import is_clip, library, result_name
from verism.clip.reading import frames, info, moments
from verism.clip.space import NODES

__all__ = ["NODES", "ClipEncoding", "frames", "grade", "info", "is_clip", "library", "moments", "result_name"]
