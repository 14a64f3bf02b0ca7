"""Logos as they are uploaded, made harmless: written anew from what is known, or refused. Pure.

A PNG is put together again from the chunks that make the picture, each with its checksum looked at;
texts, profiles and whatever else it carried are gone. An SVG is built again from the elements and
attributes that draw; scripts, styles, links, foreign objects and documents with entities are not
drawings, and are refused.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.parsers import expat

from msgspec import Struct

SIZE_MAX = 256 * 1024  # bytes
SIDE_MAX = 2048  # pixels
_PIXELS_MAX_BYTES = 4 * SIDE_MAX * SIDE_MAX * 2 + SIDE_MAX
PNG, SVG = "image/png", "image/svg+xml"

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_ELEMENTS_MAX, _DEPTH_MAX = 2_000, 50
_DECLARED = '<?xml version="1.0" encoding="utf-8"?>\n'
_NS = "http://www.w3.org/2000/svg"
_ELEMENTS = frozenset(
    {
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text",
        "tspan", "title", "desc", "defs", "linearGradient", "radialGradient", "stop", "clipPath",
        "mask",
    }
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {
        "id", "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx",
        "ry", "d", "points", "fill", "fill-rule", "fill-opacity", "stroke", "stroke-width",
        "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray",
        "stroke-opacity", "opacity", "transform", "offset", "stop-color", "stop-opacity",
        "gradientUnits", "gradientTransform", "clip-path", "clip-rule", "clipPathUnits", "mask",
        "fx", "fy", "font-family", "font-size", "font-weight", "text-anchor", "letter-spacing",
        "preserveAspectRatio", "version",
    }
)  # fmt: skip
_VALUE = re.compile(r"[\w\s#%.,+()'\"-]*")
_OUTSIDE = re.compile(r"url\s*\(\s*['\"]?(?!#)", re.IGNORECASE)


class LogoError(ValueError):
    """What was uploaded is no logo; the text continues "The file"."""


class Logo(Struct, frozen=True):
    content: bytes
    media_type: str


def cleaned(data: bytes) -> Logo:
    """Return a file as it may be served. Raises ``LogoError``."""
    if len(data) > SIZE_MAX:
        raise LogoError(f"has {len(data) // 1024:,} KiB; {SIZE_MAX // 1024} are allowed")
    if data.startswith(_SIGNATURE):
        return Logo(_png(data), PNG)
    if b"<svg" in data[:4096]:
        return Logo(_svg(data), SVG)
    raise LogoError("is neither a PNG nor an SVG")


def _png(data: bytes) -> bytes:
    chunks = list(_chunks(data))
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND":
        raise LogoError("is damaged")
    if any(kind[:1].isupper() and kind not in _KEPT for kind, _ in chunks):
        raise LogoError("has parts that no picture needs")
    if len(chunks[0][1]) != struct.calcsize(">IIBBBBB"):
        raise LogoError("is damaged")
    width, height = struct.unpack(">II", chunks[0][1][:8])
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise LogoError(f"is {width} x {height} pixels; {SIDE_MAX} x {SIDE_MAX} are allowed")
    pixels = _unpacked(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    again = [
        *(chunk for chunk in chunks if chunk[0] in _KEPT - {b"IDAT", b"IEND"}),
        (b"IDAT", zlib.compress(pixels, 9)),
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(_chunk(*chunk) for chunk in again)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(data):
        if at + 12 > len(data):
            raise LogoError("is damaged")
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body, crc = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        if len(crc) != 4 or struct.unpack(">I", crc)[0] != zlib.crc32(kind + body):
            raise LogoError("is damaged")
        yield kind, body
        at += 12 + length
        if kind == b"IEND":
            return  # what is behind the picture is left behind


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _unpacked(packed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        pixels = unpacking.decompress(packed, _PIXELS_MAX_BYTES)
    except zlib.error as error:
        raise LogoError("is damaged") from error
    if not pixels or not unpacking.eof:
        raise LogoError("is damaged, or larger than it says")
    return pixels


def _svg(data: bytes) -> bytes:
    root = _parsed(data)
    if root.tag != f"{{{_NS}}}svg":
        raise LogoError("is no SVG drawing")
    again = _drawn(root)
    if "viewBox" not in again.attrib and not {"width", "height"} <= set(again.attrib):
        raise LogoError("does not say how large it is: it has no viewBox")
    return f"{_DECLARED}{ElementTree.tostring(again, encoding='unicode')}".encode()


def _parsed(data: bytes) -> ElementTree.Element:
    """Parse, but refuse a document type at its beginning: it could declare entities."""
    builder, count, depth = ElementTree.TreeBuilder(), 0, 0
    parser = expat.ParserCreate(namespace_separator="}")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count, depth
        count, depth = count + 1, depth + 1
        if count > _ELEMENTS_MAX or depth > _DEPTH_MAX:
            raise LogoError(f"has more than {_ELEMENTS_MAX:,} shapes, or {_DEPTH_MAX} in another")
        builder.start(_tag(name), {_tag(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_tag(name))

    def document_type(*_: object) -> None:
        raise LogoError("has a document type, which a drawing does not need: remove it")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = document_type
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise LogoError(f"is no SVG: line {error.lineno} is not well formed") from error
    return builder.close()


def _tag(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def _drawn(element: ElementTree.Element) -> ElementTree.Element:
    name = element.tag.removeprefix(f"{{{_NS}}}")
    if name not in _ELEMENTS:
        shown = element.tag.rpartition("}")[2][:40]
        raise LogoError(f"has an element that does not draw: {shown}")
    kept = {key: value for key, value in element.attrib.items() if key in _ATTRIBUTES}
    active = [key for key in element.attrib if key.lower().startswith("on") or key == "style"]
    if active:
        raise LogoError(f"has the attribute {active[0][:40]}: use presentation attributes only")
    if any(not _VALUE.fullmatch(value) or _OUTSIDE.search(value) for value in kept.values()):
        raise LogoError("refers to something outside of it")
    again = ElementTree.Element(name, kept if name != "svg" else {"xmlns": _NS, **kept})
    again.text = element.text if name in {"text", "tspan", "title", "desc"} else None
    again.extend([_drawn(child) for child in element])
    return again
