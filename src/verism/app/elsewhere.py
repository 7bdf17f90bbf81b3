"""Rephrases messages written for the command line for the page."""

from __future__ import annotations

import re
from collections.abc import Mapping

OWN_WORDS: Mapping[str, str] = {
    "if you trust the file, raise --data.max_megapixels.": (
        "make it smaller in another program, or, if you trust the file, use verism fit on the command line, where "
        "--data.max_megapixels raises the limit."
    ),
    "--data.style_weights: ": "Weights: ",
    "; choose weights closer to each other, or a larger --data.size.": "; choose weights closer to each other.",
}
"""The page's counterparts of options, or what the user can do about limits of the page."""

OPTION = re.compile(r"(?<![\w-])--[a-z]")

NOT_HERE = (
    "What begins with -- is an option of the command line, which the app does not have; verism fit --help says more."
)
"""Hint for all other options, which have no counterpart on the page."""


def on_the_page(message: str) -> str:
    """Rephrase a message so that it does not refer to options that the page lacks."""
    rest = message
    for theirs, ours in OWN_WORDS.items():
        rest = rest.replace(theirs, "")
        message = message.replace(theirs, ours)
    return f"{message} {NOT_HERE}" if OPTION.search(rest) else message
