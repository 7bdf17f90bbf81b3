"""Make the pictures of docs/, by ``verism fit`` from the example photos and with the embedded weights.

    python tools/doc_pictures.py
    python tools/doc_pictures.py strength canvases

They are fitted at a short side of 192 pixels: grades by region with their own 15 steps, grids and tables with 40, free
pixels with 60 of L-BFGS, or, for colours alone, 6 of ten looks each. That takes about ten minutes on two CPU cores. A
run whose result is there is not made again; runs are kept in ``lightning_logs/doc_pictures``, and removing that folder
starts afresh.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from verism.cli import main as verism

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "lightning_logs" / "doc_pictures"

WIDTH = 900
"""Of a picture, in pixels."""

GAP = 6
"""Between photos, in pixels."""

QUALITY = 75
"""Of the JPEGs: none of them is larger than 100 kB."""

STEPS: Mapping[str, str] = {
    "photoreal.yaml": "",
    "lut.yaml": "",
    "leaky.yaml": "",
    "color.yaml": "--trainer.max_steps 6",
}
"""Config to what makes it shorter."""

GRID = (
    "--data.regions null --model.canvas BilateralGrid --model.canvas.smoothness 1 --model.canvas.departure 0 "
    "--model.canvas.contrast 0 --model.style.weight 1 --model.color.weight 3 --model.photorealism.weight 20 "
    "--model.photorealism.epsilon 1e-3 --model.photorealism.scale 8 --model.consistency.weight 0 --optimizer.lr 0.03 "
    "--trainer.max_steps 40"
)
"""What makes a bilateral grid of photoreal.yaml: the command of docs/canvases/bilateral_grid.md, with fewer steps."""

FREE_TABLE = (
    "--data.regions null --data.size 256 --model.canvas.init monge_kantorovich --model.canvas.smoothness 0.001 "
    "--model.canvas.departure 0 --model.style.weight 1 --model.color.weight 3 --optimizer.lr 0.01 "
    "--trainer.max_steps 40"
)
"""What makes a table of lut.yaml that may leave the linear map which it starts from."""

Rows = Sequence[Sequence[Path]]

LABELS = {"sky": (0, 0, 255), "rock": (128, 128, 128), "meadow": (0, 160, 0), "wood": (255, 128, 0)}

OUTLINES: Mapping[str, Mapping[str, str]] = {
    "picos": {
        "rock": "0,.17 .05,.23 .12,.27 .24,.38 .32,.45 .44,.38 .44,.28 .51,.21 .6,.2 .67,.27 .78,.23 .88,.21 1,.14 "
        "1,1 0,1",
        "meadow": "0,.43 .2,.49 .42,.565 .54,.59 .75,.65 1,.69 1,1 0,1",
    },
    "autumn": {
        "rock": "0,.26 .15,.2 .35,.15 .47,.17 .55,.12 .65,.17 .77,.15 .9,.19 1,.23 1,1 0,1",
        "wood": "0,.24 .18,.28 .33,.34 .45,.45 .6,.55 .7,.58 .74,.4 .77,.5 .8,.4 .9,.38 1,.27 1,1 0,1",
        "meadow": "0,.6 .3,.63 .65,.68 .8,.71 1,.75 1,1 0,1",
    },
}
"""Label to the corners of its outline, as shares of the photo's width and height; it covers sky and what is above."""


def photo(name: str) -> Path:
    """Return the file of an example photo."""
    return ROOT / "configs" / "photos" / f"{name}.jpg"


def mask(name: str) -> Path:
    """Draw the label image of an example photo, and return its file."""
    size = Image.open(photo(name)).size
    labels = Image.new("RGB", size, LABELS["sky"])
    for label, outline in OUTLINES[name].items():
        corners = (corner.split(",") for corner in outline.split())
        points = [(float(x) * size[0], float(y) * size[1]) for x, y in corners]
        ImageDraw.Draw(labels).polygon(points, fill=LABELS[label])
    file = RUNS / f"{name}_mask.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    labels.save(file)
    return file


