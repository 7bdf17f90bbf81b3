"""What a run logs and writes, and how it is stopped, saved and resumed."""

from verism.callbacks.checkpoints import Checkpoints
from verism.callbacks.histograms import Histograms
from verism.callbacks.metrics import Metrics
from verism.callbacks.output import Output
from verism.callbacks.page import Page
from verism.callbacks.region_map import RegionMap
from verism.callbacks.scalars import Scalars
from verism.callbacks.snapshots import Snapshots
from verism.callbacks.summary import Summary

__all__ = ["Checkpoints", "Histograms", "Metrics", "Output", "Page", "RegionMap", "Scalars", "Snapshots", "Summary"]
