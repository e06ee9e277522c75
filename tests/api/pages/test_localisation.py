import re
from datetime import UTC, datetime

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from chaishots.api.pages.localisation import LANGUAGES, MESSAGES, language, name_of

USED = {
    message
    for _, _, message, _, _ in extract_from_dir(
        MESSAGES.parent,
        [("**.py", "python"), ("templates/**.html", "jinja2")],
        keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
    )
}


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_every_word_of_the_pages_is_translated_and_no_other(tag: str) -> None:
    with (MESSAGES / f"{tag}.po").open("rb") as file:
        catalog = read_po(file, locale=tag)
    translated = {message.id: message.string for message in catalog if message.id}
    assert len(USED) > 40
    assert translated.keys() == USED
    for told, said in translated.items():
        forms = said if isinstance(said, tuple) else (said,)
        originals = told if isinstance(told, tuple) else (told,)
        assert all(forms)
        for form in forms:
            assert set(re.findall(r"%\(\w+\)s", form)) == set(re.findall(r"%\(\w+\)s", originals[0]))
        assert not any(message.fuzzy for message in catalog)


def test_lengths_dates_and_numbers_are_written_as_their_readers_write_them() -> None:
    assert [language(tag).length(65_000 * 60) for tag in LANGUAGES] == [
        "1 గంట, 5 నిమిషాలు",
        "1 घंटा और 5 मिनट",
        "1 hour, 5 minutes",
    ]
    assert [language(tag).length(500) for tag in LANGUAGES] == ["1 సెకను", "1 सेकंड", "1 second"]
    assert language("en").length(59_600) == "1 minute"
    day = datetime(2026, 11, 26, 23, 59, tzinfo=UTC)
    assert [language(tag).date(day) for tag in LANGUAGES] == ["26 నవం, 2026", "26 नव॰ 2026", "26 Nov 2026"]
    assert {language(tag).number(100_000) for tag in LANGUAGES} == {"1,00,000"}


def test_a_language_is_named_in_itself_and_one_without_a_name_by_its_tag() -> None:
    assert [name_of(tag) for tag in ("te", "hi", "en", "pt-BR", "zz", "xx-yy")] == [
        "తెలుగు",
        "हिन्दी",
        "English",
        "português (Brasil)",
        "zz",
        "xx-yy",
    ]
