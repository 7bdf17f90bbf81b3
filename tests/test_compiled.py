"""Compiled steps, without the last part of torch's compiler, which needs a GPU: what it is given computes the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
import torch
from conftest import tiny_vgg19
from parts import Tinted
from test_capture import StandIn, fit, photos, stand_in
from torch import Tensor, fx, nn

from verism import VGG19, Photos, Pixels, RegionalGrade, StyleTransfer, VerismError, compiled, step_option
from verism.backbone.weights import Weights
from verism.canvas import Canvas
from verism.losses import MomentsLoss
from verism.step_option import Evaluation

__all__ = ["photos", "stand_in"]


class Compiler:
    """Takes the place of torch's compiler for GPUs, and runs what that would be given.

    Attributes:
        graphs: what was given.
    """

    def __init__(self) -> None:
        self.graphs: list[fx.GraphModule] = []

    def __call__(self, graph: fx.GraphModule, _: list[Tensor]) -> Callable[..., Any]:
        self.graphs.append(graph)
        return graph.forward

    @property
    def names(self) -> set[str]:
        """Names of all functions in the graphs."""
        nodes = [node for graph in self.graphs for node in graph.graph.nodes if node.op.startswith("call")]
        return {getattr(node.target, "__name__", str(node.target)) for node in nodes}


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Compiler:
    found = Compiler()
    monkeypatch.setattr(step_option, "DEVICE", "cpu")
    monkeypatch.setattr(compiled, "BACKEND", found)
    return found


def both(model: StyleTransfer, compute: Callable[[], Evaluation]) -> tuple[float, Tensor]:
    (parameter,) = model.canvas.parameters()
    total, _ = compute()
    (gradient,) = torch.autograd.grad(total, parameter)
    return float(total.detach()), gradient


@pytest.mark.slow
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("activation", "pooling"), [(nn.LeakyReLU(0.15), "avg"), (nn.Tanh(), "max")])
def test_the_plain_pass_is_the_same_pass(
    compiler: Compiler,
    tiny_weights: Weights,
    photos: Photos,
    activation: nn.Module,
    pooling: Literal["avg", "max"],
    precision: torch.dtype,
) -> None:
    """In one graph, of torch's own functions alone, with the loss and the derivative of the pass for a CPU."""
    model = StyleTransfer.paper(tile=None, backbone=VGG19("compact", activation=activation, pooling=pooling))
    model.start(photos)
    (parameter,) = model.canvas.parameters()
    with torch.autocast("cpu", torch.bfloat16, enabled=precision is torch.bfloat16, cache_enabled=False):
        model.set_targets(photos)
        with torch.no_grad():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0)))
        total, gradient = both(model, model.evaluate)
        same, close = both(model, compiled.in_one_graph(model.evaluate))
    rounding = 1e-5 if precision is torch.float32 else 0.01
    assert same == pytest.approx(total, rel=rounding)
    assert (close - gradient).norm() <= rounding * gradient.norm()
    assert len(compiler.graphs) == 1
    # Only Gram matrices have a derivative of their own, which overwrites nothing.
    assert not [name for name in compiler.names if name.endswith("_")]
    assert {"conv2d", "autograd_function_apply"} < compiler.names


@pytest.mark.slow
@pytest.mark.parametrize(("choice", "canvas"), [(True, Pixels), ("auto", Pixels), ("auto", Tinted)])
def test_a_compiled_run_is_the_same_run(
    compiler: Compiler, tiny_weights: Weights, photos: Photos, choice: step_option.Choice, canvas: type[Canvas]
) -> None:
    plain, losses, terms = fit(photos, scales=[32, 48], canvas=canvas())
    assert not compiler.graphs
    model, same_losses, same_terms = fit(photos, scales=[32, 48], compile=choice, canvas=canvas())
    assert len(compiler.graphs) == 2  # Anew at each scale.
    assert same_losses == pytest.approx(losses, rel=1e-4)
    for step, same in zip(terms, same_terms, strict=True):
        assert same == pytest.approx(step, rel=1e-4)
    assert (model.image - plain.image).abs().max() < 0.01
    assert (model.image - plain.image).abs().mean() < 1e-4


