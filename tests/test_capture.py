"""Captured steps, with stand-ins for torch's graphs: no GPU is needed for what verism adds to them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from parts import Tinted
from torch import Tensor, nn

from verism import PhotoPair, Photos, Pixels, StyleTransfer, VerismError, capture, step_option
from verism.backbone.weights import Weights
from verism.canvas import Canvas
from verism.capture import Replay, Replayed
from verism.losses import MomentsLoss

EXACT: dict[str, Any] = {"precision": "32-true", "accelerator": "cpu", "logger": False, "enable_checkpointing": False}
EXACT |= {"enable_progress_bar": False, "enable_model_summary": False}


class StandIn:
    """Calls the module directly, and hands out its results in the same memory every time, as a graph does.

    Attributes:
        graphs: how many modules were captured.
        calls: how often they were called since.
    """

    def __init__(self) -> None:
        self.graphs = 0
        self.calls = 0

    def __call__(self, module: nn.Module) -> Callable[[], tuple[Tensor, Tensor]]:
        self.graphs += 1
        assert not torch.is_autocast_cache_enabled()
        parameters = tuple(parameter for parameter in module.parameters() if parameter.requires_grad)
        total, values = module()
        of_parameters = tuple(torch.zeros_like(parameter) for parameter in parameters)
        held = Replay(self.forward, self.backward, total.detach(), values, torch.ones_like(total), of_parameters)
        self.module, self.parameters, self.held, self.total = module, parameters, held, total
        return partial(Replayed.apply, held, *parameters)

    def forward(self) -> None:
        self.calls += 1
        with torch.enable_grad():
            self.total, values = self.module()
        self.held.total.copy_(self.total.detach())
        self.held.values.copy_(values)

    def backward(self) -> None:
        derivatives = torch.autograd.grad(self.total, self.parameters, self.held.of_total)
        for held, derivative in zip(self.held.of_parameters, derivatives, strict=True):
            held.copy_(derivative)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    found = StandIn()
    monkeypatch.setattr(step_option, "DEVICE", "cpu")
    monkeypatch.setattr(capture, "graph", found)
    return found


def fit(photos: Photos, steps: int = 4, **options: Any) -> tuple[StyleTransfer, list[float], list[dict[str, Any]]]:
    """Return the model, its losses and its terms of a run."""
    model = StyleTransfer.paper(**{"tile": None, "capture": False, **options})
    data = PhotoPair(*photos, size=48)
    found: list[dict[str, Any]] = []
    plain = model.training_step

    def watched(batch: Photos, batch_idx: int) -> dict[str, Any]:
        result = plain(batch, batch_idx)
        found.append({"loss": result["loss"].detach(), "terms": result["terms"]})
        return result

    model.training_step = watched  # type: ignore[method-assign]
    Trainer(max_steps=steps, **EXACT).fit(model, datamodule=data)
    # Looked at only now: later steps must not have overwritten them.
    terms = [{name: float(term.raw) for name, term in step["terms"].items()} for step in found]
    return model, [float(step["loss"]) for step in found], terms


@pytest.fixture
def photos(content: Tensor, style: Tensor) -> Photos:
    return Photos(content, style)


@pytest.mark.slow
@pytest.mark.parametrize("canvas", [Pixels, Tinted])
@pytest.mark.parametrize("scales", [None, [32, 48]])
@pytest.mark.parametrize("choice", [True, "auto"])
def test_a_captured_run_is_the_same_run(
    stand_in: StandIn,
    tiny_weights: Weights,
    photos: Photos,
    choice: step_option.Choice,
    scales: list[int] | None,
    canvas: type[Canvas],
) -> None:
    plain, losses, terms = fit(photos, scales=scales, canvas=canvas())
    assert stand_in.graphs == 0
    model, same_losses, same_terms = fit(photos, scales=scales, capture=choice, canvas=canvas())
    assert stand_in.graphs == (1 if scales is None else 2)  # Anew at each scale.
    assert stand_in.calls == 4 + stand_in.graphs  # One to compare, at each.
    assert (same_losses, same_terms) == (losses, terms)
    assert torch.equal(model.image, plain.image)


def test_it_is_done_by_default(stand_in: StandIn, tiny_weights: Weights, photos: Photos) -> None:
    fit(photos, capture=StyleTransfer.paper().capture)
    assert stand_in.graphs == 1


def test_a_large_image_is_not_captured_by_itself(
    stand_in: StandIn, tiny_weights: Weights, photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "LARGEST", photos.content[0, 0].numel() - 1)
    fit(photos, capture="auto")
    assert stand_in.graphs == 0
    fit(photos, capture=True)
    assert stand_in.graphs == 1


@pytest.mark.usefixtures("tiny_weights")
class TestRefuses:
    """With true, in a sentence; with auto, the run goes on without, and says why."""

    def refused(self, photos: Photos, said: str, caplog: pytest.LogCaptureFixture, **options: Any) -> None:
        with pytest.raises(VerismError, match=f"^--model.capture true: {said}.*; choose auto or false.$"):
            fit(photos, capture=True, **options)
        _, losses, _ = fit(photos, **options)
        caplog.clear()
        _, same, _ = fit(photos, capture="auto", **options)
        assert same == losses
        assert caplog.text.count("Steps are not captured as a CUDA graph: ") == 1

    def test_another_device(self, photos: Photos, caplog: pytest.LogCaptureFixture) -> None:
        """Of which nothing is said unless it was asked for."""
        with pytest.raises(VerismError, match="a step is only captured for an NVIDIA GPU; choose"):
            fit(photos, capture=True)
        fit(photos, capture="auto")
        assert "captured" not in caplog.text

    def test_tiles(self, stand_in: StandIn, photos: Photos, caplog: pytest.LogCaptureFixture) -> None:
        self.refused(photos, "a step in tiles is not captured", caplog, tile=16)

    @pytest.mark.parametrize(
        ("message", "reason"),
        [
            (
                "CUDA error: operation not permitted when stream is capturing\nCUDA kernel errors …",
                "CUDA error: operation not permitted when stream is capturing",
            ),
            ("", "RuntimeError"),
        ],
    )
    def test_what_torch_cannot_capture(
        self,
        stand_in: StandIn,
        photos: Photos,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
        message: str,
        reason: str,
    ) -> None:
        def failing(module: nn.Module) -> Callable[[], tuple[Tensor, Tensor]]:
            raise RuntimeError(message)

        monkeypatch.setattr(capture, "graph", failing)
        self.refused(photos, rf"torch cannot capture one \({reason}\)", caplog)

    def test_one_of_several_parameters_that_is_not_followed(
        self, stand_in: StandIn, photos: Photos, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However small its derivative is beside that of the others."""

        whole = stand_in.backward

        def without_the_tint() -> None:
            whole()
            stand_in.held.of_parameters[0].zero_()

        monkeypatch.setattr(stand_in, "backward", without_the_tint)
        said = "a replayed step computes another loss than a normal step"
        with pytest.raises(VerismError, match=f"^--model.capture true: {said}"):
            fit(photos, capture=True, canvas=Tinted())

    @pytest.mark.parametrize("stale", ["total", "derivative"])
    def test_a_graph_that_does_not_see_the_image(
        self,
        stand_in: StandIn,
        photos: Photos,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
        stale: str,
    ) -> None:
        """As if a loss took what it needs from the CPU: what it was when the step was captured is all that it sees."""

        def frozen(module: nn.Module) -> Callable[[], tuple[Tensor, Tensor]]:
            first, values = module()

            def call() -> tuple[Tensor, Tensor]:
                total, _ = module()
                if stale == "total":
                    return first.detach() + 0 * total, values
                return total.detach() + 2 * (total - total.detach()), values

            return call

        monkeypatch.setattr(capture, "graph", frozen)
        self.refused(photos, "a replayed step computes another loss than a normal step", caplog)


