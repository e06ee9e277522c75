"""Pictures: what is known of each, what uses it, and since when nothing does.

Its files are in the store of pictures, under its id: the SHA-256 of what was uploaded. So a URL that ends in an id means
the same picture on whatever host, and what uses a picture can be told from the URLs of posters and thumbnails.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TABLE = """
        CREATE TABLE IF NOT EXISTS "picture" (
    "id" VARCHAR(64) NOT NULL PRIMARY KEY,
    "width" INT NOT NULL,
    "height" INT NOT NULL,
    "colour" TEXT NOT NULL,
    "variants" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "unused_since" TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);
COMMENT ON TABLE "picture" IS 'A picture that editors uploaded, under the SHA-256 of what they sent; its files are in the store of pictures.';

alter table picture
    add constraint picture_id check (id ~ '^[0-9a-f]{64}$'),
    add constraint picture_size check (width between 1 and 20000 and height between 1 and 20000),
    add constraint picture_colour check (colour ~ '^#[0-9a-f]{6}$'),
    add constraint picture_variants check (
        jsonb_typeof(variants) = 'array'
        and jsonb_array_length(variants) between 1 and 10
        and not jsonb_path_exists(variants, '$[*] ? (
              !exists(@.width ? (@.type() == "number")) || !exists(@.height ? (@.type() == "number"))
              || !exists(@.webp ? (@.type() == "number")))')),
    add constraint picture_created_at check (chaishots_is_moment(created_at)),
    add constraint picture_unused_since check (unused_since is null or chaishots_is_moment(unused_since));
create index picture_newest on picture (created_at, id);
create index picture_unused on picture (unused_since, id) where unused_since is not null;
"""

_USES = r"""
-- The pictures whose URLs stand in a map of posters or thumbnails.
create function chaishots_picture_ids(assets jsonb) returns text[] language sql immutable parallel safe
return array(select distinct found[1]
               from regexp_matches(assets::text, '/pictures/([0-9a-f]{64})(?:-[0-9]{1,5})?[.](?:webp|avif)"', 'g') as found);

create index program_pictures on program using gin (chaishots_picture_ids(posters));
create index lesson_pictures on lesson using gin (chaishots_picture_ids(thumbnails));

create function chaishots_is_picture_used(picture_id text) returns boolean language sql stable parallel safe
return exists (select from program where chaishots_picture_ids(posters) @> array[picture_id])
    or exists (select from lesson where chaishots_picture_ids(thumbnails) @> array[picture_id]);

-- What a picture is called and looks like, for who is at this base: `https://host`.
create function chaishots_picture(pictured picture, base text) returns jsonb language sql stable parallel safe
return jsonb_build_object(
    'url', base || '/pictures/' || (pictured).id || '.webp',
    'width', (pictured).width, 'height', (pictured).height, 'colour', (pictured).colour,
    'variants', (
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'url', file || '.webp', 'width', variant -> 'width',
                   'avif', case when variant ? 'avif' then file || '.avif' end)) order by (variant ->> 'width')::int)
          from jsonb_array_elements((pictured).variants) as variant
               cross join lateral (
                   select base || '/pictures/' || (pictured).id
                          || case when variant ->> 'width' = (pictured).width::text then '' else '-' || (variant ->> 'width') end
               ) as named (file)));

-- Notes what is used from now on, and what is used no more. A picture that is being deleted is waited for, and one that
-- is used is kept from it: as by a foreign key, which a URL is none of.
create function chaishots_note_pictures() returns trigger language plpgsql as $$
declare
    before text[] := case when tg_op = 'INSERT' then '{}' else chaishots_picture_ids(to_jsonb(old) -> tg_argv[0]) end;
    after text[] := case when tg_op = 'DELETE' then '{}' else chaishots_picture_ids(to_jsonb(new) -> tg_argv[0]) end;
begin
    perform from picture where id = any(after) and id <> all(before) order by id for key share;
    update picture set unused_since = null where id = any(after) and unused_since is not null;
    update picture set unused_since = clock_timestamp()
     where id = any(before) and id <> all(after) and unused_since is null and not chaishots_is_picture_used(id);
    return null;
end $$;

create trigger note_pictures_insert after insert on program for each row
    when (new.posters::text like '%/pictures/%') execute function chaishots_note_pictures('posters');
create trigger note_pictures_update after update of posters on program for each row
    when (new.posters is distinct from old.posters and (old.posters::text || new.posters::text) like '%/pictures/%')
    execute function chaishots_note_pictures('posters');
create trigger note_pictures_delete after delete on program for each row
    when (old.posters::text like '%/pictures/%') execute function chaishots_note_pictures('posters');
