"""Titles, descriptions, summaries and the names of topics in other languages than their own.

`translations` is `{lang: {title, description}}`. What is in it is looked at when it is written, by a trigger: a check
would look again each time a lesson takes a step.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

# As in the migration of the stricter rules.
_INVISIBLE = (
    r"\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\U0001d173-\U0001d17a"
)
_COLUMNS = """
        ALTER TABLE "topic" ADD "translations" JSONB NOT NULL DEFAULT '{}'::jsonb;
        ALTER TABLE "program" ADD "translations" JSONB NOT NULL DEFAULT '{}'::jsonb;
        ALTER TABLE "term" ADD "translations" JSONB NOT NULL DEFAULT '{}'::jsonb;
        ALTER TABLE "lesson" ADD "translations" JSONB NOT NULL DEFAULT '{}'::jsonb;
"""
_RULES = rf"""
alter table topic add constraint topic_translations check (jsonb_typeof(translations) = 'object');
alter table program add constraint program_translations check (jsonb_typeof(translations) = 'object');
alter table term add constraint term_translations check (jsonb_typeof(translations) = 'object');
alter table lesson add constraint lesson_translations check (jsonb_typeof(translations) = 'object');

create function chaishots_is_visible(words text) returns boolean language sql immutable parallel safe
return words ~ '[^{_INVISIBLE}]';

-- Arguments: the texts that a language may have, with how many characters, as JSON; the column of the own language.
-- Two spellings that look the same are the same; a language without a text is none.
create function chaishots_check_translations() returns trigger language plpgsql as $$
declare
    rule constant text := tg_table_name || '_translations';
    longest constant jsonb := tg_argv[0];
    own constant text := case when tg_nargs > 1 then to_jsonb(new) ->> tg_argv[1] end;
    tag text;
    texts jsonb;
    name text;
    words jsonb;
    shown text;
    checked jsonb := '{{}}';
