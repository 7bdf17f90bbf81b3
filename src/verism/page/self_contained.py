"""Self-contained pages, which need no other file and no server: their templates and embedded files."""

from __future__ import annotations

from base64 import b64encode
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def templates(package: str) -> Environment:
    """Return the Jinja environment of a package's templates, which escapes values and requires all of them."""
    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def data_uri(kind: str, data: bytes) -> str:
    """Return ``data``, of the media type ``kind``, as a data URI."""
    return f"data:{kind};base64,{b64encode(data).decode()}"
