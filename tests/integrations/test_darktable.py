"""The script for darktable, run by Lua with a stand-in for darktable's own side: the command that it gives."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

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
