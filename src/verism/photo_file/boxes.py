"""Boxes of ISO base media files: AVIF, HEIC, JPEG 2000 and JPEG XL (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A box: its four-byte type, and its contents."""

    kind: bytes
    body: bytes


def boxes(data: bytes) -> Iterator[Box]:
    """Yield the consecutive boxes in ``data``.

    Raises:
        ValueError: if a box is longer than the rest of ``data``, or shorter than its own header.
    """
    place = 0
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if length == 1 and place + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        end = len(data) if length == 0 else place + length
        if end > len(data) or end < place + head:
            raise ValueError(f"a box {kind!r} of {length} bytes")
        yield Box(kind, data[place + head : end])
        place = end


def find(data: bytes, *names: bytes) -> bytes | None:
    """Return the contents of the first box at a path of names, or None if there is none."""
    for name in names:
        found = next((box.body for box in boxes(data) if box.kind == name), None)
        if found is None:
            return None
        # The contents of a meta box begin with a version and flags.
        data = found[4:] if name == b"meta" else found
    return data


def brands(data: bytes) -> frozenset[bytes]:
    """Return the brands listed in the first bytes of a file. Empty if it is not an ISO base media file."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(len(data), int.from_bytes(data[:4]))
    return frozenset({data[8:12], *(data[place : place + 4] for place in range(16, end - 3, 4))})


def primary_properties(data: bytes) -> Sequence[Box]:
    """Return the properties of a file's primary picture, in order.

    Raises:
        ValueError: if the file has no primary picture, or its boxes are damaged.
    """
    try:
        meta = find(data, b"meta")
        if meta is None:
            raise ValueError("no box of metadata")
        primary = _number(find(meta, b"pitm"))
        container, association = find(meta, b"iprp", b"ipco"), find(meta, b"iprp", b"ipma")
        if container is None or association is None:
            raise ValueError("no properties")
        found = list(boxes(container))
        return [found[index - 1] for index in _associated(association, primary) if 1 <= index <= len(found)]
    except struct.error as error:
        raise ValueError("boxes that are cut off") from error


def _number(body: bytes | None) -> int:
    if body is None:
        raise ValueError("no primary picture")
    return int(struct.unpack_from(">I" if body[0] else ">H", body, 4)[0])


def _associated(body: bytes, item: int) -> list[int]:
    """Return the one-based numbers of an item's properties."""
    version, is_wide = body[0], body[3] & 1
    (count,) = struct.unpack_from(">I", body, 4)
    place = 8
    for _ in range(count):
        (found,) = struct.unpack_from(">H" if version < 1 else ">I", body, place)
        place += 2 if version < 1 else 4
        number = body[place]
        place += 1
        form = f">{number}{'H' if is_wide else 'B'}"
        indices = struct.unpack_from(form, body, place)
        place += struct.calcsize(form)
        if found == item:
            # The highest bit marks properties that a reader must support.
            return [index & (0x7FFF if is_wide else 0x7F) for index in indices]
    return []
