"""Pictures as the catalog shows them beside their URLs, with an alt text by language; hints where one has another shape.

Worked out when it is read: of what has no picture of ours among its URLs, that costs one look at the text of the map.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
        -- Postgres of some versions adds no column with a default to a table whose row is a function's argument.
        drop function chaishots_picture(picture, text);
        ALTER TABLE "picture" ADD "alt" JSONB NOT NULL DEFAULT '{}';

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

create function chaishots_are_alts(alts jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(alts) = 'object'
   and octet_length(alts::text) <= 30000
   and not jsonb_path_exists(alts, 'strict $.keyvalue() ? (
         !(@.key like_regex "^[a-z]{2,3}(-([A-Z0-9]{2}|[a-z0-9]{3}|[A-Z0-9][a-z0-9]{3}|[a-z0-9]{5,8})){0,3}$")
      || @.value.type() != "string" || !(@.value like_regex "^.{1,150}.{0,150}$"))');
alter table picture add constraint picture_alt check (chaishots_are_alts(alt));

create function chaishots_pictures_in(assets jsonb) returns table (tag text, variant text, url text, pictured picture)
    language sql stable parallel safe
begin atomic
    select by_language.key, by_variant.key, by_variant.value, picture
      from jsonb_each(assets) as by_language cross join lateral jsonb_each_text(by_language.value) as by_variant
           join picture
             on picture.id = substring(by_variant.value from '/pictures/([0-9a-f]{64})(?:-[0-9]{1,5})?[.](?:webp|avif)$');
end;

-- Of a map of posters or thumbnails, the pictures that are ours, by language and variant; on the host that their URL names.
create function chaishots_pictures(assets jsonb) returns jsonb language sql stable parallel safe
return (select jsonb_object_agg(tag, shown) from (
    select tag, jsonb_object_agg(variant, chaishots_picture(pictured, substring(url from '^(.*)/pictures/[0-9a-f]{64}'))
               || case when (pictured).alt ? tag then jsonb_build_object('alt', (pictured).alt -> tag) else '{}' end) as shown
      from chaishots_pictures_in(assets) group by tag) as by_tag);

-- Where a picture has another shape than its variant is shown in.
create function chaishots_picture_hints(member text, assets jsonb) returns jsonb language sql stable parallel safe
return case when assets::text not like '%/pictures/%' then '[]' else coalesce((
    select jsonb_agg(jsonb_build_object(
               'field', concat_ws('.', member, tag, variant),
               'message', format('The picture is %s by %s: as %s it is best %s, or it will be cut.',
                                 (pictured).width, (pictured).height, variant, ratio)) order by tag, variant)
      from chaishots_pictures_in(assets)
           join (values ('portrait', '2:3', 2 / 3.0), ('landscape', '16:9', 16 / 9.0), ('square', '1:1', 1.0),
                        ('banner', '3:1', 3.0)) as wanted (shape, ratio, aspect) on shape = variant
     where abs((pictured).width / (pictured).height::numeric / aspect - 1) > 0.05), '[]') end;

-- What is shown of a picture changes with its alt text, and by a picture that comes after its URL.
create function chaishots_tell_pictures() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        insert into activity (actor, action, object_type, object_id, before, after)
        values (chaishots_actor(), 'picture.change', 'picture', left(new.id, 32)::uuid,
                jsonb_build_object('alt', old.alt), jsonb_build_object('alt', new.alt));
    end if;
    perform pg_notify('chaishots_content', 'picture');
    return null;
end $$;
create trigger tell_insert after insert on picture for each row
    when (new.unused_since is null) execute function chaishots_tell_pictures();
create trigger tell_update after update of alt on picture for each row
    when (new.alt is distinct from old.alt) execute function chaishots_tell_pictures();
do $$ begin
    execute format('alter function chaishots_tell_pictures() set search_path = %I, pg_temp', current_schema());
end $$;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop function chaishots_tell_pictures() cascade;
drop function chaishots_picture_hints(text, jsonb);
drop function chaishots_pictures(jsonb);
drop function chaishots_pictures_in(jsonb);
alter table picture drop column alt;
drop function chaishots_are_alts(jsonb);
"""


