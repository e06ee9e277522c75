"""A lesson says in a few sentences what it is about."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
alter table lesson
    add column summary text not null default '',
    add constraint lesson_summary check (char_length(summary) <= 2000);

create or replace function chaishots_normalise() returns trigger language plpgsql as $$
begin
    if tg_table_name in ('topic', 'release') then
        new.name := normalize(new.name, nfc);
        return new;
    end if;
    new.title := normalize(new.title, nfc);
    if tg_table_name = 'program' then
        new.description := normalize(new.description, nfc);
    elsif tg_table_name = 'lesson' then
        new.summary := normalize(new.summary, nfc);
    end if;
    return new;
end $$;
do $$ begin
    execute format('alter function chaishots_normalise() set search_path = %I, pg_temp', current_schema());
end $$;
drop trigger normalise on lesson;
create trigger normalise before insert or update of title, summary on lesson for each row
    when (new.title is not nfc normalized or new.summary is not nfc normalized) execute function chaishots_normalise();
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop trigger normalise on lesson;
create or replace function chaishots_normalise() returns trigger language plpgsql as $$
begin
    if tg_table_name in ('topic', 'release') then
        new.name := normalize(new.name, nfc);
        return new;
    end if;
    new.title := normalize(new.title, nfc);
    if tg_table_name = 'program' then
        new.description := normalize(new.description, nfc);
    end if;
    return new;
end $$;
do $$ begin
    execute format('alter function chaishots_normalise() set search_path = %I, pg_temp', current_schema());
end $$;
create trigger normalise before insert or update of title on lesson for each row
    when (new.title is not nfc normalized) execute function chaishots_normalise();
alter table lesson drop column summary;
"""


