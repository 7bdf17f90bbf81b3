"""XMP packets of results."""

from __future__ import annotations

import pytest

from verism.photo_file import xmp

ULTRA_HDR = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:C="http://ns.google.com/photos/1.0/container/"
 xmlns:Item="http://ns.google.com/photos/1.0/container/item/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmpNote="http://ns.adobe.com/xmp/note/"
 hdrgm:Version="1.0" xmpNote:HasExtendedXMP="0123456789ABCDEF" tiff:Orientation="6" dc:rights="© mine">
<tiff:ImageWidth>4000</tiff:ImageWidth>
<C:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><C:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>
<rdf:li rdf:parseType="Resource"><C:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="66171"/></rdf:li>
</rdf:Seq></C:Directory></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def test_what_the_result_does_not_hold_is_left_out() -> None:
    found = xmp.carried(ULTRA_HDR + b"\n" * 100 + b"\0").decode()
    for word in ("hdrgm", "gain-map", "GainMap", "Directory", "container", "HasExtendedXMP", "ImageWidth", "4000"):
        assert word not in found
    assert 'dc:rights="© mine"' in found
    assert 'tiff:Orientation="1"' in found
    assert found.startswith("<?xpacket begin=")
    assert xmp.carried(found.encode()) == found.encode()


@pytest.mark.parametrize("form", ['<a tiff:Orientation="8"/>', "<a><tiff:Orientation>8</tiff:Orientation></a>"])
def test_orientation_in_both_forms(form: str) -> None:
    """Also without the declaration of the prefix."""
    assert xmp.carried(form.encode()).decode() == form.replace("8", "1")


def test_what_is_true_stays_as_it_is_to_the_byte() -> None:
    packet = b"<?xpacket?><x:xmpmeta  xmlns:x='adobe:ns:meta/'>\n <a/></x:xmpmeta>"
    assert xmp.carried(packet) == packet
    assert xmp.carried(b"") == b""
    assert xmp.carried(b"\0\n ") == b""


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta><broken",
        b"words",
        b"\xff\xfe",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ],
)
def test_damage(packet: bytes) -> None:
    with pytest.raises(ValueError, match="XMP"):
        xmp.carried(packet)
