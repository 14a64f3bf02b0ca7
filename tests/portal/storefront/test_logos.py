"""Logos are written anew from what draws, or refused."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.portal.storefront import logos
from tollway.portal.storefront.logos import PNG, SVG, LogoError, cleaned

NS = 'xmlns="http://www.w3.org/2000/svg"'
DRAWING = f'<svg {NS} viewBox="0 0 10 10"><path d="M0 0L10 10" fill="#e11d48"/></svg>'


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 2, height: int = 2, *extra: bytes, pixels: bytes | None = None) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = pixels if pixels is not None else (b"\0" + b"\xff\0\0" * width) * height
    parts = [
        chunk(b"IHDR", header),
        *extra,
        chunk(b"IDAT", zlib.compress(rows)),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_png_keeps_its_picture_and_loses_all_else() -> None:
    secret = chunk(b"tEXt", b"Author\0Ana Keller, 12 Elm Street")
    behind = b"<script>alert(1)</script>"
    logo = cleaned(png(2, 2, secret) + behind)
    assert logo.media_type == PNG
    assert b"Ana" not in logo.content
    assert behind not in logo.content
    assert cleaned(logo.content) == logo, "what is clean stays as it is"
    assert logo.content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "neither a PNG nor an SVG"),
        (b"GIF89a" + b"\0" * 20, "neither a PNG nor an SVG"),
        (b"<html><body>hello</body></html>", "neither a PNG nor an SVG"),
        (png()[:-20], "damaged"),
        (png()[:20], "damaged"),
        (png().replace(b"IDAT", b"IDAX"), "damaged"),
        (png(0, 2), "pixels"),
        (png(4000, 4000), "pixels"),
        (png(2, 2, chunk(b"PWND", b"x")), "no picture needs"),
        (png(pixels=b""), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"short") + chunk(b"IEND", b""), "damaged"),
        (b"x" * (logos.SIZE_MAX + 1), "KiB"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(LogoError, match=said):
        cleaned(data)


def test_a_bomb_of_pixels_is_not_unpacked() -> None:
    bomb = png(2, 2, pixels=b"\0" * (40 * 1024 * 1024))
    assert len(bomb) < logos.SIZE_MAX
    with pytest.raises(LogoError, match="larger than it says"):
        cleaned(bomb)


def test_a_drawing_keeps_its_shapes() -> None:
    logo = cleaned(
        f'<?xml version="1.0"?><!-- made by X --><svg {NS} viewBox="0 0 9 9" data-x="1">'
        '<defs><linearGradient id="g"><stop offset="0" stop-color="red"/></linearGradient></defs>'
        '<g transform="rotate(45)"><circle cx="1" cy="1" r="1" fill="url(#g)"/></g>'
        "<title>Acme &amp; Co</title></svg>".encode()
    )
    text = logo.content.decode()
    assert logo.media_type == SVG
    for kept in ("<circle", 'fill="url(#g)"', 'transform="rotate(45)"', "Acme &amp; Co", NS):
        assert kept in text, kept
    for gone in ("data-x", "made by"):
        assert gone not in text
    assert cleaned(logo.content) == logo


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<script>alert(1)</script>", "does not draw: script"),
        ("<style>*{fill:red}</style>", "does not draw: style"),
        ("<foreignObject><p>x</p></foreignObject>", "does not draw"),
        ('<image href="https://evil.example/x.png"/>', "does not draw: image"),
        ('<use href="#x"/>', "does not draw: use"),
        ('<a href="javascript:alert(1)"><path d="M0 0"/></a>', "does not draw: a"),
        ('<animate attributeName="href" to="javascript:alert(1)"/>', "does not draw"),
        ('<path d="M0 0" onload="alert(1)"/>', "onload"),
        ('<path d="M0 0" onClick="alert(1)"/>', "onClick"),
        ('<path d="M0 0" style="fill:url(https://evil.example)"/>', "style"),
        ('<path d="M0 0" fill="url(https://evil.example/x#y)"/>', "outside"),
        ('<path d="M0 0" mask="url( \'//evil.example/x\')"/>', "outside"),
        ("<path", "not well formed"),
        ("<g/>" * 3000, "shapes"),
        ("<g>" * 900 + "</g>" * 900, "shapes"),
        ('<h:script xmlns:h="http://www.w3.org/1999/xhtml">x</h:script>', "does not draw"),
    ],
)
def test_what_could_do_more_than_draw_is_refused(inside: str, said: str) -> None:
    with pytest.raises(LogoError, match=said):
        cleaned(f'<svg {NS} viewBox="0 0 9 9">{inside}</svg>'.encode())


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>',
        '<!DOCTYPE svg SYSTEM "file:///etc/passwd"><svg/>',
        "<svg/>",
        f"<svg {NS}/>",
        f'<g {NS}><svg viewBox="0 0 1 1"/></g>',
    ],
)
def test_documents_that_are_no_plain_drawing_are_refused(document: str) -> None:
    with pytest.raises(LogoError):
        cleaned(document.encode())


@given(st.binary(max_size=2_000))
def test_no_bytes_are_a_fault(data: bytes) -> None:
    for begun in (data, b"\x89PNG\r\n\x1a\n" + data, b"<svg" + data):
        try:
            cleaned(begun)
        except LogoError:
            continue