MODELS_STATE = (
"eJztXV1z07ga/iua3FBmchgoLIVwlbZhydk2ZdoUdpcyHsVWEm9tyUhyQ4bT/34k2Y6/k9"
    "hNUqerG6glvbL9PJb0fkn51TKn0GZTwtmLrsntO5vPWx3wq4Whi8QfRdVt0IKel6qUZRyO"
    "HCUCkw1HjFNRIMrH0GFIFFmImdT2uE2wbH2BERD94AkCZAyIuOJTG0/awMbiL1FILUTlxW"
    "xqm1NgczCDDMyozTnCHwAlMwYgFe2wMwfoTrSFloWsNhjNAaf2ZIIoeyEfxSKmeBbR9U7v"
    "6mP7h48MTiZI9EvFvb99F8U2ttBPxOTltxYZ/YNMbtiWFGDoR+u7bOLdGmMbOVaKDlkr6l"
    "SFweeeKjy2J33MP6rG8kVHhkkc38UJAW/OpwQvJGzMZekEYUQhR/IenPqSHew7TkhkRFjw"
    "CnGT4NkTMhYaQ9+RHEvp4AnispZhDC6GxlVvaBitHP+RRIKcsMgkWH474lGZgmAiH+E/7w"
    "8PX78+Onz5+u27394cHf327uU70VY9b77q6D54mBiuoCsFWv/3/mAoH4iIDzT4cmXBvZKB"
    "HAZSiqIYf8jz8J8KBLntomICAokM/lYo8iL6I8tGhP0yOqKCmI94iC0l5OqHcxpcHTwzHW"
    "LeGvIRGIeud/D82fMHkLQE72H/vHc17J5/lt27jP1wFHbdYU/WHKrSeab04O3zNEGLTsDX"
    "/vATkJfg74tBT0FMGJ9Qdce43fDvlnwm6HNiYDIzxChN4BQVR0WiaYJqkxOaZ3uIfpYMtY"
    "VAhmwB0E7p3cx4W0Zl789hisXBl+7lyafu5cF598/nKSbPLga/R81jGgcnZxfHaqSl4JZP"
    "WA3vUEIDXgPwcNVRoFVAPSOmoa8PfbDgp4G/vu6fLgU+EMrA7vu29UKKrgF+uGjvAfYK5t"
    "fBGpCc3dWLphEdoTGhBd/xf68uBsVwxhLZtdk2OfgfcGyW05H2Gk0JxfIvOfvRZmCXHeRm"
    "7TFHBYtkOewLAY16NdSlSTC+TSilsmAEzdsZpJaRqyGHpKxtvso9dLMlEMOJAlK+sXy/hC"
    "Ho2UNyi3CrxE6Mqtur7ETPFnZR1HKlodgFt0gYV0TZZyfnV20ws/kUQGGMOehDYInZnIEp"
    "ZMJgY6K1x/OGX+1eVhtypUZbtXn+wRP8puy2lJkQMWjIJznanpmwcs4vt83U/xU0mai9Vm"
    "FqqDByuOTBPplC2sO+qwDviweE2EQ54CPZJgPf+tLvfe1ddsCdjWaI3uDeaX94Ia6RZQsz"
    "7wZ3T8/7gw6Almvj7CxT4sFw4U/DQXjCp+Ly7RLGIn6y5m9E3KGsSfOhJlJDzlpF/iEM6b"
    "x4EKTlMoyM5hyx5nCyicFwHC6xi8EgID3uD7qXfxWPhuOCJfn4r2Gvm8HfpEjiY1R3EKUl"
    "G+UoGpDZgXYHBQQ7kHHDZ7UozspugOT90YD3jmmK7sSkWIfntKRmuckso5+eLbqrwXJaUr"
    "PcNJYrWMpJGw25HuEIm3NDWIisQIsKe/j4xyVyYInrOTaD+3GHf6D5/ipRcWn4pd5v2b2Q"
    "Aa7YyZBHd6mrIcPuug4HigQTjAM+hUEA2ISU2sgCxOeACNMm9B5IXwLEbCZDxhxMCG+DMa"
    "FgNiUqNMwQtpisgROBY5FPYns30m6Lprstwu9xXa9F2LzJtnNznRbBMKthJmcltaGcZWBd"
    "QzmYvgzGIfcLVtnSRJac3OqUluarWmFSy+GrN0dv3r1++2aRy7IoWZbCEqWr5MCdImghWo"
    "DukrhMTlIHaB4QFgvQHBGrYG5fNs9kBGtOM/uDvnbHaXdcLfM98FtXU1GTMptUVJs7vFao"
    "pTlLOYNvHtyPhCJ7goXNlQvxlFrCyYDwfkKbs4FFMYWzhc2U+rIEBhZyEA8CYt2rk+5pr3"
    "X/aNH6M8QYKYvVh5XtFeazEzdbK5/7TtjbBAjDFFJui8lB5lhDwBF1QztWRtg9B0q7Vv6p"
    "0k+FYWupK6nioeKU7U11rK3iplvFwSdnYN8dFSUYlZoJOblaZkLT5qFN2wnc5kXh+3Kvw0"
    "JA+x1q+B2Y77pC5a8CeELkkSFPzBw3rWfPblrbUkG3gby4PUe4LMt5vXSVbB9NHgKtL/3T"
    "3kUnWChvcPdy2D8563Wi9TK7qK6TqLJsZokYOipNVDnKJqpYPlXBE8MtirEs2cmUEXxC7p"
    "+d7GlKaDDM8GCRGnNMiIMgLtFkYqmsV0KI7XIEFCueG/FGXFycpaag4352jrk+P+5dHrxS"
    "37toZPMSkKNJw4F44gvl3PCoXXUNWNZHkyehxq8GEaDMgHfQDtDJ8dKlFJZ46Vb0k+FmTZ"
    "fpnpHz7XsJuD51Knmes3IP8jtvS+35df+s0/lHWBajrek/W3FEM3+kVPfKrOQENS0bpIVP"
    "hX2KxZRRiZO0lCZkk+OkJBy5noVQGpTc9bJsUTjmBVbB6WX347ADVPUNvjr51Du9Puuddg"
    "Azp8jyHWTd4M/Xx2f9q0+y1PNH4juaylIJbf+LLITUnNp3yKpjQ7xfw4Z4X2pDvM/aEOHz"
    "1YjupCV17l6TQzyLr7A+zzoXdy+YDqeWGjynJTXLTWY5mnsRpdUO1sgJ1lpl94jZrdi+Oi"
    "PiaQ8v37NqEpyW1AQ3lOA7RFnhETmlLvOExOOGQV/VZ3DToU+KHAQZqpg6lJbSp69k3BmI"
    "ulVzsWIRnYq1IhVLQJWHtk4m1jDsaT9RXZ2FFX9TxUlYBfPAZoC9jDvby/G/Etr0/JdCVz"
    "wCGFyfnT1ijttnSiYUuq3iJLeotr0iy81LtFtjc5hJfMpQR2WfMZmIFqQeMXWGqDxRNIoO"
    "yXw1V3xURRu/6nWyzqGiCZ9kxhciOCw/YFSnt+0kvU0nYO3U+E0+ZgXQM2I6Eas+Aw/Jg9"
    "D5DxsmoW7eg853SLozxYxfcZNdQkRHb3X0tl70dv/itDqC9+R9kzq68MQJ1tGFJ06wji7U"
    "jS7UOm9KOXzyYFc8ZOqJOXQferRUcvuyZ5sF+J5DPB8S+W8Fr7nsa4e+rK17dl1iIcfIO0"
    "oXL0rltyem7IUeF3hGAzwJVVzcqrO5AqBDt/CCp7AuFAtr+ZQSfzJNVvDohoXuelFu5CC/"
    "X+ULvkRjn0GnVewLjmrbK3zBNNFupS/4qzy1Sx7NFemsVPp1HQtgwoFF1BFdMPTsqs3LIH"
    "Snt9XW5NkUYXlol+BTblYuPiNsS/f4922EfuxAX3uJV1iowqyahzKW0A6xGg6xPVZ6mrqz"
    "XE4wFfBctH9cNF82B0GKOJ3XOnw4ltPOkiabWjYTC65TYwNuJPXIG3AXC22D998qBa7mId"
    "7jzR7Vrv0VmxpEFSztLWecRAk/ZVbGIh1ohZURt1sj40TeyAIM8USiSHBk8IQIrV5ZBiaI"
    "dHmh+HOVQuISF+HCn0J6eIf/Pvth3zJN9K8i7fKgn6cRiCRecFpf9mi3z71BB8jKantIT7"
    "qDk96ZamvKF3ecJkUn9S7SJ6cn6Bj0v5hpvb9Q7y/UBpfOANAE6wyAJmcAhPZ2gRewWg5A"
    "fIbzXi5QO/99KZUzUey3idIpljptou1463hsPEh5cEZ1GPL+oA6iDk4nlj8vvTivusg9U1"
    "Fa+2Ka7otRGxQrH2mdkdJhx8c/0LqZU6kOmzdeU0jZq6n0qHUn37SU3ju/fO98Yk9vGuA6"
    "u7wTG4n3E9uV27zTH1fVXzJ5RN12XwDfunKrMipLtNso23K5ertotV7eY5QbCiBFAI6Iz0"
    "MtVdxf6qgBI+rXWeSPmVI0Ee8JOAEmZAVa74b61Lpw03VhHZfUCtseKGy7SznJKS0b2r7w"
    "AK2lCSnWVTYwJF41u4UhsSEkvYEhrfJktzAktzc8eAPDQgHIrOD3/weGwgOA"
)
