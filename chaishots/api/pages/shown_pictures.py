"""The pictures of programs and lessons as pages show them, and the drawing that stands behind each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from chaishots.api.pages import drawn_poster
from chaishots.api.pages.drawn_poster import Shape

Document: TypeAlias = Mapping[str, Any]
"""A member of the catalog's JSON."""

SIZES: Final = {"portrait": (400, 600), "landscape": (640, 360), "banner": (1200, 400), "square": (400, 400)}
"""What is reserved for a picture of unknown size, so that nothing shifts when it comes."""
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_MARGINS: Final = {
    "portrait": (drawn_poster.PORTRAIT, 8, 12),
    "landscape": (drawn_poster.LANDSCAPE, 8, 10),
    "banner": (drawn_poster.BANNER, 12, 4),
}


@dataclass(frozen=True)
class Asset:
    """A picture. `srcset` and `avif` name it in all its widths, `absolute` is for who reads the page elsewhere.

    colour: comes first, until the picture does; None when it is not known. variant: which it is, such as banner.
    """

    url: str
    absolute: str
    width: int
    height: int
    srcset: str = ""
    avif: str = ""
    alt: str = ""
    colour: str | None = None
    variant: str = ""


@dataclass(frozen=True)
class NoAsset:
    """No picture; a template may ask it as it asks an Asset."""

    colour: None = None

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True)
class Drawing:
    """A kolam as a template draws it."""

    id: str
    path: str
    tone: int
    box: str
    dots: str
    mirrors: tuple[str, str, str]
    x: int
    y: int
    plate: int


def asset(assets: Document, languages: Sequence[str], variants: Sequence[str], origin: str | None) -> Asset | NoAsset:
    """The picture of the first language that has one, in the first variant that it has.

    Args:
        assets: as the catalog has them: `posters` or `thumbnails`, `{language: {variant: URL}}`; and what is known of
            those that are pictures of ours in `pictures`, `{language: {variant: {width, height, colour, …}}}`.
        languages: those to look in, the best first; then the others.
        variants: names such as portrait, the best first.
    """
    urls: Document = assets.get("posters") or assets.get("thumbnails") or {}
    pictures: Document = assets.get("pictures") or {}
    for language in dict.fromkeys([*languages, *urls]):
        for variant in variants:
            url = urls.get(language, {}).get(variant)
            known: Document = pictures.get(language, {}).get(variant) or {}
            if url and (made := _asset(url, known, variant, origin)):
                return made
    return NoAsset()


def drawing(seed: str, variant: str = "portrait") -> Drawing:
    """The kolam of an id, in the shape of a variant."""
    shape, margin_x, margin_y = _MARGINS[variant]
    drawn = drawn_poster.draw(seed, shape)
    return Drawing(
        id=f"k{variant[0]}{seed}",
        path=drawn.path,
        tone=drawn.tone,
        box=f"{-margin_x} {-margin_y} {shape.width + 2 * margin_x} {shape.height + 2 * margin_y}",
        dots=_rows(shape),
        mirrors=_mirrors(shape),
        x=shape.width // 2,
        y=shape.height // 2,
        plate=24,
    )


@lru_cache(4_096)
def kolam_of(drawing: Drawing) -> Markup:
    """The lines of a kolam, as SVG that may be used again under its id."""
    path = f"{drawing.id}q"
    mirrored = "".join(f'<use href="#{path}" transform="matrix({matrix})"/>' for matrix in drawing.mirrors)
    return Markup(f'<g id="{drawing.id}"><path id="{path}" d="{drawing.path}"/>{mirrored}</g>')  # noqa: S704  # of numbers


@lru_cache(4_096)
def drawn(drawing: Drawing, letter: str, tag: str, colour: str | None, is_shared: bool = False) -> Markup:
    """The drawn poster as SVG.

    Not by a template: there are many on a page, and each is the same again and again.

    Args:
        letter: stands in its middle; none when empty. tag: the language that it is in.
        colour: of the picture that covers it, so that it comes first.
        is_shared: whether the page has its `kolam_of` already.
    """
    parts = [
        f'<svg class="drawn t{drawing.tone}" viewBox="{drawing.box}" preserveAspectRatio="xMidYMid slice" '
        'aria-hidden="true" focusable="false">',
        f'<rect x="-50%" y="-50%" width="200%" height="200%" fill="{escape(colour)}"/>' if colour else "",
        f'<path class="dots" d="{drawing.dots}"/>',
        f'<use href="#{drawing.id}"/>' if is_shared else kolam_of(drawing),
    ]
    if letter:
        place = f'x="{drawing.x}" y="{drawing.y}"'
        parts += [
            f'<circle cx="{drawing.x}" cy="{drawing.y}" r="{drawing.plate}"/>',
            f'<text {place} lang="{escape(tag)}">{escape(letter)}</text>',
        ]
    return Markup("".join(parts) + "</svg>")  # noqa: S704  # numbers of ours; what is not is escaped


def is_web(url: str) -> bool:
    """Whether a page may link to it: http or https, or a path of ours."""
    parts = urlsplit(url)
    return (parts.scheme in ("http", "https") and bool(parts.netloc)) or (
        url.startswith("/") and not url.startswith("//")
    )


def _asset(url: str, known: Document, variant: str, origin: str | None) -> Asset | None:
    if not is_web(url):
        return None
    width, height = SIZES[variant]
    colour = str(known.get("colour") or "")
    widths = cast("list[Document]", known.get("variants") or [])
    return Asset(
        url=url,
        absolute=f"{origin or ''}{url}" if url.startswith("/") else url,
        width=int(known.get("width") or width),
        height=int(known.get("height") or height),
        srcset=_srcset(widths, "url"),
        avif=_srcset(widths, "avif"),
        alt=str(known.get("alt") or ""),
        colour=colour if _COLOUR.fullmatch(colour) else None,
        variant=variant,
    )


def _srcset(widths: Sequence[Document], kind: str) -> str:
    """The picture in all widths; empty where one of them lacks this kind."""
    urls = [str(each.get(kind) or "") for each in widths]
    # A comma or a space would end a URL, in such a list.
    if not all(is_web(url) and not re.search(r"[\s,]", url) for url in urls):
        return ""
    return ", ".join(f"{url} {int(each['width'])}w" for url, each in zip(urls, widths, strict=True))


def _rows(shape: Shape) -> str:
    # A line through the dots of each row, and a little further; the stylesheet makes dots of it.
    tile = drawn_poster.TILE
    return "".join(f"M{tile // 2} {tile * row + tile // 2}h{shape.width - tile + 1}" for row in range(2 * shape.rows))


def _mirrors(shape: Shape) -> tuple[str, str, str]:
    width, height = shape.width, shape.height
    return f"-1 0 0 1 {width} 0", f"1 0 0 -1 0 {height}", f"-1 0 0 -1 {width} {height}"