create trigger note_pictures_insert after insert on lesson for each row
    when (new.thumbnails::text like '%/pictures/%') execute function chaishots_note_pictures('thumbnails');
create trigger note_pictures_update after update of thumbnails on lesson for each row
    when (new.thumbnails is distinct from old.thumbnails and (old.thumbnails::text || new.thumbnails::text) like '%/pictures/%')
    execute function chaishots_note_pictures('thumbnails');
create trigger note_pictures_delete after delete on lesson for each row
    when (old.thumbnails::text like '%/pictures/%') execute function chaishots_note_pictures('thumbnails');

create function chaishots_keep_pictures() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        perform chaishots_refuse('picture_immutable', 'a picture stays what it is');
    elsif chaishots_is_picture_used(old.id) then
        perform chaishots_refuse('picture_used', 'the picture is used');
    end if;
    return old;
end $$;
create trigger keep_pictures_delete before delete on picture for each row execute function chaishots_keep_pictures();
create trigger keep_pictures_update before update on picture for each row
    when ((new.id, new.width, new.height, new.colour, new.variants, new.created_at)
          is distinct from (old.id, old.width, old.height, old.colour, old.variants, old.created_at))
    execute function chaishots_keep_pictures();

-- A picture that is sent after something had its URL: it may have been restored, or come from another catalog.
create function chaishots_note_use() returns trigger language plpgsql as $$
begin
    if chaishots_is_picture_used(new.id) then
        new.unused_since := null;
    end if;
    return new;
end $$;
create trigger note_use before insert on picture for each row execute function chaishots_note_use();

-- The history knows things by UUIDs: a picture by the first half of its id.
create function chaishots_record_pictures() returns trigger language plpgsql as $$
declare
    kept constant text[] := array['unused_since'];
begin
    insert into activity (actor, action, object_type, object_id, before, after)
    select chaishots_actor(), 'picture.' || case tg_op when 'INSERT' then 'create' else 'delete' end, 'picture',
           left(case tg_op when 'INSERT' then new.id else old.id end, 32)::uuid,
           case when tg_op = 'DELETE' then to_jsonb(old) - kept end, case when tg_op = 'INSERT' then to_jsonb(new) - kept end;
    return null;
end $$;
create trigger record after insert or delete on picture for each row execute function chaishots_record_pictures();

do $$
declare
    ours record;
