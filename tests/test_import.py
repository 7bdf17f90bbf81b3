"""An import of verism leaves the program that imports it as it was."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import verism

LIBRARIES = "import jsonargparse, lightning.pytorch, PIL.Image, tifffile, torch, torchmetrics"
"""What verism imports changes warnings and logging itself."""

STATE = """
import logging, warnings

def state():
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in sorted(logging.root.manager.loggerDict))]
    said = {it.name: (it.level, it.propagate, it.disabled, list(it.filters), list(it.handlers)) for it in loggers}
    # A logger that has just been made changes nothing.
    return list(warnings.filters), {name: it for name, it in said.items() if it != (0, True, False, [], [])}

before = state()
"""


IMPORTS = """
import verism
from verism import StyleTransfer, PhotoPair, Look
from verism import fit, stylize, images, photo_file
import verism.callbacks
"""


def test_warnings_and_logging_stay_as_they_are() -> None:
    check = f"{LIBRARIES}\n{STATE}\n{IMPORTS}\nafter = state()\nassert after == before, (before, after)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_a_call_gives_back_what_it_has_quietened(tmp_path: Path) -> None:
    """The program's own Trainers are heard after it, and what tifffile says of damage is not printed."""
    (tmp_path / "torn.tiff").write_bytes(b"II*\0" + bytes(60))
    call = f"""
import verism
for name in ("torn.tiff", "missing.png"):
    try:
        verism.stylize(f"{tmp_path}/{{name}}", f"{tmp_path}/{{name}}", progress=False)
    except verism.VerismError:
        pass
    else:
        raise SystemExit("there was no error")
after = state()
assert after == before, (before, after)
"""
    warm = "from verism import fit"
    found = subprocess.run(
        [sys.executable, "-c", f"{LIBRARIES}\n{warm}\n{STATE}\n{call}"], check=False, capture_output=True, text=True
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_every_public_name_is_there_and_known_to_type_checkers() -> None:
    lines = ast.walk(ast.parse(Path(verism.__file__).read_text(encoding="utf-8")))
    aliases = [alias for it in lines if isinstance(it, ast.ImportFrom) for alias in it.names if alias.asname]
    assert (
        {it.name for it in aliases}
        == {it.asname for it in aliases}
        == {*verism.__all__} - {"VerismError", "__version__"}
    )
    assert all(getattr(verism, name) is not None for name in verism.__all__)
    assert len(set(verism.__all__)) == len(verism.__all__)
