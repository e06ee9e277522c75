"""What becomes of a picture: its variants, upright and bare; and of what is none, or is one and something else."""

import io
import json
import zlib

import pytest
from PIL import Image, ImageCms

from chaishots.content.pictures import decoder, decoder_processes
from chaishots.content.pictures.decoder import Refused
from chaishots.content.pictures.decoder_processes import Decoded
from tests import images
from tests.images import decoded, encoded, phone_photo, photo, plain


def variants_of(data: bytes) -> Decoded:
    """What the program makes of a picture, made in this process: starting one takes longer than most of these."""
    told, bodies = decoder.decode(data)
    return decoder_processes._read(json.dumps(told).encode() + b"\n" + b"".join(bodies))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_each_format_is_taken_in_the_widths_that_pages_need(form: str) -> None:
    picture = variants_of(plain(1600, 900, form=form))

    assert (picture.width, picture.height) == (1280, 720)
    assert [(each.width, each.height) for each in picture.variants] == [(1280, 720), (640, 360), (320, 180)]
    assert [decoded(each.webp).size for each in picture.variants] == [(1280, 720), (640, 360), (320, 180)]
    assert {decoded(each.webp).format for each in picture.variants} == {"WEBP"}


def test_a_picture_is_never_enlarged() -> None:
    picture = variants_of(plain(500, 750))

    assert [each.width for each in picture.variants] == [500, 320]


def test_the_smallest_picture_has_one_variant() -> None:
    picture = variants_of(plain(1, 1, form="PNG"))

    assert [(each.width, each.height) for each in picture.variants] == [(1, 1)]


def test_the_colour_is_the_average() -> None:
    halves = Image.new("RGB", (400, 400), "#000000")
    halves.paste("#ffffff", (0, 0, 200, 400))

    assert variants_of(encoded(halves, "PNG")).colour == "#7f7f7f"


def test_avif_is_kept_where_it_is_smaller() -> None:
    picture = variants_of(encoded(photo(1200, 800), quality=90))

    assert all(each.avif is not None and len(each.avif) < len(each.webp) for each in picture.variants)
    assert decoded(picture.variants[0].avif or b"").size == (1200, 800)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_says(orientation: int) -> None:
    picture = variants_of(phone_photo(800, 600, orientation=orientation))

    shown = decoded(picture.variants[0].webp).convert("RGB")
    blue_at = {1: "top", 2: "top", 3: "bottom", 4: "bottom", 5: "left", 6: "right", 7: "right", 8: "left"}[orientation]
    width, height = shown.size
    assert (width > height) == (orientation < 5)
    place = {
        "top": (width // 2, 10),
        "bottom": (width // 2, height - 10),
        "left": (10, height // 2),
        "right": (width - 10, height // 2),
    }[blue_at]
    red, _, blue = shown.getpixel(place)  # type: ignore[misc]
    assert blue > 150 > red, blue_at


def test_no_variant_has_any_metadata() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif.get_ifd(images.GPS)[1] = "N"
    data = encoded(photo(800, 600), exif=exif.tobytes(), icc_profile=profile, comment=b"at home")

    for variant in (variants_of(data)).variants:
        for file in (variant.webp, variant.avif):
            if file is not None:
                assert not dict(Image.open(io.BytesIO(file)).getexif())
                assert not {"exif", "icc_profile", "xmp", "comment"} & decoded(file).info.keys()
                assert b"EXIF" not in file[:200]


def test_a_wide_gamut_is_brought_to_srgb() -> None:
    # A profile in which red and green are told the other way round: Lab's a axis, turned.
    picture = Image.new("RGB", (64, 64), "#40c040")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")

    told = (variants_of(encoded(picture, "PNG", icc_profile=swapped))).colour

    assert int(told[1:3], 16) > 150 > int(told[3:5], 16)


def test_what_is_transparent_stays_so() -> None:
    glass = Image.new("RGBA", (600, 400), (200, 100, 0, 0))
    glass.paste((200, 100, 0, 255), (0, 0, 300, 400))

    picture = variants_of(encoded(glass, "PNG"))

    shown = decoded(picture.variants[0].webp)
    assert shown.mode == "RGBA"
    assert shown.getpixel((590, 10))[3] == 0  # type: ignore[index]
    assert picture.colour == "#c86400"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "YCbCr", "I;16"])
def test_every_way_to_hold_pixels_is_taken(mode: str) -> None:
    form = {"CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")

    picture = variants_of(encoded(Image.new(mode, (400, 300)), form))

    assert picture.variants[0].width == 400


def test_several_pictures_of_a_phone_in_one_file_are_its_first() -> None:
    first, second = photo(600, 400), Image.new("RGB", (300, 200))

    data = encoded(first, "MPO", save_all=True, append_images=[second])

    assert (variants_of(data)).width == 600


def test_a_film_that_a_phone_appends_is_left_out() -> None:
    film = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + b"\0" * 1000

    assert (variants_of(plain() + film)).width == 800


@pytest.mark.parametrize("data", [images.SVG, images.GIF, b"%PDF-1.7", b"RIFF\0\0\0\0WAVE", b"\0", b"PK\x03\x04"])
def test_what_is_no_picture_of_ours_is_told_what_is_one(data: bytes) -> None:
    with pytest.raises(Refused, match="JPEG, PNG, WebP or AVIF"):
        variants_of(data)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(form: str, kept: float) -> None:
    whole = encoded(photo(700, 500), form)

    with pytest.raises(Refused, match=r"cut off|decoded"):
        variants_of(whole[: int(len(whole) * kept)])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("other", [b"PK\x03\x04archive", b"MZ program", b"#!/bin/sh\n"])
def test_what_is_something_else_too_is_refused(form: str, other: bytes) -> None:
    with pytest.raises(Refused, match=r"follows the picture|cut off"):
        variants_of(plain(form=form) + other)


def test_a_page_in_a_comment_is_refused() -> None:
    with pytest.raises(Refused, match="a page or a program inside"):
        variants_of(encoded(photo(300, 200), comment=b"*/<SCRIPT>alert(1)</SCRIPT>"))


@pytest.mark.parametrize(("width", "height"), [(8_000, 5_001), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(width: int, height: int) -> None:
    with pytest.raises(Refused, match=r"megapixels: send one of 40 at most|cannot be decoded"):
        variants_of(images.png_of_size(width, height))


def test_forty_megapixels_are_taken() -> None:
    assert (variants_of(encoded(Image.new("RGB", (8_000, 5_000)), "PNG"))).width == 1280


def test_what_is_far_longer_than_wide_is_refused() -> None:
    with pytest.raises(Refused, match="12 times"):
        variants_of(plain(100, 1300))


def test_what_moves_is_refused() -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "green")]

    with pytest.raises(Refused, match="moves"):
        variants_of(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))


def test_a_profile_of_nonsense_harms_nothing() -> None:
    assert (variants_of(encoded(photo(300, 200), icc_profile=b"nonsense" * 20))).width == 300


def test_a_bomb_in_a_text_of_a_png_harms_nothing() -> None:
    whole = plain(form="PNG")
    body = b"Comment\0\0" + zlib.compress(b"a" * 200_000_000, 9)
    chunk = len(body).to_bytes(4) + b"zTXt" + body + zlib.crc32(b"zTXt" + body).to_bytes(4)

    with pytest.raises(Refused):
        variants_of(whole[:33] + chunk + whole[33:])
