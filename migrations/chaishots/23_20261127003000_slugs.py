"""Slugs of programs: a part of an address that people can read, unique among all that there are and were.

`program_slug` has every slug that leads to a program; the trigger `hold_slug` keeps it in step with `program`. A slug
that is left out is made of the title's Latin letters; `~words` asks for one made of these words. Both get a number
where the slug is another's. Of a program that was public once, the slug before stays as a former one.
"""

import json

from tortoise import BaseDBAsyncClient

from chaishots.content.slug_spelling import wished

RUN_IN_TRANSACTION = True

_COLUMNS = """
        CREATE TABLE IF NOT EXISTS "program_slug" (
    "slug" VARCHAR(80) NOT NULL PRIMARY KEY,
    "program_id" UUID NOT NULL REFERENCES "program" ("id") ON DELETE CASCADE
);
COMMENT ON TABLE "program_slug" IS 'A slug that leads to a program, its former ones included; rows are written by a trigger of `program` alone.';
        ALTER TABLE "program" ADD "former_slugs" text[] NOT NULL DEFAULT '{}'::text[];
        ALTER TABLE "program" ADD "slug" TEXT;
"""
_RULES = r"""
-- Its rows come before those that they refer to.
alter table program_slug alter constraint program_slug_program_id_fkey deferrable initially deferred;
create index program_slug_of_program on program_slug (program_id);

create function chaishots_is_slug(slug text) returns boolean language sql immutable parallel safe
return coalesce(length(slug) <= 80 and slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'
                and slug !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', false);

create function chaishots_are_slugs(slugs text[]) returns boolean language sql immutable parallel safe
return cardinality(slugs) <= 50 and array_ndims(slugs) is not distinct from case when slugs <> '{}' then 1 end
       and not exists (select from unnest(slugs) as slug where not chaishots_is_slug(slug));

-- Words as a slug, as far as they are in Latin letters. Room is left for a number.
create function chaishots_slug(words text) returns text language sql immutable strict parallel safe
return (select case when slug <> '' and chaishots_is_slug(slug) then slug else 'program' end
          from rtrim(left(btrim(regexp_replace(lower(words collate "C"), '[^a-z0-9]+', '-', 'g'), '-'), 60), '-') as slug);

create function chaishots_hold_slug() returns trigger language plpgsql as $$
declare
    words constant text := case when new.slug is null then new.title when new.slug like '~%' then substr(new.slug, 2) end;
    free text;
begin
    if tg_op = 'UPDATE' and old.published_at is not null and old.slug is not null
       and new.slug is distinct from old.slug then
        new.former_slugs := (old.slug || new.former_slugs)[:50];
    end if;
    new.slug := coalesce(chaishots_slug(words), new.slug);
    if not chaishots_are_slugs(new.former_slugs) or not chaishots_is_slug(new.slug) then
        return new;  -- their checks refuse them
    end if;
    if words is not null then
        for number in 1 .. 40 loop
            free := new.slug
                 || case when number = 1 then '' when number <= 20 then '-' || number
                         else '-' || left(md5(random()::text), 12) end;
            -- Waits for whoever is about to take the same one.
            insert into program_slug (slug, program_id) values (free, new.id) on conflict do nothing;
            exit when found or exists (select from program_slug where slug = free and program_id = new.id);
        end loop;
        new.slug := free;
    end if;
    new.former_slugs := array(
        select former.slug from unnest(new.former_slugs) with ordinality as former (slug, place)
         where former.slug <> new.slug group by former.slug order by min(place));
    delete from program_slug where program_id = new.id and slug <> all (new.former_slugs || new.slug);
    insert into program_slug (slug, program_id)
    select slug, new.id from unnest(new.former_slugs || new.slug) as slug order by slug on conflict do nothing;
    if exists (select from program_slug where slug = any (new.former_slugs || new.slug) and program_id <> new.id) then
        perform chaishots_refuse('program_slug_unique',
            format('a slug that the program %s is to have is another''s, or was', new.id));
    end if;
    return new;
end $$;
do $$ begin
    execute format('alter function chaishots_hold_slug() set search_path = %I, pg_temp', current_schema());
end $$;
alter table program disable trigger user;
create trigger hold_slug_insert before insert on program for each row execute function chaishots_hold_slug();
create trigger hold_slug_update before update of slug, former_slugs on program for each row
    when (new.slug is distinct from old.slug or new.former_slugs is distinct from old.former_slugs)
    execute function chaishots_hold_slug();
"""
_DONE = """
set constraints all immediate;
alter table program enable trigger user;
alter table program
    alter column slug set not null,
    add constraint program_slug check (chaishots_is_slug(slug)),
    add constraint program_former_slugs check (chaishots_are_slugs(former_slugs));
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _COLUMNS + _RULES + await _slugs_of_all(db) + _DONE


async def _slugs_of_all(db: BaseDBAsyncClient) -> str:
    # As an edit of nobody's: without another version, and without a line in the history.
    _, rows = await db.execute_query("select id, title from program")
    slugs = json.dumps({str(row["id"]): wished(row["title"]) for row in rows}).replace("'", "''")
    return f"""
