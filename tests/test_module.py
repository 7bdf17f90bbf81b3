"""The method as a whole, against a transcription of the paper's formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from conftest import CONFIGS
from lightning.pytorch import Trainer
from parts import Behind, Dropping, Sharpness, Undefined
from torch import Tensor, nn

from verism import (
    VGG19,
    BilateralGrid,
    ColorLoss,
    ContentLoss,
    Lut3d,
    PhotoPair,
    Photos,
    Pixels,
    RegionalGrade,
    StyleLoss,
    StyleTransfer,
    VerismError,
    images,
)
from verism.backbone.architecture import Block
from verism.backbone.correspondence import mutual_weights
from verism.backbone.weights import Weights
from verism.canvas import Canvas
from verism.canvas.linear_grade import NOISE
from verism.color.monge_kantorovich import monge_kantorovich
from verism.color.spaces import Srgb
from verism.errors import UndefinedLossError
from verism.losses import ConsistencyLoss, MomentsLoss, PhotorealismLoss
from verism.losses.regional import RegionalLoss
from verism.regions.regions import Regions


def fit(
    model: StyleTransfer,
    photos: Photos,
    regions: Regions | None = None,
    ckpt_path: Path | None = None,
    **options: Any,
) -> Trainer:
    data = PhotoPair(Path(), Path())
    data._photos = photos
    data._regions = regions
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )
    trainer.fit(model, datamodule=data, ckpt_path=ckpt_path)
    return trainer


@pytest.fixture
def photos(content: Tensor, style: Tensor) -> Photos:
    return Photos(content, style)


def test_the_image_is_the_only_parameter(tiny_weights: Weights, photos: Photos) -> None:
    model = StyleTransfer(Pixels(), VGG19(), ContentLoss(), StyleLoss(), ColorLoss(1.0))
    assert [name for name, _ in model.named_parameters()] == ["canvas.pixels"]
    fit(model, photos, max_steps=1)
    assert [name for name, _ in model.named_parameters()] == ["canvas.pixels"]
    assert list(model.state_dict()) == ["canvas.pixels"]


def paper_step(
    weights: Weights, photos: Photos, options: dict[str, Any], activation: nn.Module
) -> tuple[Tensor, Tensor]:
    """Total loss and image gradient of the first step, written from the paper's equations with nothing shared.

    Everything in normalised space and float64, the network a plain ``nn.Sequential`` in torchvision's numbering.
    """
    layers: list[nn.Module] = []
    previous = "1"
    for name, (weight, bias) in weights.kernels.items():
        if name[4] != previous:
            layers.append(nn.AvgPool2d(2, 2))
            previous = name[4]
        convolution = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
        convolution.weight.data, convolution.bias.data = weight, bias  # type: ignore[union-attr]
        layers += [convolution, activation]
    network = nn.Sequential(*layers).double().requires_grad_(requires_grad=False)
    convolutions = (index for index, layer in enumerate(network) if isinstance(layer, nn.Conv2d))
    taps = dict(zip(weights.kernels, convolutions, strict=True))

    def features(x: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for index, layer in enumerate(network):
            x = layer(x)
            found |= {name: x for name, tap in taps.items() if tap == index}
        return found

    def gram_matrix(x: Tensor) -> Tensor:
        flat = x.reshape(x.shape[1], -1)
        return flat @ flat.T

    mean = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).view(1, 3, 1, 1)
    content, style = ((photo.double() - mean) / std for photo in photos)
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(0))
    image = (content if options["canvas"]["init"] == "content" else noise.double()).clone().requires_grad_()
    of_image, of_content, of_style = features(image), features(content), features(style)
    total = options["content"]["weight"] * ((of_image["conv5_4"] - of_content["conv5_4"]) ** 2).mean()
    for name, weight in options["style"]["layers"].items():
        _, d, h, w = of_image[name].shape
        distance = ((gram_matrix(of_image[name]) - gram_matrix(of_style[name])) ** 2).mean()
        total = total + options["style"]["weight"] * weight * distance / (d * h * w)
    if options["color"]["weight"]:
        distance = ((gram_matrix(image) - gram_matrix(style)) ** 2).mean()
        total = total + options["color"]["weight"] * distance
    (gradient,) = torch.autograd.grad(total, image)
    return total.detach(), gradient


@pytest.mark.parametrize("config", sorted((CONFIGS / "paper").glob("*.yaml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("init", ["content", "noise"])
def test_first_step_of_the_papers_configs_is_the_papers(
    config: Path, init: Any, tiny_weights: Weights, content: Tensor, style: Tensor
) -> None:
    """From noise too, since the content loss and its gradient are zero at the content photo."""
    options = yaml.safe_load(config.read_text())["model"]
    options["canvas"]["init"] = init
    for term in ("content", "style", "color"):
        # YAML 1.1 takes 1e3 for text; jsonargparse does not.
        options[term]["weight"] = float(options[term]["weight"])
    photos = Photos(content[..., :40, :40], style[..., :40, :40])
    class_path = options["backbone"]["activation"]["class_path"]
    activation = getattr(nn, class_path.rpartition(".")[2])(**options["backbone"]["activation"].get("init_args", {}))
    total, gradient = paper_step(tiny_weights, photos, options, activation)

    model = StyleTransfer(
        Pixels(init),
        VGG19(activation=activation, pooling=options["backbone"]["pooling"]),
        ContentLoss(**options["content"]),
        StyleLoss(**options["style"]),
        ColorLoss(**options["color"]),
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=1e-300),
    )
    seen: dict[str, Any] = {}
    plain_step = model.training_step

    def watched(batch: Photos, batch_idx: int) -> dict[str, Any]:
        result = plain_step(batch, batch_idx)
        seen["loss"] = result["loss"].detach()
        return result

    model.training_step = watched  # type: ignore[method-assign]
    model.on_after_backward = lambda: seen.update(gradient=model.canvas.pixels.grad)  # type: ignore[method-assign]
    fit(model, photos, max_steps=1, precision="64-true")
    torch.testing.assert_close(seen["loss"], total, rtol=1e-6, atol=0)
    difference = (seen["gradient"] - gradient).norm() / gradient.norm()
    assert float(difference) < 1e-6


def style_transfer(**parts: Any) -> StyleTransfer:
    defaults = {"backbone": VGG19(), "content": ContentLoss(), "style": StyleLoss(), "color": ColorLoss()}
    return StyleTransfer(Pixels(), **{**defaults, **parts})


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize(
    ("optimizer", "steps"),
    [(lambda p: torch.optim.Adam(p, lr=0.02), 60), (lambda p: torch.optim.LBFGS(p, lr=1, max_iter=10), 6)],
    ids=["adam", "lbfgs"],
)
def test_lowers_the_style_loss(
    precision: Any, optimizer: Callable[..., torch.optim.Optimizer], steps: int, tiny_weights: Weights, photos: Photos
) -> None:
    model = style_transfer(style=StyleLoss(normalization="relative"), optimizer=optimizer)
    fit(model, photos, max_steps=steps, precision=precision)
    with torch.no_grad():
        features = model.backbone(model.canvas(), model.feature_pass.passage.layers)
        term = model.style(model.style.statistics(features))
    assert float(term.raw) < 0.2 * sum(model.style.layers.values())


def halves(height: int, width: int) -> Tensor:
    """Two labels: left, and right."""
    left = (torch.arange(width) < width // 2).expand(1, 1, height, width)
    return torch.cat([left, ~left], dim=1)


def test_regions_are_of_style_and_colour_and_not_of_content(tiny_weights: Weights, photos: Photos) -> None:
    """A run with regions, then one of the same model without."""
    regions = Regions(("#000000", "#ffffff"), halves(48, 64), halves(56, 40))
    content, style, color = ContentLoss(), StyleLoss(normalization="relative"), ColorLoss(1e3, "relative")
    model = style_transfer(content=content, style=style, color=color)
    fit(model, photos, regions, max_steps=2)
    assert model.content is content
    for loss, whole in ((model.compared["style"], style), (model.compared["color"], color)):
        assert isinstance(loss, RegionalLoss)
        assert loss.whole is whole
        assert loss.regions.labels == regions.labels
        assert torch.equal(loss.regions.content, regions.content)
        assert torch.equal(loss.regions.style, regions.style)
    assert list(model.state_dict()) == ["canvas.pixels"]
    assert (model.style, model.color) == (style, color)
    fit(model, photos, max_steps=2)
    assert model.compared == {"content": content, "style": style, "color": color}


def test_what_is_compared_by_region_is_declared_by_each_loss_whatever_it_is_called(
    tiny_weights: Weights, photos: Photos, caplog: pytest.LogCaptureFixture
) -> None:
    """A loss for which places matter sees the whole photo; only where regions are expected, that is said."""
    regions = Regions(("#000000", "#ffffff"), halves(48, 64), halves(56, 40))
    model = style_transfer(style=Sharpness(), losses={"more": MomentsLoss(), "grain": Sharpness(2.0)})
    fit(model, photos, regions, max_steps=2)
    kinds = {name: type(loss) for name, loss in model.compared.items()}
    assert kinds == {"content": ContentLoss, "style": Sharpness, "more": RegionalLoss, "grain": Sharpness}
    assert caplog.text.count("compares the photos as a whole") == 1
    assert "--model.style: Sharpness compares the photos as a whole, and not region by region" in caplog.text
    caplog.clear()
    fit(style_transfer(style=Sharpness()), photos, max_steps=1)
    assert "as a whole" not in caplog.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"style": Undefined()}, "The style loss is nan for .*: choose another --model.style, other photos"),
        ({"losses": {"grain": Undefined()}}, "The grain loss is nan for .*: choose another --model.losses.grain, "),
        (
            {"style": Sharpness(1e200)},
            "The total loss is inf .*: choose a lower weight",
        ),
    ],
)
def test_a_first_loss_that_is_not_finite_is_reported_as_what_it_is(
    tiny_weights: Weights, photos: Photos, options: dict[str, Any], said: str
) -> None:
    """Also without any of verism's callbacks; and no learning rate is blamed."""
    with pytest.raises(UndefinedLossError, match=f"^{said}"):
        fit(style_transfer(**options), photos, max_steps=3)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["32-true", "64-true", "bf16-mixed"])
