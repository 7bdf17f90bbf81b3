"""Where weights come from: every source, and every way for a file to be the wrong one."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from verism import reuse
from verism.backbone import VGG19, weights
from verism.backbone.architecture import CONVOLUTIONS
from verism.backbone.weights import Published
from verism.data import PhotoPair
from verism.errors import VerismError

EXAMPLES = Path(__file__).parents[2] / "configs" / "photos"


@pytest.fixture(params=[weights.VGG19, weights.VGG16], ids=["VGG-19", "VGG-16"])
def narrow(request: pytest.FixtureRequest) -> Published:
    """The network with a 64th of its channels, so that a checkpoint takes kilobytes, not 80 MB."""
    network: Published = request.param
    blocks = (
        block._replace(
            convolutions=tuple(
                layer._replace(inputs=max(3, layer.inputs // 64), outputs=max(3, layer.outputs // 64))
                for layer in block.convolutions
            )
        )
        for block in network.blocks
    )
    return replace(network, blocks=tuple(blocks))


def state_dict(network: Published, prefix: str) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    state = {}
    for layer in network.convolutions:
        state[f"{prefix}{layer.feature}.weight"] = torch.randn(layer.outputs, layer.inputs, 3, 3, generator=generator)
        state[f"{prefix}{layer.feature}.bias"] = torch.randn(layer.outputs, generator=generator)
    return state


def test_a_run_takes_over_what_the_one_before_has_read_of_the_same_file(narrow: Published, tmp_path: Path) -> None:
    path = tmp_path / "vgg.safetensors"
    save_file(state_dict(narrow, ""), path)
    with reuse.between_runs({}):
        first = weights.load(path, narrow)
        assert weights.load(path, narrow) is first
        assert first.on(torch.device("cpu"), torch.float64) is first.on(torch.device("cpu"), torch.float64)
        save_file({name: tensor + 1 for name, tensor in state_dict(narrow, "").items()}, path)
        second = weights.load(path, narrow)
        assert second.sha256 != first.sha256
    assert weights.load(path, narrow) is not weights.load(path, narrow)


@pytest.mark.parametrize("prefix", ["features.", ""])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_reads_torchvisions_format(narrow: Published, tmp_path: Path, prefix: str, suffix: str) -> None:
    state = state_dict(narrow, prefix)
    if prefix:
        state["classifier.0.weight"] = torch.zeros(2, 2)
    path = tmp_path / f"vgg19{suffix}"
    if suffix == ".pth":
        torch.save(state, path)
    else:
        save_file(state, path)
    loaded = weights.load(path, narrow)
    assert (loaded.name, loaded.sha256) == (str(path), hashlib.sha256(path.read_bytes()).hexdigest())
    for layer in narrow.convolutions:
        weight, bias = loaded.kernels[layer.name]
        torch.testing.assert_close(weight, state[f"{prefix}{layer.feature}.weight"])
        torch.testing.assert_close(bias, state[f"{prefix}{layer.feature}.bias"])


class Code:
    """A pickle that runs code when it is loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('the code in the pickle ran')",))


def missing(state: dict[str, Tensor], path: Path) -> None:
    del state["features.28.weight"]
    torch.save(state, path)


def misshapen(state: dict[str, Tensor], path: Path) -> None:
    state["features.0.bias"] = torch.zeros(5)
    torch.save(state, path)


def no_tensor(state: dict[str, Tensor], path: Path) -> None:
    torch.save({**state, "features.0.bias": "text"}, path)


def not_a_mapping(state: dict[str, Tensor], path: Path) -> None:
    torch.save([1, 2, 3], path)


def text(state: dict[str, Tensor], path: Path) -> None:
    path.write_text("these are not weights")


def truncated(state: dict[str, Tensor], path: Path) -> None:
    torch.save(state, path)
    path.write_bytes(path.read_bytes()[:-1000])


def code(state: dict[str, Tensor], path: Path) -> None:
    path.write_bytes(pickle.dumps(Code()))


def code_in_a_checkpoint(state: dict[str, Tensor], path: Path) -> None:
    torch.save({**state, "more": Code()}, path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (missing, r"has no tensor 'features.28.weight' \(conv5_[13]\)"),
        (misshapen, r"'features.0.bias' \(conv1_1\) has shape \(5,\), not \(3,\)"),
        (no_tensor, r"has no tensor 'features.0.bias'"),
        (not_a_mapping, "holds a list"),
        (text, "cannot be read as a checkpoint"),
        (truncated, "cannot be read as a checkpoint"),
        (code, "cannot be read as a checkpoint"),
        (code_in_a_checkpoint, "cannot be read as a checkpoint"),
    ],
)
def test_wrong_file_is_one_sentence(narrow: Published, tmp_path: Path, spoil: Any, said: str) -> None:
    path = tmp_path / "vgg19.pth"
    spoil(state_dict(narrow, "features."), path)
    with pytest.raises(
        VerismError, match=f"vgg19.pth.*{said}.*expected a state dict of torchvision's {narrow.name}"
    ) as caught:
        weights.load(path, narrow)
    assert "\n" not in str(caught.value)