begin
    if jsonb_typeof(new.translations) <> 'object' then
        return new;  -- its check refuses it
    end if;
    for tag, texts in select * from jsonb_each(new.translations) loop
        if not chaishots_is_language(tag) or tag = own or jsonb_typeof(texts) <> 'object' then
            perform chaishots_refuse(rule, 'translations are by language, without the own one');
        end if;
        for name, words in select * from jsonb_each(texts) loop
            shown := normalize(words #>> '{{}}', nfc);
            if jsonb_typeof(words) <> 'string' or not longest ? name or char_length(shown) > (longest ->> name)::integer
               or not chaishots_is_visible(shown) or (tg_table_name = 'topic' and btrim(shown) <> shown) then
                perform chaishots_refuse(rule, format('of each language: %s, with at most so many characters', longest));
            end if;
            texts := jsonb_set(texts, array[name], to_jsonb(shown));
        end loop;
        if texts <> '{{}}' then
            checked := checked || jsonb_build_object(tag, texts);
        end if;
    end loop;
    if (select count(*) > 50 from jsonb_object_keys(checked)) or octet_length(checked::text) > 100000 then
        perform chaishots_refuse(rule, 'there are translations into 50 languages at most, of 100,000 bytes together');
    end if;
    new.translations := checked;
    return new;
end $$;
do $$ begin
    execute format('alter function chaishots_check_translations() set search_path = %I, pg_temp', current_schema());
end $$;
create trigger translations before insert or update of translations on topic for each row
    when (new.translations <> '{{}}') execute function chaishots_check_translations('{{"name": 100}}');
create trigger translations before insert or update of translations, language_primary on program for each row
    when (new.translations <> '{{}}')
    execute function chaishots_check_translations('{{"title": 300, "description": 10000}}', 'language_primary');
create trigger translations before insert or update of translations on term for each row
    when (new.translations <> '{{}}') execute function chaishots_check_translations('{{"title": 300}}');
create trigger translations before insert or update of translations, content_language_primary on lesson for each row
    when (new.translations <> '{{}}')
    execute function chaishots_check_translations('{{"title": 300, "summary": 2000}}', 'content_language_primary');

select chaishots_write_history_of_lessons();
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _COLUMNS + _RULES


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop function chaishots_check_translations() cascade;
alter table topic drop column translations;
alter table program drop column translations;
alter table term drop column translations;
alter table lesson drop column translations;
drop function chaishots_is_visible(text);
select chaishots_write_history_of_lessons();
"""


MODELS_STATE = (
    "eJztXW1z0zgQ/iuafKHM5BgohUL5lLbhyF2bMm0Kd0cZj2Iria+2FCS5IcP1v58k2/F7Ej"
    "svdVp9gUbSyvaztrTParX61TBH0GYjwtmLlsntO5tPG0fgVwNDF4k/8qqboAHH40SlLOOw"
    "7ygRGG/YZ5yKAlE+gA5DoshCzKT2mNsEy9YXGAHRDx4iQAaAiF98ZONhE9hY/CUKqYWo/D"
    "EZ2eYI2BxMIAMTanOO8AdAyYQBSEU77EwBuhNtoWUhqwn6U8CpPRwiyl7IW7GIKe5FdL3V"
    "q3rY/uEhg5MhEv1Sce1v30WxjS30EzH581uD9P9FJjdsSwow9KPxXTYZ3xoDGzlWQh2yVt"
    "SpCoNPx6rw2B52MP+oGssH7RsmcTwXxwTGUz4ieCZhYy5LhwgjCjmS1+DUk9rBnuMEigwV"
    "5j9C1MS/95iMhQbQc6SOpbR/B1FZwzC6Fz3jqt0zjEZG/6FETDlBkUmwfHfErTIFwVDewm"
    "/v9/dfvz7cf/n67bs3B4eHb969fCfaqvvNVh3e+zcTweV3pUDr/N7p9uQNEfGC+m+uLLhX"
    "MpBDX0qpKMIf8iz8pwJBbrsoXwG+RAp/KxB5Ef6R1kaI/Tx1hAWRPqJPbK5Crn44p/6vvW"
    "emQ8xbQ94C49Ad7z1/9nwFJc3Bu9c5b1/1WuefZfcuYz8chV2r15Y1+6p0mirde/s8qaBZ"
    "J+Brp/cJyJ/gn4tuW0FMGB9SdcWoXe+fhrwn6HFiYDIxxFcawyksDotE05iqTU5oVts99L"
    "PgU5sJpJQtANqqetfzvc1TZfuvXkKL3S+ty5NPrcu989ZfzxOaPLvo/h42j9TYPTm7OFZf"
    "WgJueYfl8A4kNOAVAA9mHQVaCdRTYhr66tD7E34S+Ovrzulc4H2hFOyeZ1svpOgS4AeT9g"
    "5gr2B+7c8B8dFdPWgS0T4aEJrzHv9xddHNhzOSSM/NtsnBf8CxWcZG2mk0JRTz3+T0S5uC"
    "XXaQGbUHHOVMksWwzwQ06uVQl5RgcBszSmVBH5q3E0gtI1ND9klR22yVu++mSyCGQwWkfG"
    "L5fDEiOLZ75BbhRgFPDKubi3ji2Ba8KGy5kCi2wC0S5IoofnZyftUEE5uPABRkzEEffCZm"
    "cwZGkAnCxkTrMc8Sv8q9LCZyhaSt3Di/8gC/Lt6WoAmhBg15J4ebowkLx/xibqb+L2HJhO"
    "21CVPBhJGfSxbskxGkbey5CvCOuEGITZQBPpStM/CNL5321/blEbiz0QTRG9w+7fQuxG9k"
    "2YLm3eDW6XmnewSg5do4PcoUeDBc+NNwEB7ykfj5do7GQv2k6W+ouH1Zk9SHGkgNOWrl+Y"
    "cwpNP8jyApl9JIf8oRq49O1vExHAdT7OxjEJAed7qty7/zv4bjnCn5+O9eu5XC36RI4mOU"
    "dxAlJWvlKOqSyZ52B/kKdiDjhscqqTgtuwYl744FvHOapuhODIpV9JyU1Fqus5bRz7Etuq"
    "ug5aSk1nLdtFyCKcc5GnLHhCNsTg3BEFmOFRX08PHPS+TAAtdzRIM7UYd/ounuGlFRafCm"
    "3m/YvZACLt/JkEV3rqshpd1lHQ4UCU0wDvgI+gvAJqTURhYgHgdEUJvAeyB9CRCziVwy5m"
    "BIeBMMCAWTEVFLwwxhi8kaOBQ45vkkNnch7baou9sieB+X9VoEzevMnevrtPA/swo0OS2p"
    "iXJaA8sSZX/4MhiH3MuZZQsDWTJyi0Na6m9qBUEt+68ODg/evX57MItlmZXMC2EJw1Uy4I"
    "4QtBDNQXfOukxGUi/QrLAs5qPZJ1bO2D5vnEkJVhxmdgd97Y7T7rhK9N33W5czUeMy6zRU"
    "6/t5LTBLM0w5hW8W3I+EInuIBefKLPEUMuH4gvBuQpvhwKKYwsmMMyXeLIGBhRzE/QWx1t"
    "VJ67TduH+w1fozxBgpWqsPKpsL6LMTNVsqnvtO8G0CBDGFlNticJAx1hBwRN2Ax8oV9rED"
    "Ja+Vf6rwU0FsLfVLmngoP2R7XR1rVlx3Vuy/cgb23H5egFEhTcjIVaIJdRuH1s0TuM3zlu"
    "+LvQ4zAe13qOB3YJ7rCpO/DOAxkQeGPDZy3DSePbtpbMoE3QTy4tKY+d76UnQ4LbcSGd6U"
    "Ln7dPzs6+lcMd/2NKWUj7FhcniNcFHq+XAxRuo86j0uNL53T9sWRb73c4NZlr3Ny1j4KjZ"
    "i0pbNM9NC84T7U0GFh9NBhOnrI8qh61w03b+FrzvaylOAj8sltZaNZzKxkxhjm2ZbHhDgI"
    "4gLzMpJKu4qE2Da/gHw2sBYX0cXFWWIIOu6kB/7r8+P25d4r9b6LRjYvADkcNByIh55gTM"
    "aY2mUn5nl91HkQqu0UnQaUGfAO2j46Gb20KIUFrtMF/aR0s/WpeyvK+fa9AFyPOqXsn7Sc"
    "tn/WaP8wr6/4VGmtZAS1WtaoFj7y3D4WQ0Y5ppCQ0gpZ53dSsEa8HEMoXCne9rRsUTjgOa"
    "zg9LL1sXcEVPUNvjr51D69PmufHgFmjpDlOci6wZ+vj886V59k6djri/doJEsltJ0vshBS"
    "c2TfIasKh3i/BId4X8gh3qc5RHB/FZbckpI6oLLO626zt7C6nnWA9E5oOhhaKug5Kam1XG"
    "cth2MvorRctpOMYKVZdoc0uxHuq8NUHvfn5Y2tigpOSmoF11TBd4iy3LxFhS7zmMTDrk2/"
    "qq7Bda9HU+QgyFDJeK6klE6Jk3JnIOqWDZCLRHR83IL4OAFVFtoq4XG9oKfdRHVxaFz0Tu"
    "VHxuWMA+sB9jLqbCe//4XQJse/BLriFkD3+uzsAQMPP9sm9yhq5EcehrXNBaGH41i7JXbs"
    "Bc39jXR+qg4GvLFDoMrO6mGZ1lXuorv61Ppt/81bGUA4kW1F2VTun+MfVKjgwHaQn+E1SA"
    "jLRE8q3DC4Qk5O2a1ffc1RjNKtWiKKsaIb9WGTyCZTsBwsk4PloDgJy8HzBVGME9viOTvN"
    "Cm3DWXsdtZhjJY7EFDDKIVKFcEYCGs/ccAiHeKWcPpGEDnWo4O65g9SGmJdaX4zL1GR1cU"
    "f35Dk5Q8ecDZFOruNFL+iuEvip3Z3lBqFd84Z5WGW5YnbAzUo5PFOydVo3euo6LpFSZ9Os"
    "kpIhhW6jgFUGtc1FrDLWbglWaQqjh6EjtdGMSRrm7zJi6rgQeXhIGHMot6a5gqrlkcNqnS"
    "xzfkgs0iW1wi6IW/FZInon21Z2sum9Vlu1seO3WQL0lJjec6X3XD0q03uVLQ96q8OavoxV"
    "tzjorQ3xyCXxxpdMchQT0YOLDtROK2O5QO3dC8nWwbqPkpRrz9oTUrAOJHzkCtaBhFWXNE"
    "s4J5PxW6sn+X5ksVurpvaOp48b22YOvucQT3tE/lsiQE72tUUH48aDuFxiIcfIeq9nD0rl"
    "uyeG7Jkd57urfTwJVbq4VbnRfaCDCLCZnoK6QCyo5SNKvOEoXsHDC+ZG5olyIwP5/SIH/S"
    "UaeAw6jXwHfVjbXOCgp7F2Cx30X4MQqpk9TqWz3bEAJhxYRKVIh4G7XSWPA0HkXFOlhpuM"
    "EJZJ04U+ZdRVfo72DV3j6SWie+iY3uYcV70whVk5t3EkoR1iVQJidtfoqWlMlxpgSuA5a/"
    "+waL6sD4IUcTqtdPhTJKedJXWmWjYTE65TIddWKPXAubZmE22NU23BCbQ5M+RU28/d0TEX"
    "6xxpnd9sMejKaq54ct1gvecTaifRukau+sRehRuqiqjdbLvVAmoXtVsi9kpeyAIM8VjIlL"
    "/BZkgElVJ0zAQhgRJsi6tgKpe4COee/716h0+PtO1azJU+Cnyb2a0fx+ovGftHVKTPM/jc"
    "7h4BWVkuR9dJq3vSPlNtTfngjlOnJWGdpevR2Ql64f8Ja1rnb3qQqU+HXTzyz0uHXTxyBe"
    "/wCsQuhl0EfDvHHVgu8CI6uGwnJ6itH6quAlXy/TZhDMtcp02Y7mipHCyQcv9gtiDOwE9q"
    "4h/JBWwWHdKWm0OlnLT2xdTdF6MSQJU+xy0lpdd6H/4Ut3oOpXpb21PeeaLNt3UMJMlAwW"
    "VnxKSUThg5P2FkLOVAEuAqqQ1jeQ52E9uFuQ2TL1fZM5UfkHDsCuAbZxwqtriAcoRxx/M5"
    "x6zVchHAYZS0SpwI+8QLsinK60vi4GtEnRMt6gBFQ/GcgBNgQpZDRdbUpyYodScoerFYW9"
    "HaitZW9IadoGvbW5XYDbTy7qoVTMk67AAps78q9qjpHVax/WrJ/VVJOzS9wyq++2rl/VUz"
    "qyxlVt3/D7WbFYo="
)