MODELS_STATE = (
    "eJztXV1z0zgX/iua3FBmsgyUQqFcpW1Y8m6bMm0Ku0t3PIqtxN46VpDkhgzb//5Ksh1/yX"
    "HsJqlTdAONpCPbz7Glc44eHf1smTZ0qI0ZfdExmXPnsHnrCPxseXCC+B+q6jZowek0VSnK"
    "GBy6UgQmGw4pI7yAl4+gSxEvshA1iTNlDvZE6wsPAd6PN0YAjwDmv5jteOM2cDz+Fy8kFi"
    "Lix8x2TBs4DMwgBTPiMIa8D4DgGQWQ8HaeOwfojreFloWsNhjOASPOeIwIfSFuxcImvxfe"
    "9Vav6nvOdx8ZDI8R75fwa3/7hxc7noV+ICp+fmvh4b/IZIZjCQGKvrf+EU2mt8bIQa6VUo"
    "eo5XWywmDzqSw8dsY9j32UjcWDDg0Tu/7ESwhM58zG3kLC8ZgoHSMPEciQuAYjvtCO57tu"
    "qMhIYcEjxE2Ce0/IWGgEfVfoWEgHdxCXtQyjfzEwrroDw2jl9B9JJJQTFpnYE+8Ov1UqIR"
    "iLW/jt/f7+69eH+y9fv3335uDw8M27l+94W3m/+arD++BmYriCriRovd97/YG4Icxf0ODN"
    "FQX3UgYyGEhJFcX4Q5aH/5QjyJwJUisgkMjgb4UiL6I/stqIsF+mjqgg1kf8iS1VyNV39z"
    "T4tffMdLF5a4hboAxOpnvPnz1/gJKW4D3onXevBp3zz6L7CaXfXYldZ9AVNfuydJ4p3Xv7"
    "PK2gRSfga2/wCYif4O+LfldCjCkbE3nFuN3g75a4J+gzbHh4ZvCvNIFTVBwV8aYJVZsMk7"
    "y2B+hHwae2EMgomwO0VfWu53tbpsrun4OUFvtfOpcnnzqXe+edP5+nNHl20f89ah6rsX9y"
    "dnEsv7QU3OIOq+EdSmjAawAezjoStAqoZ8Q09PWhDyb8NPDX173TpcAHQhnYfd+xXgjRFc"
    "APJ+0dwF7C/DqYA5Kju3zQNKJDNMJE8R7/7+qir4YzlsjOzY7JwH/AdWjORtppNAUUy9/k"
    "7EubgV10kBu1RwwpJsli2BcCGvVqqAuXYHSbMEpFwRCatzNILCNXg/dxUdt81WR/ki2BHh"
    "xLIMUTi+dLOIJTZ4Bvkdcq8BOj6naZnzh1uF8UtSx1FDvgFnHnCkv/7OT8qg1mDrMB5M6Y"
    "iz4EnpjDKLAh5Q4b5a2nLO/41e6l3JErdNqqjfMPHuDX5bel3IRIg4a4k8PNuQmlY36xby"
    "b/r2DJRO21CVPDhBGfSx7sExuSrudPJOA9foPQM1EO+Ei2ycC3vvS6X7uXR+DOQTNEbrzu"
    "aW9wwX8jy+Fu3o3XOT3v9Y8AtCaOlx1lCiIYE/jDcJE3Zjb/+XaJxiL9ZN3fSHH7oiatDz"
    "mQGmLUUsWHPEjm6o8gLZfRyHDOEG2OTtbxMRyHU+ziY+CQHvf6ncu/1F/DsWJKPv5r0O1k"
    "8DcJEvgY1QNEaclGBYr6eLanw0GBgl1ImeHTWirOyq5BybtjAe+cpgm644NiHT2nJbWWm6"
    "xl9GPq8O5qaDktqbXcNC1X8JSTPhqaTDFDnjk3uIdIFVZU2MPHPy6RCwtCz7Eb3Is7/APN"
    "d9eIikvDN/V+w+GFDHDqIEMe3aWhhox2Vw04EMQ1QRlgNgwWgE1IiIMsgH0GMHdtwuiBiC"
    "VAj87EkjEDY8zaYIQJmNlYLg1T5FlU1MAxx1EVk9jchXTYoulhi/B9XDVqETZvsu/c3KBF"
    "8JnVcJOzktpRzmpgVUc5GL4MyiDzFbNsIZElJ1dOaWm+qRWSWvZfHRwevHv99mDBZVmULK"
    "OwRHSVHLg2ghYiCnSXrMvkJPUCzQOWxQI0h9hSjO3LxpmMYM1hZnfQ1+E4HY6r5b4Hcetq"
    "JmpSZp2GanM/rxKzNOcpZ/DNg/sRE+SMPe5z5ZZ4Cj3h5ILwbkKb84F5MYGzhc+UerM4Bh"
    "ZyEQsWxDpXJ53Tbuv+0VbrzxCluGitPqxsl7jPbtxsJT73Hfe3MeCOKSTM4YOD4FhDwBCZ"
    "hH6sWGGfulD4teJPST/ljq0lfwkTD6kp2+vqWHvFTfeKg1fO8PzJUEUwKnQTcnK13ISmjU"
    "Pr9hOYw1TL98VRh4WAjjvUiDtQfzLhJn8VwBMijwx5YuS4aT17dtPalAm6CeT55RnyiljO"
    "q9FVsn00+RNofemddi+OgonyxutcDnonZ92jaL7MTqqrEFWWjSyRhg4LiSqHWaKK5RO5eG"
    "JMVGssS3YyZQSfUPhnK3uaEhYMNaZQZcYcY+wi6BVYMrFUNirBxbb5BagNz7VEIy4uzlJD"
    "0HEvO8Zcnx93L/deyfedN3JYAcjRoOFCb+xz49yYEqfqHLCsjyYPQo2fDSJAqQHvoBOgk9"
    "NLhxBYEKUr6SejmxVDpjumnG//FIDrE7dS5Dkr96C486bMnp/3z46O/uWexXBj9s9GAtHU"
    "H0rTvbJWcoJaLWtUC7O5f+rxIaOSTtJSWiHr/E4KliNX8xAKFyW3PS1bBI6Ywis4vex8HB"
    "wBWX3jXZ186p5en3VPjwA1bWT5LrJuvM/Xx2e9q0+idOoP+Xtki1IBbe+LKITEtJ07ZNXx"
    "Id6v4EO8L/Qh3md9iPD+aqzupCU1d6/JSzyLt7C+njUXdyc0HQ4tNfScltRabrKWo7EXEV"
    "ItsUZOsNYsu0Oa3YjvqxkRT/vz8qdWTQWnJbWCG6rgO0SoMkVOYcg8IfG4y6Cv6mtw3Uuf"
    "BLkIUlSROpSW0tlXMuEMRCZVuVixiKZilVCxOFR5aOswsQZhT7uJajkLK36n1CQsxTiwHm"
    "Av48528vsvhTY9/qXQ5bcA+tdnZ4/IcfvsmMwnqKUmuUW17RKW2zTRboXNYWHzYM9WkBWC"
    "An/qYigTgfqeyCAqNmxdfer8tv/mreCqzURbXjYXW7XYB8lKGzkuCpKJhrlHKe9JMtvCKy"
    "jSl2796msmzImwagXCXM0w6uPmK01n+zhYJd3HQXG+j4PnJYS5mWMxxaamQttw0V4T5BRW"
    "os2nAFvhSBXCGQtoPJV0CBf7lYI+sYSmOtQI99xB4kCPVVpfTMo0ZHVxR7d/uYqhY8neO1"
    "cZeNELug9QgQ53PvFomO/JhErUCX2zSgHPjGyT1o1+dR1XyN6yaa+S4DGBk1aBVxnWtsu8"
    "ykS7FbxKkxs9FB3JPU1UuGHBhhYqT6YQ51REnEOxC2rCXTWVc1ivk1WOqkgwXTIr7NxxKz"
    "62Qm+a2sqmKb2tZ6s2dvI2K4CeEdPbe+pr4CHses2qX7MS6rLpNYs+SZLhI37F1C0JEe1C"
    "ak5wVhmrcYJ3j/2reaFP0v/TQZxfSMGas/bEFaw5a3VXzyrEwdJUoYenLn5iNKGHJixOJs"
    "WaOqYC33PozQdY/FuBiyX62mIsa+N8oQm2kGvkA6WLByXi3eND9sKOCyKjAZ6YSF3cyozP"
    "AdAh2Wihp7AuFAtrmU2wP7aTFSy6oJIExsuNHOT3ZbHgSzTyKXRb6lhwVNsuiQWTRLvSWP"
    "DXkK2zsMeJiOu6FvAwAxaWiZ9hGNmVKbFASNJqy4RXMxt5IhU016cg+KgzT2/oGr9eeq3H"
    "po+2l0SFuSlMq0UoYwkdEKvDvdhdo6eh9CE5wFTAc9H+cdF82RwECWJkXutIm1hOB0ua7G"
    "o5lE+4bo20TpHUI6d1Wky0Dc7qBGfQYdQQU+1QuXlgKdYKaZ1Kqxx0aTXXPI9rtN5T13SQ"
    "aF0jV3NoPtHenSLXbrGzp8S1i9utQPMRF7IARSzBzgn2cowxd6WkO2aCyIHi3haTvJ0Jni"
    "BPearxwzv89Zy2XaP36AOOt5mz92ms/uJpkHg/m6X9c7d/BERltXRQJ53+SfdMtjXFg7tu"
    "k5aEdUKoJ2cn6IX/X1jTOlWQThWkHS5Nu9AK1rSLJtMuQn9bEQ6sRryIj2PayQlq60dFS6"
    "KKOm4TcViWBm2izDorpfuAhAXHTYU8gyB/RnDQEHBofPSUMl1HNWkdi2l6LEbmGqp8OlVG"
    "Sq/1Pv7ZVM0cSjVXofGWQspfTXHSVh1801I6Dd7yNHiJjdRpgOskbEvs3t5NbEsztqVfrq"
    "qHkj6ibbsrgG/cuJU01gLrNqK4LjdvF61WI5tGhFyZDg4OsR/miBPXFzZqoBF50CqvAwSN"
    "+XMChoEJqcLqXVOf2hZuui2s1yW1wbYDBtv2KCc5o2VNe0YeYLU0gddeZddI4lGz+0YSu3"
    "DSu0bSJk9230hyT8mDd40sDIBlM3gHEce0C6bwsLJsDodxs7JJvFgda55CC0ca5QyqGGRC"
    "3Tf2fV2Pe1g8YRaO4cV5cYsH8d2cNtN0kP03b1YghPBWhZQQWZch6/LvqgLCYfMniO6rly"
    "9XQJe3KkRX1imP+8wjXHrSp2rlUKcXLUlM8qh82fv/Azh8Oik="
)