def test_the_canvas_gets_the_regions_and_consistency_is_one_of_the_losses(
    tiny_weights: Weights, photos: Photos, precision: Any
) -> None:
    """From scale to scale too."""
    regions = Regions(("left", "right"), halves(48, 64), halves(56, 40), torch.tensor([1.0, 0.5]))
    model = StyleTransfer(
        RegionalGrade(),
        VGG19(),
        ContentLoss(0),
        StyleLoss(normalization="relative"),
        ColorLoss(0),
        consistency=ConsistencyLoss(),
        scales=[32, 48],
    )
    fit(model, photos, regions, max_steps=2, precision=precision)
    assert set(model.losses) == {"style", "consistency"}
    assert model.canvas.get_buffer("shares").shape == (1, 2, 48, 64)
    assert model.canvas.get_parameter("controls").shape[0] == 3
    assert bool(model.image.isfinite().all())
    assert float(model.canvas.get_parameter("controls").detach().abs().max()) > 0


@pytest.mark.slow
def test_consistency_keeps_one_colour_one(tiny_weights: Weights) -> None:
    """The left of a grey photo is to take on another colour than the right; free pixels would do it."""
    left = halves(48, 64)[:, :1].float().expand(1, 3, 48, 64)
    tint = torch.tensor([0.3, 0.0, -0.3]).view(1, 3, 1, 1)
    grey = 0.5 + 0 * left
    photos = Photos(grey, grey + tint * (2 * left - 1))
    regions = Regions(("left", "right"), halves(48, 64), halves(48, 64))

    def spread(consistency: ConsistencyLoss | None) -> float:
        model = style_transfer(
            content=ContentLoss(0),
            style=MomentsLoss(1.0, normalization="paper"),
            consistency=consistency,
            optimizer=lambda p: torch.optim.Adam(p, lr=0.05),
        )
        fit(model, photos, regions, max_steps=60)
        return float((model.image - grey).square().mean().sqrt())

    assert spread(ConsistencyLoss(300.0)) < 0.1 * spread(None)


