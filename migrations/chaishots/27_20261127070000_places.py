"""A program's place and what it says is coming; topics by each of their names, and by slugs of these.

Programs that editors gave a place are listed before all others in `sort=position`, and the first is featured. One that
shows what is coming tells the titles and moments of its scheduled lessons: so it changes in the feed, and its updated_at
moves, with those too.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_NEWS = runpy.run_path(str(Path(__file__).with_name("25_20261127011500_feed_news.py")))
_WORDS = runpy.run_path(str(Path(__file__).with_name("24_20261127010000_words.py")))["_WORDS"]
# Postgres before 18 adds no column with a default to a table whose row is a function's argument.
_DROP_WORDS = "drop function chaishots_words_of(program);"
_MAKE_WORDS = "create function chaishots_words_of(shown program)"
_MAKE_WORDS += _WORDS.partition(_MAKE_WORDS)[2].partition(";\n")[0] + ";\n"
_COLUMNS = """
        ALTER TABLE "program" ADD "position" INT;
        ALTER TABLE "program" ADD "shows_coming_soon" BOOL NOT NULL DEFAULT False;
"""
_PLACES = """
alter table program add constraint program_position check (position > 0);
create index program_place on program (status, (-coalesce(position, 2147483647)), published_at, id);
create index program_coming_soon on program (id) where shows_coming_soon;
"""
_NAMES = r"""
-- What a topic is found by: its names in small letters, and their slugs.
create function chaishots_topic_names(name text, translations jsonb) returns text[] language sql immutable parallel safe
return array(
    select distinct found from (select name as each union all
           select said #>> '{}' from jsonb_path_query(translations, '$.*.name') as said) as named
      cross join lateral (values (lower(each)),
           (btrim(regexp_replace(lower(each collate "C"), '[^a-z0-9]+', '-', 'g'), '-'))) as its (found)
     where found <> '' order by found);
create index topic_names on topic using gin (chaishots_topic_names(name, translations));
"""
_DROP_TRIGGERS = """
drop trigger note_change_delete on lesson;
drop trigger note_change_move on lesson;
"""


def _triggers(was_told: str) -> str:
    return f"""
create trigger note_change_delete after delete on lesson for each row
    when ({was_told}) execute function chaishots_note_program_change();
create trigger note_change_move after update of term_id on lesson for each row
    when (({was_told}) and new.term_id <> old.term_id) execute function chaishots_note_program_change();
"""


_BEFORE = _NEWS["_AFTER"]
_BY_TOPIC = "        select program_topic.program_id, seq from line join program_topic"
_AFTER = _BEFORE.replace(
    _BY_TOPIC,
    """        select term.program_id, line.seq
          from line cross join lateral (
            select lesson.term_id from lesson where lesson.id = line.object_id
            union select (line.before ->> 'term_id')::uuid) as its
               join term on term.id = its.term_id join program on program.id = term.program_id
         where line.object_type = 'lesson' and program.shows_coming_soon
           and (select exists (select from program where shows_coming_soon))
        union all
"""
    + _BY_TOPIC,
)


async def upgrade(db: BaseDBAsyncClient) -> str:
    return (
        _DROP_WORDS
        + _COLUMNS
        + _MAKE_WORDS
        + _PLACES
        + _NAMES
        + _DROP_TRIGGERS
        + _triggers("old.published_at is not null or old.status = 'scheduled'")
        + _AFTER
        + _NEWS["_FEED"]["_SEARCH_PATHS"]
    )


async def downgrade(db: BaseDBAsyncClient) -> str:
    return (
        _BEFORE
        + _NEWS["_FEED"]["_SEARCH_PATHS"]
        + _DROP_TRIGGERS
        + _triggers("old.published_at is not null")
        + """
drop index topic_names;
drop function chaishots_topic_names(text, jsonb);
        ALTER TABLE "program" DROP COLUMN "shows_coming_soon";
        ALTER TABLE "program" DROP COLUMN "position";
"""
    )


MODELS_STATE = (
    "eJztHWt32rjyr/jwpe05uT3dNNu02U8koS13k9ATaLu7TY9X2AK8MRaV5FDO3vz3q4eN38"
    "Y2BgzRlwQkjWxmpHlpZvRvy5gAi0wQJS/bBrUeLLponWn/thwwhexDWveR1gKzWaSTt1Ew"
    "tAUICA8cEopZA2sfAZtA1mRCYmBrRi3k8NE9B2psHmcMNTTSEPtGJ5YzPtIsh31ijdiEmH"
    "+ZTyxjollUmwOizbFFKXR+0zCaEw1gNs6xFxp8YGOBaULzSBsuNIqt8Rhi8pK/iokM9i5s"
    "6q0+1XWsHy7UKRpDNi9mz/72nTVbjgl/QsK/fmuh4T/QoLplcgACf7S+8yGze31kQduMkI"
    "P3sj7RodPFTDSeW+OuQ9+LwfyHDnUD2e7UCQHMFnSCnCWE5VDeOoYOxIBC/gyKXU4dx7Vt"
    "j5A+weRPCIbIdw/BmHAEXJvTmEPLNwjaWrp+0xvo/c5A11sJ+vsQIeJ4TQZy+Nphr0oECs"
    "b8Ff7z7vj49evT41ev37z99eT09Ne3r96yseJ9k12nj/JlAnTJqQTSuh+6NwP+QogtULly"
    "ecOjgAEUSChBogD/gCbRf8kwSK0pTCeAhIjh3/RAXvof4tTwcZ9HDr8hoEewxXIJ0v9hX8"
    "pvz58ZNjLudf4KhILp7PmLZy/WIFIOvgfd605/0L7+xKefEvLDFrhrDzq851i0LmKtz9+8"
    "iBJoOYn2tTv4qPGv2l+9m45AMSJ0jMUTg3GDv1r8nYBLke6guc52aQhPfrPfxIaGSG1QhJ"
    "PUHsCfGVttCRAjNkPQVslbz37LI2Xnj0GEijdf2rcXH9u3z6/bf7yIUPKqd/PBHx6Q8ebi"
    "qncudloE3fwNy+Hbg1AIr4BwT+oIpJXAegxMob466qXAjyL+8+fuZS7iJVAM7a5rmS85aA"
    "Hke0J7D3Av0PxayoAwdxc/NIrRIRwhnLKO/9vv3aSjM4CIy2bLoNr/NNsiCR1pr7HJUZG/"
    "kuOLNoZ2PkGCa48oTBGS2WhfAiisl8M6NwlG9yGllDcMgXE/B9jUEz3oGGWNTXZNj6fxFu"
    "CAsUAk/8X894UMwZk1QPfQaWXYiX730So7cWYxu8gfudJQbGv3kBlXSNhnF9f9I21u0YkG"
    "mDFmw9+kJWZRok0AYQYbYaNnNGn4VZ5ltSGXabSV4/NrM/i67LaImeBTUOdvcro5M2Elz8"
    "+2zcT/EpqMP16pMBVUGL5dksi+mADccdypQHiXvSBwDJhAvA/bZMS3bjvty87tmYYhMCG+"
    "c750O1/59wcLzvn3zmV30GPfoWkxs+/OaV9ed2/ONGBOLSfOdTI8GlPwU7ehM6YT9vVNDg"
    "V9esXNYZ+Qx7wnSh/BWHXOxdL8RQ7Ai/RNEYWLUWi4oJA0h0Z1bI5zT+QuNwdD6Xn3pn37"
    "Z/ruOE8R0ed/DjrtGP4Ntm4YfvTyDqMoZKMcRzdo/ly5hySBbUCo7pJKJI7D1kDk/dGI94"
    "7SGD4wpliFzlFIReUmUxn+nFlsugpUjkIqKjeNyiUs57DNBqczRKFjLHRmMZIULcqb4f3v"
    "t9AGGa7owCzuBhP+Dhf7q0QFrd5Kfdywu+E9hGbHoTjrXDroP1rhcBixkUV9DTOMxhhMNY"
    "Q1GxKC+LEwoNwjMHOHtmUc8Z45IEcaa+W+BLZSLQ7Oz5O5A4EtCUiod8ic5ofYwBOeno9i"
    "9z7obH/EPfsxVU1kH7bRJvKn296H2/b1mb+U75yrTr/fY1awXNBVzOC8I3vfDD7NNINP42"
    "awv2fSjODsoIkw1OrIicYv722GToQ4CtElI0vBPUI2BE4GbwnDxR0QDLA5G6AW/0OvdxVR"
    "ns67ce/b5+vzzu3zX8SiZ4MsmoFwKQgquRwikI1yOSgVNm6oyM2hE8uTGyXYWgyyHta2Y9"
    "Juj7k15wSOq7wfwCxHIea9RdRhfewNXKkSX1kOJFz15KroxCIU4YXUWOcQQ81BQkllnxaQ"
    "NU0gV2cRgdoQTtjK4H1Tb6Q7HbL/ZlIn3swj1lCKRxYmVLfZa5XbaFE4pUHUFHwp3KblqR"
    "EBUzyvskJHIHT04aIc8kNACvV7LG6uAb7PkTeiu5DAmfojV0qcAZMCfO9GHB88VF+ydxGu"
    "7wVvyBYefM9VWQOeMfHAvSbQtokA8aXJCKOpBpgkYZIgKYC28sQ15JGyZhsji/xlXJwMPo"
    "Rig5UlEEdhJQM3Aqjs28bZt82SdX0KhI8lS9jJ/kLSjiyHrhR3H9GcdWFh/HBYHoKoGWjK"
    "RIv09ofk0hGTKMLgkc1cuU23m9gUXANLirqNP63ms4hMtpp6FLHHcu34l5PTk7ev35wsOe"
    "myJY+BrpZYTVEenqTkqmC1KoN1XaTz2G09I0MhD/VROEWAPTVbYxEX6fI8GZaRK9RjYSFF"
    "owkwZKuA0EBMGgBji0ld5FJmLRrQsyu5SAUOmfPcc6qNET3SRjwKYIJEjjmBjkl4Dxgzyq"
    "YFFWzuQU8vtmDf8h+89Vg0/cEb3uQIg+ZmP8htViG+Pg6pIuzjFCgaYS/Zl7Cw3JTwvEzp"
    "noCrJOAbFqNZj/GQQO5EJL+kYDcnwTMBqTI918ivldgcIjP13CWbz8QAK7KZ/cG+yuNReT"
    "yVwmlkwls5FTUMU6ei2tzttUItTRh9MfwmkfseYWiNHWZzJQJhM0Pow5nl+4naRPA8a8Zg"
    "vrSZIiuL4cCENpThfhft/kX7stN63Jk5fSVjetPN6KtlwG+u+RzEBRcrDPfA7G3E4+ABph"
    "ZjDtztDDQK8dSzY7mvemYDbtfyj6KOlfBW82/C+Z5e+62uiZVV3HSrWC45XZ7XlzATEnCH"
    "5AeszU6gFk2rA5DtdVgCKL9DBb8DcadTgEu5eUIgO0Z5iHPctZ49u2ttSgXdBObZox0i0/"
    "xKmcNxuLWM4U3R4t/HZ2dn/zB2N9wYUTZiHbPHU+hk1bArlmkVn6PJfKn1pXvZ6Z1J7eXO"
    "ad8OuhdXnTNfiYlrOjvItzJdLNa6Pk3LmM05c4sBHpBPbgdpVyBNt1yZdAVSdcxtp1ylWw"
    "NNS7XymIYNnLHLLCZ9hq2ygjlvjiYzocaK6DhCiQ4egCWxk6BLG2OQ4TpdMU+MNlsX3Vsh"
    "zrfvGch1sV1K/4nDKf2nRv2HuENhT5WmSgJQkaVGstCJOx06jGWUsxQiUIogde6TjDPiYh"
    "ZC5knxtsWyicGIplgFl7ft94MzTXTfOf2Lj53Lz1edyzONGBNoujY075xPn8+vuv2PvFWk"
    "AZMJb+Wo7X7hjQAbE+tB1kcpa0O8K2BDvMu0Id4lajbI96tw5BaFVJWYmnzutlyF1emsKq"
    "vtBaU91lKBzlFIReUmU9nnvRDjctemJAArSdk9ouxGbF8VpnLY28udmRUJHIVUBG4ogR8g"
    "JqnZWZku8xDEbs+mf6lOwbrPozG0ISCwZDxXFErdrRNzZ0A8LRsgF4Co+LgV8XEMVUnUVg"
    "mPG3gz7SdWV4fGBWsqPTIuhQ/Ug9jbYLK93P8rURvlfxHsslfQbj5fXdUWeBjQaI6wmVNX"
    "uefAAWJ/ClVXlvGHX/0ZD4NMj1WDNCUe8iI1l5gqEK6pLwlVrGaPGC4zEIFf2tgi2gi5jq"
    "kNF6Hbc737dMOX5mrARk5K0GadE68RtOlhpJw0jAA1IIRz19LwSMsO18xgCoP+F8ivV01H"
    "8BLo4M/N+186F4PerbAyCHKxAWPMgc01skJzz5m0m4h5vQZeryP4Teula8f3RZJuPhMvLm"
    "yDSPJ93A0rRW2EFxSI8F83av+TZVAXwwxh4PeuEgSz0LgixfPlcMmq5QVZRHNnNgLijnTG"
    "rqGsPNP/2P7P8a9vePS9LJ82gQuefE5/E3H2I8uGkqF717KLxctHe09Iudl960+vOQWAn0"
    "mWSAGoyOJ2W+kmevHZSYHjwzcn2VefnbxYJVMsk6akaWc6VpbjVch/iotlIiRKCXQGAAqf"
    "qbGENhPkZU5MAoiD13c2cVbyALAFHFoqOCcM05DQnD1NaLdTWEdONQE79dRCRUOtQwKiMw"
    "1vnqKtZ7OcMIw6n1Xns+r4Ln4+64j7PDNu5VhxQhuDbVKgy1On8Vr+kXoteXnJVivDkvd6"
    "j1ZZ8qFxBSx5gymaBJ6JzHhxNYf0X5AjbhPzMud+kgTPpZ8y8zjNIK82yWq7+ls4NDcWEs"
    "iM5e8q9X63vlyVHL5VHSP8miWQHgNTSeIqSfygzB1iu+My+8Efr3hQhR0wQnjKiysyHKbs"
    "gJykyzjgrrMsU9Y+ZUvm2/eNcqRE2uU6CcYqsbimRb1uQrFKJA7nCTB2XbKkaAhEScYaJW"
    "P2jRCbuw6iYX7Aug9zuJOUMHxN2UN1glJv28irw5EKrypyrK7I8aRSfPcvmVeleR6kd1Qd"
    "cTwhAqsUtAMnsEpBq6oCljglijqmcvIf3v9eKPPBO/jpe16r/bQek6kP8QS09RF1YOlRjx"
    "Wzbvh1xeO0u+iqpN14i+9iOedeql/5q6/ONCUPX4efpxSu/z+zjBT8XQNnMUD8b4kMRz5X"
    "lT3c1NSAKTKhrSdP85c/FPNVxTSnpTklF5DEJ8Jip9+Ly+0kor3EgiUX8Po8MK+XTjByx5"
    "NwB/UfmJqSwNr1BMofCwYseMwhN2whYCBFghf0gIetjmH4OoGORtAU0gkjEo84AJo3j7zO"
    "Vk5mirL//JY8oPEZ4VmQY4awCF2QCQUW0cbIYQ/yrwtg/znykoEPW33yOrfKRxZH0aiIKF"
    "QDoiOanNXmUbqKbRyBVKZTg0ynmlLnQhFZ6+bOhYLA9nHTrUyei/KcbWTPhYyrXAHmm1+F"
    "xJcfYVAkAI+PlezfhoBnP6NAisiraeTJOY+jI0zGGLZrQjM9FRr4ydA8Bu9vb5K/szKut/"
    "zsNQRYeoRHdiJdvREeDUqle/uqgPP+7atM7z3vWnGJfMN0hWZYRBW0hZyKMJkCoUrtkjVE"
    "QjNwW79Q2EHQdl5BjrhPoJAIWackh2+D1F+TY52ZlQGza5aUx/dVWY69LMuhbIvm2ha3cO"
    "QSYGdIBb93lUDAoXEFfGGyysUyagTz3Bzb1BxENRNxdT7iewKaVxnsSFx9OecOLYty7s0L"
    "Y4wZNtO8Xht5xtO7aLPJ4gAzgpXLMgkgDl4YbKRmwf4ezTc0UlMwmBL4XI7fLTZfNQeDGF"
    "K8qODSDsOpkL6mebVjdwlSZFe4S9CH2nHk8lLQNjhwGcyBRYnORe0wtWJtLq5ToFW0+Gqk"
    "jxFPxuG+h5L4jgIqVK9GtTBQKh19RiHV0WeDhERzqmL4tbmzrOhl5e4VVnQwrsChHH+QqR"
    "FIQ8UspA+U8wdp+Rqab6syw5aKMhdTNIUOTTtpW3/Cp2cf71s1DPE/gehsi9kfr+zlCvby"
    "gaSDoRl0klhv9T51bs403lnuuseL9s1F50qMNfgPt+0m5YipCx8PTk9QmYBPmNLqKsCdiD"
    "6Vh3ng20vlYR44gff4sGcf8zA9ezvFE1guwbDwzSXNFFBrZhiWd92IhMx0v42fq5nrtPFv"
    "zit0IwnAwreyjFGTV3wwS3AIMY9X499mNjBSA6FLQitfTNN9MeIuQUm+Elw2BqWO1dOO1b"
    "db87WZrHRrur4qONrAsmpKfauDkTQtqLu5nEVlmjQ1RLgpBse+IHzjFoeocpBhcvgVEPJt"
    "juWoYsHWfr0GkQADhsj17hbkz+eGg6TIsgIAhmP2O3mipQFIiilS05zKQGm6gaIOi5UWrb"
    "RopUVv2Am6prxNaJI11Xk6wFyzrEpPoZ8ar/UUqpwVrfQU1UPjtZ7CdaDWrvQUlPeKqlWP"
    "/wfoZe2w"
)
