--[[
The look of another photo, for darktable: sends the selected photos through verism, and brings the results back.

Put this file into ~/.config/darktable/lua/ and add the line  require "verism"  to ~/.config/darktable/luarc.
A panel "verism" appears at the right of the lighttable: choose the photo whose look is wanted, the strength, and what
is wanted: results beside the photos, imported and grouped with them, or a .cube file for the module "LUT 3D".
]]

local dt = require "darktable"

if dt.configuration.api_version_major < 7 then
  dt.print_error("verism: needs darktable 4.0 or later")
  return
end

local MODULE = "verism"
local windows = dt.configuration.running_os == "windows"

-- An argument as the shell takes it, whatever is in it.
local function quoted(text)
  if windows then
    return '"' .. text:gsub('"', '') .. '"'
  end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The path of a result or a table beside a photo: its name without ending, a word, and an ending that no file has.
local function free_path(folder, stem, ending)
  local number, path = 1, folder .. "/" .. stem .. ending
  local file = io.open(path, "r")
  while file do
    file:close()
    number = number + 1
    path = folder .. "/" .. stem .. "-" .. number .. ending
    file = io.open(path, "r")
  end
  return path
end

local function without_ending(name)
  return (name:gsub("%.[^%.]*$", ""))
end

-- The command of verism for one photo; returns whether it ended well.
local function run(content, style, result, lut, strength)
  local words = {
    quoted(dt.preferences.read(MODULE, "command", "string")), "run", quoted(content), quoted(style),
    "--output.path", quoted(result), "--output.strength", string.format("%.2f", strength),
    "--page.write", "false", "--trainer.logger", "false", "--trainer.enable_checkpointing", "false",
  }
  if lut then
    table.insert(words, "--output.lut")
    table.insert(words, quoted(lut))
  end
  local line = table.concat(words, " ")
  dt.print_log("verism: " .. line)
  local status = dt.control.execute and dt.control.execute(line) or os.execute(line)
  return status == 0 or status == true
end

dt.preferences.register(MODULE, "command", "string", "verism: the command",
  "the program verism, with its path if it is not on the path of darktable", "verism")

local style = dt.new_widget("file_chooser_button") {
  title = "the photo whose look is wanted", is_directory = false,
}
local strength = dt.new_widget("slider") {
  label = "strength", soft_min = 0, soft_max = 1, hard_min = 0, hard_max = 1, step = 0.05, digits = 2,
}
-- Not among the options, which Lua hands over in any order: before its range, the slider takes no value, and stays at 0.
strength.value = 1
local wanted = dt.new_widget("combobox") { label = "make", "pictures", "pictures and .cube files", value = 1 }

local function apply()
  local photos = dt.gui.selection()
  if #photos == 0 or not style.value or style.value == "" then
    dt.print("verism: select photos, and choose the photo whose look is wanted")
    return
  end
  local made = 0
  local exporter = dt.new_format("tiff")
  exporter.bpp = 16
  local job = dt.gui.create_job("verism", true)
  for number, photo in ipairs(photos) do
    -- The photo as it is developed here, in sRGB or with its profile, which verism reads.
    local content = os.tmpname() .. ".tif"
    exporter:write_image(photo, content, false)
    local stem = without_ending(photo.filename) .. "-" .. without_ending(style.value:match("[^/\\]*$"))
    local result = free_path(photo.path, stem, ".tiff")
    local lut = wanted.selected == 2 and free_path(photo.path, stem, ".cube") or nil
    if run(content, style.value, result, lut, strength.value) then
      local new = dt.database.import(result)
      if new then
        new:group_with(photo.group_leader)
      end
      made = made + 1
    else
      dt.print_error("verism: " .. photo.filename .. ": failed; darktable -d lua shows the command")
    end
    os.remove(content)
    job.percent = number / #photos
  end
  job.valid = false
  dt.print(string.format("verism: %d of %d photos", made, #photos))
end

local panel = dt.new_widget("box") {
  orientation = "vertical", style, strength, wanted,
  dt.new_widget("button") { label = "apply the look", clicked_callback = apply },
}

dt.register_lib(MODULE, "verism", true, false,
  { [dt.gui.views.lighttable] = { "DT_UI_CONTAINER_PANEL_RIGHT_CENTER", 100 } }, panel)