def test_an_empty_file(tmp_path: Path) -> None:
    for name in ("vgg19.pth", "vgg19.safetensors"):
        (tmp_path / name).touch()
        with pytest.raises(VerismError, match=rf"{name}: is empty \(0 bytes\); copy or download it again"):
            weights.load(tmp_path / name)


def test_damaged_safetensors(narrow: Published, tmp_path: Path) -> None:
    path = tmp_path / "vgg19.safetensors"
    path.write_bytes(b"\xff" * 100)
    with pytest.raises(VerismError, match="cannot be read as a checkpoint"):
        weights.load(path, narrow)


def test_missing_file_and_unknown_ending(tmp_path: Path) -> None:
    with pytest.raises(VerismError, match=r"no such file; --model.backbone.weights takes auto, imagenet, compact or a"):
        weights.load(tmp_path / "nothing.pth")
    with pytest.raises(VerismError, match=r"read from .pth, .pt, .safetensors files, not from '.onnx'"):
        weights.load(tmp_path / "vgg.onnx")


def test_auto_takes_compact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert weights.load("auto").name == "compact"


def test_imagenet_is_taken_from_the_cache(narrow: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    narrow.imagenet_file.parent.mkdir(parents=True)
    torch.save(state_dict(narrow, "features."), narrow.imagenet_file)
    assert weights.load("imagenet", narrow).name == "imagenet"
    if narrow.compact is not None:
        assert weights.load("auto", narrow).name == "imagenet"


@pytest.mark.parametrize("source", ["auto", "compact"])
def test_no_weights_of_vgg16_are_embedded(source: weights.Source) -> None:
    with pytest.raises(
        VerismError, match=f"weights {source}: no weights of VGG-16 are embedded; take imagenet or a pa"
    ):
        weights.load(source, weights.VGG16)


def test_imagenet_is_downloaded_with_its_hash(
    narrow: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch.hub's own download, from a local file: its hash check refuses a file of another content."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    source = tmp_path / "source.pth"
    torch.save(state_dict(narrow, "features."), source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    named = source.rename(tmp_path / f"vgg-{digest[:8]}.pth")
    network = replace(narrow, url=named.as_uri())
    loaded = weights.load("imagenet", network)
    assert (loaded.name, loaded.sha256) == ("imagenet", digest)

    network.imagenet_file.unlink()
    named.write_bytes(named.read_bytes() + b"x")
    with pytest.raises(VerismError, match="could not be downloaded"):
        weights.load("imagenet", network)
    assert not network.imagenet_file.exists()


@pytest.mark.parametrize("network", [weights.VGG19, weights.VGG16], ids=["VGG-19", "VGG-16"])
def test_imagenet_offline_names_the_file_the_place_and_the_choices(
    network: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def offline(*args: Any, **kwargs: Any) -> None:
        raise URLError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(VerismError) as caught:
        weights.load("imagenet", network)
    sentence = str(caught.value)
    for part in (network.url, str(network.imagenet_file), f"path of another {network.name} file"):
        assert part in sentence
    assert ("compact" in sentence) == (network is weights.VGG19)


@pytest.mark.slow
def test_compact_is_a_vgg19_with_the_paper_networks_scale() -> None:
    """Standard deviations of the 16 outputs on real photos, within 25% of those measured on torchvision's weights."""
    expected = (0.7, 1.0, 1.0, 1.2, 1.0, 1.7, 2.0, 2.5, 1.2, 1.5, 1.1, 0.95, 0.45, 0.6, 0.7, 0.65)
    backbone = VGG19(weights="compact", activation=nn.ReLU())
    names = [layer.name for layer in CONVOLUTIONS]
    sums = dict.fromkeys(names, 0.0)
    pairs = [("picos", "sunset"), ("pavilion", "rocket"), ("autumn", "dandelions")]
    for first, second in pairs:
        for photo in PhotoPair(EXAMPLES / f"{first}.jpg", EXAMPLES / f"{second}.jpg", size=192).photos:
            with torch.inference_mode():
                features = backbone(photo, names)
            for name in names:
                sums[name] += float(features[name].var()) / (2 * len(pairs))
    for name, target in zip(names, expected, strict=True):
        assert sums[name] ** 0.5 == pytest.approx(target, rel=0.25), name


def test_compact_identities_pass_features_through_under_relu(content: Tensor) -> None:
    backbone = VGG19(weights="compact", activation=nn.ReLU())
    features = backbone(content, ["relu3_3", "relu3_4", "relu4_3", "relu4_4", "relu5_3", "relu5_4"])
    for block in (3, 4, 5):
        before, after = features[f"relu{block}_3"], features[f"relu{block}_4"]
        factor = float((after * before).sum() / before.square().sum())
        torch.testing.assert_close(after, factor * before, rtol=1e-4, atol=1e-4)


def test_what_auto_stands_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without reading any file: one of torch.hub's that is there is enough."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert weights.choose("auto") == "compact"
    weights.VGG19.imagenet_file.parent.mkdir(parents=True)
    weights.VGG19.imagenet_file.touch()
    assert weights.choose("auto") == "imagenet"


@pytest.mark.parametrize("source", ["imagenet", "compact", Path("nothing.pth")])
def test_choose_leaves_others_as_they_are(source: weights.Source) -> None:
    assert weights.choose(source) == source
