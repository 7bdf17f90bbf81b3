"""Video clips, graded by a lookup table, with everything else in the file unchanged (extra ``video``)."""

from verism.clip.encoding import ClipEncoding
from verism.clip.grading import grade
from verism.clip.kinds import library, result_name
from verism.clip.origin import made_by_verism
from verism.clip.reading import check_exists, frames, info, moments
from verism.clip.space import NODES
from verism.endings import is_clip

__all__ = [
    "NODES",
    "ClipEncoding",
    "check_exists",
    "frames",
    "grade",
    "info",
    "is_clip",
    "library",
    "made_by_verism",
    "moments",
    "result_name",
]
