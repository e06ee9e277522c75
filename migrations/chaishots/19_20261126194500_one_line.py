"""Titles and names are of one line; descriptions and summaries hold no controls but tabs and line breaks.

What older versions took is mended: what broke a line or steered a terminal becomes a space, what turned the direction
of all that follows goes. Joiners, marks and isolates stay: Indic words and right-to-left writing need them.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_BREAKING = r"\u0001-\u001f\u007f-\u009f\u2028-\u202e"
_STEERING = r"\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029"
# As the migration of the stricter rules has it.
_INVISIBLE = (
    r"\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\U0001d173-\U0001d17a"
)
_TITLES = (("program", "title"), ("term", "title"), ("lesson", "title"), ("release", "name"))
_ALL = ("topic", "program", "term", "lesson")
_PLAIN_ONES = "pg_temp.plain_ones(translations)"
_TEXTS = (("program", "description"), ("lesson", "summary"))

_MENDERS = rf"""
create function pg_temp.one_line(text) returns text language sql immutable as $$
    select normalize(btrim(regexp_replace(regexp_replace($1, '[\u202a-\u202e]+', '', 'g'), '[{_BREAKING}]+', ' ', 'g')), nfc)
$$;
create function pg_temp.plain(text) returns text language sql immutable as $$
    select regexp_replace(regexp_replace($1, '[\u000b\u000c\u0085\u2028\u2029]', E'\n', 'g'), '[{_STEERING}]+', ' ', 'g')
$$;
create function pg_temp.plain_ones(jsonb) returns jsonb language sql immutable as $$
    select jsonb_object_agg(tag, texts) from (
        select tag, jsonb_object_agg(name, case when words !~ '[{_BREAKING}]' then words
                                                when name in ('title', 'name') then pg_temp.one_line(words)
                                                else pg_temp.plain(words) end) as texts
          from jsonb_each($1) as by_tag (tag, texts), jsonb_each_text(texts) as by_name (name, words) group by tag) as mended
$$;
do $$
begin
    perform set_config('chaishots.actor', 'migration', true);
    -- Two topics that become one.
    create temporary table chaishots_twins on commit drop as
    select topic.id as gone, first.id as kept
      from topic cross join lateral (
        select other.id from topic other where lower(pg_temp.one_line(other.name)) = lower(pg_temp.one_line(topic.name))
         order by other.name ~ '[{_BREAKING}]', other.id limit 1) as first
     where topic.name ~ '[{_BREAKING}]' and first.id <> topic.id;
    insert into program_topic (program_id, topic_id)
    select program_id, kept from program_topic join chaishots_twins on topic_id = gone on conflict do nothing;
    delete from topic where id in (select gone from chaishots_twins);
    drop table chaishots_twins;
    update topic set name = pg_temp.one_line(name) where name ~ '[{_BREAKING}]';
    update picture set alt = (select jsonb_object_agg(key, pg_temp.one_line(value)) from jsonb_each_text(alt))
     where exists (select from jsonb_each_text(alt) where value ~ '[{_BREAKING}]');
    {"".join(f"update {t} set translations = {_PLAIN_ONES} where translations <> {_PLAIN_ONES};" for t in _ALL)}
    {"".join(f"update {t} set {c} = pg_temp.one_line({c}) where {c} ~ '[{_BREAKING}]';" for t, c in _TITLES)}
    {"".join(f"update {t} set {c} = pg_temp.plain({c}) where {c} ~ '[{_STEERING}]';" for t, c in _TEXTS)}
end $$;
drop function pg_temp.plain_ones(jsonb), pg_temp.plain(text), pg_temp.one_line(text);
set constraints all immediate;
"""


def _replace_check(table: str, column: str, condition: str) -> str:
    return f"""
alter table {table} drop constraint {table}_{column}, add constraint {table}_{column} check ({condition});"""


def _checks(*, is_strict: bool) -> str:
    line = f" and {{}} !~ '[{_BREAKING}]'" if is_strict else ""
    plain = f" and {{}} !~ '[{_STEERING}]'" if is_strict else ""
    titles = [
        _replace_check(
            table,
            column,
            f"{column} ~ '[^{_INVISIBLE}]' and char_length({column}) <= 300{line.format(column)}"
            + (f" or {column} is null" if table == "term" else ""),
        )
        for table, column in _TITLES
    ]
    name = (
        f"btrim(name) = name and name ~ '[^{_INVISIBLE}]' and name is nfc normalized and char_length(name) <= 100"
        + line.format("name")
    )
    description = f"char_length(description) <= 10000{plain.format('description')}"
    return "".join([*titles, _replace_check("topic", "name", name), _replace_check("program", "description", description)])


# A summary is looked at when it is written, not each time its row is: the longest costs what half of a step does.
_SUMMARIES = rf"""
create function chaishots_refuse_controls() returns trigger language plpgsql as $$
begin
    perform chaishots_refuse('lesson_summary', 'a summary holds no control characters but tabs and line breaks');
    return null;
