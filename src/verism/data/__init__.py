"""The two photos of a run, as Lightning's datamodule."""

from verism.data.photo_pair import PhotoPair, Photos

__all__ = ["PhotoPair", "Photos"]
