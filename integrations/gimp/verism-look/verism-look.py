#!/usr/bin/env python3
"""A plug-in for GIMP 3: the image in the look of a photo, as a new layer, by verism.

Put the folder of this file into GIMP's plug-ins folder (Edit, Preferences, Folders, Plug-ins), make this file
executable, and start GIMP with the environment variable VERISM set to the command of verism, unless that is on the
path. GIMP's own Python need not have verism: the plug-in calls the command.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
from gi.repository import Gimp, GimpUi, Gio, GLib, GObject  # noqa: E402

PROCEDURE = "plug-in-verism-look"


def stylize(content: Path, style: Path, result: Path, lut: Path | None, strength: float) -> None:
    """Have verism make a picture; raises ``RuntimeError`` with what it says if it fails.

    Args:
        content: a picture of the visible layers.
        style: the photo whose look is taken.
        result: a .png file, which does not exist yet.
        lut: a .cube file to write, if one is wanted.
        strength: of the look, from 0 to 1.
    """
    command = [os.environ.get("VERISM", "verism"), "run", str(content), str(style)]
    command += ["--output.path", str(result), "--output.strength", str(strength), "--page.write", "false"]
    command += ["--trainer.logger", "false", "--trainer.enable_checkpointing", "false"]
    if lut is not None:
        command += ["--output.lut", str(lut)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise RuntimeError(f"{command[0]}: cannot be started; set VERISM to the command of verism.") from error
    if done.returncode:
        raise RuntimeError(done.stderr.strip().rpartition("\n")[2] or f"verism ended with status {done.returncode}.")


def run(procedure: Any, mode: Any, image: Any, drawables: Any, config: Any, data: Any) -> Any:
    """Add a layer with the look; GIMP calls it."""
    del drawables, data
    if mode == Gimp.RunMode.INTERACTIVE:
        GimpUi.init(PROCEDURE)
        dialog = GimpUi.ProcedureDialog.new(procedure, config, "Look of another photo")
        dialog.fill(None)
        accepted = dialog.run()
        dialog.destroy()
        if not accepted:
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, GLib.Error())
    style, lut = config.get_property("reference"), config.get_property("lut")
    with tempfile.TemporaryDirectory() as folder:
        content, result = Path(folder) / "content.png", Path(folder) / "result.png"
        copy = image.duplicate()
        try:
            copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
            Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, copy, Gio.File.new_for_path(str(content)), None)
        finally:
            copy.delete()
        try:
            stylize(
                content,
                Path(style.get_path()),
                result,
                None if lut is None else Path(lut.get_path()),
                config.get_property("strength"),
            )
        except RuntimeError as error:
            failed = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), str(error), 0)
            return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, failed)
        layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(str(result)))
    layer.set_name("verism")
    image.undo_group_start()
    image.insert_layer(layer, None, 0)
    image.undo_group_end()
    Gimp.displays_flush()
    return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())


class VerismLook(Gimp.PlugIn):  # type: ignore[misc]  # Of GIMP's own Python.
    """What GIMP asks for the procedure."""

    def do_query_procedures(self) -> list[str]:
        """Return its name."""
        return [PROCEDURE]

    def do_create_procedure(self, name: str) -> Any:
        """Return it, with its arguments."""
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        procedure.set_image_types("RGB*")
        procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
        procedure.set_menu_label("_Look of another photo...")
        procedure.add_menu_path("<Image>/Colors")
        procedure.set_documentation("The look of another photo", "By verism, as a new layer", name)
        procedure.set_attribution("verism", "verism", "2026")
        flags = GObject.ParamFlags.READWRITE
        chooser = Gimp.FileChooserAction
        procedure.add_file_argument("reference", "_Photo", "Whose look is taken", chooser.OPEN, False, None, flags)
        procedure.add_double_argument("strength", "_Strength", "0: the image, 1: the look", 0.0, 1.0, 1.0, flags)
        procedure.add_file_argument("lut", "_LUT", "A .cube file to write", chooser.SAVE, True, None, flags)
        return procedure


if __name__ == "__main__":
    Gimp.main(VerismLook.__gtype__, sys.argv)
