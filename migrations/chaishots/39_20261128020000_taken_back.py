"""Releases say that they were taken back, names of tokens are in any script, preview links end with their token.

Plain SQL marks a release as taken back by `update release set reverted_at = now() where id = …`; that does nothing to
what is in it.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_COLUMNS = r"""
        ALTER TABLE "release" ADD "reverted_at" TIMESTAMPTZ;
        ALTER TABLE "release" ADD "reverted_by" TEXT;
        ALTER TABLE "preview_link" ADD "token_id" UUID;
"""
# What shows nothing by itself, but for the space and the joiners, which Indic names are written with; and the slash,
# which parts an address.
_UNFIT = (
    r"\u0001-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200b\u200e\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
    r"\U0001d173-\U0001d17a/"
)
_ENDS = rf"[^ \u200c\u200d{_UNFIT}"
_NAME_BEFORE = "^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$"
_RULES = rf"""
alter table release
    add constraint release_reverted_at check (
        reverted_at is null or status = 'published' and chaishots_is_moment(reverted_at)),
    add constraint release_reverted_by check ((reverted_by is null) = (reverted_at is null));
-- Who took it back is whoever says so.
create function chaishots_note_reverted() returns trigger language plpgsql as $$
begin
    new.reverted_by := case when new.reverted_at is not null then coalesce(new.reverted_by, chaishots_actor()) end;
    return new;
end $$;
create trigger note_reverted before insert or update of reverted_at on release for each row
    when (new.reverted_at is not null) execute function chaishots_note_reverted();

alter table api_token drop constraint api_token_name, add constraint api_token_name check (
    name ~ '^{_ENDS}.-]([^{_UNFIT}]{{0,62}}{_ENDS}])?$' and name is nfc normalized);

-- Those that are there go with the token that had their maker's name then, as far as that is known.
alter table preview_link disable trigger user;
update preview_link set token_id = (
    select id from api_token
     where name = preview_link.created_by and api_token.created_at <= preview_link.created_at
     order by created_at desc limit 1);
alter table preview_link enable trigger user;
alter table preview_link add constraint preview_link_token_id_fkey
    foreign key (token_id) references api_token (id) on delete cascade;
create index preview_link_of_token on preview_link (token_id) where token_id is not null;
"""
_RULES_BEFORE = f"""
alter table preview_link drop constraint preview_link_token_id_fkey;
update api_token set name = 'token ' || left(id::text, 23) where name !~ '{_NAME_BEFORE}';
alter table api_token drop constraint api_token_name, add constraint api_token_name check (name ~ '{_NAME_BEFORE}');
drop trigger note_reverted on release;
drop function chaishots_note_reverted();
"""


def _keep(columns: tuple[str, ...]) -> str:
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    return rf"""
create or replace function chaishots_keep_preview_link() returns trigger language plpgsql as $$
begin
    if ({new})
       is distinct from ({old})
       or new.expires_at > old.expires_at or old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at then
        perform chaishots_refuse('preview_link_immutable', 'a preview link shows what it showed: make another one');
    end if;
    return new;
end $$;
"""


_KEPT = ("id", "token_hash", "at", "program_id", "created_by", "created_at")
_CHANGES = runpy.run_path(str(Path(__file__).with_name("35_20261127160000_changes.py")))
_ACTION_BEFORE = _CHANGES["_ACTION"]
_ACTION = _ACTION_BEFORE.replace(
    "    else 'change' end;",
    "    when after ->> 'reverted_at' is distinct from before ->> 'reverted_at' and after ->> 'reverted_at' is not null\n"
    "        then 'revert'\n    else 'change' end;",
)
_SEARCH_PATHS = _CHANGES["_SEARCH_PATHS"]


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _COLUMNS + _RULES + _keep((*_KEPT, "token_id")) + _ACTION + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _ACTION_BEFORE + _keep(_KEPT) + _RULES_BEFORE + """
        ALTER TABLE "preview_link" DROP COLUMN "token_id";
        ALTER TABLE "release" DROP COLUMN "reverted_by";
        ALTER TABLE "release" DROP COLUMN "reverted_at";