@pytest.mark.slow
def test_the_left_goes_to_the_left_and_the_right_to_the_right(tiny_weights: Weights) -> None:
    """Of a photo black on the left and white on the right, made of two others of the same two colours."""
    left = halves(48, 64)[:, :1].float().expand(1, 3, 48, 64)
    photos = Photos(0.25 + 0.5 * left, 0.75 - 0.5 * left)
    regions = Regions(("#000000", "#ffffff"), halves(48, 64), halves(48, 64))
    model = style_transfer(
        content=ContentLoss(0),
        style=MomentsLoss(weight=1.0, normalization="paper"),
        optimizer=lambda p: torch.optim.Adam(p, lr=0.05),
    )
    fit(model, photos, regions, max_steps=100)
    assert float((model.image - photos.style).abs().max()) < 0.02
    fit(model, photos, max_steps=100)
    assert float((model.image - photos.content).abs().max()) < 0.02


@pytest.mark.parametrize("precision", ["32-true", "64-true", "bf16-mixed"])
def test_a_canvas_that_asks_starts_from_what_the_network_as_published_sees_in_both_photos(
    tiny_weights: Weights, photos: Photos, precision: Any
) -> None:
    backbone = VGG19(activation=nn.Tanh())
    model = StyleTransfer(Lut3d(init="shared", space=Srgb()), backbone, ContentLoss(0), StyleLoss(), ColorLoss())
    fit(model, photos, max_steps=1, precision=precision)
    published = VGG19(pooling="max")
    with torch.no_grad():
        features = [published(photo, ["relu4_1"])["relu4_1"] for photo in photos]
    # Each position of a layer three poolings deep stands for 8×8 pixels.
    weights = [weight.repeat_interleave(8, 2).repeat_interleave(8, 3) for weight in mutual_weights(*features)]
    expected = monge_kantorovich(*photos, NOISE, weights=(weights[0], weights[1]))
    matrix = model.canvas.get_buffer("matrix").float()
    torch.testing.assert_close(matrix, expected.matrix, rtol=0, atol=1e-4)
    assert float((expected.matrix - monge_kantorovich(*photos, NOISE).matrix).abs().max()) > 1e-2


