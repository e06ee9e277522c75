from typing import Any

import pytest

from chaishots.api.pages.shown_pictures import Asset, asset

URL = "https://cdn.example.com/pictures/1.webp"
WIDTHS = [{"url": f"{URL}-{width}", "width": width, "avif": f"{URL}-{width}.avif"} for width in (320, 640)]


def test_a_picture_of_somebody_elses_has_the_room_of_its_variant() -> None:
    found = asset({"posters": {"te": {"portrait": URL}}}, ("te",), ("portrait",), None)
    assert found == Asset(URL, URL, 400, 600, variant="portrait")


def test_a_picture_of_ours_has_its_size_widths_colour_and_words() -> None:
    known = {"width": 640, "height": 360, "colour": "#c8953f", "variants": WIDTHS, "alt": "Tea"}
    assets = {"thumbnails": {"en": {"landscape": URL}}, "pictures": {"en": {"landscape": known}}}
    found = asset(assets, ("hi", "en"), ("banner", "landscape"), None)
    assert isinstance(found, Asset)
    assert (found.width, found.height, found.colour, found.alt) == (640, 360, "#c8953f", "Tea")
    assert found.srcset == f"{URL}-320 320w, {URL}-640 640w"
    assert found.avif == f"{URL}-320.avif 320w, {URL}-640.avif 640w"


@pytest.mark.parametrize(
    ("known", "srcset", "avif"),
    [
        ({"variants": [{"url": "/a b", "width": 1}]}, "", ""),
        ({"variants": [{"url": "javascript:x", "width": 1}]}, "", ""),
        ({"variants": [{"url": "/a", "width": 1}], "colour": "red;"}, "/a 1w", ""),
        ({"variants": None, "colour": None, "alt": None}, "", ""),
    ],
)
def test_what_is_known_of_a_picture_harms_no_page(known: dict[str, Any], srcset: str, avif: str) -> None:
    assets = {"posters": {"en": {"square": "/pictures/1.webp"}}, "pictures": {"en": {"square": known}}}
    found = asset(assets, ("en",), ("square",), "https://chai.example.com")
    assert isinstance(found, Asset)
    assert (found.srcset, found.avif, found.colour) == (srcset, avif, None)
    assert found.absolute == "https://chai.example.com/pictures/1.webp"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example.com/x", "", "ftp://a/b"])
def test_what_is_no_web_address_is_no_picture(url: str) -> None:
    assert not asset({"posters": {"en": {"square": url}}}, ("en",), ("square",), None)
