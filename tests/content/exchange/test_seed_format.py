"""The seed format by itself: what a file says, what is said of a bad one, and that everything is read or refused."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chaishots.content.exchange import seed_format
from chaishots.content.exchange.faults import Fault
from chaishots.content.exchange.file_content import Seed
from chaishots.content.limits import TITLE_LENGTH
from chaishots.content.text_normalisation import is_one_line, is_plain, is_visible, normalised
from tests.content.exchange.seeds import FIRST, GOOD, RELEASE, SECOND, changed, standing

NOW = datetime(2030, 1, 31, 9, tzinfo=UTC)

# Postgres keeps no NUL, UTF-8 no surrogates, YAML no noncharacters.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff")
TITLES = st.text(CHARACTERS, min_size=1, max_size=TITLE_LENGTH).filter(lambda title: title.strip(" "))
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(8999, 12, 30), timezones=st.timezones())  # noqa: DTZ001
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(CHARACTERS) | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["programs", "terms", "lessons", "title", "id", "posters", "topics"]), inner)
    ),
)


def first_lesson(text: str) -> Seed:
    return seed_format.content(text.encode()).programs[0].parts[0].parts[0]


# What a file says


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("+40s", timedelta(seconds=40)),
        ("+2h30m", timedelta(hours=2, minutes=30)),
        ("+1d", timedelta(days=1)),
        ("-3d", timedelta(days=-3)),
        ("-1d12h30m15s", -timedelta(days=1, hours=12, minutes=30, seconds=15)),
        ("+0s", timedelta()),
        ("+9999d9999h99999m9999999s", timedelta(days=9999, hours=9999, minutes=99999, seconds=9999999)),
    ],
)
def test_a_relative_time_counts_from_now(text: str, span: timedelta) -> None:
    assert first_lesson(changed("+1h", text)).values_at(NOW)["publish_at"] == NOW + span
    assert first_lesson(changed('"+1h"', text)).values_at(NOW)["publish_at"] == NOW + span


@pytest.mark.parametrize(
    "text",
    [
        "2040-01-31T09:00:00+05:30",
        "'2040-01-31T09:00:00+05:30'",
        "2040-01-31 03:30:00Z",
        "2040-01-31T03:30Z",
        "20400131T033000Z",
    ],
)
def test_a_time_is_what_iso_8601_says_quoted_or_not(text: str) -> None:
    lesson = first_lesson(changed('"+1h"', text))
    assert lesson.values_at(NOW)["publish_at"] == datetime(2040, 1, 31, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize("title", ["no", "2030-01-31", "10", "1:30", "true", "'null'", "'~'", "0x1F", "=", "<<", "1e3"])
def test_a_title_is_text_whatever_yaml_makes_of_it_elsewhere(title: str) -> None:
    assert first_lesson(changed("Ginger", title)).values["title"] == title.strip("'")


def test_norwegian_is_a_language() -> None:
    text = GOOD.replace("en:", "no:").replace(": en\n", ": no\n").replace("[en, hi]", "[no, hi]")
    assert first_lesson(text).values["content_languages_available"] == ["no"]


def test_a_key_without_a_value_is_as_if_left_out() -> None:
    text = changed("- term_number: 1\n", "- term_number: 1\n        title:\n        id: null\n        lessons: ~\n#")
    (term,) = seed_format.content(text[: text.index("#")].encode()).programs[0].parts
    assert (term.values["title"], term.values["id"], term.parts) == (None, None, ())


# The dumper of libyaml: that of Python writes a next-line character (U+0085) so that it is read as a space.
@given(
    title=TITLES.filter(is_visible).filter(is_one_line),
    description=st.text(CHARACTERS).filter(is_plain),
    allow_unicode=st.booleans(),
)
def test_text_comes_back_exactly(title: str, description: str, allow_unicode: bool) -> None:
    written = {"programs": [{"title": title, "description": description, "language_primary": "te"}]}
    text = yaml.dump(written, Dumper=yaml.CSafeDumper, allow_unicode=allow_unicode, encoding="utf-8")
    (program,) = seed_format.content(text).programs
    assert (program.values["title"], program.values["description"]) == (normalised(title), normalised(description))


def test_a_byte_order_mark_is_no_part_of_the_file() -> None:
    assert len(seed_format.content(GOOD.encode("utf-8-sig")).programs) == 1


@given(MOMENTS)
def test_a_moment_comes_back_exactly(moment: datetime) -> None:
    # In UTC: Python never calls two times of different zones equal when one of them comes twice, as clocks go back.
    read = first_lesson(changed("+1h", moment.isoformat())).values["publish_at"]
    assert read.astimezone(UTC) == moment.astimezone(UTC)


# Bad files

URL_RULE = "the URL"
WHOLE = "Give a whole number from 1 on."
BAD: dict[str, tuple[str | bytes, str, str]] = {
    "a time without an offset": (changed('"+1h"', "2040-01-31T09:00:00"), f"{FIRST}.publish_at", "with its offset"),
    "a date for a time": (changed('"+1h"', "2040-01-31"), f"{FIRST}.publish_at", "with its offset"),
    "no time at all": (changed('"+1h"', "tomorrow"), f"{FIRST}.publish_at", "ISO 8601"),
    "an empty span": (changed('"+1h"', '"+"'), f"{FIRST}.publish_at", "+2h30m"),
    "a span beyond bounds": (changed('"+1h"', '"+99999d"'), f"{FIRST}.publish_at", "+2h30m"),
    "a year beyond bounds": (changed('"+1h"', "9999-12-31T23:59:59-12:00"), f"{FIRST}.publish_at", "1970 and 9000"),
    "published in the future": (
        GOOD + '            published_at: "+1h"\n',
        f"{SECOND}.published_at",
        "Make the lesson or release scheduled",
    ),
    "an unknown key": (changed("title: Ginger", "titel: Ginger"), f"{FIRST}.titel", "Did you mean title?"),
    "an unheard-of key": (changed("topics:", "flavour:"), "programs[0].flavour", "There are id, title, description"),
    "a merge key": (changed("title: Ginger", "<<: {title: Ginger}"), f'{FIRST}["<<"]'.replace('"', "'"), "no such key"),
    "a missing title": (
        changed("            title: Ginger\n", ""),
        f"{FIRST}.title",
        "Give a title of 1 to 300 characters in one line, with something in it to see.",
    ),
    "a title of blanks": (
        changed("Ginger", "'  '"),
        f"{FIRST}.title",
        "Give a title of 1 to 300 characters in one line, with something in it to see.",
    ),
    "a title of 10,000 characters": (
        changed("Ginger", "ग" * 10_000),
        f"{FIRST}.title",
        "Give a title of 1 to 300 characters in one line, with something in it to see.",
    ),
    "a title that is a list": (changed("Ginger", "[a, b]"), f"{FIRST}.title", "Give a title"),
    "a description of 10,001 characters": (
        changed("topics:", f"description: {'x' * 10_001}\n    topics:"),
        "programs[0].description",
        "10,000",
    ),
    "a URL of another scheme": (
        changed("https://cdn.example.com/1.mp4", "ftp://cdn.example.com/1.mp4"),
        f"{FIRST}.content_urls.en",
        URL_RULE,
    ),
    "a URL without a host": (
        changed("https://cdn.example.com/1p.jpg", "/1p.jpg"),
        f"{FIRST}.thumbnails.en.portrait",
        URL_RULE,
    ),
    "an unknown variant": (
        changed("{portrait: https://cdn.example.com/1p", "{tall: https://cdn.example.com/1p"),
        f"{FIRST}.thumbnails.en.tall",
        "portrait, landscape, square and banner",
    ),
    "a URL for a map": (
        changed("{en: https://cdn.example.com/1.mp4}", "https://cdn.example.com/1.mp4"),
        f"{FIRST}.content_urls",
        "languages to URLs",
    ),
    "no language tag": (
        changed("[en, hi]", "[en, Hindi!]"),
        "programs[0].languages_available[1]",
        "language tags such as te",
    ),
    "a tag that ends in a line break": (
        changed("[en, hi]", '[en, "hi\\n"]'),
        "programs[0].languages_available[1]",
        "language tags such as te",
    ),
    "a language that is no tag": (
        changed("{en: https://cdn.example.com/1.mp4}", '{"en\\n": https://cdn.example.com/1.mp4}'),
        f"{FIRST}.content_urls['en\\n']",
        "languages to URLs",
    ),
    "a language twice": (changed("[en, hi]", "[en, hi, en]"), "programs[0].languages_available", "each once"),
    "languages without the primary": (
        changed("[en, hi]", "[hi]"),
        "programs[0].languages_available",
        "the primary language among them",
    ),
    "no languages": (changed("[en, hi]", "[]"), "programs[0].languages_available", "the primary language among them"),
    "content without the primary": (
        changed("{en: https://cdn.example.com/1.mp4}", "{hi: https://cdn.example.com/1.mp4}"),
        f"{FIRST}.content_urls",
        "The primary language is among them.",
    ),
    "scheduled without a time": (
        changed('            publish_at: "+1h"\n', ""),
        f"{FIRST}.publish_at",
        "A scheduled lesson needs a time.",
    ),
    "scheduled without content": (
        changed("            content_urls: {en: https://cdn.example.com/1.mp4}\n", ""),
        f"{FIRST}.content_urls",
        "Add the content's URL in en",
    ),
    "scheduled without a thumbnail": (
        changed(", landscape: https://cdn.example.com/1l.jpg", ""),
        f"{FIRST}.thumbnails",
        "Add these thumbnails in en: landscape.",
    ),
    "published without a poster": (
        changed(", landscape: https://cdn.example.com/l.jpg", "").replace("topics:", "status: published\n    topics:"),
        "programs[0].posters",
        "Add these posters to the program in en: landscape.",
    ),
    "a published lesson in a draft without posters": (
        changed(", landscape: https://cdn.example.com/l.jpg", "").replace("scheduled", "published"),
        "programs[0].posters",
        "Add these posters",
    ),
    "a video without its length": (
        changed("            duration_ms: 90_000\n", ""),
        f"{FIRST}.duration_ms",
        "Give a video's length in milliseconds, 1 or more.",
    ),
    "a length of nothing": (changed("90_000", "0"), f"{FIRST}.duration_ms", "1 or more"),
    "a length in quotes": (changed("90_000", "'90000'"), f"{FIRST}.duration_ms", "Without quotes."),
    "a length in minutes": (changed("90_000", "1:30"), f"{FIRST}.duration_ms", "1 or more"),
    "a length beyond bounds": (
        changed("90_000", str(2**70)),
        f"{FIRST}.duration_ms",
        "Give a whole number of 9,223,372,036,854,775,807 at most.",
    ),
    "a length of 5,000 digits": (changed("90_000", "9" * 5_000), f"{FIRST}.duration_ms", "at most"),
    "a number beyond bounds": (
        changed("lesson_number: 2", f"lesson_number: {2**31}"),
        f"{SECOND}.lesson_number",
        "2,147,483,647 at most",
    ),
    "a number in octal": (changed("lesson_number: 2", "lesson_number: 010"), f"{SECOND}.lesson_number", WHOLE),
    "a negative number": (changed("term_number: 1", "term_number: -1"), "programs[0].terms[0].term_number", WHOLE),
    "two lessons of one number": (
        changed("lesson_number: 2", "lesson_number: 1"),
        f"{SECOND}.lesson_number",
        "The term has a lesson of this number: choose another.",
    ),
    "two terms of one number": (
        GOOD + "      - term_number: 1\n",
        "programs[0].terms[1].term_number",
        "The program has a term of this number: choose another.",
    ),
    "two programs of one title": (
        GOOD + "  - {title: Chai, language_primary: en}\n",
        "programs[0].id",
        "give each an id",
    ),
    "one id twice": (
        GOOD.replace("- lesson_number", "- id: 0192f6a0-1a00-7c01-8a11-5e0000000001\n            lesson_number"),
        f"{SECOND}.id",
        "The file has this id already",
    ),
    "an id that is none": (changed("- title: Chai", "- id: chai\n    title: Chai"), "programs[0].id", "Give a UUID"),
    "a topic with blanks around": (
        changed("[Tea, Cooking]", "[Tea, ' Cooking']"),
        "programs[0].topics[1]",
        "no spaces around it",
    ),
    "a topic twice": (
        changed("[Tea, Cooking]", "[Tea, tea]"),
        "programs[0].topics",
        "The program has this topic already.",
    ),
    "a status that a lesson cannot have": (
        changed("status: scheduled", "status: live"),
        f"{FIRST}.status",
        "draft, scheduled, published or archived",
    ),
    "a status that a program cannot have": (
        changed("topics:", "status: scheduled\n    topics:"),
        "programs[0].status",
        "draft, published or archived",
    ),
    "a type that there is not": (
        changed("content_type: article", "content_type: song"),
        f"{SECOND}.content_type",
        "a video or an article",
    ),
    "neither true nor false": (GOOD + "            is_paid: yes\n", f"{SECOND}.is_paid", "Give true or false."),
    "a duplicate key": (
        GOOD + "            title: Cloves\n",
        f"{SECOND}.title",
        "The key is there already: give it once. (Line 25.)",
    ),
    "a tab": (
        changed("    language_primary: en", "\tlanguage_primary: en"),
        "line 3, column 1",
        "found a tab character",
    ),
    "a bracket left open": (changed("[Tea, Cooking]", "[Tea, Cooking"), "line 6, column 12", "did not find expected"),
    "a raw NUL": (changed("Ginger", "Gin\0ger"), "line 12, column 23", "Leave out the character U+0000."),
    "an escaped NUL": (changed("Ginger", '"Gin\\0ger"'), f"{FIRST}.title", "Leave out the NUL characters"),
    "half a surrogate pair": (
        changed("Ginger", '"\\ud83d"'),
        "line 12, column 23",
        "invalid Unicode character escape code",
    ),
    "not UTF-8": (
        changed("Ginger", "चाय Gin\0ger").encode().replace(b"\0", b"\xff"),
        "line 12, column 27",
        "Save the file as UTF-8.",
    ),
    "UTF-16": (GOOD.encode("utf-16"), "line 1, column 1", "Save the file as UTF-8."),
    "a list at the top": ("- programs\n", "top level", "Give a map of programs."),
    "text at the top": ("programs\n", "top level", "Give a map of programs."),
    "a release without an id": ("releases: [{name: Diwali}]\n" + GOOD, "releases[0].id", "Give the release an id"),
    "a release without a name": (f"releases: [{{id: {RELEASE}}}]\n" + GOOD, "releases[0].name", "Give a name of 1 to"),
    "a release that is no list": ("releases: {}\n" + GOOD, "releases", "List the releases."),
    "two releases of one id": (
        standing(f"status: open}}, {{id: {RELEASE}, name: Holi", "status: draft"),
        "releases[1].id",
        "The file has this id already",
    ),
    "a state that a release cannot have": (
        standing("status: draft", "status: draft"),
        "releases[0].status",
        "open, scheduled, published or cancelled",
    ),
    "a release that is scheduled without a time": (
        standing("status: scheduled", "status: draft"),
        "releases[0].publish_at",
        "A scheduled release needs a time.",
    ),
    "an open release that was published": (
        standing('status: open, published_at: "-1d"', "status: draft"),
        "releases[0].published_at",
        "Only a published release has one.",
    ),
    "an open release that was refused": (
        standing("status: open, publish_error: No poster.", "status: draft"),
        "releases[0].publish_error",
        "Only a scheduled release has one.",
    ),
    "a release published in the future": (
        standing('status: published, published_at: "+1d"', "status: published"),
        "releases[0].published_at",
        "Make the lesson or release scheduled",
    ),
    "a scheduled lesson in an open release": (
        standing("status: open", 'status: scheduled, publish_at: "+1h"'),
        f"{FIRST}.status",
        "Its release is open: the lesson has to be draft.",
    ),
    "a draft in a scheduled release": (
        standing('status: scheduled, publish_at: "+1h"', "status: draft"),
        f"{FIRST}.status",
        "Its release is scheduled: the lesson has to be scheduled.",
    ),
    "a lesson with another time than its release": (
        standing('status: scheduled, publish_at: "+1h"', 'status: scheduled, publish_at: "+61m"'),
        f"{FIRST}.publish_at",
        "Its release is scheduled for another time",
    ),
    "a draft in a published release": (
        standing("status: published", "status: draft"),
        f"{FIRST}.status",
        "Its release is published: the lesson has to be archived or published.",
    ),
    "a lesson in a published release that was never public": (
        standing("status: published", "status: archived"),
        f"{FIRST}.published_at",
        "Only what was public stays in a published release",
    ),
    "a lesson in a cancelled release": (
        standing("status: cancelled", "status: draft"),
        f"{FIRST}.release_id",
        "The release is cancelled and has no lessons",
    ),
    "a release that is no id": (
        standing("status: open", "status: draft").replace(f"release_id: {RELEASE}", "release_id: Diwali"),
        f"{FIRST}.release_id",
        "Give the id of its release",
    ),
    "an empty file": ("", "top level", "The file is empty."),
    "nothing but a comment": ("# nothing\n", "top level", "The file is empty."),
    "no programs": ("programs:\n", "programs", "List the programs."),
    "two documents": (GOOD + "---\n" + GOOD, "top level", "more than one document"),
    "aliases that double": (
        "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "b[0]",
        "aliases are refused",
    ),
    "a Python object": (changed("Ginger", "!!python/object/apply:os.getcwd []"), f"{FIRST}.title", "Leave out the tag"),
    "a set": (changed("[Tea, Cooking]", "!!set {Tea}"), "programs[0].topics", "Leave out the tag"),
    "lists 500 deep": ("programs: " + "[" * 500, "programs" + "[0]" * 16, "16 deep at most"),
    "lists 100,000 deep": ("programs: " + "[" * 100_000, "line 1, column 1010", "exceeded maximum nesting depth"),
    "maps 100,000 deep": ("? " * 100_000, "top level", "16 deep at most"),
    "a list for a key": ("[a]: b\n", "top level", "Use plain text as a key."),
    "a key of control characters": ('"\\e[31m": b\n', "['\\x1b[31m']", "no such key"),
}


@pytest.mark.parametrize(("text", "place", "rule"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_place_and_rule(text: str | bytes, place: str, rule: str) -> None:
    with pytest.raises(Fault) as refused:
        seed_format.content(text.encode() if isinstance(text, str) else text)
    [message] = [str(fault) for fault in refused.value.each if str(fault).startswith(f"{place}: ")]
    assert rule in message
    assert len(message) < 400


def test_an_end_before_the_beginning_is_refused_once_both_are_moments() -> None:
    lesson = first_lesson(changed('"+1h"', '"+1h"\n            archive_at: 2030-01-31T09:30:00Z'))
    with pytest.raises(
        Fault, match=r"^programs\[0\]\.terms\[0\]\.lessons\[0\]\.archive_at: It has to come after publish_at\."
    ):
        lesson.values_at(NOW)
    assert lesson.values_at(NOW - timedelta(hours=1))


def test_times_of_a_release_and_its_lesson_are_compared_once_both_are_moments() -> None:
    text = standing('status: scheduled, publish_at: "+1h"', "status: scheduled, publish_at: 2030-01-31T10:00:00Z")
    lesson, (release,) = first_lesson(text), seed_format.content(text.encode()).releases
    lesson.require_in_step(release.values_at(NOW), NOW)
    earlier = NOW - timedelta(hours=1)
    with pytest.raises(Fault, match=r"\.publish_at: Its release is scheduled for another time"):
        lesson.require_in_step(release.values_at(earlier), earlier)


@given(st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    with suppress(Fault):
        seed_format.content(text)


@given(SHAPES)
def test_any_shape_is_read_or_refused(shape: Any) -> None:
    with suppress(Fault):
        seed_format.content(yaml.safe_dump({"programs": shape}).encode())
