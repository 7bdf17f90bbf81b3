"""The backbone against a plain stack of torch modules, its options, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.models import vgg

from verism.backbone import VGG16, VGG19
from verism.backbone.architecture import BLOCKS, INPUT, layers_of
from verism.backbone.normalization import InputNormalization
from verism.backbone.weights import Weights
from verism.errors import VerismError

LAYERS = (INPUT, *layers_of(BLOCKS))
"""All layers of VGG-19 that a loss can ask for."""


def reference(weights: Weights, image: Tensor, activation: nn.Module, pool: nn.Module) -> dict[str, Tensor]:
    """Every layer, with nothing in place and nothing left out."""
    x = InputNormalization().to(image.dtype)(image)
    features = {"input": x}
    for block in BLOCKS:
        for layer in block.convolutions:
            weight, bias = (tensor.to(image.dtype) for tensor in weights.kernels[layer.name])
            x = torch.conv2d(x, weight, bias, padding=1)
            features[layer.name] = x
            x = activation(x)
            features[layer.relu] = x
        if block.pool:
            x = pool(x)
            features[block.pool] = x
    return features


@pytest.mark.parametrize(
    "activation", [nn.ReLU(), nn.LeakyReLU(0.15), nn.LeakyReLU(-0.2), nn.Tanh(), nn.ELU(), nn.ReLU(inplace=True)]
)
@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize("layers", [set(LAYERS), {"conv2_1", "relu3_2"}, {"pool2", "relu2_2"}, {"input"}])
def test_features_and_gradient(
    tiny_weights: Weights, content: Tensor, activation: nn.Module, pooling: Any, layers: set[str]
) -> None:
    pool = {"avg": nn.AvgPool2d(2), "max": nn.MaxPool2d(2)}[pooling]
    plain = type(activation)(**{k: v for k, v in vars(activation).items() if k in ("negative_slope", "alpha")})
    image = content.double().requires_grad_()
    again = content.double().requires_grad_()
    features = VGG19(activation=activation, pooling=pooling).double()(image, layers)
    expected = reference(tiny_weights, again, plain, pool)
    assert set(features) == layers
    torch.stack([feature.square().mean() for feature in features.values()]).sum().backward()
    torch.stack([expected[name].square().mean() for name in features]).sum().backward()
    for name, feature in features.items():
        torch.testing.assert_close(feature, expected[name], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(image.grad, again.grad, rtol=1e-9, atol=1e-12)


def test_runs_no_deeper_than_asked(tiny_weights: Weights, content: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = VGG19()
    seen = []
    plain = torch.nn.functional.conv2d

    def counted(*args: Any, **kwargs: Any) -> Tensor:
        seen.append(args)
        return plain(*args, **kwargs)

    monkeypatch.setattr("verism.backbone.convolution.F.conv2d", counted)
    for layers, convolutions in (({"input"}, 0), ({"conv1_1"}, 1), ({"relu2_1", "conv1_2"}, 3), ({"conv5_4"}, 16)):
        seen.clear()
        backbone(content, layers)
        assert len(seen) == convolutions


@pytest.mark.parametrize("name", ["conv6_1", "relu1_3", "conv4-1", ""])
def test_unknown_layer_lists_the_valid_ones(tiny_weights: Weights, content: Tensor, name: str) -> None:
    with pytest.raises(VerismError, match=f"no layer '{name}'.*conv1_1, relu1_1.*pool1.*conv5_4, relu5_4"):
        VGG19()(content, ["conv1_1", name])


def test_is_frozen_and_leaves_checkpoints_alone(tiny_weights: Weights) -> None:
    backbone = VGG19(activation=nn.LeakyReLU(0.3))
    assert list(backbone.parameters()) == []
    assert backbone.state_dict() == {}


def test_computes_in_the_autocast_type_with_weights_cast_once(tiny_weights: Weights, content: Tensor) -> None:
    backbone = VGG19()
    with torch.autocast("cpu", torch.bfloat16):
        first = backbone(content, ["conv5_4"])["conv5_4"]
        kernels = backbone.kernels(content)
        backbone(content, ["conv5_4"])
        assert backbone.kernels(content) is kernels
    assert first.dtype == torch.bfloat16
    exact = backbone(content, ["conv5_4"])["conv5_4"]
    assert exact.dtype == torch.float32
    torch.testing.assert_close(first.float(), exact, rtol=0.1, atol=0.05)
    backbone.double()
    assert backbone(content.double(), ["conv5_4"])["conv5_4"].dtype == torch.float64


@pytest.mark.parametrize(
    ("activation", "reason"),
    [(nn.PReLU(), "trainable parameters"), (nn.Softmax(dim=1), "elementwise"), (nn.GLU(dim=1), "elementwise")],
)
def test_refuses_activations_that_are_not_elementwise(
    tiny_weights: Weights, activation: nn.Module, reason: str
) -> None:
    with pytest.raises(VerismError, match=reason):
        VGG19(activation=activation)


def test_refuses_other_weights_than_those_named(tiny_weights: Weights) -> None:
    assert VGG19(sha256=tiny_weights.sha256).identity == {"weights": "tiny", "sha256": tiny_weights.sha256}
    with pytest.raises(VerismError, match="sha256 asks for weights beef, but tiny has 0000"):
        VGG19(sha256="beef")


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.LeakyReLU(0.3), nn.ReLU()])
@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_as_published_is_behind_relu_and_max_pooling(
    tiny_weights: Weights, content: Tensor, activation: nn.Module, pooling: Any
) -> None:
    backbone = VGG19(activation=activation, pooling=pooling)
    before = backbone(content, LAYERS)
    features = backbone.as_published()(content, LAYERS)
    expected = reference(tiny_weights, content, nn.ReLU(), nn.MaxPool2d(2))
    for name in LAYERS:
        torch.testing.assert_close(features[name], expected[name], rtol=1e-4, atol=1e-5)
    # And the network it was made of is what it was.
    for name, feature in backbone(content, LAYERS).items():
        assert torch.equal(feature, before[name]), name
    assert repr(backbone.activation) == repr(activation)


def test_as_published_shares_the_filters(tiny_weights: Weights, content: Tensor) -> None:
    backbone = VGG19(activation=nn.Tanh())
    twin = backbone.as_published()
    assert twin.kernels(content) is backbone.kernels(content)
    backbone.double()
    assert twin(content.double(), ["conv5_4"])["conv5_4"].dtype == torch.float64


@pytest.mark.slow
def test_vgg16_is_torchvisions(tmp_path: Path, content: Tensor) -> None:
    torch.manual_seed(0)
    features = vgg.make_layers(vgg.cfgs["D"], batch_norm=False).eval()
    path = tmp_path / "vgg16.safetensors"
    save_file({f"features.{name}": value for name, value in features.state_dict().items()}, path)
    network = VGG16(path, pooling="max")
    assert network.identity["weights"] == str(path)
    with torch.no_grad():
        # The last pooling is not ours.
        expected = features[:30](network.normalize(content))
        found = network(content, ["relu5_3", "conv3_3"])
    torch.testing.assert_close(found["relu5_3"], expected, rtol=1e-4, atol=1e-6)
    assert found["conv3_3"].shape == (1, 256, 12, 16)


def test_vgg16_has_13_convolutions_and_no_layer_of_vgg19s_others(tiny_weights: Weights, content: Tensor) -> None:
    network = VGG16()
    assert network.layers[0] == "conv1_1"
    assert network.layers[-1] == "relu5_3"
    assert len(network.convolutions) == 13
    others = ("conv3_4", "conv4_4", "conv5_4")
    assert set(VGG19().layers) - set(network.layers) == {*others, *(name.replace("conv", "relu") for name in others)}
    with pytest.raises(VerismError, match=r"VGG16 has no layer 'conv5_4'; its layers are input, conv1_1, .*, relu5_3"):
        network(content, ["conv5_4"])