update program set slug = made.slug from jsonb_each_text('{slugs}') as made (id, slug) where program.id = made.id::uuid;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop function chaishots_hold_slug() cascade;
drop table program_slug;
alter table program drop column slug, drop column former_slugs;
drop function chaishots_slug(text);
drop function chaishots_are_slugs(text[]);
drop function chaishots_is_slug(text);
"""


MODELS_STATE = (
    "eJztXetz2roS/1c8fGk7w+206SNt+okktOWePDoJ7Xk0HR9hC/CJsagkhzLn5n+/etjgh4"
    "wfGDCJviQgaWWzK2n3t9qV/m1ZY+CQMaLkeceizp1D560j49+WByaQfVBVt40WmE5jlbyM"
    "goErSEC04YBQzApY+RC4BLIiGxILO1PqII+3vvSgwfrxRtBAQwOxb3TseKO24XjsEyvENs"
    "T8y2zsWGPDocYMEGOGHUqh98HAaEYMgFk7z50b8I61BbYN7bYxmBsUO6MRxOQ5fxUbWexd"
    "WNdbfarvOT99aFI0gqxfzJ79/Qcrdjwb/oKEf/3eQoN/oEVNx+YEBP5s/eBNprfm0IGuHR"
    "MHr2V1osKk86koPHZGPY9+FI35Dx2YFnL9iRchmM7pGHkLCsejvHQEPYgBhfwZFPtcOp7v"
    "uoEgQ4HJn7BsIt89QmPDIfBdLmNOLd9gWdYyzYvLvnnd7ZtmKyX/kCIinKDIQh4fO+xViW"
    "DBiL/Cf94fHLx6dXjw4tXbd29eHx6+effiHWsr3jdddXgvX2bJLtmVYFrvU++iz18IsQEq"
    "Ry4vuBc0gAJJJUS05D+gafafMg5SZwLVApAUCf7bAcnz8ENSGiHvV4kjLFjKYznFVgrk+q"
    "d7Kr89fWK5yLo1+SsQCibTp8+ePFtDSCv43e+dd6/7nfMvvPsJIT9dwbtOv8trDkTpPFH6"
    "9O2zuIAWnRi/9/qfDf7V+OvyoitYjAgdYfHEZbv+Xy3+TsCnyPTQzGSzNMKnsDgsYk0jor"
    "Yowmlp9+GvjKm2IEgImzFoq+KtZ76tEmX3j35MihffOlcnnztXT887fzyLSfLs8uJT2Hwp"
    "xouTs8tjMdNi7OZvWI7fAYVmeAWGB1pHMK0E1xNkmvXVWS8VfpzxX7/2TlcyXhIl2O77jv"
    "2ckxZgfqC094D3gs2vpA6Iru7ih8Y5OoBDhBXj+L/Xlxdqdi4pkrrZsajxP8N1SMpG2mtu"
    "clasHsnJQZtgO+8gtWoPKVQoyWy2Lwg018txnUOC4W3EKOUFA2DdzgC2zVQNOkBZbdNVk4"
    "NJsgR4YCQYyX8x/30RIDh1+ugWeq0MnBhWt/Nw4tRhuChsmQsUO8YtZOAKCXx2cn7dNmYO"
    "HRuAgTEXfpBIzKHEGAPCABthrac0Dfwq95IP5DJBW7l1fu0Fvi7cFoMJoQRN/iaHm4MJuW"
    "t+NjYT/0tYMmF7bcJUMGH4dEkz+2QMcNfzJ4LhPfaCwLNgivEhbZMZ37rqdk67V0cGhsCG"
    "+Mb71uv+zr/fOXDGv3dPe/1L9h3aDoN9N17n9Lx3cWQAe+J4yVUnw6MxAb9MF3ojOmZf36"
    "6QYCivJBwOBXnAa+LyEQuryVcxlb/IA3iunhRxuoSEBnMKSXNkVMfkOA5U7mJyMJYe9y46"
    "V3+qZ8exQkUf/9nvdhL8t9i4YfwxyzuM4pSNchxdoNlT7R6SAnYBoaZPKok4SVuDkPfHIt"
    "47SWN4xxbFKnKOU2opN1nK8NfUYd1VkHKcUku5aVIugZyjmA1OpohCz5qbDDEShRUV9PDx"
    "tyvoggxX9BIW95Yd/gbn+2tELUuDkXq/YXfDRwjtrkdx1r70sr6d43AYspZFfQ1TjEYYTA"
    "yEDRcSgvi2MKDcIzD1B65jtXnNDJC2wUq5L4GNVIeT8/1k7kBgQwISGmwyq/wQG3jC4/NR"
    "7N4Hne2PuGU/pipEDmkbDZG/XF1+uuqcH4VD+cY7615fXzIULAd0FRi8ass+hMGHmTD4MA"
    "mDwzmjAsHZQRNRqvzIicYP722GTkRWFGLKhUzBe4RcCLyMtSVKl3RAMMLmTIBa/A+Xl2cx"
    "4+m4l/S+fT0/7l49fSkGPWvk0AyGS0VQyeUQo2yUy0GbsCVN2C1YY5/AdIUtxmuLWGLmKG"
    "iYa42dOR4k3OrhVtDYIRThuTSWZhBDw0PCPmKf5pAVjSG3pBCBxgCO2XjjdZOgpT8ZsP92"
    "2hzbzCPWsMeGDibUdNlrlVNdcTqtvGqK+xMeu/LSiJHVI4wdr6S7sSUIhJ45mJdjfoRIs7"
    "4U65ulbs4Bvl2hb0R1IYUzCVvmapw+0wJ87sYwN48Sl8u7iBQP4gZkCY/75laUBY+YeuCA"
    "HbouESShNhliNDEA0yRME6QV0FaeuIY+0kCqMbooHMbFxRBS6GWwsgbiLKyErWKEGlppaL"
    "VS111TIOB9lrKT9YW0HVk0zVV3n9GMVWEBfjgtj34zLDRhqkU6miN6qc00igA8spgbt2rc"
    "xLrgFlha1W38aTW7wTOXVaUXfI/12sHL14ev3716+3qxki5KVi2g+RqrKcbDo9RcFVCrBq"
    "zrMp2HDZsZwfGrWB+n0wLYU9ia2OxX6/N0RMBKpZ6ISCi6kY0hGwWELtWkBTB2mNZFPmVo"
    "0YIBruQqFXhkxtOeqTFCtG0M+Qb0GIn0ZgI9m/AaMGKSVe1nb+5Bj29be99C74PxWDTyPm"
    "je5M3t5gbey2lWIbQ7SamDu5MSKBrcLZcvgbB8RWRYpnZP0VVS8A0LD6wHPKSYOxZ5Fwru"
    "rsgtTFHqJMM1UjslNwfIVu67ZK8zCcKKy8z+cF+nkOgUkkoh5zLXqpyJGqWp01Bt7vTKMU"
    "tToC/B3zRzPyIMnZHHMFcqBjMzejua1LyfrE3FbbNiDGYLzBQbWYwHNnShjDQ76VyfdE67"
    "rfudwekzGU6qhtFni1jTlfB5GZJa7EyyO4a3EQ/BBpg6bHHgbmdgUIgnAY7lvuqpCziu5R"
    "/FEUrCW82/Cee7+tixujrWqLjpqFgOOVPu15eACSm6h+QHrA0nUIeqUtCzvQ4LAu13qOB3"
    "IP5kAnApN0+EZMcsj6wcN60nT25amzJBN8F59miPyAyzUnA4SbcWGN6ULP69f3J09A9b7g"
    "YbE8pG0DF7PIVe1vFpxZJ8kn00eV1qfeuddi+PpPVy43Wu+r2Ts+5RaMQkLZ0dpPrYPhZj"
    "3ZyokjVX7LklCB+QT24HGT9AZVvm5vsApY257WwfNRpoWpZPsGi4wBv5DDGZU+yUVcyr+m"
    "jyItRYFZ1kKDHBHXAkd1Jy6WAMMlynOf0kZLN11b0V4Xz/kcFcH7ul7J8knbZ/arR/iD8Q"
    "eKq0VFKEWiw1ioWO/cnAY0tGOaQQo9ICqXOeZOwRF0MImTvF21bLNgZDqkAFp1edj/0jQ1"
    "TfeNcnn7unX8+6p0cGscbQ9l1o33hfvh6f9a4/81KR2E3GvJSztveNFwJsjZ07eTRHWQzx"
    "vgCGeJ+JId6njguQ71dhyy1OqQ8BavK+22IUVpezPtRrLyQdLC0V5Byn1FJuspTDtRdiXO"
    "7GjhRhJS27R5LdCPbVYSoPe3r5U7uigOOUWsANFfAdxESZnZXpMo9Q7HZv+mV1Cda9H42h"
    "CwGBJeO54lT6WpeEOwPiSdkAuSWJjo/LiY9jrEqztkp4XD/oaT+5mh8atxxT6sg4xTpQD2"
    "Ovlp3t5fzPZW18/Ytxl72CcfH17GyHgYdfHIv6GLbUkYdhbTsn9HAaaVfk6FnZXCbSyesl"
    "iOFPXQTEDaO+x68m5Vl01587/zl485YHEMoTYMZwzvPn6AcRKjh0XChvKQ0uNeX58iLcMH"
    "iC4l7UrT+95ihG7lYtEcVY0Y2622T9+LUhrwt4QN++zr445PWznCjGmWNTRaZZpm24aK+j"
    "FhVW4pipgLECSGWyc0mg+akMh3CRX8rps6TQoQ4V3D13ADvAo6X2F6M0Ddld3NOcPFexdK"
    "xIiHSVjhe9obtO4Kd2d5ZbhPbNG+Z74mYm4gTYrJTDM0HbpH2jxy7j5pwO80Vel9DKQJVB"
    "bTsPVUbaFUCVFjN6CDwSiWbipGuZZUTaHJ/xU0PDmEOemjZhUE0FDqt1ko/xvkcjXRI77A"
    "y4/dCZbNvwu2ZjQJ1rtVUbO/qaJZieINM5Vzrn6kGZ3sT1R2XmQ9her0EVZsAQ4Qk/q4jx"
    "UDEDVuQwJAl3nbSgGPuUDZnvPza6IqWyGNbJ19F5OjUN6nXzc3ReTvxKAFryhK4IidaMOs"
    "sgKYxiWQb7l0+gI80fpEdJu4UfkYB1FOwDF7COgq26H1/Csx4H8+vfqh44y68DpL+fFnf6"
    "SvVkDOz6jHpgEZrlLp1P3pGbzc1LD/YR+1Nm8J0s+txL80vN2/iOVvRMzaljKYbjOfDmfc"
    "T/loga5n1tcddl45GtE2RD10xv6S1+KObDipkCC3wgR5DkJ8Ji6N6KCyMko4Ow2MWwDuoC"
    "sqCWjjHyR+NoBQ0fqAxXZuVmiuX3BXctg9G+cu9yOSOK7GCay0mZv5H5O797l6AJpGMmJL"
    "7tCMLr5+UVUcFd1uIoTX7zBDB4j5DBwmCzkm9N8jVVRrg6xBghjz0oPIKT/efMS+9+bvXJ"
    "69zUGBscRbdG41QN2CLddd5Ee8V26IO8af2xY4G14kNS0y89MELTorh+jESC7OOky839iK"
    "85Bc6crinwRqCFlQosxBOF1Fe4zVgkCoe3lcu/C4FN2Iq/1CLyuGe5fcaDaQjTMZbr29D+"
    "YGA0k8kUM+xQyhTRYC70izMa8cZD4++gk78N4DJaVfDOVp+9hgJTb/NmZ3bUu83boNyOdy"
    "8KeKPfvch0R/OqnIsZG2YrNAMR1ZtlmakQquQDrqESmsHb+pXCNiM3r+DQJ8DNUB5hbZ7i"
    "wJF2BQCPzK1b7HVhHoXp2oaHqGEjcXdeFGAAI0iplFfnzjhqcShfrnk6nvryvg094/HdUL"
    "DrZWjVWo+ZwMrFEy4pdLBJlUyp/d1QaGiyn1hgSvBz0X633HzRHA5iSPG8gt8iSqcDEZrm"
    "ukgcwk6RW+EQ9pBqx4ewLxRtg89gBzPA4LLJVe1AedTHSl4rqPXB9/lMHyEedskdDCX5HS"
    "fUrM5ntQAolfzbcUrt326QkmhO/mN4qFEWil4ceZSDopftCnhe+YNsg0AaSVuU3lC+Pkjk"
    "axkhVmXAloqExgmaQI+q3Knrd/j48PG+5T2K/ylGZyPmsL3Gy1VumHsYQexoKq+JTd4p+q"
    "V7cWTwynLn5J90Lk66Z6KtxX+46zYpsl2flP/g7ASdv/CIJa3PUN+J6tPZIw98eunskQcu"
    "4D3e7NnH7JEAbys8geXSIs5EP3uroNbMiyjvuhFpJGq/TZhhstJpEx45XugcZICFb2URpC"
    "YPFmZIcAAxD5/m36YusJTRbiWptS+m6b4YcQi7FF+JVTZBpbfVVdvq2z3dq5lL6dZsfX20"
    "VAMP0NDmWx0LiQ4n1uHEOzaA27WGE+8QcOwLwzeOOEQqawbkCNNcV2OORatiwdZhUq7IeQ"
    "ED5Ac3mvDnc+AgJbJI88RwxH4nz6axAFFAkZr61ACl6QBFbxZrK1pb0dqK3rATdE19m7Ik"
    "azrM4wEmK2cd5xH5qckDPSLHo8SP84jbockDPaKHfax9nMfyDJcVZlUHYscaZ9hVQWWeYQ"
    "WWzfIsq2xx1GzXZK40SrNGscgEsm/seK0Hs2dbMZlreHYCdvYivp+2TDxw6uDNmwKhU6xV"
    "ZvCUqEtkELB5VYLDQfMHyN2XL4okubNWmdwVdclL4TwKvVJXZUVIGmIS7s8NZTuNLL//Pw"
    "SEcqw="
)
