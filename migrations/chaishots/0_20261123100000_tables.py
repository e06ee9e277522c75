"""The tables, as Aerich wrote them from chaishots/content/models.py, and the function that their ids come from."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        -- A UUID of version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then chance. Postgres has its own from 18 on.
CREATE FUNCTION chaishots_uuid7() RETURNS uuid LANGUAGE sql VOLATILE
RETURN (
    SELECT (lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
            || '7' || substr(random, 14, 3) || substr(random, 17))::uuid
    FROM replace(gen_random_uuid()::text, '-', '') AS random
);
CREATE TABLE IF NOT EXISTS "activity" (
    "seq" BIGSERIAL NOT NULL PRIMARY KEY,
    "at" TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "object_type" TEXT NOT NULL,
    "object_id" UUID,
    "before" JSONB,
    "after" JSONB
);
CREATE INDEX IF NOT EXISTS "idx_activity_object__e5ad12" ON "activity" ("object_id", "seq");
COMMENT ON TABLE "activity" IS 'One change of one thing, in the order in which it was written; rows are only ever added, by triggers.';
CREATE TABLE IF NOT EXISTS "program" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "language_primary" TEXT NOT NULL,
    "languages_available" TEXT[] NOT NULL,
    "posters" JSONB NOT NULL DEFAULT '{}'::jsonb,
    "status" VARCHAR(9) NOT NULL DEFAULT 'draft',
    "published_at" TIMESTAMPTZ,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INT NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS "idx_program_status_4d6ba0" ON "program" ("status", "published_at", "id");
COMMENT ON COLUMN "program"."status" IS 'DRAFT: draft\nPUBLISHED: published\nARCHIVED: archived';
COMMENT ON TABLE "program" IS 'A course: terms of lessons, in one language or more.';
CREATE TABLE IF NOT EXISTS "term" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "term_number" INT NOT NULL,
    "title" TEXT,
    "program_id" UUID NOT NULL REFERENCES "program" ("id") ON DELETE CASCADE
);
COMMENT ON TABLE "term" IS 'A part of a program; its number is its place.';
CREATE TABLE IF NOT EXISTS "lesson" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "lesson_number" INT NOT NULL,
    "title" TEXT NOT NULL,
    "content_type" VARCHAR(7) NOT NULL,
    "duration_ms" BIGINT,
    "is_paid" BOOL NOT NULL DEFAULT False,
    "content_language_primary" TEXT NOT NULL,
    "content_languages_available" TEXT[] NOT NULL,
    "content_urls" JSONB NOT NULL DEFAULT '{}'::jsonb,
    "subtitle_urls" JSONB NOT NULL DEFAULT '{}'::jsonb,
    "thumbnails" JSONB NOT NULL DEFAULT '{}'::jsonb,
    "status" VARCHAR(9) NOT NULL DEFAULT 'draft',
    "publish_at" TIMESTAMPTZ,
    "published_at" TIMESTAMPTZ,
    "archive_at" TIMESTAMPTZ,
    "publish_error" TEXT,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INT NOT NULL DEFAULT 1,
    "term_id" UUID NOT NULL REFERENCES "term" ("id") ON DELETE CASCADE
);
COMMENT ON COLUMN "lesson"."content_type" IS 'VIDEO: video\nARTICLE: article';
COMMENT ON COLUMN "lesson"."status" IS 'DRAFT: draft\nSCHEDULED: scheduled\nPUBLISHED: published\nARCHIVED: archived';
COMMENT ON TABLE "lesson" IS 'One video or article of a term, with its place, its times and its state.';
CREATE TABLE IF NOT EXISTS "topic" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT chaishots_uuid7(),
    "name" TEXT NOT NULL
);
COMMENT ON TABLE "topic" IS 'What programs are about; its name is unique without regard to case.';
CREATE TABLE IF NOT EXISTS "aerich" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL,
    "content" JSONB NOT NULL
);
CREATE TABLE IF NOT EXISTS "program_topic" (
    "program_id" UUID NOT NULL REFERENCES "program" ("id") ON DELETE CASCADE,
    "topic_id" UUID NOT NULL REFERENCES "topic" ("id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS "uidx_program_top_program_4ff953" ON "program_topic" ("program_id", "topic_id");"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        DROP TABLE "program_topic", "topic", "lesson", "term", "program", "activity";
DROP FUNCTION chaishots_uuid7();"""


