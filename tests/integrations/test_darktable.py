"""The script for darktable, by Lua with a stand-in for darktable's own side, and inside of darktable."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from conftest import synthetic_photo
from PIL import Image

from verism import images

FILE = Path(__file__).parents[2] / "integrations" / "darktable" / "verism.lua"

STAND_IN = """
local calls = {}
local function widget(kind)
  return function(options) if options.clicked_callback then pressed = options.clicked_callback end return options end
end
-- A slider takes no value before it has its range, and options come in any order.
local choose = {
  file_chooser_button = function(o) o.value = STYLE return o end,
  slider = function(o) o.value = 0 return o end,
}
package.loaded.darktable = {
  configuration = { api_version_major = 9, running_os = "linux" },
  preferences = { register = function() end, read = function() return "verism" end },
  new_widget = function(kind) return choose[kind] or function(o)
    if kind == "combobox" then o.selected = 2 end
    if o.clicked_callback then pressed = o.clicked_callback end
    return o
  end end,
  new_format = function() return { write_image = function(self, photo, path) io.open(path, "w"):close() end } end,
  gui = {
    views = { lighttable = "lighttable" },
    selection = function() return { { filename = "it's.raw", path = FOLDER, group_leader = {} } } end,
    create_job = function() return {} end,
  },
  control = { execute = function(line) print("COMMAND " .. line) return 0 end },
  database = { import = function(path) print("IMPORT " .. path) return { group_with = function() end } end },
  register_lib = function(name) print("PANEL " .. name) end,
  print = function(text) print("SAID " .. text) end,
  print_log = function() end,
  print_error = function(text) print("ERROR " .. text) end,
}
dofile(SCRIPT)
pressed()
"""


@pytest.mark.skipif(shutil.which("lua5.4") is None, reason="needs Lua (Debian: lua5.4)")
def test_gives_the_command_for_each_photo(tmp_path: Path) -> None:
    """Results take names that no file has; quotes in names stay what they are."""
    (tmp_path / "it's-sun set.tiff").touch()
    script = tmp_path / "test.lua"
    head = f'STYLE = "/styles/sun set.jpg"\nFOLDER = "{tmp_path}"\nSCRIPT = "{FILE}"\n'
    script.write_text(head + STAND_IN)
    said = subprocess.run(["lua5.4", str(script)], capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S607
    assert said[0] == "PANEL verism"
    command = said[1].removeprefix("COMMAND ")
    words = subprocess.run(["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True)  # noqa: S607
    program, run, content, style, *options = words.stdout.splitlines()
    assert (program, run, style) == ("verism", "run", "/styles/sun set.jpg")
    assert content.endswith(".tif")
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert given["--output.path"] == str(tmp_path / "it's-sun set-2.tiff")
    assert given["--output.lut"] == str(tmp_path / "it's-sun set.cube")
    assert given["--output.strength"] == "1.00"
    assert said[2] == f"IMPORT {tmp_path}/it's-sun set-2.tiff"
    assert said[3] == "SAID verism: 1 of 1 photos"


STARTS = 3
"""How often darktable is started until it makes the panel. Scripts are read while it starts; if one makes a widget the
moment before the main loop begins, darktable 4.2 waits for itself: under load, in one start of 40."""

PRESSED = """
local real = require "darktable"
local made = {}
package.loaded.darktable = setmetatable({
  new_widget = function(kind)
    return function(options)
      local widget = real.new_widget(kind)(options)
      made[kind] = widget
      made.pressed = options.clicked_callback or made.pressed
      return widget
    end
  end,
}, { __index = real })
require "verism"
io.open(FOLDER .. "/panel", "w"):close()
real.preferences.write("verism", "command", "string", FOLDER .. "/verism")
real.control.dispatch(function()
  local report = io.open(FOLDER .. "/report", "w")
  report:write(string.format("strength %.2f\\n", made.slider.value))
  made.file_chooser_button.value = FOLDER .. "/style.png"
  made.combobox.selected = 2
  real.gui.selection({ real.database.import(FOLDER .. "/photos/mine.png") })
  made.pressed()
  for _, image in ipairs(real.database) do report:write(image.filename .. "\\n") end
  report:close()
  os.rename(FOLDER .. "/report", FOLDER .. "/done")
end)
"""

COMMAND = """#!/bin/sh
printf '%s\\n' "$@" > "$(dirname "$0")/arguments"
cp "$2" "$5"
"""


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("darktable") is None or shutil.which("Xvfb") is None, reason="needs darktable and Xvfb (Debian: xvfb)"
)
def test_the_panel_works_in_darktable(tmp_path: Path) -> None:
    """In the program, with its window on a virtual display: the button gives the command, and imports the result."""
    for name in ("style.png", "photos/mine.png"):
        images.write(tmp_path / name, synthetic_photo(48, 64, seed=1), {})
    (tmp_path / "verism").write_text(COMMAND)
    (tmp_path / "verism").chmod(0o755)
    (tmp_path / "config" / "lua").mkdir(parents=True)
    shutil.copy(FILE, tmp_path / "config" / "lua")
    (tmp_path / "config" / "luarc").write_text(f'FOLDER = "{tmp_path}"\n{PRESSED}')
    for _ in range(STARTS):
        with in_window(tmp_path) as said:
            if is_there(tmp_path / "panel", seconds=60):
                assert is_there(tmp_path / "done", seconds=120), said.read_text()
                break
    else:
        pytest.fail(f"darktable did not make the panel: {said.read_text()}")
    assert (tmp_path / "done").read_text().splitlines() == ["strength 1.00", "mine.png", "mine-style.tiff"]
    run, content, style, *options = (tmp_path / "arguments").read_text().splitlines()
    assert (run, style) == ("run", str(tmp_path / "style.png"))
    assert not Path(content).exists()
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert given["--output.lut"] == str(tmp_path / "photos" / "mine-style.cube")
    assert given["--output.strength"] == "1.00"
    with Image.open(tmp_path / "photos" / "mine-style.tiff") as file:
        assert file.size == (64, 48)


@contextmanager
def in_window(folder: Path) -> Iterator[Path]:
    """Run darktable on a display of its own with the settings in a folder; the file gets what it says."""
    said = folder / "said"
    ours, theirs = os.pipe()
    with said.open("w") as log, ExitStack() as ends:
        display = subprocess.Popen(
            ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1280x800x24"],  # noqa: S607
            pass_fds=[theirs],
            stdout=log,
            stderr=log,
        )
        ends.callback(display.wait)
        ends.callback(display.kill)
        os.close(theirs)
        with os.fdopen(ours) as file:
            number = file.readline().strip()
        words = [
            "darktable",
            "--configdir",
            "config",
            "--cachedir",
            "cache",
            "--library",
            ":memory:",
            "--disable-opencl",
        ]
        environment = os.environ | {"DISPLAY": f":{number}", "HOME": str(folder), "NO_AT_BRIDGE": "1"}
        program = subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=log)
        ends.callback(program.wait)
        ends.callback(program.kill)
        yield said


def is_there(path: Path, *, seconds: float) -> bool:
    """Wait until a file is there, and say whether it has come."""
    end = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.1)
    return path.exists()
