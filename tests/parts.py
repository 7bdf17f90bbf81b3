"""Parts that somebody else might write, for commands that name them: ``--model.losses.sharpness parts.Sharpness``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from verism.backbone import Backbone
from verism.canvas import Canvas, Pixels
from verism.canvas.canvas import FindCorrespondence
from verism.losses import Loss, Term
from verism.losses.positions import EVERYWHERE, Positions
from verism.regions.regions import Regions


class Sharpness(Loss):
    """The standard deviation of features, whose value for the whole is not the sum of those for its parts."""

    def __init__(self, weight: float = 1.0, layers: Mapping[str, float] = {"conv1_1": 1.0, "conv3_1": 0.2}) -> None:
        super().__init__(weight, layers)
        # Somebody else's network may come unfrozen; this one changes nothing.
        self.network = nn.Sequential(nn.Identity(), nn.BatchNorm2d(1))

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        del layer, here
        return (features - features.mean()).square().mean().sqrt()

    def forward(self, totals: Mapping[str, Tensor]) -> Term:
        return Term(self.weight, self.layers, totals)


class Behind(Sharpness):
    """The same of features behind another layer, such as one that is random while it is trained."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        return super().statistic(layer, self.layer(features), here)


class Dropping(Backbone):
    """A network that leaves out features while it is trained, though it has no parameters."""

    def __init__(self, network: Backbone) -> None:
        super().__init__()
        self.network = network
        self.dropout = nn.Dropout()

    @property
    def layers(self) -> Sequence[str]:
        return self.network.layers

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        return {name: self.dropout(features) for name, features in self.network(image, layers).items()}


class Undefined(Loss):
    """Has no value for any image, as a mean over nothing."""

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__(weight, {"input": 1.0})

    def statistic(self, layer: str, features: Tensor, here: Positions = EVERYWHERE) -> Tensor:
        del layer, here
        return features[..., :0].mean() * features.sum()

    def forward(self, totals: Mapping[str, Tensor]) -> Term:
        return Term(self.weight, self.layers, totals)


class Tinted(Canvas):
    """Free pixels and one colour that is added to all of them: a canvas of two parameters, of different shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.free = Pixels()
        self.tint = nn.Parameter(torch.zeros(1, 3, 1, 1))

    def start(
        self,
        content: Tensor,
        style: Tensor,
        find_correspondence: FindCorrespondence | None = None,
        regions: Regions | None = None,
    ) -> None:
        self.free.start(content, style, find_correspondence, regions)

    def resize(self, content: Tensor) -> None:
        self.free.resize(content)

    def resume(self, state: Mapping[str, Tensor]) -> None:
        self.free.resume({"pixels": state["free.pixels"]})
        self.load_state_dict(state)

    def forward(self) -> Tensor:
        image: Tensor = self.free()
        return image + self.tint

    def render(self, photo: Tensor) -> Tensor:
        return self.free.render(photo) + self.tint
