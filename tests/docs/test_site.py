"""The site: it is built, and nothing in it leads nowhere. What https:// links lead to, no test here can know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import PAGES, README, ROOT
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

PICTURES = sorted((ROOT / "docs" / "pictures").iterdir())


def make(folder: Path, site: Path) -> None:
    """Build the site of a folder with mkdocs.yml, as ``mkdocs build --strict`` does."""
    config = load_config(str(folder / "mkdocs.yml"), strict=True, site_dir=str(site))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)


@pytest.mark.slow
def test_the_site_is_built(tmp_path: Path) -> None:
    make(ROOT, tmp_path)
    for page in PAGES:
        inside = page.relative_to(ROOT / "docs").with_suffix("")
        assert (tmp_path / (inside.parent if inside.name == "index" else inside) / "index.html").is_file()
    assert (tmp_path / "quickstart.ipynb").is_file()


@pytest.mark.parametrize(
    "text", ["[a page](nowhere.md)", "![a picture](nowhere.jpg)", "[an anchor](index.md#nowhere)", "[a folder](/docs)"]
)
def test_a_dead_link_fails(text: str, tmp_path: Path) -> None:
    _small(tmp_path)
    (tmp_path / "docs" / "index.md").write_text(f"# verism\n\n{text}\n")
    with pytest.raises(Abort):
        make(tmp_path, tmp_path / "site")


def test_a_page_that_is_not_in_the_navigation_fails(tmp_path: Path) -> None:
    _small(tmp_path)
    make(tmp_path, tmp_path / "site")
    (tmp_path / "docs" / "hidden.md").write_text("# Hidden\n")
    with pytest.raises(Abort):
        make(tmp_path, tmp_path / "site")


def _small(folder: Path) -> None:
    """Make a site of one page, with the options of ours but without its theme."""
    options, rest = (ROOT / "mkdocs.yml").read_text().split("\nnav:\n")
    options = re.sub(r"\ntheme:\n( .*\n)+", "\n", options)
    rest = rest[rest.index("\nvalidation:") :]
    (folder / "mkdocs.yml").write_text(f"{options}\nnav: [index.md]\n{rest}")
    (folder / "docs").mkdir()
    (folder / "docs" / "index.md").write_text("# verism\n")


def test_what_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!https://)([^)#]+)", README.read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_small_and_on_a_page(picture: Path) -> None:
    """It is made by tools/doc_pictures.py, which takes too long for a test."""
    assert picture.stat().st_size < 100_000
    assert any(f"pictures/{picture.name})" in page.read_text() for page in PAGES)
    assert f"\ndef {picture.stem}() -> Rows:" in (ROOT / "tools" / "doc_pictures.py").read_text()
