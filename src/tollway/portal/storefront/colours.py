"""Whether a brand's colour can be read, and the tints of it that a theme is made of. Pure.

Of one colour come, for each theme, the fill of buttons with the text on it, links, and a soft
ground. Where WCAG 2.2 AA asks for it they are darkened in the light theme and lightened in the dark
one. A colour that would have to be changed beyond recognition is refused.
"""

from __future__ import annotations

from msgspec import Struct

TEXT_LEAST = 4.5  # WCAG 2.2, 1.4.3
SHAPE_LEAST = 3.0  # 1.4.11
WHITE, BLACK = "#ffffff", "#101718"
# How much of another colour may be mixed in before it is no longer the brand's.
MIXED_MAX_PERCENT = 60
_STEP_PERCENT = 4
_SOFT_PERCENT, _HOVER_PERCENT = 10, 16

Rgb = tuple[int, int, int]


class Theme(Struct, frozen=True):
    """``ground`` is the one of its grounds that is hardest to read on (tollway.css)."""

    name: str
    ground: str
    surface: str
    towards: str


LIGHT = Theme("light", "#edf1f1", WHITE, BLACK)
DARK = Theme("dark", "#1f282a", "#161c1e", WHITE)


class Tints(Struct, frozen=True):
    """``on`` is written upon ``fill`` and ``hover``; ``link`` upon all grounds and ``soft``."""

    fill: str
    hover: str
    on: str
    link: str
    soft: str


def tints(colour: str, theme: Theme) -> Tints:
    """Return what a theme makes of `#rrggbb`, a colour in which ``problem_of`` finds nothing."""
    soft = mixed(theme.surface, colour, _SOFT_PERCENT)
    link = _standing_out(colour, (theme.ground, soft), theme.towards, TEXT_LEAST) or colour
    fill = _standing_out(colour, (theme.ground,), theme.towards, SHAPE_LEAST) or colour
    on = max((WHITE, BLACK), key=lambda ink: contrast(ink, fill))
    away = BLACK if on == WHITE else WHITE
    fill = _standing_out(fill, (on,), away, TEXT_LEAST) or fill
    return Tints(fill, mixed(fill, away, _HOVER_PERCENT), on, link, soft)


def tokens(colour: str) -> str:
    """Return the lines of a stylesheet that set a theme's tokens for both themes."""
    light, dark = tints(colour, LIGHT), tints(colour, DARK)
    pairs = {
        "primary": (light.fill, dark.fill),
        "primary-hover": (light.hover, dark.hover),
        "on-primary": (light.on, dark.on),
        "primary-soft": (light.soft, dark.soft),
        "primary-ink": (light.link, dark.link),
    }
    return "\n".join(
        f"  --tw-{name}: light-dark({one}, {two});" for name, (one, two) in pairs.items()
    )


def problem_of(colour: str) -> str:
    """Say what keeps a colour from being a brand's, "" for nothing."""
    for theme in (LIGHT, DARK):
        soft = mixed(theme.surface, colour, _SOFT_PERCENT)
        if _standing_out(colour, (theme.ground, soft), theme.towards, TEXT_LEAST) is None:
            return (
                f"is too {theme.name} to be read in the {theme.name} theme: its contrast there is"
                f" {contrast(colour, theme.ground):.1f} to 1, and links need {TEXT_LEAST} to 1."
                " Take another shade of it"
            )
    return ""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, other: str, percent: int) -> str:
    """Return the colour with so much of another in it."""
    parts = (
        round((one * (100 - percent) + two * percent) / 100)
        for one, two in zip(_rgb(colour), _rgb(other), strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def _standing_out(colour: str, grounds: tuple[str, ...], towards: str, least: float) -> str | None:
    """Mix ``towards`` into a colour until it can be told from the grounds; None if it never can."""
    for percent in range(0, MIXED_MAX_PERCENT + 1, _STEP_PERCENT):
        candidate = mixed(colour, towards, percent)
        if all(contrast(candidate, ground) >= least for ground in grounds):
            return candidate
    return None


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in rgb)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
