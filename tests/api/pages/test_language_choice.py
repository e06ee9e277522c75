import pytest

from chaishots.api.pages.language_choice import liked_best


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("", "en"),
        ("te", "te"),
        ("te-IN,te;q=0.9,en;q=0.8", "te"),
        ("fr-FR, hi;q=0.3, en;q=0.2", "hi"),
        ("en;q=0.5,hi;q=0.5", "en"),
        ("HI-in", "hi"),
        ("ta,kn", "en"),
        ("te;q=0, hi;q=0.1", "hi"),
        ("*", "en"),
        ("te;q=9,;;;,\x00, hi", "hi"),
        (",".join(["xx"] * 500) + ",te", "en"),
    ],
)
def test_the_language_is_the_one_that_the_reader_likes_best(accepted: str, tag: str) -> None:
    assert liked_best(accepted) == tag
