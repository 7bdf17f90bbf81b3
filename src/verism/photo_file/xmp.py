"""XMP packets of results: the photo's packet, without what no longer applies to the result."""

from __future__ import annotations

from collections.abc import Mapping
from xml.dom import expatbuilder
from xml.dom.minidom import Attr, Document, Element, Node

_NAMESPACES: Mapping[str, str] = {
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "HDRGainMap": "http://ns.apple.com/HDRGainMap/1.0/",
    "Container": "http://ns.google.com/photos/1.0/container/",
    "GContainer": "http://ns.google.com/photos/1.0/container/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "GDepth": "http://ns.google.com/photos/1.0/depthmap/",
    "Item": "http://ns.google.com/photos/1.0/container/item/",
    "GImage": "http://ns.google.com/photos/1.0/image/",
    "GAudio": "http://ns.google.com/photos/1.0/audio/",
    "Device": "http://ns.google.com/photos/dd/1.0/device/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
}
"""The usual prefixes, for packets that do not declare them."""

_UNTRUE = frozenset(
    (_NAMESPACES[prefix], name)
    for prefix, names in {
        # Gain maps, depth maps, videos and sounds appended to the photo, none of which are written.
        "hdrgm": "*",
        "HDRGainMap": "*",
        "Container": "*",
        "Item": "*",
        "GDepth": "*",
        "GImage": "*",
        "GAudio": "*",
        "Device": "*",
        "GCamera": "MotionPhoto MotionPhotoVersion MotionPhotoPresentationTimestampUs MicroVideo MicroVideoVersion "
        "MicroVideoOffset MicroVideoPresentationTimestampUs HdrPlusMakernote",
        # A second block of XMP.
        "xmpNote": "HasExtendedXMP",
        # Pictures of the original photo.
        "xmp": "Thumbnails",
        # How the samples of the photo were stored; the result has its own layout.
        "tiff": "ImageWidth ImageLength BitsPerSample Compression PhotometricInterpretation SamplesPerPixel "
        "PlanarConfiguration YCbCrSubSampling YCbCrPositioning TransferFunction WhitePoint PrimaryChromaticities "
        "YCbCrCoefficients ReferenceBlackWhite",
        "exif": "PixelXDimension PixelYDimension ColorSpace CompressedBitsPerPixel",
        # Instructions for a raw converter, which must not be applied again.
        "crs": "*",
    }.items()
    for name in names.split()
)


def carried(packet: bytes) -> bytes:
    """Return the XMP packet of a result: with an upright orientation, without what no longer applies to the result.

    Raises:
        ValueError: if the packet is damaged.
    """
    packet = packet.strip(b"\0 \r\n\t")
    if not packet:
        return b""
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        raise ValueError("a document type in XMP")
    try:
        # Namespaces are not parsed, so that a prefix without a declaration is not an error.
        document = expatbuilder.parseString(packet, namespaces=False)  # noqa: S316 (No entities: see above.)
    except Exception as error:
        raise ValueError("XMP that is no XML") from error
    if not _clean(document):
        return packet
    return b"".join(node.toxml().encode() for node in document.childNodes)


def _clean(document: Document) -> bool:
    """Remove from a packet what no longer applies to a result. Returns whether the packet changed."""
    elements = [element for element in document.getElementsByTagName("*") if isinstance(element, Element)]
    spaces = dict(_NAMESPACES)
    for element in elements:
        for name, value in element.attributes.items():
            if name.startswith("xmlns:"):
                spaces[name.removeprefix("xmlns:")] = value
    changed = False
    for element in elements:
        for name in list(element.attributes.keys()):
            changed |= _clean_attribute(element, element.attributes[name], spaces)
        if _is_untrue(element.tagName, spaces) and element.parentNode is not None:
            element.parentNode.removeChild(element)
            changed = True
        elif _split(element.tagName, spaces) == (_NAMESPACES["tiff"], "Orientation"):
            for child in element.childNodes:
                if child.nodeType == Node.TEXT_NODE:
                    child.data = "1"
                    changed = True
    return changed


def _clean_attribute(element: Element, attribute: Attr, spaces: Mapping[str, str]) -> bool:
    is_declaration = attribute.name.startswith("xmlns:") and (attribute.value, "*") in _UNTRUE
    if is_declaration or _is_untrue(attribute.name, spaces):
        element.removeAttribute(attribute.name)
        return True
    if _split(attribute.name, spaces) == (_NAMESPACES["tiff"], "Orientation") and attribute.value != "1":
        element.setAttribute(attribute.name, "1")
        return True
    return False


def _is_untrue(name: str, spaces: Mapping[str, str]) -> bool:
    space, local = _split(name, spaces)
    return (space, local) in _UNTRUE or (space, "*") in _UNTRUE


def _split(name: str, spaces: Mapping[str, str]) -> tuple[str, str]:
    """Return the namespace and the local name of a qualified name."""
    prefix, _, local = name.rpartition(":")
    return spaces.get(prefix, ""), local
