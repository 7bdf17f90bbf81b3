"""The methods that are compared: each a command line that makes a picture, so that its cost is what a user pays."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from meter import Cost, metered

from verism import atomic

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


class Case(NamedTuple):
    """What a method is given.

    Attributes:
        name: of the case, and of its folder.
        photos: role, such as ``content``, ``style`` or ``content_mask``, to its file.
    """

    name: str
    photos: Mapping[str, Path]


class Result(NamedTuple):
    """What it made: a picture's file, and what it cost; None for what was there before."""

    picture: Path
    cost: Cost | None


@dataclass(frozen=True)
class Given:
    """No method: one of the case's own files, which stands beside the results.

    Attributes:
        role: which one.
    """

    role: str

    def applies(self, case: Case) -> bool:
        """Return whether the case has it."""
        return self.role in case.photos

    def make(self, case: Case, folder: Path, size: int, *, redo: bool) -> Result:
        """Return it."""
        return Result(case.photos[self.role], None)


@dataclass(frozen=True)
class Made:
    """A command of Python's.

    Attributes:
        command: its arguments. A role in braces, ``{content}``, is that photo's file; ``{result}`` the file to write,
            ``{folder}`` one for all else that is written, ``{size}`` the short side at which results are compared.
        options: more arguments, as they are.
    """

    command: Sequence[str]
    options: Sequence[str] = ()

    def applies(self, case: Case) -> bool:
        """Return whether the case has all the photos that the command names."""
        named = set(re.findall(r"{(\w+)}", " ".join(self.command)))
        return named <= {*case.photos, "result", "folder", "size"}

    def make(self, case: Case, folder: Path, size: int, *, redo: bool) -> Result:
        """Run the command, unless the folder has what the same command made of the same files.

        Args:
            case: has what the command names.
            folder: of this method and case alone.
            size: in pixels.
            redo: run it anyhow.

        Raises:
            CommandError: it failed.
        """
        picture, receipt = folder / "result.png", folder / "cost.json"
        digest = _digest([*self._filled(case, size), *self.options])
        if not redo and receipt.is_file() and picture.is_file():
            paid = json.loads(receipt.read_text())
            if paid["digest"] == digest:
                return Result(picture, Cost(paid["seconds"], paid["gigabytes"]))
        folder.mkdir(parents=True, exist_ok=True)
        # Written last, so that what a command left that did not end well is not taken for its result.
        receipt.unlink(missing_ok=True)
        command = [sys.executable, *self._filled(case, size, picture, folder), *self.options]
        cost = metered(command, folder / "log.txt")
        atomic.write(receipt, json.dumps({"digest": digest, **cost._asdict()}).encode())
        return Result(picture, cost)

    def _filled(self, case: Case, size: int, result: Path | str = "", folder: Path | str = "") -> list[str]:
        values = {**case.photos, "result": result, "folder": folder, "size": size}
        return [arg.format_map(values) for arg in self.command]


Method = Given | Made


def methods(fit_options: Sequence[str] = ()) -> dict[str, Method]:
    """Return name to method.

    Args:
        fit_options: further options of every ``fit``.
    """
    recolor, main, configs = HERE / "recolor.py", ROOT / "main.py", ROOT / "configs"
    photos = ("--data.content={content}", "--data.style={style}")
    masks = ("--data.content_mask={content_mask}", "--data.style_mask={style_mask}")
    output = ("--output.path={result}", "--output.overwrite=true", "--trainer.default_root_dir={folder}")
    rest = (*photos, *output, "--trainer.enable_progress_bar=false")
    return {
        "content": Given("content"),
        "closed_form": Made((f"{recolor}", "closed_form", "{content}", "{style}", "{result}")),
        "distribution_transfer": Made((f"{recolor}", "distribution_transfer", "{content}", "{style}", "{result}")),
        # At the size of the comparison: enlarged for it, it would be blamed for the blur.
        "pixels": Made((f"{main}", "fit", f"--config={configs}/leaky.yaml", *rest, "--data.size={size}"), fit_options),
        "lut": Made((f"{main}", "fit", f"--config={configs}/lut.yaml", *rest), fit_options),
        "match": Made((f"{main}", "fit", f"--config={configs}/match.yaml", *rest), fit_options),
        "photoreal": Made((f"{main}", "fit", f"--config={configs}/photoreal.yaml", *rest), fit_options),
        "photoreal_masked": Made((f"{main}", "fit", f"--config={configs}/photoreal.yaml", *rest, *masks), fit_options),
    }


def _digest(command: Sequence[str]) -> str:
    """Return a number of a command and of the files that it names."""
    digest = hashlib.sha256()
    for arg in command:
        digest.update(arg.encode(errors="surrogateescape") + b"\0")
        file = Path(arg.partition("=")[2] or arg)
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()