def test_targets_are_computed_once(tiny_weights: Weights, photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    plain = VGG19.through

    def counted(self: VGG19, block: Block, x: Tensor, *args: Any) -> Iterator[tuple[str, Tensor]]:
        if block.stride == 1:
            seen.append(x.requires_grad)
        return plain(self, block, x, *args)

    monkeypatch.setattr(VGG19, "through", counted)
    fit(style_transfer(), photos, max_steps=5)
    assert seen == [False, False] + [True] * 5


@pytest.mark.slow
def test_same_seed_same_image(tiny_weights: Weights, photos: Photos) -> None:
    def result() -> Tensor:
        model = style_transfer()
        fit(model, photos, max_steps=5)
        return model.image

    assert torch.equal(result(), result())


@pytest.mark.parametrize("canvas", [Pixels, Lut3d, BilateralGrid, RegionalGrade])
def test_a_canvas_shows_the_same_at_another_size(canvas: Callable[[], Canvas], photos: Photos) -> None:
    this = canvas()
    this.start(*photos)
    before = this().detach()
    this.resize(images.resize(photos.content, (24, 32)))
    assert this().shape == (1, 3, 24, 32)
    assert float((this().detach() - images.resize(before, (24, 32))).abs().mean()) < 0.02


def test_shares_of_no_scales_are_refused() -> None:
    with pytest.raises(VerismError, match=r"^--model.shares: needs --model.scales"):
        StyleTransfer.paper(shares=[1.0, 2.0])


def test_image_is_clipped(tiny_weights: Weights, photos: Photos) -> None:
    model = style_transfer(optimizer=lambda p: torch.optim.Adam(p, lr=5))
    fit(model, photos, max_steps=2)
    assert float(model.canvas().detach().max()) > 1
    assert (float(model.image.min()), float(model.image.max())) == (0.0, 1.0)
    assert not model.image.requires_grad


def test_no_photos_is_one_sentence(tiny_weights: Weights) -> None:
    model = style_transfer()
    trainer = Trainer(max_steps=1, logger=False, accelerator="cpu", enable_checkpointing=False)
    with pytest.raises(VerismError, match="needs its two photos"):
        trainer.fit(model, train_dataloaders=[0])


@pytest.mark.slow
def test_starts_on_the_cpu_wherever_the_trainer_puts_new_tensors(tiny_weights: Weights, photos: Photos) -> None:
    """Lightning makes its own device the default while the model is configured, and the photos are on the CPU."""
    data = PhotoPair(Path(), Path(), regions="auto")
    data._photos = photos
    model = StyleTransfer(
        RegionalGrade(), VGG19(), ContentLoss(weight=0), StyleLoss(normalization="relative"), ColorLoss()
    )
    trainer = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False)
    trainer.strategy.connect(model)
    model.trainer = trainer
    trainer.datamodule = data  # type: ignore[attr-defined]  # As Lightning does it itself.
    # The type of no device at all: whatever is made on it cannot meet the photos.
    with torch.device("meta"):
        model.configure_model()
    assert all(tensor.device.type == "cpu" for tensor in model.canvas.state_dict().values())
    assert bool(model.image.isfinite().all())


