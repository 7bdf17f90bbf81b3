"""How long it takes to reach the loss that Adam at one scale, which is the paper's way, or its own loop ends with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from statistics import median
from typing import NamedTuple

from ours import CONFIGS, fit
from paper_loop import paper
from programs import Program
from tables import table

from verism.photo_file import MIN_SIDE
from verism.scales import Scales

COMMON = (
    *(
        "--model.backbone.weights",
        "compact",
        "--data.content",
        str(CONFIGS / "photos" / "picos.jpg"),
        "--data.style",
        str(CONFIGS / "photos" / "sunset.jpg"),
    ),
    *("--data.upscale", "true"),
)
OPTIMIZERS = {
    "Adam": ("--optimizer", "torch.optim.Adam", "--optimizer.lr", "0.01"),
    "L-BFGS": ("--optimizer", "torch.optim.LBFGS", "--optimizer.lr", "1", "--optimizer.max_iter", "1"),
}


class Course(NamedTuple):
    """What a run passed through.

    Attributes:
        seconds: since its first step, by step.
        losses: by step; None where the image was smaller than in the end, since these mean something else.
    """

    seconds: Sequence[float]
    losses: Sequence[float | None]

    def until(self, loss: float) -> float | None:
        """Return after how many seconds it had reached ``loss``; None if it never did."""
        times = zip(self.seconds, self.losses, strict=True)
        return next((second for second, here in times if here is not None and here <= loss), None)


def to_a_loss(size: int, steps: int, shares: Sequence[float], config: str = "leaky.yaml") -> Iterator[str]:
    """Yield a table of the time to the loss that Adam at one scale has after ``steps`` steps, by line.

    Seconds are those of steps, and of what happens between them; the preparations before the first are left out.

    Args:
        size: short side of the photos in pixels.
        steps: of each run.
        shares: of the steps, at a quarter of the size, at half of it, and at all of it; where the smallest would be too
            small for a photo, it is left out.
        config: of verism's, whose loss is minimised.
    """
    pairs = zip((size // 4, size // 2, size), shares, strict=True)
    coarse, shares = zip(*((side, share) for side, share in pairs if side >= MIN_SIDE), strict=True)
    ways: dict[str, Course] = {}
    for name, optimizer in OPTIMIZERS.items():
        options = [
            "--config",
            str(CONFIGS / config),
            *COMMON,
            "--data.size",
            str(size),
            "--trainer.max_steps",
            str(steps),
            *optimizer,
        ]
        ways[f"{name}, one scale"] = _course(options, Scales([size]), steps)
        in_scales = ["--model.scales", str(list(coarse)), "--model.shares", str(list(shares))]
        ways[f"{name}, scales {list(coarse)}"] = _course([*options, *in_scales], Scales(coarse, shares), steps)
    first = next(iter(ways.values()))
    goal = first.losses[-1] or 0.0
    yield from table(
        ["way", f"seconds of {steps} steps", "loss then", f"seconds to a loss of {goal:.4f}", "of the first's"],
        (
            [name, f"{course.seconds[-1]:.0f}", f"{course.losses[-1]:.4f}", *_reached(course, goal, first.seconds[-1])]
            for name, course in ways.items()
        ),
    )


def beside_the_loop(size: int, steps: int, every: int = 12) -> Iterator[str]:
    """Yield a table of the time that L-BFGS takes to the losses of the paper's loop, by line.

    The loop's losses are those of verism's Adam, which makes the same steps in a fraction of the time. A step of the
    loop is timed after each ``every`` of L-BFGS, and the first of either, which has all the preparations in it, is not.

    Args:
        size: short side of the photos in pixels; for the loop, the longer is 16 / 9 of it.
        steps: of the loop, at whose end, and at whose half and quarter, the goals are.
        every: number of steps between two of the loop.
    """
    common = ["--config", str(CONFIGS / "paper" / "leaky.yaml"), *COMMON, "--data.size", str(size)]
    options = [*common, "--trainer.max_steps", str(steps)]
    adam = _course([*options, *OPTIMIZERS["Adam"]], Scales([size]), steps)
    lbfgs = partial(fit, options=[*options, *OPTIMIZERS["L-BFGS"]])
    with Program(lbfgs, 16, 16) as program, Program(paper, size, size * 16 // 9) as loop:
        loop.step()
        while program.losses[-1] > (adam.losses[-1] or 0.0) and len(program.losses) < steps:
            program.step()
            if len(program.losses) % every == 0:
                loop.step()
        ours = Course([0.0, *accumulate(program.seconds)], program.losses)
        step = median(loop.seconds)
    yield f"A step of the loop: {step:.1f} s, {min(loop.seconds):.1f} to {max(loop.seconds):.1f}."
    yield ""
    counts = (steps // 4, steps // 2, steps)
    goals = [(count, count * step, adam.losses[count - 1] or 0.0) for count in counts]
    yield from table(
        ["the paper's loop: steps", "loss", "s", "L-BFGS, s", "of the loop's"],
        ([str(count), f"{loss:.4g}", f"{whole:.0f}", *_reached(ours, loss, whole)] for count, whole, loss in goals),
    )


def _course(options: Sequence[str], scales: Scales, steps: int) -> Course:
    # The options name the photos.
    with Program(partial(fit, options=list(options)), 16, 16) as program:
        for _ in range(steps - 1):
            program.step()
        at_last = [scales.at(step, steps) == scales.sizes[-1] for step in range(steps)]
        losses = [loss if last else None for loss, last in zip(program.losses, at_last, strict=True)]
        return Course([0.0, *accumulate(program.seconds)], losses)


def _reached(course: Course, goal: float, whole: float) -> list[str]:
    seconds = course.until(goal)
    return ["never", ""] if seconds is None else [f"{seconds:.0f}", f"{seconds / whole:.2g}"]
