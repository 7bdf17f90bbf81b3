"""Pages that need no other file and no server: templates, and files inside of them."""

from __future__ import annotations

from base64 import b64encode

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates(package: str) -> Environment:
    """Return the templates that lie in a package; what they are given is escaped, and nothing may be missing."""
    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def data_uri(kind: str, data: bytes) -> str:
    """Return data of a media type as a URI that holds it."""
    return f"data:{kind};base64,{b64encode(data).decode()}"
