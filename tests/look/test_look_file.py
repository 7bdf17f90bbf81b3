"""A look as a file of its own: small, documented, and rendered without Lightning."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import pytest
import torch
from conftest import synthetic_photo
from processes import run as run_process
from safetensors.torch import save_file
from torch import Tensor

import verism
from verism import VerismError, images
from verism.color.table import nodes, through
from verism.look import look_file
from verism.look.strength import Strength


def table(size: int = 33) -> Tensor:
    return nodes(size) ** 1.3 + 0.1 * torch.rand(3, size, size, size, generator=torch.Generator().manual_seed(0))


def test_holds_the_table_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "new" / "look.safetensors"
    look_file.write(path, table(), "golden \udcff hour")
    found, title = look_file.read(path)
    assert torch.equal(found, table())
    assert title == "golden ? hour"


def test_is_what_the_page_says(tmp_path: Path) -> None:
    """Read by hand."""
    path = tmp_path / "look.safetensors"
    look_file.write(path, table(), "hour")
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    assert header["__metadata__"] == {"format": "verism.look", "version": "1", "title": "hour"}
    assert header["table"] == {"dtype": "F32", "shape": [3, 33, 33, 33], "data_offsets": [0, 3 * 33**3 * 4]}
    (value,) = struct.unpack_from("<f", data, 8 + length + 4 * (((1 * 33 + 5) * 33 + 6) * 33 + 7))
    assert value == float(table()[1, 5, 6, 7])
    assert len(data) < 432_000


def test_equal_looks_are_equal_files(tmp_path: Path) -> None:
    """Although safetensors orders what it writes at random."""
    paths = [tmp_path / f"{number}.safetensors" for number in range(8)]
    for path in paths:
        look_file.write(path, table(5), "größer")
    assert len({path.read_bytes() for path in paths}) == 1
    assert look_file.read(paths[0])[1] == "größer"
    (length,) = struct.unpack_from("<Q", paths[0].read_bytes())
    assert length % 8 == 0


def test_renders_photos(tmp_path: Path) -> None:
    path, photo = tmp_path / "look.safetensors", synthetic_photo(40, 50, seed=3)
    look_file.write(path, table(), "hour")
    images.write(tmp_path / "photo.png", photo, {})
    photo = images.read(tmp_path / "photo.png")
    look = verism.Look.load(path)
    expected = through(table(), photo).clamp(0, 1)
    torch.testing.assert_close(look.apply(photo), expected, rtol=0, atol=1e-6)
    picture = look.render(tmp_path / "photo.png")
    assert look(tmp_path / "photo.png") == picture
    picture.save(tmp_path / "result.png")
    torch.testing.assert_close(images.read(tmp_path / "result.png"), expected, rtol=0, atol=0.51 / 255)
    half = verism.Look.load(path, Strength(0.5)).apply(photo)
    torch.testing.assert_close(half, (photo + expected) / 2, rtol=0, atol=1e-6)
    with pytest.raises(VerismError, match="strength 2"):
        verism.Look.load(path, Strength(2))


@pytest.mark.slow
def test_needs_no_lightning(tmp_path: Path) -> None:
    """In a process that cannot import it."""
    look_file.write(tmp_path / "look.safetensors", table(), "hour")
    images.write(tmp_path / "photo.png", synthetic_photo(40, 50, seed=3), {})
    code = (
        "import sys; sys.modules['lightning'] = sys.modules['pytorch_lightning'] = None\n"
        "import verism\n"
        f"picture = verism.Look.load({str(tmp_path / 'look.safetensors')!r}).render({str(tmp_path / 'photo.png')!r})\n"
        "print(picture.size)"
    )
    status, said = run_process([sys.executable, "-c", code], tmp_path / "log")
    assert status == 0, said
    assert said.split() == ["(50,", "40)"]


def test_what_is_no_look_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "look.safetensors"
    with pytest.raises(VerismError, match=r"look\.safetensors: no such look"):
        look_file.read(path)
    path.touch()
    with pytest.raises(VerismError, match=r"look\.safetensors: is empty \(0 bytes\); copy or download it again"):
        look_file.read(path)
    path.write_text("this is text")
    with pytest.raises(VerismError, match="damaged, or not a look"):
        look_file.read(path)
    save_file({"table": table(5)}, path)
    with pytest.raises(VerismError, match="is not a look; make one with verism export"):
        look_file.read(path)
    save_file({"table": table(5)}, path, {"format": "verism.look", "version": "2"})
    with pytest.raises(VerismError, match="is a look of format version 2; this verism reads version 1"):
        look_file.read(path)
    made = {"format": "verism.look", "version": "1"}
    for wrong in (
        torch.zeros(3, 5, 5, 4),
        torch.zeros(4, 5, 5, 5),
        torch.zeros(3, 1, 1, 1),
        torch.zeros(3, 2, 2, 2).half(),
    ):
        save_file({"table": wrong}, path, made)
        with pytest.raises(VerismError, match="damaged: its table has the shape"):
            look_file.read(path)
    save_file({"table": torch.full((3, 5, 5, 5), torch.nan)}, path, made)
    with pytest.raises(VerismError, match="not finite"):
        look_file.read(path)
    save_file({"other": table(5)}, path, made)
    with pytest.raises(VerismError, match="damaged, or not a look"):
        look_file.read(path)