def test_derivatives_are_nobody_elses(stand_in: StandIn, tiny_weights: Weights, photos: Photos) -> None:
    """A graph writes each derivative over the one before, which an accumulating Trainer still adds to."""
    model = StyleTransfer.paper(tile=None, capture=True, losses={"moments": MomentsLoss(1.0)})
    model.start(photos)
    model.set_targets(photos)
    (parameter,) = model.canvas.parameters()
    buffer = torch.zeros_like(parameter)
    model.training_step(photos, 0)["loss"].backward()
    before, parameter.grad = parameter.grad, None
    assert before is not None
    total = model.training_step(photos, 0)["loss"]
    (buffer,) = torch.autograd.grad(total, parameter)
    assert torch.equal(before, buffer)
    parameter.grad = None
    parameter.backward(buffer)
    assert parameter.grad is not None
    assert parameter.grad.data_ptr() != buffer.data_ptr()


def test_what_a_canvas_freezes_is_not_compared(stand_in: StandIn, tiny_weights: Weights, photos: Photos) -> None:
    """Neither is a parameter refused whose derivative is 0 in both ways to compute a step."""
    canvas = Tinted()
    canvas.tint.requires_grad = False
    fit(photos, capture=True, canvas=canvas)
    assert stand_in.graphs == 1
    one, other = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    total = lambda: one.square().sum() + 0 * other.sum()  # noqa: E731
    assert step_option.difference(total, total, (one, other)) == 0
    assert torch.equal(one, torch.ones(3))
    assert torch.equal(other, torch.ones(3))


@pytest.fixture
def warning_gpu(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The modes that torch was set to; 0, the last, is that from before."""
    modes: list[Any] = []
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: 0)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    return modes


def wait_for_gpu() -> None:
    """Warn as torch does in that mode, in which it is a warning and not an error of the whole process."""
    warnings.warn(f"{capture.WAITED} (Triggered internally)", UserWarning, stacklevel=1)


def test_a_step_that_waits_for_the_gpu_is_noticed(warning_gpu: list[Any]) -> None:
    with pytest.raises(RuntimeError, match=capture.WAITED), capture._without_waiting():
        wait_for_gpu()
    assert warning_gpu == ["warn", 0]


def test_other_threads_may_wait_for_the_gpu_meanwhile(warning_gpu: list[Any]) -> None:
    with ThreadPoolExecutor(1) as pool, capture._without_waiting():
        pool.submit(wait_for_gpu).result()
    assert warning_gpu == ["warn", 0]
