"""Canvases: what is optimised, and how it becomes an image."""

from verism.canvas.bilateral_grid import BilateralGrid
from verism.canvas.canvas import Canvas
from verism.canvas.lut3d import Lut3d
from verism.canvas.pixels import Pixels
from verism.canvas.regional_grade import RegionalGrade

__all__ = ["BilateralGrid", "Canvas", "Lut3d", "Pixels", "RegionalGrade"]
