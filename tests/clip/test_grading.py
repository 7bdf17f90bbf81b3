"""Clips through a table: every colour as the table has it, and all else in the file as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import clips
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from verism import atomic
from verism.clip import ClipEncoding, frames, grade
from verism.clip.kinds import library
from verism.color.table import nodes, over_nodes, through
from verism.errors import InterruptedClipError, VerismError

LOSSLESS = ClipEncoding("ffv1")

SAME = nodes(33)


def look() -> Tensor:
    """Return a table that changes every colour, and leaves none out of range."""
    matrix = torch.tensor([[0.7, 0.2, 0.0], [0.1, 0.75, 0.05], [0.0, 0.3, 0.5]])
    return over_nodes(33, lambda image: 0.05 + torch.einsum("ij,bjhw->bihw", matrix, image) ** 1.1)


def patches(count: int, seed: int = 0, size: int = 64) -> list[NDArray[Any]]:
    """Return pictures of 16 patches of random colours, RGB in [0, 1]."""
    random = np.random.default_rng(seed)
    return [np.kron(random.random((4, 4, 3)), np.ones((size // 4, size // 4, 1))) for _ in range(count)]


def through_look(rgb: NDArray[Any], table: Tensor) -> NDArray[Any]:
    image = torch.from_numpy(rgb.transpose(2, 0, 1)).float().unsqueeze(0)
    return through(table, image)[0].permute(1, 2, 0).double().numpy()


KINDS = [
    ("yuv444p", 8, False, clips.BT709, (1, 1, 1, 1)),
    ("yuv444p", 8, False, clips.BT601, (6, 1, 1, 13)),
    ("yuv444p", 8, True, clips.BT601, (6, 2, 1, 13)),
    ("yuv444p", 8, True, clips.BT709, (1, 2, 1, 1)),
    ("yuv420p", 8, False, clips.BT709, (1, 1, 1, 1)),
    ("yuv422p10le", 10, False, clips.BT709, (1, 1, 1, 1)),
    ("yuv444p10le", 10, False, clips.BT601, (6, 1, 1, 13)),
    ("yuv420p10le", 10, True, clips.BT709, (1, 2, 1, 1)),
]
"""Format of pixels, bits, range, matrix and its code points."""


@pytest.mark.slow
@pytest.mark.parametrize(("form", "bits", "full", "weights", "codes"), KINDS)
def test_colors_are_those_of_the_table_in_the_clips_own_space(
    tmp_path: Path, form: str, bits: int, full: bool, weights: tuple[float, float], codes: Any
) -> None:
    """Within a level of the clip's depth, but for the rounding of the clip itself; inside of patches."""
    pictures = patches(2)
    source = clips.write(tmp_path / "in.mkv", [clips.yuv(it, weights, bits, full=full) for it in pictures], form, codes)
    table = look()
    done = grade(source, tmp_path / "out.mkv", table, LOSSLESS)
    assert (done.frames, done.notes) == (2, ())
    found, _ = clips.read(tmp_path / "out.mkv")
    for picture, planes in zip(pictures, found, strict=True):
        expected = clips.yuv(through_look(picture, table), weights, bits, full=full)
        for number, plane in enumerate(planes):
            step = 64 // len(plane)
            middle = slice(8 // step, None, 16 // step), slice(8 * plane.shape[1] // 64, None, plane.shape[1] // 4)
            want = expected[8::16, 8::16, number]
            # The clip is rounded before the look, and the result after it; for full range in 10 bits, swscale
            # takes 1020 for white, and not 1023.
            assert np.abs(plane[middle] - want).max() <= (4 if full and bits == 10 else 1.5)
    with av.open(str(tmp_path / "out.mkv")) as file:
        context: Any = file.streams.video[0].codec_context
        assert context.pix_fmt == form
        seen = context.colorspace, context.color_range, context.color_primaries, context.color_trc
        assert tuple(map(int, seen)) == codes


def test_a_look_that_changes_nothing_changes_nothing(tmp_path: Path) -> None:
    pictures = [clips.yuv(it) for it in patches(3)]
    source = clips.write(tmp_path / "in.mkv", pictures)
    grade(source, tmp_path / "out.mkv", SAME, LOSSLESS)
    before, after = clips.read(source), clips.read(tmp_path / "out.mkv")
    assert before[1] == after[1]
    for planes, others in zip(before[0], after[0], strict=True):
        for plane, other in zip(planes, others, strict=True):
            assert np.array_equal(plane, other)


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_equal_clips_are_equal_files(tmp_path: Path, ending: str) -> None:
    source = clips.write(tmp_path / "in.mkv", [clips.yuv(it) for it in patches(2)])
    results = [tmp_path / f"{name}{ending}" for name in ("first", "second")]
    for result in results:
        grade(source, result, look())
    assert results[0].read_bytes() == results[1].read_bytes()


def test_equal_frames_stay_equal(tmp_path: Path) -> None:
    """What does not move does not flicker."""
    picture = clips.yuv(patches(1)[0])
    source = clips.write(tmp_path / "in.mkv", [picture] * 4)
    grade(source, tmp_path / "out.mkv", look(), LOSSLESS)
    first, *others = clips.read(tmp_path / "out.mkv")[0]
    for planes in others:
        assert all(np.array_equal(plane, other) for plane, other in zip(first, planes, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_all_else_is_kept(tmp_path: Path, ending: str) -> None:
    """Sound and subtitles bit for bit, a variable frame rate, rotation, chapters, texts."""
    times = [0, 40, 130, 140, 1000]
    source = clips.write(
        tmp_path / f"in{ending}",
        [clips.yuv(it) for it in patches(5)],
        "yuv420p",
        codec="libx264",
        times=times,
        time_base=Fraction(1, 1000),
        metadata={"title": "Holiday", "comment": "by hand"},
        stream_metadata={"language": "por"},
        rotation=90,
        sound=True,
        subtitles=ending == ".mkv",
        chapters=True,
    )
    result = tmp_path / f"out{ending}"
    done = grade(source, result, look(), made_with={"look": "last.ckpt"})
    assert done.notes == ()
    _, before = clips.read(source)
    found, after = clips.read(result)
    assert [float(time) for time in before] == pytest.approx([time / 1000 for time in times])
    assert after == before
    assert len(found) == 5
    assert clips.packets(source, "audio") == clips.packets(result, "audio")
    if ending == ".mkv":
        assert clips.packets(result, "subtitle") == [b"Hello"]
    with av.open(str(result)) as file:
        texts = {key.lower(): value for key, value in file.metadata.items()}
        assert texts["title"] == "Holiday"
        assert texts["comment"] == "by hand; verism: look last.ckpt"
        assert file.streams.video[0].metadata["language"] == "por"
        assert [chapter["metadata"]["title"] for chapter in file.chapters()] == ["Begin"]
        assert next(file.decode(video=0)).rotation == 90
    assert not list(tmp_path.glob(".*"))


def test_frames_that_are_shown_turned_are_read_upright(tmp_path: Path) -> None:
    picture = np.zeros((32, 64, 3))
    picture[:, :32] = 1
    source = clips.write(tmp_path / "in.mp4", [clips.yuv(picture)] * 2, "yuv420p", codec="libx264", rotation=90)
    (seen,) = frames(source, [0.0])
    assert seen.shape == (1, 3, 64, 32)
    # Turned counter-clockwise, what was at the left is below.
    assert float(seen[..., :28, :].mean()) < 0.02
    assert float(seen[..., 36:, :].mean()) > 0.98


def test_timecode_is_kept(tmp_path: Path) -> None:
    source = clips.write(
        tmp_path / "in.mov",
        [clips.yuv(it) for it in patches(2)],
        "yuv420p",
        codec="libx264",
        stream_metadata={"timecode": "01:02:03:04"},
    )
    done = grade(source, tmp_path / "out.mov", look())
    assert done.notes == ()
    with av.open(str(tmp_path / "out.mov")) as file:
        assert [stream.metadata["timecode"] for stream in file.streams.data] == ["01:02:03:04"]


def test_what_a_container_cannot_hold_is_said(tmp_path: Path) -> None:
    source = clips.write(tmp_path / "in.mkv", [clips.yuv(it) for it in patches(2)], subtitles=True)
    done = grade(source, tmp_path / "out.mov", look(), ClipEncoding("prores"))
    assert done.notes == ("its subtitle stream (subrip) cannot be in .mov files, and is left out",)


@pytest.mark.parametrize(
    ("codec", "form", "depth", "written"),
    [
        ("h264", "yuv420p", None, "yuv420p"),
        ("h264", "yuv422p10le", None, "yuv422p10le"),
        ("h264", "yuv422p10le", 8, "yuv422p"),
        ("h264", "yuv420p12le", None, "yuv420p10le"),
        ("h264", "yuv411p", None, "yuv422p"),
        ("h264", "yuv440p", None, "yuv444p"),
        ("h264", "gray", None, "yuv420p"),
        ("h264", "bgr0", None, "yuv444p"),
        ("prores", "yuv420p", None, "yuv422p10le"),
        ("prores", "yuv444p10le", None, "yuv444p10le"),
        ("ffv1", "yuv420p12le", None, "yuv420p12le"),
        ("ffv1", "bgr0", None, "bgr0"),
        ("ffv1", "gbrp10le", None, "gbrp10le"),
    ],
)
def test_formats_of_pixels_lose_nothing_where_the_codec_has_them(
    codec: Any, form: str, depth: int | None, written: str
) -> None:
    assert ClipEncoding(codec, depth).pixels(av.VideoFormat(form)) == written


@pytest.mark.slow
@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_tone_mapped_as_photos_are(tmp_path: Path, transfer: int, name: str) -> None:
    """By one function for all frames, whatever is bright in them; said."""
    dark = np.full((64, 64, 3), 0.3)
    bright = dark.copy()
    bright[:32] = 0.75
    pictures = [clips.yuv(it, (0.2627, 0.0593), 10) for it in (dark, bright)]
    source = clips.write(tmp_path / "in.mkv", pictures, "yuv444p10le", (9, 1, 9, transfer))
    done = grade(source, tmp_path / "out.mkv", SAME, LOSSLESS)
    assert done.notes == (f"its HDR ({name}) is tone-mapped to the range of BT.709",)
    (first, second), _ = clips.read(tmp_path / "out.mkv")
    assert np.array_equal(first[0][40:], second[0][40:])
    with av.open(str(tmp_path / "out.mkv")) as file:
        context: Any = file.streams.video[0].codec_context
        seen = context.colorspace, context.color_range, context.color_primaries, context.color_trc
        assert tuple(map(int, seen)) == (1, 1, 1, 1)
    (shown,) = frames(source, [0.04])
    upper, lower = ((shown[0, :, row, 32].mean() * 876 + 64).item() for row in (16, 48))
    # Linear interpolation between 65 nodes, against the function itself, which has a kink at its peak.
    assert second[0][16, 32] == pytest.approx(upper, abs=10)
    assert second[0][48, 32] == pytest.approx(lower, abs=4)
    assert upper > lower + 200


class Stop:
    """Presses Ctrl-C after so many frames."""

    def __init__(self, frames: int) -> None:
        self.left = frames

    def __call__(self, number: float) -> None:
        self.left -= int(number)
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_ctrl_c_leaves_a_clip_that_plays(tmp_path: Path) -> None:
    source = clips.write(
        tmp_path / "in.mp4", [clips.yuv(it) for it in patches(12)], "yuv420p", codec="libx264", sound=True
    )
    for name in ("out.partial.mp4", "out.partial-2.mp4"):
        with pytest.raises(InterruptedClipError, match=f"stopped after 5 frames, which are in .*{name}"):
            grade(source, tmp_path / "out.mp4", look(), report=Stop(5))
        found, times = clips.read(tmp_path / name)
        assert len(found) == 5
        assert times == clips.read(source)[1][:5]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.partial-2.mp4", "out.partial.mp4"]


def test_a_clip_that_ends_early_is_said(tmp_path: Path) -> None:
    source = clips.write(tmp_path / "in.mkv", [clips.yuv(it) for it in patches(12)])
    data = bytearray(source.read_bytes())
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    source.write_bytes(data)
    done = grade(source, tmp_path / "out.mkv", look(), LOSSLESS)
    assert done.frames < 12
    assert done.notes[-1] == f"only {done.frames / 25:.1f} of its 0.5 seconds have pictures that can be read"


def test_messages_of_decoders_do_not_pass_through_python(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A thread that waits for Python would never end, and whoever frees its decoder would wait for it."""
    messages = library().logging
    messages.set_level(messages.PANIC)
    damaged = tmp_path / "in.ts"
    clips.write(damaged, [clips.yuv(it) for it in patches(3)], "yuv420p", codec="libx264")
    damaged.write_bytes(damaged.read_bytes()[:-400])
    grade(damaged, tmp_path / "out.mkv", look(), LOSSLESS)
    assert messages.get_level() is None
    assert capfd.readouterr().err == ""


def test_a_clip_that_changes_its_size_leaves_nothing(tmp_path: Path) -> None:
    """MPEG-TS files may be joined end to end."""
    parts = [
        clips.write(
            tmp_path / f"{size}.ts", [clips.yuv(it) for it in patches(3, size=size)], "yuv420p", codec="libx264"
        )
        for size in (64, 96)
    ]
    source = tmp_path / "in.ts"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    (tmp_path / "out.mkv").write_bytes(b"precious")
    with pytest.raises(VerismError, match=r"in\.ts: changes its size"):
        grade(source, tmp_path / "out.mkv", look(), LOSSLESS)
    assert (tmp_path / "out.mkv").read_bytes() == b"precious"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("form", "said"),
    [("yuva420p", "is transparent"), ("gbrpf32le", "more than 16 bits")],
)
def test_what_cannot_be_read_rightly_is_refused(tmp_path: Path, form: str, said: str) -> None:
    with av.open(str(tmp_path / "in.mkv"), "w") as file:
        stream: Any = file.add_stream("ffv1", rate=25, options={"strict": "experimental"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, form
        made = av.VideoFrame(64, 64, form)
        made.pts = 0
        file.mux([*stream.encode(made), *stream.encode(None)])
    with pytest.raises(VerismError, match=said):
        grade(tmp_path / "in.mkv", tmp_path / "out.mkv", look(), LOSSLESS)
    assert not (tmp_path / "out.mkv").exists()


def test_other_mistakes_get_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("this is text")
    with pytest.raises(VerismError, match=r"text\.mp4: cannot be read as a clip"):
        grade(tmp_path / "text.mp4", tmp_path / "out.mp4", look())
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VerismError, match=r"empty\.mp4: is empty \(0 bytes\); copy or download it again"):
        grade(tmp_path / "empty.mp4", tmp_path / "out.mp4", look())
    with pytest.raises(VerismError, match=r"missing\.mp4: no such clip"):
        grade(tmp_path / "missing.mp4", tmp_path / "out.mp4", look())
    source = clips.write(tmp_path / "in.mkv", [clips.yuv(patches(1)[0])])
    (tmp_path / "file").touch()
    with pytest.raises(VerismError, match=r"out\.mkv: cannot be written"):
        grade(source, tmp_path / "file" / "out.mkv", look())
    (tmp_path / "folder.mkv").mkdir()
    with pytest.raises(VerismError, match=r"folder\.mkv: cannot be written"):
        grade(source, tmp_path / "folder.mkv", look())
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The draft is a device without space; what is said names the result."""
    source = clips.write(tmp_path / "in.mkv", [clips.yuv(it) for it in patches(3)])

    ordinary = atomic.draft

    @contextmanager
    def full(path: Path) -> Iterator[Path]:
        with ordinary(path) as name:
            yield Path("/dev/full") if path.name == "out.mkv" else name

    monkeypatch.setattr("verism.atomic.draft", full)
    with pytest.raises(VerismError, match=r"out\.mkv: cannot be written \(No space left on device\)"):
        grade(source, tmp_path / "out.mkv", look(), LOSSLESS)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(VerismError, match=r"pip install 'verism\[video\]'"):
        library()
