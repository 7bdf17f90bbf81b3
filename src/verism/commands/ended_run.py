"""What ``run`` prints when a picture is finished: how well it turned out, and what the user can do next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from lightning.pytorch import Trainer
from rich.text import Text

from verism import likeness, verdict
from verism.atomic import free_name
from verism.callbacks import Checkpoints, Metrics, Output, Page, RegionMap, checkpoints
from verism.callbacks.find import find
from verism.commands.milder import milder
from verism.commands.request import PATH, Request
from verism.commands.saying import near, say
from verism.commands.words import value_of, with_options
from verism.look import lut_file
from verism.look.strength import Strength
from verism.module import StyleTransfer
from verism.run_files import CHECKPOINTS
from verism.uneven import WITHOUT_GRADIENT, Uneven
from verism.url import is_url

OVERWRITE = "--output.overwrite"

ANEW = ("--model.canvas.", "--data.")
"""Options that are fixed when a run begins: a run cannot continue from one that has other values."""

LITTLE_TO_GIVE = "This style has little to give to this photo; try another photo as the style."


def last_state(trainer: Trainer) -> str | None:
    """Return the checkpoint of a run's last step, as a URL or a shortened path; None if there is none."""
    own = find(trainer, Checkpoints)
    state = None if own is None else own.state_at(trainer.global_step)
    return state if state is None or is_url(state) else near(Path(state)).as_posix()


@dataclass(frozen=True)
class EndedRun:
    """A run that has made one of the pictures.

    Attributes:
        request: what is asked for.
        trainer: of the run.
        command: the words of the command that asked for the picture.
    """

    request: Request
    trainer: Trainer
    command: Sequence[str]

    def tell(self) -> Path | None:
        """Print how the picture turned out; return its page if that is a file."""
        figures = self._uneven.explained(self._figures)
        # With several pictures, what is fine is reported once, at the end.
        tell = verdict.exceptions if self.request.is_batch else verdict.look_plainly
        for sentence in likeness.without_repeats(tell(figures, self._look, self._strength), self._model):
            say(Text(f"  {sentence}"))
        if gradient := self._uneven.gradient:
            without = self._again(WITHOUT_GRADIENT)
            say(
                Text.assemble(f"  {gradient}. Without that: ", (without, "cyan")) if without else Text(f"  {gradient}.")
            )
        for fault in self._uneven.faults(self._figures):
            if not self._has_less(fault):
                say(Text(f"  {fault.seen(figures)}."))
            elif remedy := self._remedy(fault):
                say(Text.assemble(f"  {fault.seen(figures)}. {fault.aim}: ", (remedy, "cyan")))
            else:
                say(Text(f"  {fault.plainly(figures)}"))
        output = self._output
        if output is not None and output.outside:
            say(Text(f"  {output.outside}"))
        if output is not None and output.lut is not None and output.deviation is not None:
            seen = f"{lut_file.about(output.lut)}, {output.deviation.plainly(output.strength)}"
            say(Text.assemble("Lookup table: ", (str(near(output.lut)), "bold"), seen))
        regions = find(self.trainer, RegionMap)
        if regions is not None and regions.written:
            mine, theirs = (str(near(file)) for file in regions.written)
            say(Text.assemble("Regions: ", (mine, "bold"), "; of the style: ", (theirs, "bold")))
        page = find(self.trainer, Page)
        if page is None or not isinstance(page.written, Path):
            return None
        if not self.request.is_batch:
            say(Text.assemble("Look closer, in a browser: ", (str(near(page.written)), "bold")))
        return page.written

    def propose(self) -> None:
        """Print what the user can do next: complete a preview, try another style, or make a milder picture."""
        little = verdict.hardly_there(self._look)
        if little and not likeness.little_shared(self._model):
            say(Text(LITTLE_TO_GIVE, "yellow"))
        if self.request.is_batch:
            return
        state = self._state
        if self.request.preview:
            say(Text("This is a preview: quick, and small. This makes the whole picture:", "yellow"))
            if state is not None:
                say(Text(_typed(*with_options(self.command, ["--ckpt_path", state])), "cyan"))
        elif state is not None and self._strength.strength and not (little or verdict.is_astray(self._look)):
            called, strength = milder(self._strength)
            say(Text.assemble(f"{called}: ", (self._rendered(state, strength), "cyan")))

    @property
    def is_sound(self) -> bool | None:
        """Whether the picture's shapes and colours are as they should be; None if they were not measured."""
        return verdict.is_sound(self._uneven.explained(self._figures)) if self._figures else None

    @cached_property
    def _figures(self) -> Mapping[str, float]:
        """The metrics of the picture at its own strength."""
        metrics = find(self.trainer, Metrics)
        return {} if metrics is None else metrics.written

    @property
    def _model(self) -> StyleTransfer:
        return cast("StyleTransfer", self.trainer.lightning_module)

    @cached_property
    def _uneven(self) -> Uneven:
        metrics = find(self.trainer, Metrics)
        return Uneven() if metrics is None else metrics.uneven

    @cached_property
    def _look(self) -> Mapping[str, float]:
        """The metrics of the look at full strength, by which a style is judged, whatever the picture's strength."""
        metrics = find(self.trainer, Metrics)
        return {} if metrics is None else metrics.last

    @cached_property
    def _output(self) -> Output | None:
        return find(self.trainer, Output)

    @cached_property
    def _state(self) -> str | None:
        return last_state(self.trainer)

    @cached_property
    def _strength(self) -> Strength:
        return Strength() if self._output is None else self._output.strength

    def _has_less(self, fault: verdict.Fault) -> bool:
        """Return whether the picture can have less of what causes a fault; at strength 0, there is none of it."""
        return bool(self._strength.strength) and all(getattr(self._strength, name) for name in fault.milder)

    def _remedy(self, fault: verdict.Fault) -> str:
        """Return the command that makes the picture without a fault, or with less of it; empty if there is none."""
        if self._state is None:
            return ""
        changed = {name: f"{share * getattr(self._strength, name):.2g}" for name, share in fault.milder.items()}
        if fault.milder and not self.request.preview:
            strength = self._strength._replace(**{name: float(value) for name, value in changed.items()})
            return self._rendered(self._state, strength)
        options = [word for name, value in changed.items() for word in (f"--output.{name}", value)]
        return self._again([*options, *fault.instead])

    def _again(self, options: Sequence[str]) -> str:
        """Return the command that makes the picture in another run with further options; empty if there is none."""
        # A preview gets the whole picture, which can continue from it with other losses but not with other regions.
        begins_anew = any(name.startswith(ANEW) for name in options[::2])
        goes_on = self.request.preview and self._state is not None and not begins_anew
        going_on = ["--ckpt_path", str(self._state)] if goes_on else []
        given = value_of(self.command, PATH)
        # That name already belongs to this picture.
        takes_place = given is not None and Path(given).is_file() and value_of(self.command, OVERWRITE) != "true"
        elsewhere = [PATH, str(free_name(Path(given)))] if given is not None and takes_place else []
        return _typed(*with_options(self.command, [*options, *elsewhere, *going_on]))

    def _rendered(self, state: str, strength: Strength) -> str:
        """Return the command that writes the picture of the run's checkpoint at another strength."""
        folder = state.rpartition(f"{CHECKPOINTS}/")[0].removesuffix("/") or "."
        options = [] if self._output is None else self._output.options(strength)
        return _typed("render", folder, *options)


def _typed(*words: str) -> str:
    """Return a verism command as the user would type it."""
    return f"{checkpoints.program()} {shlex.join(words)}"