def fitted(config: str, content: str, style: str, options: str = "") -> Path:
    """Run ``verism fit``, unless it was run before, and return its result."""
    photos = ["--data.content", str(photo(content)), "--data.style", str(photo(style)), "--data.size", "192"]
    args = [
        "--config",
        config,
        *photos,
        *STEPS[config].split(),
        *options.split(),
        "--model.backbone.weights",
        "compact",
    ]
    folder = RUNS / hashlib.sha256(" ".join(args).encode()).hexdigest()[:12]
    result = folder / "result.png"
    if not result.exists():
        own = ["--trainer.default_root_dir", str(folder), "--output.path", str(result)]
        verism(["fit", *args, *own, "--trainer.enable_progress_bar", "false"])
    return result


def checkpoint(result: Path) -> Path:
    """Return the checkpoint of a run's result."""
    (run,) = (result.parent / "lightning_logs").iterdir()
    return run / "checkpoints" / "last.ckpt"


def predicted(look: Path, names: Sequence[str], amount: float = 1, part: str = "strength") -> Sequence[Path]:
    """Give photos the look of a run's result by ``verism predict``, and return what they became."""
    folder = look.parent / f"predicted_{part}_{amount}"
    where = ["--output.dir", str(folder), "--output.overwrite", "true", f"--output.{part}", str(amount)]
    photos = [photo(name) for name in names]
    verism(["predict", "--ckpt_path", str(checkpoint(look)), "--data.photos", *map(str, photos), *where])
    return [folder / photo.name for photo in photos]


def strength() -> Rows:
    """The same look at three strengths."""
    look = fitted("photoreal.yaml", "picos", "sunset")
    return [[file for share in (0.3, 0.6, 1) for file in predicted(look, ["picos"], share)]]


def parts() -> Rows:
    """A photo and a look on it; below, its own colours in the look's light, and the look's colours in its own light."""
    look = fitted("photoreal.yaml", "dandelions", "sunset")
    own_color, own_tone = (predicted(look, ["dandelions"], 0, part)[0] for part in ("color", "tone"))
    return [[photo("dandelions"), look], [own_color, own_tone]]


def canvases() -> Rows:
    """A grade by region, a table and free pixels."""
    return [[fitted(f"{config}.yaml", "picos", "sunset") for config in ("photoreal", "lut", "leaky")]]


def predict() -> Rows:
    """The look of a grade by region, and a table's, on photos that they were not fitted to."""
    names = ("autumn", "pavilion", "dandelions")
    looks = [fitted(config, "picos", "sunset") for config in ("photoreal.yaml", "lut.yaml")]
    return [[photo(name) for name in names], *(predicted(look, names) for look in looks)]


def content() -> Rows:
    """Three weights of the content loss, over free pixels."""
    less, more = (f"--model.content.weight {weight}" for weight in ("0.2", "20"))
    return [[fitted("leaky.yaml", "picos", "sunset", options) for options in (less, "", more)]]


def style() -> Rows:
    """Style of the shallow layers, of all five, and of the deep ones."""
    layers = ('{"conv1_1":1,"conv2_1":1}', '{"conv4_1":1,"conv5_1":1}')
    shallow, deep = (f"--model.style.layers {one}" for one in layers)
    return [[fitted("leaky.yaml", "autumn", "dandelions", options) for options in (shallow, "", deep)]]


def color() -> Rows:
    """The Gram matrix of colours, which does not know their sign."""
    return [[photo("autumn"), fitted("color.yaml", "autumn", "dandelions"), photo("dandelions")]]


def moments() -> Rows:
    """Mean and covariance over free pixels, and over a table."""
    return [colors_only("MomentsLoss")]


def sliced_wasserstein() -> Rows:
    """Sliced Wasserstein over free pixels, and over a table."""
    return [colors_only("SlicedWassersteinLoss")]


def colors_only(loss: str) -> Sequence[Path]:
    """Return results of a colour loss alone: over free pixels, over a table; and the style photo."""
    options = f"--model.style.weight 0 --model.color {loss} --model.color.weight 10"
    pixels = fitted("color.yaml", "autumn", "dandelions", options)
    return [pixels, fitted("lut.yaml", "autumn", "dandelions", f"{FREE_TABLE} {options}"), photo("dandelions")]


def photorealism() -> Rows:
    """No matting Laplacian over a grid, the usual one, and a stricter one."""
    weights = (f"{GRID} --model.photorealism.weight {weight}" for weight in ("0", "20", "300"))
    return [[fitted("photoreal.yaml", "pavilion", "autumn", options) for options in weights]]