PLACES: dict[str, Callable[[], Any]] = {
    "backbone": lambda: Dropping(VGG19()),
    "style": lambda: Behind(nn.Dropout()),
    "photorealism": PhotorealismLoss,
    "consistency": ConsistencyLoss,
    "losses": lambda: {"sharpness": Behind(nn.Dropout())},
}


@pytest.mark.parametrize("place", PLACES)
def test_everything_but_the_canvas_stays_in_evaluation_mode(tiny_weights: Weights, photos: Photos, place: str) -> None:
    """Whether it has parameters or not, and whoever calls ``train``: two losses of an image are the same."""
    model = style_transfer(**{place: PLACES[place]()})
    fit(model, photos, max_steps=2)
    for _ in range(2):
        others = [name for name, it in model.named_modules() if it.training and not name.startswith("canvas")]
        assert others == [""]
        with torch.no_grad():
            assert torch.equal(model.evaluate()[0], model.evaluate()[0])
        model.eval()
        assert not model.canvas.training
        assert model.train() is model


@pytest.mark.filterwarnings("ignore:You're resuming from a checkpoint that")
def test_an_added_loss_is_a_term_and_its_network_neither_optimised_nor_saved(
    tiny_weights: Weights, photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PhotoPair, "digests", {})
    sharpness = Sharpness(3.0)
    model = style_transfer(losses={"sharpness": sharpness, "left-out": Sharpness(0.0)})
    trainer = fit(model, photos, max_steps=1)
    assert list(model.losses) == ["content", "style", "sharpness"]
    terms = model.training_step(photos, 0)["terms"]
    assert list(terms) == ["content", "style", "sharpness"]
    assert set(terms["sharpness"].values) == {"conv1_1", "conv3_1"}
    assert [name for name, it in model.named_parameters() if it.requires_grad] == ["canvas.pixels"]
    assert not sharpness.network.training
    (group,) = model.make_optimizer().param_groups
    assert group["params"] == list(model.canvas.parameters())
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)["state_dict"]
    assert list(state) == ["canvas.pixels"]
    again = style_transfer(losses={"sharpness": Sharpness(3.0)})
    fit(again, photos, ckpt_path=tmp_path / "last.ckpt", max_steps=2)
    assert not torch.equal(again.image, model.image)