end $$;
do $$ begin
    execute format('alter function chaishots_refuse_controls() set search_path = %I, pg_temp', current_schema());
end $$;
create trigger refuse_controls before insert or update of summary on lesson for each row
    when (new.summary ~ '[{_STEERING}]') execute function chaishots_refuse_controls();
"""

# As it was, and what its texts hold no longer.
def _translations(*, is_strict: bool) -> str:
    also = (
        f"""
               or shown ~ (case when name in ('title', 'name') then '[{_BREAKING}]' else '[{_STEERING}]' end)"""
        if is_strict
        else ""
    )
    return rf"""
create or replace function chaishots_check_translations() returns trigger language plpgsql as $$
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
               or not chaishots_is_visible(shown){also} or (tg_table_name = 'topic' and btrim(shown) <> shown) then
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
"""


_ALTS = r"""
alter table picture drop constraint picture_alt, add constraint picture_alt check (
    chaishots_are_alts(alt)
    and not jsonb_path_exists(alt, 'strict $.* ? (@ like_regex "[\u0001-\u001f\u007f-\u009f\u2028-\u202e]")'));
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _MENDERS + _checks(is_strict=True) + _SUMMARIES + _translations(is_strict=True) + _ALTS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _checks(is_strict=False) + _translations(is_strict=False) + """
alter table picture drop constraint picture_alt, add constraint picture_alt check (chaishots_are_alts(alt));
drop trigger refuse_controls on lesson;
drop function chaishots_refuse_controls();
"""