MODELS_STATE = (
    "eJztXNtS2zoU/RVPXoAZDgMBCqRPgYSSU0g6ENpOS8ej2MJWcaQgy6SZHv79SPL9lsS5kT"
    "B+gVjSluW15K19kfy3opkA2SZh9l5dY+gFsVGlpvytYNCH/EdW9a5SAYNBrFKUMdCzpAiI"
    "NuzZjPICXv4ILBvyIh3aGkUDhggWrTsYKrwfbECFPCqEXzETYWNXQZj/4oVUh1RcDE2kmQ"
    "piyhDYypAixiD+qFAytBVAeTtsjRT4wtsCXYf6rtIbKYwiw4DU3hND0YnGx8K7XuldHYye"
    "HagyYkDeL+X3/vmLFyOswz/QFpc/K6T3G2pMRboQsOFz5ZdoMnhSHxG09BgdopbXyQqVjQ"
    "ay8BwZLcwuZWPxoD1VI5bTxxGBwYiZBAcSCDNRakAMKWBQ3INRR7CDHcvyiPQJcx8hbOKO"
    "PSKjw0fgWIJjIe2OICyrqGq701Xvml1VraT49yUi5HhFGsFi7vCh2hICQwzhn7Nq9fDwpL"
    "p/+OH0+Ojk5Ph0/5S3leNNV528uoMJ4XK7kqC1PrXaXTEgwieoO3NFwauUAQy4UpKiEH/A"
    "0vA3OIIM9WE2Aa5EAn/dE9nzfyTZ8LEfR4dfEPIRvmJjCbl7thru1faWZhHtSRVDsBnoD7"
    "Z3tnbmIGkM3t3WTfOuW7/5Irrv2/azJbGrd5uipipLR4nS7Q87cYKCTpRvre6VIi6VH512"
    "U0JMbGZQecewXfdHRYwJOIyomAxV/pZGcPKL/SLeNEK1xghNs92Ff3JetUAgQTYHaKX0Lu"
    "Z9G0dl83s3xmL7a/324qp+u31T/74TY/K60/7kNw9pbF9cd87lmxaDW4ywGN6eRAn4DIB7"
    "q44ErQDqCbES+tmhdxf8OPD3963GWOBdoQTsjoP0PSE6Bfjeor0B2EuYD901IKrd5YPGEe"
    "3BR0Iz5vG/d512NpyhRHJtRhpT/lMsZKdspI1GU0AxfiYnJ20CdtFBSms/MpixSObDHgiU"
    "qBdDXbgEj08Ro1QU9ID2NARUV1M1pEry2qar+tV+sgRgYEggxROL5wsdwWto2xKfLC/Rq9"
    "yd4CNaYbOpPMQXpEPCvTLudDHE4RJeG1D4VOrvKkPEhIdmKwMLaFxe/JQGrQKwLq+4actg"
    "thO4qI4n+3m5Pl2xZWBu/b8oty7mRfgkq2IkJ8vzIiYuCfmumzvlVOz0e1kqK9eDTslN9q"
    "U3wOTx3OnqwdHJ0enhh6PAiw5KxjnPvqMcossQswrZkYFAaUHOYEHy2zOI86z3CxPQJp+w"
    "EvkWHyjAGkwxkOxjnYmofG01mp2aq64fcP2227q4btZ8rZ1U7Tlzvg/+qBbEBjP55bj57T"
    "N0klyhvYqqqIkzojscJT5YtW8Xi9AlBGfSLmtmD60yVhdZR211ALIW03NCLAhwznoaSiWg"
    "73GxVb4B2ebPIlTQeadzHVNB562kjrm/OW/ebh/I+c4bIZYDsq80LIANh5uI6oCiPqCjIq"
    "p/XB/rrITWfjXwAbVV8AKQi06KlzqlYDQdMYl+EtxM6attGDk/f+WA61ArQ7Pne7pJubkc"
    "3qUE/x8qW39ft2q139y+7T1UlmSyLyXuYDs9aUAWZiUlWNKyQFqYyb0kzFVGIU7iUiUhi3"
    "xPGGBOBhnTeQih9BsvyzoFjyzDK2jc1i+7NUVWP+C7i6tm4/662agptmZC3bGg/oC/3J9f"
    "t+6uROnA6fF5ZIpSAW3rqygEVDPRC9Rn8SHOpvAhznJ9iLOkD+GNTy2eZY5LLiDbvGYexX"
    "tKLAezcHaeA9mS6XVm2lMtM/AclyxZXmeWfd0LKS22YSQlONMqu0HMLsX3pVBgM8M7Fpdc"
    "qx1abTLcLvdhuQQ7A31GguOSJcFrSvALpHbm1q/ckHlE4m2TcQezM7jwBByk/YI7iiIii8"
    "wnr+8CNCF7nNpiEUc3De0loRAZ+DMcpfzoBKDhBomu19NmohqWhpYHBcNgV0N0TvHH16EF"
    "3UzCRf3uot5oVl7fbNvKF0oMCvqV7H0rfu3uhI0rg0i7iTtX6opGHGrDmtxQYou9Je5uAl"
    "seNBDHDvxQu9iC0ufTKb1LZdZOpjl5EAnwJBxLTmH+KYRyx8pKdqyUeypW6klEh1kA9ITY"
    "G0MfD1tvLS1avRQG5kkql8nkBZMwaxK5TB5HY0Nc43NnpUg2LCJSpsLKVNhsqbDNS3qV6Z"
    "B3H+gpQ7XvnOAyVPvOCS5DtbOGagsc34pHHbN2k3til59voQVyHM93G3F8nTNOGIGXDJCW"
    "ge8NwKMuEX8LhHVFXyuMZS09qtsnOrTUdKA0eFAq5h5X2YEd50ZGXTwJlVw8wVEAtBcVDn"
    "jy6jwxr5aZlDiGGa1g/g0z48m8XE1B/jopFixfiexAsP+2jI0C++mAaULAA0CZe6rQe6KP"
    "8uige55MQXZ4wjAr9ltQujyGuPZBXZEgKXwIMSFVHkF8+yOIG+QoLiNMGNfb06qNuFSZdR"
    "6fdY4kG+dPPEcynJuJ7cTcc3xyFU0/J0+Kz294h99CeCeAz2t6TzTLpKmXY5f5ZuB4wyxo"
    "NdEy+2YC5htV7sf8QI84zLOv+P2FdeUyIr8EwesUCg3+nAojigbsDHttQX2WVty6W3Hyfw"
    "FTw29fZiSnNDVW97mb1HK7oIjAHOvtpsUEIo+ajApEYizxmEB8sU5GBaIRg7ljAsHSNW7t"
    "qUOKNDNn8fEqJ60+IGw2afnJp2PByj/XpczU/Zv7Ydg53ch8VZ8b8xaJ46JB781U+PH8b/"
    "X4eIoMMG+VmwOWdYkPyfH3qgDCXvN3iO7B/v4U6PJWuejKusxvGKQRnvj5gqx03BttQym/"
    "1TeVR/X6P2BjLSw="
)
