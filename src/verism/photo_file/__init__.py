"""Photo files and everything they contain. This is the only package that knows file formats."""

from verism.photo_file.memory import from_pillow, from_tensor
from verism.photo_file.origin import made_by_verism
from verism.photo_file.photo import Photo
from verism.photo_file.reading import check_header, is_photo, read
from verism.photo_file.size import MEGAPIXELS, MIN_SIDE, limited
from verism.photo_file.writing import Encoding, can_write, check, to_pillow, write

__all__ = [
    "MEGAPIXELS",
    "MIN_SIDE",
    "Encoding",
    "Photo",
    "can_write",
    "check",
    "check_header",
    "from_pillow",
    "from_tensor",
    "is_photo",
    "limited",
    "made_by_verism",
    "read",
    "to_pillow",
    "write",
]
