"""What is optimised: the ways to hold the image, one a file."""

from verism.canvas.bilateral_grid import BilateralGrid
from verism.canvas.canvas import Canvas
from verism.canvas.lut3d import Lut3d
from verism.canvas.pixels import Pixels
from verism.canvas.regional_grade import RegionalGrade

__all__ = ["BilateralGrid", "Canvas", "Lut3d", "Pixels", "RegionalGrade"]
