"""Tokens of the CMS, answers kept for retries, and a version for every resource that has an ETag."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE TABLE IF NOT EXISTS "api_token" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "name" TEXT NOT NULL,
    "role" VARCHAR(6) NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ,
    "revoked_at" TIMESTAMPTZ
);
COMMENT ON COLUMN "api_token"."role" IS 'VIEWER: viewer\nEDITOR: editor\nADMIN: admin';
COMMENT ON TABLE "api_token" IS 'A key to the CMS, with a role; only its hash is kept.';
        CREATE TABLE IF NOT EXISTS "idempotency_key" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "key" TEXT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "answer_status" INT,
    "answer_headers" JSONB,
    "answer_body" BYTEA,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "token_id" UUID NOT NULL REFERENCES "api_token" ("id") ON DELETE CASCADE
);
COMMENT ON TABLE "idempotency_key" IS 'A request that was carried out once, with the answer it got, for whoever sends it again.';
        ALTER TABLE "term" ADD "version" INT NOT NULL DEFAULT 1;
        ALTER TABLE "topic" ADD "version" INT NOT NULL DEFAULT 1;

alter table api_token
    add constraint api_token_name check (name ~ '^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$'),
    add constraint api_token_role check (role in ('viewer', 'editor', 'admin')),
    add constraint api_token_hash check (octet_length(token_hash) = 32),
    add constraint api_token_hash_unique unique (token_hash);
-- A name may be given again once its token was revoked.
create unique index api_token_name_unique on api_token (name) where revoked_at is null;

alter table idempotency_key
    add constraint idempotency_key_key check (char_length(key) between 1 and 255),
    add constraint idempotency_key_unique unique (token_id, key);
-- For throwing the old ones away.
create index idempotency_key_age on idempotency_key (created_at);

create function chaishots_count_versions() returns trigger language plpgsql as $$
begin
    if new.id <> old.id and tg_table_name = 'term' then
        perform chaishots_refuse('term_id_immutable', 'a term keeps its id');
    elsif new.id <> old.id then
        perform chaishots_refuse('topic_id_immutable', 'a topic keeps its id');
    end if;
    if new is distinct from old then
        new.version := old.version + 1;
    end if;
    return new;
end $$;

create trigger count_versions before update on term for each row execute function chaishots_count_versions();
create trigger count_versions before update on topic for each row execute function chaishots_count_versions();

-- A program's topics are part of what its ETag stands for. One that this very transaction made has been read by nobody.
create function chaishots_touch_programs() returns trigger language plpgsql as $$
begin
    update program set updated_at = clock_timestamp() 
     where id in (select program_id from changed_rows) and xmin <> pg_current_xact_id()::xid;
    return null;
end $$;

create trigger touch_programs_insert after insert on program_topic referencing new table as changed_rows
    for each statement execute function chaishots_touch_programs();
create trigger touch_programs_delete after delete on program_topic referencing old table as changed_rows
    for each statement execute function chaishots_touch_programs();
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        drop function chaishots_count_versions() cascade;
        drop function chaishots_touch_programs() cascade;
        ALTER TABLE "term" DROP COLUMN "version";
        ALTER TABLE "topic" DROP COLUMN "version";
        DROP TABLE IF EXISTS "idempotency_key";
        DROP TABLE IF EXISTS "api_token";"""


