"""A pan over a photo, in the look of a run: how much it flickers, how fast it is made, and an animation of it.

python tools/ken_burns.py lightning_logs/version_0 configs/photos/lake.jpg pan --frames 48 --height 270

In the folder "pan" lie the pan, its graded clip, a contact sheet of both, and an animated WebP, in which the look comes
in from the left.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from verism import Look, images
from verism.clip import ClipEncoding, frames, grade
from verism.clip.flicker import flicker, flicker_along_flow


def pan(photo: Tensor, count: int, height: int) -> list[Image.Image]:
    """Return frames of a slow pan with a zoom, of 16:9, from the left of the photo to its right."""
    whole = Image.fromarray((photo[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
    found = []
    for step in range(count):
        share = step / max(1, count - 1)
        width = whole.width * (0.75 - 0.1 * share)
        tall = min(width * 9 / 16, whole.height)
        width = tall * 16 / 9
        left, top = (whole.width - width) * share, (whole.height - tall) * (0.5 + 0.3 * share)
        found.append(
            whole.resize((height * 16 // 9, height), Image.Resampling.LANCZOS, (left, top, left + width, top + tall))
        )
    return found


def ramp(photo: Tensor, count: int, height: int) -> list[Image.Image]:
    """Return one view of the photo that brightens by 40 %, as a camera's automatic exposure does."""
    view = pan(photo, 1, height)[0]
    levels = np.asarray(view).astype(np.float32)
    gains = [0.8 + 0.4 * step / max(1, count - 1) for step in range(count)]
    return [Image.fromarray((levels * gain).clip(0, 255).round().astype(np.uint8)) for gain in gains]


def write(path: Path, pictures: list[Image.Image]) -> None:
    """Write pictures as H.264 of BT.709."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25, options={"crf": "14"})
        stream.width, stream.height = (side // 2 * 2 for side in pictures[0].size)
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_range = context.color_primaries = context.color_trc = 1
        for picture in pictures:
            cut = np.asarray(picture.crop((0, 0, stream.width, stream.height)))
            shown = av.VideoFrame.from_ndarray(cut, format="rgb24")
            file.mux(stream.encode(shown.reformat(format="yuv420p", dst_colorspace=1)))
        file.mux(stream.encode(None))


def main() -> None:
    """Make it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("photo", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--height", type=int, default=270)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    table, photo = Look.read(options.run).table, images.read(options.photo)
    for name, made in (("pan", pan), ("ramp", ramp)):
        source, result = options.folder / f"{name}.mp4", options.folder / f"{name}-graded.mp4"
        write(source, made(photo, options.frames, options.height))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        grade(source, result, table, ClipEncoding())
        spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
        times = [step / 25 for step in range(options.frames)]
        old, new = frames(source, times), frames(result, times)
        still, moving = flicker(old, new), flicker_along_flow(old, new)
        measured = f"flicker {still:.3f} ΔE76 where it stands still, {moving:.3f} along the flow"
        print(f"{name}: {measured}, {spent / options.frames * 1000:.0f} ms of CPU a frame")
        chosen = [torch.cat([old[step], new[step]], dim=-2) for step in range(0, options.frames, options.frames // 4)]
        images.write(options.folder / f"{name}-sheet.png", torch.cat(chosen[:4], dim=-1), {})
        if name == "pan":
            animate(options.folder / "pan.webp", old, new)


def animate(path: Path, old: list[Tensor], new: list[Tensor]) -> None:
    """Write every second frame as an animated WebP, with the look coming in from the left."""
    pictures = []
    for step, (before, after) in enumerate(zip(old, new, strict=True)):
        width = before.shape[-1]
        border = round(width * min(1, step / (0.6 * len(old))))
        shown = torch.cat([after[..., :border], before[..., border:]], dim=-1)
        if 0 < border < width:
            shown[..., border - 1 : border + 1] = 1
        pictures.append(Image.fromarray((shown[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)))
    pictures[0].save(path, save_all=True, append_images=pictures[2::2], duration=80, loop=0, quality=55, method=3)


if __name__ == "__main__":
    main()