begin
    for ours in
        select pg_proc.oid::regprocedure as signature from pg_proc join pg_language on pg_language.oid = prolang
         where proname in ('chaishots_note_pictures', 'chaishots_keep_pictures', 'chaishots_note_use', 'chaishots_record_pictures')
           and pronamespace = current_schema()::regnamespace and lanname = 'plpgsql'
    loop
        execute format('alter function %s set search_path = %I, pg_temp', ours.signature, current_schema());
    end loop;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _TABLE + _USES


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop function chaishots_note_pictures() cascade;
drop function chaishots_keep_pictures() cascade;
drop function chaishots_note_use() cascade;
drop function chaishots_record_pictures() cascade;
drop function chaishots_picture(picture, text);
drop function chaishots_is_picture_used(text);
drop index program_pictures, lesson_pictures;
drop function chaishots_picture_ids(jsonb);
drop table picture;
"""


MODELS_STATE = (
    "eJztXV1T2zgX/iua3JTOsJ2W0tLSqwDpNu9C6EBod7fseBRbJFocK5Vk0kyX//5Ksh1/yX"
    "FskuBQ3bRE0pHt59jSOUePjn627BHEbEQ4e9G2Ob7DfNY6BD9bHhwj8Yeuehe04GSSqpRl"
    "HA5cJQKTDQeMU1Egym+gy5AochCzKZ5wTDzZ+txDQPTjDREgN4CIX3yEveEuwJ74SxRSB1"
    "H5YzrC9ghgDqaQgSnFnCPvA6BkygCkop3nzgC6E22h4yBnFwxmgFM8HCLKXshbcYgt7kV0"
    "vdGr+h7+7iOLkyES/VJx7W//iGLsOegHYvLntxYZ/ItsbmFHCjD0vfWPbDK5tW4wcp2UOm"
    "StqFMVFp9NVOERHnY9/lE1lg86sGzi+mMvITCZ8RHx5hLY47J0iDxEIUfyGpz6Ujue77qh"
    "IiOFBY8QNwnuPSHjoBvou1LHUjq4g7isZVm987512elbViun/0gioZywyCaefHfErTIFwV"
    "Dewm/v9/Zevz7Ye/n67bs3+wcHb969fCfaqvvNVx3cBzcTwxV0pUDr/t7t9eUNEfGCBm+u"
    "LLhXMpDDQEqpKMYf8jz8JwJBjsdIr4BAIoO/E4q8iP7IaiPCfpE6ooJYH/EntlAhl9/dk+"
    "DXzjPbJfatJW+BcTie7Dx/9vwBSlqAd7971rnst88+y+7HjH13FXbtfkfW7KnSWaZ05+3z"
    "tILmnYCv3f4nIH+Cv897HQUxYXxI1RXjdv2/W/KeoM+J5ZGpJb7SBE5RcVQkmiZUbXNC89"
    "ruox8Fn9pcIKNsAdBG1bua722RKjt/9lNa7H1pXxx/al/snLX/fJ7S5Ol57/eoeazG3vHp"
    "+ZH60lJwyzushncoYQCvAXg46yjQKqCeETPQ14c+mPDTwF9ddU8WAh8IZWD3fey8kKJLgB"
    "9O2luAvYL5dTAHJEd39aBpRAfohlDNe/y/y/OeHs5YIjs3Y5uD/4CLWc5G2mo0JRSL3+Ts"
    "S5uBXXaQG7VvONJMksWwzwUM6tVQly7BzW3CKJUFA2jfTiF1rFwN2SNFbfNV471xtgR6cK"
    "iAlE8sny/hCE5wn9wir1XgJ0bVu2V+4gQLvyhqWeootsEtEs4VUf7Z8dnlLphiPgJQOGMu"
    "+hB4YpgzMIJMOGxMtJ7wvONXu5dyR67Qaas2zj94gF+V35ZyEyINWvJODtbnJpSO+cW+mf"
    "q/giUTtTcmTA0TRn4uebCPR5B2PH+sAO+KG4SejXLAR7JNBr71pdv52rk4BHcYTRG99jon"
    "3f65+I0cLNy8a699ctbtHQLojLGXHWUKIhhj+MNykTfkI/Hz7QKNRfrJur+R4vZkTVofai"
    "C15Kiliw95kM70H0FaLqORwYwj1hydrOJjOAqn2PnHICA96vbaF3/pv4YjzZR89Fe/087g"
    "b1Mk8bGqB4jSko0KFPXIdMeEgwIFu5Bxy2e1VJyVXYGSt8cC3jpNU3QnBsU6ek5LGi03Wc"
    "voxwSL7mpoOS1ptNw0LVfwlJM+GhpPCEeePbOEh8g0VlTYw8c/LpALC0LPsRvcjTv8A822"
    "14iKS8M39X7N4YUMcPogQx7dhaGGjHaXDThQJDTBOOAjGCwA25BSjBxAfA6IcG3C6IGMJU"
    "CPTeWSMQdDwnfBDaFgOiJqaZghz2GyBg4FjrqYxPouZMIWTQ9bhO/jslGLsHmTfefmBi2C"
    "z6yGm5yVNI5yVgPLOsrB8GUxDrmvmWULiSw5uXJKS/NNrZDUsvdq/2D/3eu3+3Muy7xkEY"
    "UloqvkwB0h6CCqQXfBukxO0izQPGBZLEBzQBzN2L5onMkI1hxmtgd9E44z4bha7nsQt65m"
    "oiZlVmmoNvfzKjFLc55yBt88uB8JRXjoCZ8rt8RT6AknF4S3E9qcDyyKKZzOfabUmyUwcJ"
    "CLeLAg1r48bp90WvePtlp/ihgjRWv1YeVuifvsxs2W4nPfCX+bAOGYQsqxGBwkxxoCjug4"
    "9GPlCvvEhdKvlX8q+qlwbB31S5p4SE/ZXlXHxituulccvHKW548HOoJRoZuQk6vlJjRtHF"
    "q1n8Ax1y3fF0cd5gIm7lAj7sD88ViY/FUAT4g8MuSJkeO69ezZdWtdJug6kBeX58grYjkv"
    "R1fJ9tHkT6D1pXvSOT8MJsprr33R7x6fdg6j+TI7qS5DVFk0skQaOigkqhxkiSqOT9XiiT"
    "XWrbEs2MmUEXxC4Z+N7GlKWDDMmkCdGXNEiIugV2DJxFLZqIQQ2+QXoDc8VxKNOD8/TQ1B"
    "R93sGHN1dtS52Hml3nfRCPMCkKNBw4Xe0BfGuTWhuOocsKiPJg9CjZ8NIkCZBe8gDtDJ6a"
    "VNKSyI0pX0k9HNkiHTLVPOt38KwPWpWynynJV7UNx5XWbPz/tnh4f/Cs9isDb7Zy2BaOYP"
    "lOleWSs5QaOWFaqFj4R/6okho5JO0lJGIav8TgqWI5fzEAoXJTc9LTsU3nCNV3By0f7YPw"
    "Sq+tq7PP7UObk67ZwcAmaPkOO7yLn2Pl8dnXYvP8nSiT8Q79FIlkpou19kIaT2CN8hp44P"
    "8X4JH+J9oQ/xPutDhPdXY3UnLWm4e01e4pm/hfX1bLi4W6HpcGipoee0pNFyk7Ucjb2I0m"
    "qJNXKCtWbZLdLsWnxfw4h42p+XP3FqKjgtaRTcUAXfIcq0KXIKQ+YJicddBn1VX4OrXvqk"
    "yEWQoYrUobSUyb6SCWcgOq7KxYpFDBWrhIoloMpDW4eJ1Q972k5Uy1lY8TulJ2FpxoHVAH"
    "sRd7aV338ptOnxL4WuuAXQuzo9fUSO22dsc5+ilp7kFtXulrDcJol2S2wOC5sHe7aCrBAM"
    "+BOXQJUI1PdkBlG5YevyU/u3vTdvJVdtKtuKspncqsU/KFbaDXZRkEw0zD3KRE+K2RZeQZ"
    "O+dONXXzFhToZVKxDmaoZRHzdfaTrbx/4y6T72i/N97D8vIcxNscM1m5oKbcN5e0OQ01iJ"
    "IzEFjDSOVCGcsYDBU0uHcIlfKegTSxiqQ41wzx2kGHq80vpiUqYhq4vbuf3LxNqeeCjG91"
    "Q2H4ZDx6BStC0j26RFi19dxxVSh6zbpaFkSOG4VeDShLWlLk2i3RIujS1mXIYO1YYaJn2A"
    "YDcFU8ciyEMSIsKb3IIzFn6CzjOp18ky5yQkaBaZ5V3hNRSfmWB27Gxkx47ZU7JRAy95mx"
    "VAz4iZvSX1NfAQarehdK9YCXWp3IbCnWRoiBG/Yt6QhEhDXEZDSN06Qur2UU8NKfFJ+n8m"
    "iPMLKdgQpp64gg1hqu7STYU4WJqn8vC8uU+Mo/LQbLnJjEwTbGvwPYPerE/kvxWIQLKvDc"
    "ay1k5WGRMHuVY+UDp/UCrfPTFkz+24IDIa4Emo0sWtSjccAB0yXeZ6CutCsbCWjyjxh6Nk"
    "BY8uqGUgiXIrB/l9WSz4At34DLotfSw4qt0tiQXTRLvSWPDXkCoyt8epjOu6DvAIBw5RWY"
    "dhGNlV+ZhAyBDaVdmWpiPkyTzEQp+SXaJPe7yma/x6uZ0em7u4uyAqLExhVi1CGUuYgFid"
    "hf/tNXoayl1RA0wFPOftHxfNl81BkCJOZ7XOU4nlTLCkya4WZmLCdWvkFIqkHjmn0HyibX"
    "BKITiFmDNLTrUDLXN9IdYaaZPHqRx0ZTXXPAzqZrVHfpkg0apGrubQfKKNI0Wu3XxbSYlr"
    "F7dbguYjL+QAhniCnRNsJBgS4Uopd8wGkQMlvC2ueDtjMkae9kjdh3f46zlt20bvMafrbj"
    "Jh7NNY/SWTIOt7NkX4507vEMjKarmIjtu9486pamvLB3fdJi0Jm2xET85OMAv/v7CmTZ4a"
    "k6fGOFyGdmEUbGgXTaZdhP62JhxYjXgRnwW0lRPUxs8pVkQVfdwm4rAsDNpEaV2WyjUBKQ"
    "/OOgp5BkHyhuCUG4BZfO6RNldENWkTi2l6LEYluql8NFJGyqz1Pv7BSM0cSg1XofGWQspf"
    "TXHSlh1801ImB9viHGyJjdRpgOtkC0vs3t5ObEvThaVfrqonYj6ibbstgK/duFU01gLrNq"
    "K4LjZv562WI5tGhFyViwwOiB8mKJPXlzZqoBF1yqeoAxQNxXMCToANmcbqXVGfxhZuui1s"
    "1iWNwbYFBtvmKCc5o2VFe0YeYLU0gddeZddI4lGz+0YSu3DSu0bSJk9230hyT8mDd43MDY"
    "BFM3gbUWyPCqbwsLJsDodxs7JJvFgdK55CC0ca7QyqGWRC3Tf2fV2Ne1g8YRaO4cVJWYsH"
    "8e2cNtN0kL03b5YghIhWhZQQVZch64rvqgLCYfMniO6rly+XQFe0KkRX1WnPmswjXHrMpG"
    "7l0OS2LElM8qh82fv/A5vywCE="
)
