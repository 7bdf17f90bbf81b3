"""A node for ComfyUI: one image in the look of another, by verism.

Put this file into ComfyUI's folder custom_nodes/, and install verism into ComfyUI's Python: pip install verism.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

import verism


class VerismLook:
    """Gives each target image the look of the reference, at its full size; also returns the look as a .cube file."""

    CATEGORY = "image/color"
    FUNCTION = "apply"
    RETURN_TYPES = ("IMAGE", "STRING")
    RETURN_NAMES = ("image", "lut_path")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802  # ComfyUI's name.
        """Return the inputs, as ComfyUI asks for them."""
        share = {"default": 1.0, "min": 0.0, "max": 1.0, "step": 0.05}
        return {
            "required": {
                "target": ("IMAGE",),
                "reference": ("IMAGE",),
                "strength": ("FLOAT", share),
                "color": ("FLOAT", share),
                "tone": ("FLOAT", share),
            },
            "optional": {
                "config": (cls.CONFIGS,),
                "lut_path": ("STRING", {"default": ""}),
            },
        }

    CONFIGS: ClassVar[list[str]] = ["photoreal", "lut", "match"]

    def apply(
        self,
        target: Tensor,
        reference: Tensor,
        strength: float,
        color: float,
        tone: float,
        config: str = "photoreal",
        lut_path: str = "",
    ) -> tuple[Tensor, str]:
        """Return the targets in the look of the reference, and the path of the first one's lookup table.

        Args:
            target: ComfyUI's images, ``(B, H, W, 3)``, sRGB in [0, 1].
            reference: likewise; the first counts.
            strength: of the whole look, from 0 to 1.
            color: strength of the change of hue and saturation.
            tone: strength of the change of light and contrast.
            config: one of verism's.
            lut_path: a .cube file to write, replacing what is there; empty: one in the temporary folder.
        """
        style = _photo(reference[:1])
        # ComfyUI runs its nodes without gradients, which a fit needs.
        with torch.inference_mode(mode=False), torch.enable_grad():
            runs = [
                verism.fit(
                    _photo(image),
                    style,
                    config,
                    progress=False,
                    output={"strength": strength, "color": color, "tone": tone},
                )
                for image in target.split(1)
            ]
        path = Path(lut_path) if lut_path else Path(tempfile.mkdtemp(prefix="verism-")) / "look.cube"
        runs[0].look.save(path, overwrite=True)
        return torch.cat([run.pixels.permute(0, 2, 3, 1).to(target) for run in runs]), str(path)


def _photo(image: Tensor) -> Tensor:
    """Return verism's ``(1, 3, H, W)`` of ComfyUI's ``(1, H, W, C)``, as a tensor of its own."""
    return image[..., :3].permute(0, 3, 1, 2).detach().cpu().float().clamp(0, 1).clone()


NODE_CLASS_MAPPINGS = {"VerismLook": VerismLook}

NODE_DISPLAY_NAME_MAPPINGS = {"VerismLook": "verism: look of another photo"}