@pytest.mark.slow
def test_a_compiled_step_can_be_captured(
    compiler: Compiler, stand_in: StandIn, tiny_weights: Weights, photos: Photos
) -> None:
    _, losses, _ = fit(photos, compile=True)
    _, same, _ = fit(photos, compile=True, capture=True)
    assert stand_in.graphs == 1
    assert stand_in.calls == 5
    assert same == losses


@pytest.mark.slow
def test_many_runs_are_compiled_in_one_process(compiler: Compiler, tiny_weights: Weights, photos: Photos) -> None:
    """Torch gives up on a function that was compiled for too many options; other runs' do not count."""
    with torch._dynamo.config.patch(recompile_limit=2):
        for steps in range(1, 4):
            fit(photos, steps, compile=True, losses={f"moments{steps}": MomentsLoss(1.0)})
    assert len(compiler.graphs) == 3


def test_it_is_off_by_default(compiler: Compiler, tiny_weights: Weights, photos: Photos) -> None:
    assert StyleTransfer.paper().compiling is False


@pytest.mark.usefixtures("tiny_weights")
@pytest.mark.slow
class TestRefuses:
    """With true, in a sentence; with auto, the run goes on without, and says why."""

    def refused(self, photos: Photos, said: str, caplog: pytest.LogCaptureFixture, **options: Any) -> None:
        with pytest.raises(VerismError, match=f"^--model.compile true: {said}.*; choose auto or false.$"):
            fit(photos, compile=True, **options)
        _, losses, _ = fit(photos, **options)
        caplog.clear()
        _, same, _ = fit(photos, compile="auto", **options)
        assert same == losses
        assert caplog.text.count("Steps are not compiled: ") == 1

    def test_another_device(self, photos: Photos, caplog: pytest.LogCaptureFixture) -> None:
        """Of which nothing is said unless it was asked for."""
        with pytest.raises(VerismError, match="a step is only compiled for an NVIDIA GPU; choose"):
            fit(photos, compile=True)
        fit(photos, compile="auto")
        assert "compiled" not in caplog.text

    def test_tiles(self, compiler: Compiler, photos: Photos, caplog: pytest.LogCaptureFixture) -> None:
        self.refused(photos, "a step in tiles is not compiled", caplog, tile=16)

    def test_what_torch_cannot_compile(
        self, compiler: Compiler, photos: Photos, caplog: pytest.LogCaptureFixture
    ) -> None:
        """This canvas looks at its values to tell what to compute."""
        self.refused(photos, r"torch cannot compile one \(.+\)", caplog, canvas=RegionalGrade())

    def test_an_error_without_a_message(
        self, compiler: Compiler, photos: Photos, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(evaluate: Callable[[], Evaluation]) -> Callable[[], Evaluation]:
            def call() -> Evaluation:
                raise AssertionError

            return call

        monkeypatch.setattr(compiled, "in_one_graph", failing)
        self.refused(photos, r"torch cannot compile one \(AssertionError\)", caplog)

    def test_another_loss(
        self,
        compiler: Compiler,
        photos: Photos,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def wrong(evaluate: Callable[[], Evaluation]) -> Callable[[], Evaluation]:
            def call() -> Evaluation:
                total, terms = evaluate()
                return 1.1 * total, terms

            return call

        monkeypatch.setattr(compiled, "in_one_graph", wrong)
        self.refused(photos, "a compiled step's loss or its derivative is 10% off a normal step's", caplog)

    def test_several_processes(self, compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("torch.distributed.is_initialized", lambda: True)
        monkeypatch.setattr("torch.distributed.get_world_size", lambda: 2)
        canvas = nn.Linear(1, 1)
        option = step_option.StepOption("compile", choice=True, participle="compiled", notice="")
        said = option.obstacle(canvas, tiny_vgg19)  # type: ignore[arg-type]
        assert said == "an image that several processes share is not compiled"