""" + _SEARCH_PATHS


MODELS_STATE = (
"eJztHWt32jj2r/jwpe05bE+aPtKmn0hCW3by6ElIu7tNj0fYCnhiLEYWYdjZ/veV5LctG9"
    "sYkIm+tMHSleFe6b51798dYwIsd4KI+7JnEOvRIsvOsfZ3xwFTSP8QDXe1DpjNEoPsGQEj"
    "m4OA+MSRSzB9QJ/fA9uF9JEJXQNbM2Ihh82+cqBG13HGUEP3GqKfyMRyxl3Ncuhf9CE2IW"
    "YfFhPLmGgW0RbA1RbYIgQ6HzWMFq4GMJ3n2EsNPtK5wDSh2dVGS41gazyG2H3JvoqJDPpd"
    "6NJbfevcsf6cQ52gMaTrYvruHz/pY8sx4V/QZR9/dNDoD2gQ3TIZgAv/7PxkU2YP+r0FbT"
    "NBDjZKx/iATpYz/vDEGg8c8olPZj90pBvInk+dGMBsSSbICSEsh7CnY+hADAhk7yB4zqjj"
    "zG3bJ2RAMO8nRFO87x6DMeE9mNuMxgza+wbRs46uX14N9Zv+UNc7GfoHEDHi+I8M5LC9Q7"
    "+qy1EwZl/hHx8OD1+/Pjo8eP3u/ds3R0dv3x+8p3P5980OHf3yvkyELm8pjrTB58HlkH0h"
    "RDeot3PZg18cBhDgQXESRfgHJIv+M4pBYk2hmAAeRAr/pg/yMvgjTY0A90XkCB5E9IiOWC"
    "FBbv60z7xPz58ZNjIedPYVXAKms+cvnr1Yg0gF+B4OLvo3w97FV7b81HX/tDnuesM+Gznk"
    "T5epp8/fvUgSKFxE+z4YftHYR+0/V5d9jmLkkjHmb4zmDf/TYd8JzAnSHbTQ6SmN4Sl4HD"
    "yiU2OkNgjCWWoP4V85Ry0ESBGbImir5G3mvBWRsv+vYYKKl99616dfetfPL3r/epGg5PnV"
    "5edgekTGy9PzqxN+0hLoZt+wGr59CIXwGgj3pQ5HWgWsp8AU6uuj3hP4ScTf3g7OChHvAa"
    "XQPp9b5ksGWgL5vtBuAe45ml97MiDO3fkPTWJ0BO8RFuzjf95cXYrRGUGkZbNlEO1/mm25"
    "GR2p1dhkqCjeyelNm0I7WyDDte8JFAjJfLSHAArr9bFuAIwtaOpoTvTRsgr3zkLWYuDtwX"
    "9j/JuZZPcPMaOAPRgB42EBsKlnRtAhypubHZoeTtNPgAPGHJHsF7PfFzPEZ9YQPUCnk2On"
    "B8PdVXb6zKJ2aTBzpaHe0x4gNW4Rt49PL2662sIiEw1QY9iGHz1L2CKuNgEuNZhdOntGso"
    "Z37VVWG9K5RnM1Obu2gG3Kbk6YaQEFdfZNjjZnpq2Uufm2Mf+/Ai8K5isVsoYKyY5LFtmn"
    "E4D7znzKET6gXxA4BswgPoCVGfGd0955//Ksd32sGcCGjgnwnXPd75316RMMgQnp52+D/n"
    "f2+dGCC/a5fzYYXtHP0LSoKX7n9M4uBpfHGjCnlpPmRDlepin4S6evG5MJ/fi+gKoBDd+n"
    "hbg/cMhGkjTjzFZnnE3kw3MAXooPShIuRbXRkkBXHro1cWBOfDUoPDAUpSeDy971v8Un5k"
    "SgNp38e9jvpdUmum8ofvTqTrwkpFTOvEu0eK5cdh6BbeASfe7WInEatgEit0hLbhulMXyk"
    "TLEOnZOQisoyUxn+NbPocjWonIRUVJaNyhWs6bgdB6czRKBjLHVqRboCLcpf4dNv19AGOe"
    "GByFQeRAv+BpftVaKip/5O/bVhF0QKcWJHRBa7he6IFHXLOiUwpJRwiUYmwAvS+y4uDc2J"
    "hqj543sYmL8BOO6ChfWJNkakq90jrC0miIfvXWpiuGwEjCkeRX6Lzb1IuTZkd234+7GsZ8"
    "OfLrN9La9jwztmNczkNKQylNMUKGsoe+xLdwkgc4GUzU02ysCtTjuSX9XyE48OX705evP+"
    "9bs3Yb5R+KQozShIKcogd8J9WALsFsTOMpAqiLZG6NLD5giZAt5exGdSgDXZTHuwr9xxyh"
    "1Xy3z3/NbVVNQ4TJOKqrzHa4VamrGUU/jNIvcTwtAaO9TmyoSBci3heNC4najN2MD0MQaL"
    "0GZK7CyKAxPakHhBs97Nae+s3/m1s4j+OXRdlBfP9we7K8xnO5pWKuf+kdrbSKOGKcDEos"
    "yB5cEDjUA89e1YFoWf2YDZtexPniJMDVuTf2IqHhSn1Te1sLKKZbeKvS2nO/PpSJQElmsm"
    "ZOBqmQmy8aGm7QRiEVGIP9/rEAIov0MNv4M7n06pyl8F4TGQHaM8xjnuOs+e3XU2pYJuAv"
    "P01Y7reesrmcNpuLWM4U3R4u9fz46P/6DsbrQxomwmxRQ5BDp51wPK5Rml15CZL3W+Dc76"
    "V8ee9nLn9K6Hg9Pz/nGgxKQ1nTLZQ0XsPqDQUW720FE6e8icY77X9ako8FVwBTAFuEc+ua"
    "1cBoypla4+AyLd8gQhGwInR72MoNKuIgq2zRMgtgYacRFdXZ0nWNDJIM34by9O+tfPX/H9"
    "TidZJAfJAdOwgTOeU4tJn2GrqmAuWkNmJiStiE4j1NXBI7A87GTo0sMY5LhOV6yTos3WRf"
    "dWiPPjZw5y59iupP+k4ZT+06D+485H3J6qTJUMoCJLg2Qhk/l05FCWUc1SSEApgjR5TnJi"
    "xOUshNxI8bbFsonBPRFYBWfXvU/DY40P3zk3p1/6Z7fn/bNjzTUm0Jzb0Lxzvt6enA9uvr"
    "Cns/mI7qMJe8pQO/jGHgJsTKxHaNaxIT6UsCE+5NoQH9I2hP/9aoTckpAqoVLmuFtAq/8i"
    "p5IDMQ2nroZW15RDDlD/jKnk9FacMp+t16BzElJRuQ1UrspL03CKl9bmpTrEuFolpgygwn"
    "4Nn49Kz9pv1jafmTUJnIRUBJaUwI8Qu8KaarmhohjEbnMyXtWnYNN5GBjaELiwYh5jEkqV"
    "60q58SCeVk0MjUBUXuiKvFCKqixq66SFDv2V2onV1Smh0Z4SZ4QK+EAziL2OFmvl+V+J2i"
    "T/S2CXfgXt8vb8vLGE24hGC4TNgmvBVw4cIvpPqcvBXt7t92DF/SDTr7rJyR4eijKUQ0yV"
    "SFPWQ0KtTlYeTqDGp3s3b4HmLcGKg92juWNqo2WsILdfojteh1sDNjXCs8nKTS68RrKyj5"
    "Fq0jABJEHq8q6lYVfLT1POYQrDm2+QVWwWIzgE2vt8kZtv/dPh1TW3Mlw0xwZMMQe61r0V"
    "W3tBpd2Er+s/cCkWo9+0XqXE9LnI0i1g4uWFbXSDoo2nYaWoTfCCEjdb1r2t8tUyyBzDHG"
    "EQjK4SBLPYvBJlHvzpHqv26ru52nxmI8DbLlB2DTEvvXDzpfePw7fv2K2TBZtLny1Z0QXy"
    "kd8vubds6DF0v9MD37xstv8GQbOIrb+94asvLBZf4epLTRa32+4Qiaj5uzclwubv3uTGzd"
    "nQCplimURQniDXsRLOV1ddBC6WCZcoFdAZASh8CnNobSrIq0RMIoi913c2ESt5BNgCDqmU"
    "lBaHkSQlraWFHGwB6yioomELoxYqC3AdErg61fAW1dq3xGBUfFbFZ1X4Lh2fdXg5Wtfy7d"
    "tKEdoUrExJRk+dxmv5R5q15DFkpdPPLeehk2PNx2Z0V1n03lzdDiaXMOtthB40z07WDGps"
    "2WisAdcrGTFFU2o4e0UjWI1FQGePLSdZTnECXA7MXlqhCcXW3quqWMhexUJV5d9xscHdtd"
    "RskQbZBsEm0k4rtqdKQMlTVCPGyHiXzw22SVWmglIj21wov0USrXVkVl0vngKVZxiNMaia"
    "H5mEUgmnhRmSPrKy+K2Ty/c1WqyVqF2ZYJDcWpLVzgywn+e/CGmzwncRzSvhtjDQHLvwmF"
    "e15F4DLwfD7bK4PnKgFhQ4YXUwp3RPiXwQ9RZZ7VD4Eb9Wn7pSSkn4UzkcduxwUIUdt2n8"
    "xL9mBaSnwOSxRVWBRxWybaJwiz0fVzkPwXzFg2qcgHuEp6wxCsWh4AQUFExLA+66Qppg7x"
    "O6ZX783ChHypRMW6c4oCoK2NCmXrcYoCoCGDf6Kbuu2A4oBqIkY4OSkY5bYm0xNx81DrJH"
    "9XUbS0hliV4uxdeUvlR3kQi3hTV0hfCqmu7qarpPqjxf+wrxqTJhe+/NV7HXPSewKqOz5w"
    "RWZXTqqoAVMl3jsbkojXT9Fu+pBNZWysFsFYe0I68JPPEA2I3v5WuntV2MKB5nWxtRe1YS"
    "51fNSisUIc5Y4O+pVWrF33yn4Zp7eEybLE3j42v/a9PEs7RnliHA3wVwlkPE/i2fsDFka9"
    "U5w7KWg5giE9p6Nvsh/KGY7SqqaabyXzx8IsxP+gNchoj2Uz1CLuCPJRNByASj+XgSHyDB"
    "C4VJIvS5nkH5r5IJHj5zKEzziBhImWQPPeJhq3M+vk+go7loCsmEEollaADNX0ezgUs0bz"
    "EzdmuErQiPo7pCCPNUD6+IhOVqY+TQFwWtUen/DHnZRJGtvnmN6yo7TluT8rA2nDniU7qO"
    "LyEBqUxNiUzNhsol5aY0Vq+XVD6hUcpD13w+Y0M5ity4KhRggflVSnwFGRllEhbZXI/92x"
    "CwincokiJeG24v04DlHbpUxhj23ISmuPwdCArgsZzF3/1Ffs+rsrfld68hwMQZMfnFk5rN"
    "iJGofNL7gxLBjvcHudEONlQsyGTTFeSwiPYix11S3O5FkntREda0T6CUCFmnDGtggzRfh3"
    "WdlZUBs2uWVMT3VSnWVpZiVbaFvLbFNbyfu8DOkQrB6CqBgGPzSvjC/MopQSYKZneZbFNz"
    "ENFMxOukxH1PQPOrwXc1QLn5gjm0LMK4NyuGOqbYFHm9NvKOp1eORWZxgCnBqt3KiSD2Xh"
    "hspE5le1MZJM1s5QymAj7D+bvF5oE8GMSQ4GWtkgYRnEqBlM2rHaew5VKBawvEZ2HOdwxq"
    "x5neoaCVONEbLIBFXJ2J2pGwS1EhrgXQKrt+NdLHiF1esoWtYQvxnQRUqF6Nam6g1Cx9E4"
    "dUoU+JhMRa7omGrWivH1ueFR12a1thRUfzSgTl2ItMzYUkVvzD84Ey/uBZvoYW2KpdVq+U"
    "lQXx6pOKIm3rL/j07OO2VQ/h/2cQnW8xB/OVvVzDXt6T63NoBp0s1jtXX/uXxxobvHNuTr"
    "/0z27P2TU515hAc26zu3PiG3WnvcvT/jmfa7Afbtsy3amrf6NOGZOS6gkiKv9XqHXn88E0"
    "nGo5UZ0dqlurT+2UQYxRpUZSGUB1zlS9ZmXsqjvDT4vALQ60tfHOsO/rEHhhq13uLN0pWE"
    "4BVXwD0bsDsj6SbgL7cO/ua27YyZhGnNjZKEBvodOx2i027wIYQdoIhhfHeNejMCGf3xRD"
    "OMit4RmZnoeQ3ShjBbO0C4jHUPsKiDHRnl9/OtWOXn949yIniWejr1P+Stn9lWj0BzSIh7"
    "IMvsv50VJLyOzJ7Hy9vvp83bs4Djb4nTPsX194Rb7vnPP+Dd3Qx1rU276qz6xIgAaWx1Gu"
    "z+wo7TPzUVvtLCSA1DWMtJOE8aksOgvqOAYAklRxbGkX4NnMrpNGFIdTPimZbSrl+VWBsD"
    "WRH4a2BJJbHAHrff16PuDFIymfsCSOflX21CoP7TrnIdghFRscpuHkaSvR8haH/vGsqQBY"
    "KizVChVABUb2nMAqMLLnBFaBkWbuzPBE04p+mySUahFZWD4jlsubxG+d8hmxBOJWonblte"
    "fk1kpce6ZfQbu8PT/fYfkMXrNVHG0JyrkWhlhIMKlEUvcMYJIIcXzkJY6ojTyCmAVD2KeZ"
    "DQxhraSK0Cr8IXv4g20d3SNfBZmXglI3b0U3b7fbRlNOxrw1+1r1cJQw5qGU6SYYiWx1n+"
    "TlLKoYnaxVhGTJi2sLwjed6uVVXs8xOYIi6cU2RzirXFZXUNKd18gDIzQnvulA388MB48i"
    "YZFwDMf0d7LMLIPabTmpW+uvqQwU2Q0UdZ9UadFKi1Za9IZz9deUtxlNsqFWMHtYjjKvGU"
    "zsp6bbwcSa6ySbwST10HQ7mHirmLWbwUQdgArUqk8Qmn2H4GWOahWNr1Kv7qGXtVPKpevX"
    "I46y1INGKl5FjS4bWQCXF9TgNSv9dtDMk8v0JYbtsFGL0O3b/Buenua1a/O3SMt6oD8mi9"
    "Ry2XMBrMwalyDvXbpc9/y+7ifWeHOt3eXa3r7Y/3B4+Pr10eHB63fv3745Onr7/iCU/9mh"
    "IjqcDD4zXSBBg6yLzXJ1j5EJcL+iBmAEt+MyaZvnLw2WS9vLTlEqH06YEm/oruXLjQpsLQ"
    "W5TyHGLTC37Vk+ZVTiz2BWoBCz0TLqsD72J65Uic8t1qmJqp5MFZ1YrOnA0tNYFxBDXqKd"
    "6ZxQW0LilWKnm8uF2ghO6M5gY1N/Jg9xQzOrE2/mFWsoxfcWdglrSl3xoCXhlAZRSYPIV6"
    "hZ58sa1EiAKZ5XW6FzIXSEVx+KkB8DUqhvsbi5APihQN7w4VICZxrMLNV9ije7jTs+WO1S"
    "j71TKnV5GEoDQa7caMm9IawP7oL3EoG27XKQQJrcYzTVAJUkVBKIu1Jt/I3rdKtS1qwssi"
    "jYxuXJEEAoNlhbAjEU1jJwE4DKvpXOvpVL1t0QwH0secLOGy8l7dxw6kpx9wUt6BDmxg+D"
    "1SbA1Qw0paLF8/bH5JLX8IoE4oopt2K7iS7BNLCsqNv42xqOReSyVWEoosVybc0Ux4L+u5"
    "IoD09SctWwWpXBui7SH+CM6OCeiK5hFKE+CacI0FKztWdDTHLEuDe2SoSDcFa5fMwJXY3u"
    "C9Nrdx+P6rtUso6QueRilo0arA1Hl7e0XMDRBKEH91iDwJjQxwZd33K4fEXY9Pre8ztgPi"
    "/Oydzc5tuVEduW81ikEux9hoKXj6Bf9z/d3rDiPd6heOm3h4o6YOhX3/rXZ7f9qAzQS/QI"
    "sTmHdXIYXr0rkcTwKm1jRVkMbCilPvDvXfG2SgJIXVZRN4C2gFR52rG0CMGtcNEkS1G0to"
    "dzMn392cay1jdT8Kp6oSv5jlPisoyNjAedfQWqZUxnG6w/1oYjJo/p9N0zCjpi4ykYXWU+"
    "LWLzShhQLHMDPkJKTH73zKV/dTXXGjOThkfdmBXiQgND8lFbTCwbhhnTGDE/q+lH57hPE+"
    "Eps10cOgkhkcW06dc9vWTstl2Dm2O7igzzp8ts8EgrubyDlsV2D2OwFKM7AklhfNdX3nwj"
    "Mmxu1vUf+Fm03dDInFIb0uz6JkNsfvAkAAg+BxBJK7WbNknZlTtCd+mPnxvVXn78zOT/MF"
    "5Y5cREEPJofTHO5Msn3fuaLSt+6kkcvTpRMoCqNM6a2NfnDrEEoqRYNc9ZQhWjlU0t38Oa"
    "6FQTtx6hwGHaOx0OvvWPNW/CnfO15zlOZ4CJojrO0DK+0HxXaMYT6n0RPc8DUY4OmUUkZo"
    "Gd3s1vvBa9+8A81p96g/PB5We2tmVTKtw5n+lWP9bGfqODHd+3w3Bmg2WtHK0UqOKDMvNB"
    "VZR7zwmsinLvOYFVBZStdisFhMDpTOQCqViWzXe+9rz12ut6WrM8W4RZE9pUVcWie0k+6J"
    "UDh4j+UwW/Z7FVW6lmiPFbKwwQ7LXCaEBsQ5YJCuggNn9lcOCK+dVZmjFifnqTtQuFrku/"
    "t5eazK/eGKxAHc9Vynr7a8Cvdt//CH+L54Gn//5ULv3duvR9slbM6khCqayObCUPVmlIwG"
    "BX1PEIoHZcxUPMVJpAYoPVO1Rs/8mo3nlOxPxL1Hl+w3KKt2QKSvONcVQ20qojsokYCKs/"
    "5xhLXVSXsaAYQxxon+5WNLafgeMuRFdW8vdzBKH2c/39nNTmy+qOSSilOxb3BIilhCURXK"
    "cnQCwPrZ24XdkTILm5qvYE2E6SYOgpKXQPxP0ppfwDcbdO+cvTILjPFN5nji4v+1aen8XH"
    "E/lGkFKJp/59pKCUZuOxd+Hpd3+Z37UpeIBeCy6MFvn3qLfx4jUyCmXjbXtY7lWWe21yaE"
    "M7qAxSDfGqHMvaSA+vx5bHegii0F4b7fQ7wSomVzh/tzg/WBvPjVlYfu5MXg3VFXl7aWCV"
    "qSKzsw1Dgpe10pEiOEVhmSm845hPeyhbIeQTYIdVjajiiUrDSZxYKa0fKsBhjTJ3CUjFtd"
    "rAteqZjSLoPYoNbdt69LFZw4pMQSoarEuDGkZlBlRRobZtCV1SUZGKgSgtas36ZyUCJUEy"
    "41bCJDK4aZsPkqxdWA5iy5h0cirLeYPdVaXlommrghv5CJOtxqpPHWl31KZLrObm1LNraV"
    "WT6ttZWCB5u+zw7dsS98vorNwbZnws5Xaezapg2J++h9h9dXBQArt0Vn6lOTaW6iKGHAId"
    "gQaW36k4BiJJk+KNKwGNNSXeac2fX/8HqXKJyA==")
