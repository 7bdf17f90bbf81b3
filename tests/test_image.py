"""The definition of the OCI image: what it copies is there, and is all that the package is built from."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]

DOCKERFILE = (ROOT / "Dockerfile").read_text()

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def copied() -> list[str]:
    """Return what is copied from the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE)
    return [word for line in lines for word in line.split()[:-1]]


def test_copies_what_the_package_is_built_from() -> None:
    needed = {"pyproject.toml", PROJECT["project"]["readme"], "LICENSE", "src", "configs"}
    assert set(copied()) == needed
    assert all((ROOT / name).exists() for name in needed)
    inside = [name for name in PROJECT["project"]["license-files"] if not fnmatch(name, "*/*")]
    assert set(inside) <= needed


def test_lets_the_builder_see_that_alone() -> None:
    rules = (ROOT / ".dockerignore").read_text().split()
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(copied())


def test_installs_extras_and_a_python_that_there_are() -> None:
    (extras,) = re.findall(r'^ARG EXTRAS="(.+)"$', DOCKERFILE, flags=re.MULTILINE)
    assert set(extras.split(",")) <= set(PROJECT["project"]["optional-dependencies"])
    (python,) = re.findall(r"^ARG PYTHON=3\.(\d+)$", DOCKERFILE, flags=re.MULTILINE)
    assert int(python) >= int(PROJECT["project"]["requires-python"].removeprefix(">=3."))
    wanted = dict(
        re.split(">=", it) for it in PROJECT["project"]["dependencies"] if it.startswith(("torch>", "torchv"))
    )
    assert all(f'"{name}>={version}"' in DOCKERFILE for name, version in wanted.items())


def test_starts_what_the_manifest_replaces() -> None:
    """The Job's command is torchrun, which is installed with torch; the image's own is verism."""
    assert 'ENTRYPOINT ["verism"]' in DOCKERFILE
    assert "verism" in PROJECT["project"]["scripts"]
    page = (ROOT / "docs" / "clusters.md").read_text()
    (manifest,) = re.findall(r"```yaml\n(apiVersion.+?)```", page, flags=re.DOTALL)
    job = next(part for part in yaml.safe_load_all(manifest) if part["kind"] == "Job")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"][0] == "torchrun"
    assert container["image"].endswith("/verism")
