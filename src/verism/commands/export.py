"""The command ``export``: writes a fitted look as a lookup table for other programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from verism.canvas.given_table import GivenTable
from verism.commands import output_options
from verism.commands.options import resolve_paths
from verism.commands.saying import near
from verism.look import lut_file, saved
from verism.quiet import quieten_lightning

COMMON = "the look that all photos have in common, without what brings their exposures together"
"""What the table of a series holds, as a continuation of its name: no single picture has exactly this look."""

DESCRIPTION = """Write the look of a finished run or of a series as a lookup table, which other programs read.

verism export lightning_logs/mine-theirs --output.path look.cube
verism export series-theirs --output.path look.cube

The ending of the file chooses the format: .cube (17, 33 or 65 nodes along each axis) for darktable, Resolve and most
video programs, .png for a HaldCLUT of 16 bits (level 4, 6, 8 or 12, with 16, 36, 64 or 144 nodes) for RawTherapee,
darktable and G'MIC, or .safetensors for verism.Look.load, from Python. Tables map sRGB to sRGB. If the canvas treats
places differently, the table is the closest one, and the command prints how far it is from the picture, on the content
photo at the size of the fit. The look of a series, and one in a .safetensors file, are tables already.
"""


def export(args: Sequence[str]) -> None:
    """Run ``export`` with its arguments.

    Raises:
        VerismError: there is no look, a file would be overwritten, or the table cannot be written.
    """
    quieten_lightning()
    resolve_paths()
    parser = ArgumentParser(prog="verism export", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument(
        "run",
        type=Path,
        help="The folder of a finished run, or one of its checkpoints; the folder of a series; or a look's own file, "
        ".safetensors.",
    )
    output_options.add_file(parser, "A .cube, .png or .safetensors file.")
    parser.add_argument(
        "--output.nodes",
        type=int | None,
        default=None,
        help="Nodes along each axis: 17, 33 or 65 of a .cube or .safetensors file, 16, 36, 64 or 144 of a .png; null: "
        "33 or 64.",
    )
    output_options.add_strength(parser)
    options = parser.parse_args(list(args))
    output = options.output
    strength = output_options.strength(output)
    lut_file.check(output.path, output.nodes)
    path: Path = output.path
    output_options.check_file(path, output, options.run)
    canvas = saved.read(options.run)
    if isinstance(canvas, GivenTable):
        lut_file.write_table(path, canvas.table(canvas.photo), strength, output.nodes)
        what = COMMON if options.run.is_dir() else "the look of that file itself"
        sys.stdout.write(f"Lookup table: {near(path)}{lut_file.about(path)}, {what}.\n")
        return
    image, table = canvas().detach(), canvas.table(canvas.photo)
    found = lut_file.write(path, table, canvas.photo, image, strength, output.nodes)
    sys.stdout.write(f"Lookup table: {near(path)}{lut_file.about(path)}, {found.plainly(strength)}.\n")
    if found.is_visible:
        sys.stdout.write(f"{lut_file.CANNOT}\n")
