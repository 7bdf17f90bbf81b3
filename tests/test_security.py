"""What must never be in the code or the commands that we print: pickles that are loaded, ports open to a network."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from verism.backbone import weights

ROOT = Path(__file__).parents[1]

SOURCES = sorted(path for folder in ("src", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py"))

WORDS = sorted(
    path
    for pattern in ("*.md", "docs/**/*", "src/**/*", "configs/**/*")
    for path in ROOT.glob(pattern)
    if path.suffix in (".md", ".py", ".yaml", ".jinja")
)

UNSAFE = {
    "pickle.load",
    "pickle.loads",
    "pickle.Unpickler",
    "joblib.load",
    "yaml.load",
    "yaml.unsafe_load",
    "yaml.full_load",
    "torch.jit.load",
    "torch.hub.load_state_dict_from_url",
    "eval",
    "exec",
}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def keyword(call: ast.Call, name: str) -> object:
    values = [keyword.value for keyword in call.keywords if keyword.arg == name]
    return values[0].value if values and isinstance(values[0], ast.Constant) else None


@pytest.mark.slow
def test_no_file_can_run_code() -> None:
    """Every torch.load takes nothing but tensors and plain values; nothing else that unpickles is called."""
    loads = 0
    for path in SOURCES:
        for name, call in calls(path):
            assert name not in UNSAFE, f"{path}:{call.lineno}: {name}"
            if name == "torch.load":
                loads += 1
                assert keyword(call, "weights_only") is True, f"{path}:{call.lineno}"
            if name in ("np.load", "numpy.load"):
                assert not keyword(call, "allow_pickle"), f"{path}:{call.lineno}"
    assert loads == 1


def test_the_download_is_encrypted_and_checked() -> None:
    """Its name ends in the first digits of its SHA-256, which torch.hub checks; that it does, test_weights sees."""
    assert weights.VGG19.url.startswith("https://")
    assert re.search(r"-[0-9a-f]{8,}\.pth$", weights.VGG19.url)


def test_nothing_is_fetched_in_the_clear() -> None:
    """Names of XML vocabularies are not fetched; what runs on this machine is not sent."""
    fetched = re.compile(r"http://(?!localhost|127\.0\.0\.1|www\.w3\.org|ns\.(?:adobe|apple|google)\.com)[\w.]+")
    found = {path: fetched.findall(path.read_text("utf-8")) for path in WORDS}
    assert not any(found.values()), found


def test_every_tensorboard_that_is_named_listens_to_this_machine_alone() -> None:
    commands = [
        (path, line) for path in WORDS for line in path.read_text("utf-8").splitlines() if "tensorboard --" in line
    ]
    assert len(commands) >= 2
    for path, line in commands:
        assert re.search(r"--host (127\.0\.0\.1|localhost)\b", line), f"{path}: {line}"
        assert "--bind_all" not in line, f"{path}: {line}"
