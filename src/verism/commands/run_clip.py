"""``verism clip.mp4 theirs.jpg``: gives a clip the look of a photo, fitted to several of its frames."""

from __future__ import annotations

from pathlib import Path

from verism import clip, images
from verism.callbacks import Output
from verism.canvas.grade import Grade
from verism.clip.encoding import ClipEncoding
from verism.clip.sheet import sheet
from verism.commands.fit import VerismCLI
from verism.commands.predict import grade_clip
from verism.errors import VerismError
from verism.look.picture import made_with

SIZE = 256
"""Short side of the fit in pixels, shared by nine frames. At 384, it takes twice as long, and the pictures are no
better."""


def result_path(content: Path, style: Path) -> Path:
    """Return the path of the result, next to the clip, provided that no such file exists yet.

    Args:
        content: the clip.
        style: the style photo.
    """
    name = clip.result_name(content, ClipEncoding().encoder.containers)
    return content.with_name(f"{content.stem}-{style.stem}{Path(name).suffix}")


def frames(content: Path, result: Path) -> Path:
    """Write the frames for the fit as one picture next to the clip's result, and return its path.

    Raises:
        VerismError: the clip cannot be read correctly, or the picture cannot be written.
    """
    path = result.with_name(f"{result.stem}-frames.png")
    images.write(path, sheet(content), {})
    return path


def finish(made: VerismCLI, content: Path, result: Path) -> None:
    """Apply the look fitted to a clip's frames: one table for the whole clip, so that it does not flicker.

    Args:
        made: the fit.
        content: the clip.
        result: the file to write.

    Raises:
        VerismError: the run's canvas has no look, or the clip cannot be read or written.
    """
    canvas, model = made.model.canvas, made.model
    if not isinstance(canvas, Grade):
        raise VerismError(
            f"{content}: a clip needs a look, and {type(canvas).__name__} is one image: use photoreal.yaml, lut.yaml "
            "or match.yaml."
        )
    canvas = canvas.cpu().float().requires_grad_(requires_grad=False)
    output: Output = made.config_init.fit.output
    about = made_with(model.backbone.identity, model.options, made.trainer.global_step, output.strength)
    grade_clip(content, result, canvas.table(canvas.photo), output.strength, ClipEncoding(), about)