MODELS_STATE = (
    "eJztXWtz0zgX/iuafKHMdBkoXQrlU9qGJe+2KdOmsLuU8Si2knhrS0GSGzJs//sryXZ8T2"
    "znUqfoC9Syjuw8R5fznHMk/2yZY2izMeHsRdvk9r3NZ61j8LOFoYvEH3m390ELTiaJm7KM"
    "w4GjRGC84oBxKgpE+RA6DIkiCzGT2hNuEyxrX2IERDt4hAAZAiKu+NjGo31gY/GXKKQWov"
    "JiOrbNMbA5mEIGptTmHOH3gJIpA5CKetiZAXQv6kLLQtY+GMwAp/ZohCh7IV/FIqZ4F9H0"
    "Vp/qYfu7hwxORki0S8Wzv34TxTa20A/E5OXXFhn8i0xu2JYUYOh765usMrkzhjZyrIQ65F"
    "1xT90w+GyiCk/sURfzD6qy/KEDwySO5+KYwGTGxwTPJWzMZekIYUQhR/IZnHpSO9hznECR"
    "ocL8nxBV8d89JmOhIfQcqWMp7b9BVNYyjN5l37ju9A2jldF/KBFTTlBkEiz7jnhVpiAYyV"
    "f47d3BwevXRwcvX795+/vh0dHvb1++FXXV+2ZvHT34LxPB5TelQOv+0e315QsR0UH9nisL"
    "HpQM5NCXUiqK8Ic8C/+ZQJDbLspXgC+Rwt8KRF6Ef6S1EWK/SB1hQaSPaIgtVMj1d+fMv9"
    "p7ZjrEvDPkKzAO3cne82fPV1DSArz73YvOdb998Uk27zL23VHYtfsdeedAlc5SpXtvnicV"
    "NG8EfOn2PwJ5Cf657HUUxITxEVVPjOr1/2nJd4IeJwYmU0OM0hhOYXFYJKrGVG1yQrPa7q"
    "MfBUNtLpBStgBoq+pdz3hbpMrOX/2EFnuf21enH9tXexftv54nNHl+2fsjrB6psXd6fnmi"
    "RloCbvmG1fAOJDTgNQAPVh0FWgXUU2Ia+vrQ+wt+Evibm+7ZQuB9oRTsnmdbL6RoCfCDRX"
    "sHsFcwv/bXgPjsrn5oEtEBGhKa04//d33Zy4czkkivzbbJwX/AsVnGRtppNCUUi3tyutOm"
    "YJcNZGbtIUc5i2Qx7HMBjXo11CUlGN7FjFJZMIDm3RRSy8jcIQekqG72lnvgpksghiMFpP"
    "zF8vfFiODE7pM7hFsFPDG8vb+MJ05swYvCmkuJYhvcIUGuiOJnpxfX+2Bq8zGAgow56L3P"
    "xGzOwBgyQdiYqD3hWeJXu5XlRK6QtFWb51ee4NfF2xI0IdSgId/kaHM0YemcX8zN1P8VLJ"
    "mwvjZhapgwcrhkwT4dQ9rBnqsA74oXhNhEGeBD2SYD37rqtM86V8eAImgheos/dztf5PW9"
    "jabyunPW7V+Ka2TZgvbd4vbZRbd3DKDl2jg96xR4NFz4w3AQHvGxuHyzQIOhvtJ0OFTkgb"
    "yT1I+aWA05i+X5izCks/xBkZRLaWgw44g1R0frGBwnwZI7HxwC0pNur331d/7oOMlZok/+"
    "7nfaKfxN0W8EPkZ1h1FSslGOox6Z7mn3kK9gBzJueKyWitOya1Dy7ljEO6dpiu7FpFhHz0"
    "lJreUmaxn9mNiiuRpaTkpqLTdNyxWYc5yzIXdCOMLmzBCMkeVYUUELH/68Qg4scEVHtLgb"
    "Nfgnmu2uERWVBj31YcPuhhRw+U6HLLoLXQ8p7ZZ1QFAkNME44GPoB4RNSKmNLEA8DoigOo"
    "E3QfoWIGZTGULmYET4PhgSCqZjokLFDGGLyTtwJHDM81Fs7kHajdF0N0bQH8t6MYLqTebS"
    "zXVi+MOsBk1OS2qinNZAWaLsT18G45B7OatsYWJLRm55ikvzTa0gyeXg1eHR4dvXbw7nuS"
    "3zkkUpLWH6SgbcsfJh5aC7IE6TkdQBmxXCZD6aA2LlzO2L5pmUYM1pZnfQ1+447Y6rRd99"
    "v3U1EzUus05DtbnDa4lZmmHKKXyz4H4gFNkjLDhXJuRTyITjAeLdhDbDgUUxhdM5Z0r0LI"
    "GBhRzE/QBZ+/q0fdZpPTxa9P4cMUaKYvfBzf0l9NmJqpXK774XfJsAQUwh5baYHGTONQQc"
    "UTfgsTLiPnGg5LXyT5WOKoitpa6kiYfyU7jX1bBmxU1nxX6XM7DnDvISjgppQkauFk1o2j"
    "y0bp7AbZ4Xzi/2OswFtN+hht+Bea4rTP4qgMdEHhny2Mxx23r27La1KRN0E8iLR2Pme+sr"
    "0eG03EpkeFO6+Pnw7Pj4XzHdDTamlI2wY/F4jnBRKnq5nKJ0G02el1qfu2edy2PfernF7a"
    "t+9/S8cxwaMWlLp0z20KLpPtTQUWH20FE6e8jyqOrrhpsX+Fqw3Swl+IR8clvZeBYzK5kx"
    "gXm25QkhDoK4wLyMpNKuIiG2zRGQzwbW4iK6vDxPTEEn3fTEf3Nx0rnae6X6u6hk8wKQw0"
    "nDgXjkCcZkTKhddWFe1EaTJ6HGLtFpQJkB76Hto5PRS5tSWOA6XdJOSjdbX7q3opyv3wrA"
    "9ahTyf5Jy2n7Z432D/MGik9V1kpGUKtljWrhY88dYDFlVGMKCSmtkHWOk4IYcTmGUBgp3v"
    "aybFE45Dms4Oyq/aF/DNTtW3x9+rFzdnPeOTsGzBwjy3OQdYs/3Zycd68/ytKJNxD9aCxL"
    "JbTdz7IQUnNs3yOrDod4V4JDvCvkEO/SHCJ4vxoht6SkTqhsctxt3gvr61knSO+EpoOppY"
    "aek5Jay03Wcjj3IkqrnX6SEay1yu6QZjfCfXWaytMeXt7EqqngpKRWcEMVfI8oyz3HqNBl"
    "HpN43Nj0q/oaXHc8miIHQYYq5nMlpfQROSl3BqJu1QS5SETnxy3JjxNQZaGtkx7XD1raTV"
    "SXp8ZFfSo/My5nHlgPsFdRYzs5/pdCm5z/EuiKVwC9m/PzR0w8/GSb3KOolZ95GN7dX5J6"
    "OInVK7FjL6jub6Tzj+pgwJs4BKrTWj0sj3mVu+iuP7Z/O/j9jUwgnMq6omwm98/x9ypVcG"
    "g7yD/xNTgglomWVLph8IScM2a3/vQ1ZzFKt2qFLMaabtTHPVQ2eQTLYZkzWA6LD2E5fL4k"
    "i3FqWzxnp1mhbTivr7MWc6zEsVgCxjlEqhDOSEDjmZsO4RCvktMnktCpDjXcPfeQ2hDzSv"
    "HFuExDoos7uifPyZk6FmyIdHIdLzqgu0rip3Z3VpuEds0b5mF1yhWzA25WyeGZkm1S3OhX"
    "13GFI3U2zSopGVHotgpYZXB3fxmrjNUrwSpNYfQwdKw2mjFJw/xdRkx9PkR+TCTMOZRb01"
    "xB1fLIYb1GynxPJJbpkoqwC+JW/G0RvZNtKzvZ9F6rrdrY8desAHpKTO+50nuunpTpvcqW"
    "B73VYU0jY9UtDnprQzxzSfT4ioccxUT05KITtdPKKJeovXsp2TpZ90mScu1Z+4UUrBMJn7"
    "iCdSJh3ZBmBedkMn9r9UO+n1juVrWjvRMOWDzKoTIhmpcY9Yn4pxSmgQ/3dN7mTloV+dgm"
    "fd3x0/YmtpnTHS8gnvWJ/LdCPqFsa4v+2I3nvLnEQo6RdfbPfyiV3UqscHOz1+9BPp6Eqq"
    "57p46S94EOEubm3Tq4F4gFd/mYEm80jt/g4QNzExlFuZGB/KFkPCPo7QujGtGIKBPbMKJB"
    "uTzE8WWMMGDEReqr6DIgAUHQDpAfrwm+nW6pQ/bkmfQQyBaRYDtBGEMGLeSc6ue+2QyMCB"
    "YPCg/nE/9L8LJxka0+eYWEuWTnKBs0SUo1IHjy2BnV+wsCJYGm63CYhKQ2cRtk4q4UOc4M"
    "v2zHCE2L8utjLEa8i4NuaVZ4cs4pcRrtqiH5KzT0GHQKFq/w7rJli8bqlViv/KTpuQeOyv"
    "C6YwFMOLCI+ihKfH2AIMiV31eHwU7lomOLFqgt86zzv8qyoWf8ekfPNnnNoUJh1QLFkYQO"
    "gdVJgd1dN0dDs7jVBFMBz3n9x0XzZXMQpIjTWa3PPUZyOjzSNMszdbomJ06N0zVDqUc+XX"
    "O+0Db4cE04hTZnhlxqB7l7OBdinSOtTzRdDrqymmt+q3a43i8Sa87cCM68Zmrnb6Euonbz"
    "DdZLqF1Ur0S2tXyQBRjisSRp37k3IoJKKTpmgpBACbbFVfq0S1yEeV7m9eoN/nqkbdeyrN"
    "X/GaCLaVxYX5O4Ot+zeBr5XmTif5Qq/QWjT53eMZA3q53KedrunXbOVV1T/nDHaVISmD6X"
    "88nZCTrV7xfWtD6x8VGWPp1o+cSHl060fOIK3uEIxC4mWgZ8O8cdWC3VMvpU6U4uUCvmWl"
    "Z33ajU1Hy/TZi1utBpEx5wWOrUNUi5/ynWIPnAP8bM/winTMmaf5Y199S0atLaF9N0X4w6"
    "8rHyl1tTUjrW+/jfbW3mVLo1W19vZG/gXlNtvq1jImlaOnNzZ5b6R0QX5qzWOcx4hazVZm"
    "C7/rzVphCOXQF844xDbY8poBzh1pnFnGNeq1wGcLjRRx2VDAfEC85Pls+XxMHXyHzrCEUj"
    "8TsBJ8CELIeKrKlNTVCaTlB0sFhb0dqK1lb0hp2gK663GUtyTRuEn+AGqKItwrGfmt4kHN"
    "tyndwinLRD05uE4xuIV94iHO0LT5pVD/8H3QK5VA=="
)