MODELS_STATE = (
    "eJztXW1z2rgW/iseviSdye20Sdu09BMEuuVuAp2EtLvbdDzCVrA3tuRKcijTm/9+JdkGvw"
    "I2kNgZfWmDpCPs5+jlPOccid8twwI2tTCjLzsGs+9tNm+1td8tBFzI/8irPtJawPMSlaKM"
    "gYkjRUC84YQywgt4+S1wKORFJqQGsT1mYyRajxDUeD9oCjV8q2H+iVk2mh5pNuJ/8UJiQi"
    "I+zCzbsDSbaTNAtRmxGYPoo0bwjGqA8HbImWvwnrcFpgnNI20y1xixp1NI6EvxKCY2+LPw"
    "rh/1W31k//ShzvAU8n4J/+7vP3ixjUz4C1Lx8XsLT/6FBtNtUwhQ+LP1QzTx7vRbGzpmQh"
    "2iltfJCp3NPVnYtacDxD7JxuJFJ7qBHd9FMQFvziyMFhI2YqJ0ChEkgEHxHYz4QjvId5xQ"
    "kZHCgldYNgmePSZjwlvgO0LHQjp4gmVZS9eHo7F+1R/reiuj/0gippywyMBIjB3+qFRCMB"
    "WP8J8Px8cnJ6fHr07evX/75vT07ftX73lb+bzZqtOH4GGWcAVdSdAGfwyGY/FAmA/QYOSK"
    "ggcpAxgIpKSKlvgDloW/xxFktgvzFRBIpPA3Q5GX0R9pbUTYr1JHVLDUx3KKrVTI1U+nF3"
    "w6PDAcbNzp4hEoA653+OLgxRZKWoH3eHDRvxp3Lr6I7l1KfzoSu864L2qOZek8VXr47kVS"
    "QYtOtG+D8WdNfNT+GQ37EmJM2ZTIb1y2G//TEs8EfIZ1hGc6n6UxnKLiqIg3janaYJhktT"
    "2Gvwqm2kIgpWwO0KOqdzfzbZUq+3+NE1ocfu1cnn3uXB5edP56kdDk+Wj4R9R8qcbh2fmo"
    "K2daAm7xhOXwDiUU4BUAD3cdCVoJ1FNiCvrq0AcbfhL46+tBbyXwgVAKdt+3zZdCdAPww0"
    "27AdhLmE+CPSC+ussXTSI6gbeY5Izj/16NhvlwLiXSe7NtMO1/mmPTjI3UaDQFFKtHcnrQ"
    "pmAXHWRW7VsGczbJYtgXAgr1cqgLSnB7FzNKRcEEGHczQEw9U4OPcVHbbJV77KZLAAJTCa"
    "R4Y/F+MSLo2WN8B1GrgCdG1UfreKJnc14UtVxLFDvaHeTkCkt+dnZxdaTNbGZpgJMxB34M"
    "mJjNqGYBygkb5a09liV+lXtZT+QKSVu5dX7rBX5XvC1BEyIN6uJJTvdHE9au+cXcTP5fwp"
    "KJ2isTpoIJI6ZLFuwzC5A+8l0J+IA/IEAGzAAfydYZ+NbXQf9b/7Kt3dtwBskN6vcG4xH/"
    "DE2b07wb1OldDIZtDZiujdKrTIEHwwW/dAeiKbP4x3crNBbpJ01/I8Udi5qkPuRCqotVK8"
    "8/hACZ50+CpFxKI5M5g7Q+OtnFZOiGW+xiMnBIu4Nh5/Lv/NnQzdmSu3+P+50U/gaBAh+9"
    "vIMoKVkrR9EQzw6VOyhQsAMo031aScVp2R0ouTkWcOM0TeA9XxSr6DkpqbRcNy2X4FBx6x"
    "26HmYQGXOdcweas7+GPXz68xI6oMApuSRIg2WHf8J5c7fXZWk4Uh/2TDxTwOXTzyy6K0lo"
    "SrubUlECuSYo4ywSBKFBAxBiQ1PDPuMk0oAhrxQsEyA6E8FEpk0xO9JuMdFmFpZBQwqRSU"
    "UNmHIc89jq/r5IEdq6E9pwPG7KZ8PmdWZV9aWzwTSrQKDSkopCpTWwKYUKli+dMsD8nF22"
    "MMUhI7c+2aH+plaY7nD8+s3pm/cn794sshwWJauSG6JEhgy4FgQmJDnorvDYZySV636LgE"
    "mA5gSbOWv7qnUmJVhxmWkO+spRoxw1leh74NEsZ6LGZXZpqNZ3eq0xSzNMOYVvFtxPmEB7"
    "ijjnyjj/C5lwPFTYTGgzHJgXEzBbcKbEyOIYmNCBLAiVdK7OOr1+6+HJ4rjnkFJcFMUNK4"
    "/W0Gdn2WyjTN97zrexxokpIMzmi4PIvgUag8QNeayIvXoOELxW/CkTEzmxNeUnYeLB/GTe"
    "XXWsWHHdWXEw5HTku5O81JNCmpCRq0QT6rYO7ZonMJvlBXaLvQ4LAeV3qOB34F/PICrKwt"
    "wsnJ7uo86KaH0d9PqjdrBc36DO5Xhwdt5vR6t2emnfJJC+anxHGjotDKSfpgPppk+kC193"
    "8zz9K05apASfkRPiUc5cxPZRqnsgbzPtYuxAgAr206VUmhtzscecAfnmz0448Wh0nliCuo"
    "P0GnN90e1fHr6W4503slkByNGi4QA09bmJqHvEdgEp5XBe1UedF6Ha7wYRoFQH98AO0Mno"
    "pUMIKPAVreknpZsNHXcNU873HwXg+sQp5f9My23l/dzLIa6b1sHvh4N2+19u305uWnsy2f"
    "fiDqX+RBqQpbWSEVRq2aFamMVZEuJLRimdJKWUQnY5TwqCYpsxhMLQ2GNvyyYBtyyHFfQu"
    "O5/GbU1W36Crs8/93vV5v9fWqGFB03egeYO+XHfPB1efRannT/g4skSpgHbwVRQCYlj2PT"
    "SrcIgPG3CID4Uc4kOaQ4TPVyHGkJRUGWR1DjQsRmF1PatcwUZoOlxaKug5Kam0XGctR2sv"
    "JKTcwf+MYKVdtkGa3Qv3VXH55z29fM+sqOCkpFJwTRV8DwnNvcKj0GUek3jaYNzr6hrceQ"
    "AOErds9spSRCWvrEle4VBloa2SuzIOe2omquvzVpZjqmZpK18InhLgtvLzVqLaozWJK16s"
    "3QbnPQzsEwrbMqGEitySIJuAygvjxPVxkatdpKC4fDjlneWo1skmN8jFHDwpYslVWHybnM"
    "pYeZSMFZVT8ahMIv6YJUBPiT0x9Em39cHevNV70cA2QWUVTN6xEqoGkVXwOO4b4it+yXMz"
    "MREVClOhsGqhsOYFvVQ45Nk7epSr9pkrWLlqn7mClau2qqu20hUy0uGTBbvkvTHPzOO47W"
    "0x8ROJnm3k4HsB0HyMxb8l3Lqir0f0Ze3dq+tiEzp61lG6eFEixh5fshd2XOAZDfDEROri"
    "Tl63EwAdeoUXegrrQrGwllkE+1MrXsGiL8z1J/NyPQP5wzpfsJwS+Y7gaLas9AJH4YBNXM"
    "AeICw4VRi+0Ud5dDA4Tyauil2cMMzz/ZaUVscQa+/UFQGS0ocQU1LqCOLTH0FsEFHch5tQ"
    "mYK7GLPJ3W/TxTcppWL3q2P3sZDt9uH7WJy4mdiujeAnB1fZIH76vP329GV5o8QzAXzf11"
    "0GFnqBdRsZ06vN20WrtfbtN3G/ZGT6y5+2AxPss9BK5d8vbNRAI/I+DXH9JIFT/p7ixxQM"
    "QHOs3h31qWzhutvC6pcXlMHWAIOthO9uZ76phDdla+/UFlZL0/xTsVdNe6hi/r6kfypp8q"
    "Q9VHHv1db+qYUBsPKXkiCxDatgCw8r1+3hYNls3SZerI4db6GFK03uDtrcH5vdkh4Wb5iF"
    "a7hIYii7iDdz20zmIhy/fbtBNgJvVZiPIOtSd63yeVUC4bD5M0T39atXG6DLWxWiK+ty79"
    "PIIrz2Ko280PATpUQ15xLhxzNecna1h/8DHZ2SFw=="
)