def consistency() -> Rows:
    """A grid that may give one colour many, and two that are held together."""
    weights = (f"{GRID} --model.consistency.weight {weight}" for weight in ("0", "300", "3000"))
    return [[fitted("photoreal.yaml", "pavilion", "autumn", options) for options in weights]]


def regions() -> Rows:
    """The label images, and a result without regions and with those of the label images."""
    masks = [mask("picos"), mask("autumn")]
    given = f"--data.content_mask {masks[0]} --data.style_mask {masks[1]} --data.mask_threshold 0.3"
    results = [fitted("photoreal.yaml", "picos", "autumn", options) for options in ("--data.regions null", given)]
    return [[photo("picos"), masks[0], masks[1], photo("autumn")], results]


def pixels() -> Rows:
    """From the photo, from noise, and finished."""
    plain = fitted("leaky.yaml", "picos", "sunset")
    noise = fitted("leaky.yaml", "picos", "sunset", "--model.canvas.init noise")
    finish = f"--model.canvas.init {checkpoint(plain)} --model.canvas.finish true --trainer.max_steps 1"
    return [[plain, noise, fitted("leaky.yaml", "picos", "sunset", finish)]]


def bilateral_grid() -> Rows:
    """Three weights of smoothness."""
    weights = (f"{GRID} --model.canvas.smoothness {weight}" for weight in ("0.01", "1", "100"))
    return [[fitted("photoreal.yaml", "picos", "sunset", options) for options in weights]]


def regional_grade() -> Rows:
    """A photo, the grade of the whole photo, the grade by region, and the style photo."""
    results = [fitted("photoreal.yaml", "pavilion", "autumn", options) for options in ("--data.regions null", "")]
    return [[photo("pavilion"), *results, photo("autumn")]]


def lut3d() -> Rows:
    """The table that is nearly the linear map it starts from, and one that has left it."""
    stiff = f"{FREE_TABLE} --model.canvas.smoothness 1"
    return [
        [photo("pavilion"), *(fitted("lut.yaml", "pavilion", "sunset", options) for options in (stiff, FREE_TABLE))]
    ]


PICTURES: Mapping[str, Callable[[], Rows]] = {
    make.__name__: make
    for make in (
        *(strength, parts, canvases, predict),
        *(content, style, color, moments, sliced_wasserstein, consistency, photorealism, regions),
        *(regional_grade, bilateral_grid, lut3d, pixels),
    )
}


def main(names: Sequence[str]) -> None:
    """Make the pictures of these names, or all."""
    for name in names or PICTURES:
        file = ROOT / "docs" / "pictures" / f"{name}.jpg"
        file.parent.mkdir(exist_ok=True)
        sheet(PICTURES[name]()).save(file, quality=QUALITY, optimize=True)
        print(f"{file}: {file.stat().st_size / 1000:.0f} kB")


def sheet(rows: Rows) -> Image.Image:
    """Put the pictures of each row side by side, at one height, and the rows beneath each other."""
    lines = [_line([Image.open(file).convert("RGB") for file in row]) for row in rows]
    height = sum(line.height for line in lines) + GAP * (len(lines) - 1)
    return _paste(lines, (WIDTH, height), [(0, line.height + GAP) for line in lines])


def _line(pictures: Sequence[Image.Image]) -> Image.Image:
    """Scale pictures to one height, so that they are as wide together as a picture of docs/ is."""
    room = WIDTH - GAP * (len(pictures) - 1)
    height = round(room / sum(picture.width / picture.height for picture in pictures))
    widths = [round(picture.width * height / picture.height) for picture in pictures]
    scaled = [
        picture.resize((width, height), Image.Resampling.LANCZOS)
        for picture, width in zip(pictures, widths, strict=True)
    ]
    return _paste(scaled, (WIDTH, height), [(width + GAP, 0) for width in widths])


def _paste(pictures: Sequence[Image.Image], size: tuple[int, int], steps: Sequence[tuple[int, int]]) -> Image.Image:
    """Put pictures on white, each a step on from the one before."""
    result = Image.new("RGB", size, "white")
    x = y = 0
    for picture, (right, down) in zip(pictures, steps, strict=True):
        result.paste(picture, (x, y))
        x, y = x + right, y + down
    return result


if __name__ == "__main__":
    main(sys.argv[1:])
