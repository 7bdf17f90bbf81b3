"""The command ``render``: writes the picture of a run from its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser
from rich.text import Text

from verism import checkpoint, photo_file
from verism.atomic import free_name
from verism.commands import output_options
from verism.commands.finished_run import FinishedRun
from verism.commands.options import resolve_paths
from verism.commands.saying import named, near, say
from verism.commands.words import as_folder, value_of
from verism.data.source import digest
from verism.errors import VerismError
from verism.look import outside, saved
from verism.look.picture import made_with, rendered
from verism.look.strength import IN_NAMES, Strength
from verism.missing import missing
from verism.photo_file import MEGAPIXELS
from verism.quiet import quieten_lightning
from verism.run_files import run_of
from verism.series import again

DESCRIPTION = """Write the picture of a run from its checkpoint, as the run itself would have written it.

verism render lightning_logs/mine-theirs --output.strength 0.6

The picture is written beside that of the run, as mine-theirs-strength-0.6.jpg, or under the next free name
(--output.path: as a file of your choice, which must not exist, or with its own name in a folder, milder/).

Use it if the run could not write its picture or was killed before it did, or to have the picture in another strength or
format. It works with every canvas, and makes no further steps.
"""


def render(args: Sequence[str]) -> None:
    """Run ``render`` with its arguments.

    Raises:
        VerismError: the checkpoint or the content photo cannot be read, the photo is not that of the run, or the file
            would be overwritten or cannot be written.
    """
    quieten_lightning()
    resolve_paths()
    parser = ArgumentParser(prog="verism render", description=DESCRIPTION, exit_on_error=False)
    parser.add_argument("run", type=Path, help="The folder of a run, or one of its checkpoints.")
    output_options.add_file(
        parser,
        "A .png, .tiff, .jpg or .webp file, or a folder, such as milder/.",
        "beside the run's own picture, named after it, under a name that no file has.",
    )
    parser.add_argument(
        "--data.content", type=Path | None, default=None, help="The content photo of the run, if it has moved since."
    )
    output_options.add_strength(parser)
    output_options.add_encoding(parser)
    options = parser.parse_args(list(args))
    output = options.output
    strength = output_options.strength(output)
    anew = again.recorded(options.run, strength)
    if anew:
        raise VerismError(
            f"{near(options.run)}: is a series, and not a run with one picture; for its photos anew: {anew}"
        )
    encoding = output_options.encoding(output)
    # The parser's paths have lost their trailing slashes.
    results = as_folder(value_of(args, "--output.path"))
    if output.path is not None and results is None:
        path = wished = output.path
    else:
        wished = _beside(options.run, strength)
        wished = wished if results is None else results / wished.name
        path = wished if results is not None and output.overwrite else free_name(wished)
    photo_file.check(path, encoding)
    output_options.check_file(path, output, options.run, options.data.content)
    file = saved.of_a_run(options.run)
    state = checkpoint.read(file)
    canvas = saved.canvas(file, state)
    data: Mapping[str, Any] = state.get("datamodule_hyper_parameters", {})
    content = _content(options.data.content, data, state["verism"].get("photos", {}), file)
    with photo_file.limited(data.get("max_megapixels", MEGAPIXELS)):
        source = photo_file.read(content, data.get("white"))
    recorded = {**state["hyper_parameters"], "data": dict(data)}
    made = made_with(state["verism"]["backbone"], recorded, state["global_step"], strength)
    photo_file.write(path, rendered(canvas, source, strength), made, encoding)
    say(Text.assemble("Picture: ", named(near(path), near(wished))))
    lost = outside.said(source, encoding, strength.strength)
    if lost:
        say(Text(f"  {lost}"))


def _beside(run: Path, strength: Strength) -> Path:
    """Return the path, next to a run's picture, of another picture of that run if no such file exists yet.

    Args:
        run: the folder of the run, or one of its checkpoints.
        strength: strength of the other picture.

    Raises:
        VerismError: the run does not say where its picture is.
    """
    folder = run if run.is_dir() else run_of(saved.of_a_run(run))
    try:
        picture = FinishedRun.read(folder).result
    except VerismError as error:
        # If there is no checkpoint, that error says more.
        saved.of_a_run(run)
        raise VerismError(f"{run}: does not say where its picture is; name the new one: --output.path FILE.") from error
    return picture.with_stem(f"{IN_NAMES.sub('', picture.stem)}{strength.in_names}")


def _content(given: Path | None, data: Mapping[str, Any], digests: Mapping[str, Sequence[str]], file: Path) -> Path:
    """Return the content photo; raise ``VerismError`` if there is none, or if it is not the run's."""
    recorded = data.get("content")
    if given is None and recorded is None:
        raise VerismError(f"{file}: does not say which content photo it is of; give it with --data.content.")
    content = given or Path(str(recorded))
    if given is not None and not given.is_file():
        raise missing(given)
    if not content.is_file():
        raise VerismError(f"{content}: no such photo; say with --data.content where the run's content photo is now.")
    if digests and digests["content"] != [digest(content)]:
        raise VerismError(
            f"{content}: is not the photo that the run was made from; say with --data.content where that is now."
        )
    return content
