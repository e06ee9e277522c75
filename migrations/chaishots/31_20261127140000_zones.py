"""The zone in which a moment was written, beside it: so that whoever looks knows whose 18:00 it is.

Null where nobody named one. It goes with its moment; a lesson in a scheduled release has the release's.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_COLUMNS = """
        ALTER TABLE "lesson" ADD "publish_zone" TEXT;
        ALTER TABLE "lesson" ADD "archive_zone" TEXT;
        ALTER TABLE "release" ADD "publish_zone" TEXT;
"""
_ZONES = r"""
-- An IANA name, by the zones that this Postgres knows. Of its shape first: Postgres takes abbreviations and POSIX rules
-- for zones too. pg_timezone_names has the same names, but reads a thousand files.
create function chaishots_is_zone(name text) returns boolean language plpgsql immutable parallel safe as $$
begin
    if name !~ '^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z_]*(-[A-Za-z]+)*){1,2}|Etc/GMT[+-][0-9]{1,2})$' then
        return false;
    end if;
    perform timestamptz 'epoch' at time zone name;
    return true;
exception when invalid_parameter_value then
    return false;
end $$;

alter table lesson
    add constraint lesson_publish_zone check (
        publish_zone is null or (publish_at is not null and chaishots_is_zone(publish_zone))),
    add constraint lesson_archive_zone check (
        archive_zone is null or (archive_at is not null and chaishots_is_zone(archive_zone)));
alter table release
    add constraint release_publish_zone check (
        publish_zone is null or (publish_at is not null and chaishots_is_zone(publish_zone)));

create function chaishots_take_zone() returns trigger language plpgsql as $$
begin
    if new.publish_at is null then
        new.publish_zone := null;
    elsif new.release_id is not null and new.status = 'scheduled' then
        new.publish_zone := (select publish_zone from release where id = new.release_id);
    end if;
    if new.archive_at is null then
        new.archive_zone := null;
    end if;
    return new;
end $$;

create function chaishots_clear_zone() returns trigger language plpgsql as $$
begin
    new.publish_zone := null;
    return new;
end $$;

-- Named to fire after those that join, leave and stay in a release, and before lesson_update, which counts the version.
-- What keeps its moment, and is in no release, pays nothing.
create trigger lesson_take_zone before update on lesson for each row
    when (new.publish_at is null and old.publish_at is not null and new.publish_zone is not null
          or new.archive_at is null and old.archive_at is not null and new.archive_zone is not null
          or new.release_id is not null and new.status in ('draft', 'scheduled'))
    execute function chaishots_take_zone();
create trigger lesson_take_zone_insert before insert on lesson for each row
    when (new.release_id is not null and new.status in ('draft', 'scheduled'))
    execute function chaishots_take_zone();
create trigger release_clear_zone before update on release for each row
    when (new.publish_at is null and old.publish_at is not null and new.publish_zone is not null)
    execute function chaishots_clear_zone();
"""
_STEPS = runpy.run_path(str(Path(__file__).with_name("7_20261126105000_refusals.py")))["_STEPS"]
_BEFORE = "create or replace function chaishots_carry_out_releases()"
_BEFORE += _STEPS.partition(_BEFORE)[2]
_MOVED = "later.publish_at is distinct from earlier.publish_at"
_AFTER = _BEFORE.replace(_MOVED, f"{_MOVED}\n            or later.publish_zone is distinct from earlier.publish_zone")
_HISTORY = "select chaishots_write_history_of_lessons();"
_SEARCH_PATHS = runpy.run_path(str(Path(__file__).with_name("13_20261126151500_history_of_steps.py")))["_SEARCH_PATHS"]


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _COLUMNS + _ZONES + _AFTER + _HISTORY + _SEARCH_PATHS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return (
        _BEFORE
        + """
drop trigger lesson_take_zone on lesson;
drop trigger lesson_take_zone_insert on lesson;
drop trigger release_clear_zone on release;
drop function chaishots_take_zone();
drop function chaishots_clear_zone();
        ALTER TABLE "release" DROP COLUMN "publish_zone";
        ALTER TABLE "lesson" DROP COLUMN "archive_zone";
        ALTER TABLE "lesson" DROP COLUMN "publish_zone";
drop function chaishots_is_zone(text);
"""
        + _HISTORY
        + _SEARCH_PATHS
    )


MODELS_STATE = (
    "eJztHdly2zjyV1h6SVKlTTnO4cR5km0l0Y5jp2wlmd04xYFISOKaIjQgZI12Nv++AHiT4K"
    "kLlPGSmAAapLqBvtDd+LtjTIHlThFxn/cMYj1YZNU51f7uOGAG6R+i7q7WAfN5opO1ETCy"
    "OQiIDxy5BNMG2j4GtgtpkwldA1tzYiGHjb52oEbncSZQQ2MN0ScytZxJV7Mc+hdtxCbE7G"
    "E5tYypZhFtCVxtiS1CoPNew2jpagDTcY690uADHQtME5pdbbTSCLYmE4jd5+xTTGTQb6FT"
    "7/StC8f6cwF1giaQzovpu3/8pM2WY8K/oMsef3TQ6D/QILplMgAX/tn5yYbM7/WxBW0zQQ"
    "7WS/t4h05Wc954Zk0GDvnAB7MfOtINZC9mTgxgviJT5IQQlkNY6wQ6EAMC2TsIXjDqOAvb"
    "9gkZEMz7CdEQ79tjMCYcg4XNaMygvS+I2jq6fnU91G/7Q13vZOgfQMSI4zcZyGFrh36qy1"
    "EwYZ/wj3fHxy9fnhwfvXzz9vWrk5PXb4/e0rH8e7NdJ7+8j4nQ5U3FkTb4OLgasg9CdIF6"
    "K5c1/OIwgAAPipMowj8gWfRfUAwSawbFBPAgUvg3fZDnwR9pagS4LyJH0BDRI9pihQS5/d"
    "O+8J6ePjFsZNzr7BNcAmbzp8+ePFuDSAX4Hg4+92+Hvc9f2PQz1/3T5rjrDfus55i3rlKt"
    "T988SxIonET7Phh+0tij9u/rqz5HMXLJBPM3RuOG/+6wbwILgnQHLXW6S2N4CpqDJjo0Rm"
    "qDIJyl9hD+lbPVQoAUsSmCdkrezey3IlL2fx8mqHj1rXdz/ql38/Rz7/dnCUpeXl99DIZH"
    "ZLw6v7w+4zstgW72hfXw7UMohDdAuC91ONJqYD0FplDfHPWewE8i/uvXwUUh4j2gFNoXC8"
    "t8zkArIN8X2i3APUfzS08GxLk7/6FJjI7gGGHBOv7n7fWVGJ0RRFo2WwbR/qfZlpvRkVqN"
    "TYaK4pWcXrQptLMJMlx7TKBASOajPQRQWK+HdWYSjO9jSilrGAHjfgmwqWd60DHKG5vtmh"
    "3P0i3AAROOSPaL2e+LGYJza4juodPJsROD7m6ZnTi3qF0UjCw1FHvaPaTGFeL22fnn2662"
    "tMhUA9QYs+F7zxKziKtNgUsNNpeOnpOs4dd4lnJDLtdoq8fn12bwm7LbEmZCQEGdfcnJ9s"
    "yEUp6fb5vx/2toMsF4pcI0UGHYdski+3wKcN9ZzDjCB/QDgWPADOIDWJkR37np9y76N6ca"
    "hsCE+M75Nuh/Z88PFlyy5/7FYHhNn6FpUbPvzuldfB5cnWrAnFlOmuvkeDRm4C/dhs6ETO"
    "njmwIKBvRKm8MBIY9ZT5I+nLHqjIuJ/EUOwCvxpkjCpSg0WhHoykOjTWyOM1/khpuDovRs"
    "cNW7+Zd4d5wJRPTZv4b9Xgr/Bl03FD96fYdRElIqx9EVWj5V7iGPwDZwib5wG5E4DbsBIr"
    "dHI24dpTF8oEyxCZ2TkIrKMlMZ/jW36HQNqJyEVFSWjco1LOe4zQZnc0SgY6x0ajG6Ai3K"
    "n+HDbzfQBjmu6MgsHkQT/gZX7VWiolZ/pf7asrshhTix0yGL3ULXQ4q6VR0QGFJKuEQjU+"
    "AdCBsAYwuaGloQDVFTx/cmMN8CcNwlO0Im2gSRrjZGWFtOET8qdqFjuqwHTCgeRT6K7b1I"
    "uTFkd2P467GqF8MfLrMtLa8Tw9tmDczkNKQylNMUqGooe+xLdwkgC4GUzQ1sycCVh7jIr2"
    "r5QS7HL16dvHr78s2rMLYlbCkKaQnCVzLInXIflgC7Bec0GUh1YLPGMZmHzREyBby9iM+k"
    "ABuymfZgX7njlDuukfnu+a3rqahxmE0qqvJurxK1NGMpp/CbRe4HhKE1cajNlTnyybWE4w"
    "fE7URtxgamzRgsQ5spsbIoDkxoQ+IdkPVuz3sX/c6vvZ3eX0LXRXln935nt8R8tqNhleK7"
    "H6i9jTRqmAJMLMocWMw10AjEM9+OZSfucxswu5b9ycNRqWFr8iem4kFxCPemJlZWsexWsb"
    "fkdGcxG4kCjnLNhAxcIzNBNj60aTuBWER0nJ/vdQgBlN+hgd/BXcxmVOWvg/AYyJ5RHuMc"
    "d50nT+4621JBt4F5+mrH9bz1tczhNNxaxvC2aPH3ryenp/+h7G60NaJsxTqmryfQyQtFrx"
    "ZTlJ5DZr7U+Ta46F+fetrLndO7GQ7OL/ungRKT1nSqRA8VsfuAQie50UMn6eghc4H5Wtdn"
    "ooOvgnSzFOAB+eR2kngWUytdfQ5EuuUZQjYETo56GUGlXUUUbJc7QGwNbMRFdH19mWBBZ4"
    "M04//6+ax/8/QFX+90kEVykBwwDRs4kwW1mPQ5tuoK5qI5ZGZC0oroNEJdHTwAy8NOhi49"
    "jEGO67RknhRtdi66d0KcHz9zkLvAdi39Jw2n9J8N6j/uYsTtqdpUyQAqsmyQLGS6mI0cyj"
    "LqWQoJKEWQTe6TnDPiahZC7knxrsWyicGYCKyCi5veh+GpxrvvnNvzT/2Lr5f9i1PNNabQ"
    "XNjQvHO+fD27HNx+Yq3zxYiuoylrZagdfGONABtT6wGaTWyIdxVsiHe5NsS7tA3hf1+DI7"
    "ckpAqolPncLaDVf5FTy4GYhmu0J1tE121oyiEHaL7HVHB6K3aZz9Yb0DkJqajcBirX5aVp"
    "OMVLG/NSHWJcr+pPBlBhv4HPR4VnHTZrW8zNhgROQioCS0rgB4hdYf2u3KOiGMR+YzJeNK"
    "fgpuMwMLQhcGHNOMYklCoNlXLjQTyrGxgagai40JK4UIqqLGqbhIUO/ZnaidXykNBoTYkj"
    "QgV8YDOIvYkma+X+L0Vtkv8lsEs/Qbv6enm5sYDbiEZLhM2CtOBrBw4R/adScrAXd/s9mP"
    "EwyPSraXCyh4eiCOUQUxXClPWQUOXBysMp1PhwL/MWaN4UrBDYGC0cUxutYsWf/XLQ8ZrP"
    "GrCpEZ4NVt7kxGsEK/sYqScNE0AShC7vWxp2tfww5RymMLz9Bll1YDGCQ6CDjxe5/dY/H1"
    "7fcCvDRQtswBRzoHONrdjcSyrtpnxev8GlWIx+03pVEdP7Iku3gIlXF7ZRBkUbd0OpqE3w"
    "ggqZLetmq3yxDLLAMEcYBL1lgmAeG1ehzIM/3GPVXn03V1vMbQR4iX/KriHmpRduP/X+cf"
    "z6Dcs6WbKxtG3Fii6Q9zy/ZGzZ0GPo/q0CfPGy0f4bBBcT7PztG059YWfxNVJfGrK4/d5E"
    "kKzb96rCsfmbV/mV+149K5MplkkE5QlyHSvheJXqInCxTLlEqYHOCEDhUxhDa1NBXufEJI"
    "I4eH1nG2clDwBbwCG1gtLiMJKEpLW0kIMtYB0FVTRs4amFigJchwSuTjW8Zb2rQmIw6nxW"
    "nc+q47v0+azDy9G6lm/f1jqhTcHKFGT02Gm8ln9ks5Y8RhMMZp0cS97v7ZZZ8rFxFSx5gy"
    "qaLjzlFSFcZvp6/guX3/PHbv0LkoNYDYkZNY9FBnmzSapc/BcLSU+FY1JjOf8SQFVyYie+"
    "XFUUYac6RvwzayA9BaaKI6jiCAdl7rj2YlJnPwTjFQ9qsAPGCM9YUVGKQ8EOKEg2TgPuO7"
    "tYsPYJXTI/fm6VI2XSjddJrFcJ9Rta1Osm0qsE+nieAGXXNUvpxkCUZNygZKT9llhbzD3L"
    "iYMcUG2ajR3mMCepS/E1oy/VXSTCbWH9GSG8qkRTXonmUaW2ty+JXaXYHqR3VB1xPCICqx"
    "S0AyewSkFrqgLWOCVKOqbWvxbNP/i59b1W7bQes6kP6QS09RF1YOlR9W6NSxwZOhOB/6JR"
    "2o2/+M7DOVupfhWvvk2mKfn4Ovw8pfi9F3PLEODvM3BWQ8T+rZHhyOZqsodlTQ2YIRPaev"
    "Y0P/yhmK0qqjmF5pS3gDx8Isx3+j2/1NFDtJ9YEHIBv88H83vJFKPFZBrvIMELhSkJtF3P"
    "oPxXxYAFnzkUhi1EDKRK8IIe8bDyGIbvU+hoLppBMqVEYhEHQPPn0dg10po3mcmvu2C3Qw"
    "KNzQhPoxwzhHnogpdQYLnaBDn0RcE1GfR/hrxs4MNO37xGFkJycVSNikhCSRAdIXNWm0/p"
    "JrZxAlKZThKZThtKnYtFZK2bOxcLAmvjpitNnkvynF1kz8WMq0IBFphflcRXEGFQJQCPjf"
    "XYvw0By35GkRTxrmTyTs5ZHJ1LZYxhL0xoilOhQZAMzWLw/vAn+SMv43rH715DgIkjPPIT"
    "6TYb4SFRKt3bowrO+7dHud571lUsyGTTFeSwiBpoCwUVYXIFQpPaJWuIBDlwu3mhsIeg7a"
    "KCHGmfQCURsk5JjsAG2XxNjnVmVgbMvllSEd9XZTlaWZZD2Rby2hY3cLxwgZ0jFYLeMoGA"
    "Y+Mq+MK8Khdh1AhmuTm2qTmIaCZi6nzC9wQ0vzJYl1/5umQOLYsw7s0KY0woNkVer6284/"
    "FdMCuzOMCUYPWyTCKIgxcGW6lZ0N6jeUkjNTmDqYHPcPx+sXkkDwYxJHjVwKUdh1MhfbJ5"
    "tVN3aBJkN7hDM4Dac+RyKGglDlwGS2ARV2eidiSsWFuIawG0ihYvR/oEsWQcW3hNSCG+k4"
    "AK1eWo5gZKo6PPJKQ6+pRISMhTFSOozZ1nRYeVu0us6GhchUM59iJTcyGJFbPwfKCMP3iW"
    "r6EFtio1bAkvczFDM+gQ0Unb+hM+Pvu4bdUw+P8ZROdbzMF4ZS83sJcPJB0MzaGTxXrn+k"
    "v/6lRjnfWuOT3vXZ33L/lYg/1w25YpR0xddHpweoK66FQOdqiyMB/bLlPXMO5jn6kc2APf"
    "XioH9sAJ3OKDtjbmwPq+DoEXtl5yZ+VbY+QUUGtmd9Z3m/FkWLHPLMiTLXSYBbcWVroNBm"
    "Du1wrjA73rVagVPoKYxQqyp7kNDGEQek1o5QeT3Q/G73H0yFeDy6agVEiDKKRht/V25WSl"
    "O9P1VbFXCUvaKfVtE4xEtoB6eTmLyvKRNTxbFoOjLQjfusXBK0zkmBxB9YlimyMcVS3QPa"
    "iVwZOPwAgt/Hsd2fuZ4eBRJKy+gOGE/k6W5GoAV2CKbGhOZaDIbqCog3qlRSstWmnRW3aC"
    "rilvM5rkhmpsHWCeX16VrdhPTdfZilUtS1bZSuqh6Tpb8Rpca1fZikqrFahVHyA0+w7Bqx"
    "zVKuovU6/G0AsGquTS9RO9EQ4y+YIKVV6oYpf1LIHLIxV5MqBfN555cpm+xLAdVsASun03"
    "/4bHp3nt2/wt0rLu6Y/JIrVafF4AK7PG1flyc/3xpvf5NFjKd85l/5YK21N/QacXfZXAuy"
    "IBFMj9k9zAu5NM4F3uBRBn1mR7d0DItbx9sf/u+Pjly5Pjo5dv3r5+dXLy+u1RKP+zXUV0"
    "OBt8ZLpAggZZF5vl6h4jE+C+JLkqgttz/sn2+csG81AOsgSfin8Txr8ZeffwFrK1FOQhHT"
    "HugLnJkxLEVN6PYF6gELPeKuqwPvEHlqrElxYrgUdVT6aKTi1WzWXlaaxLiCGvfcF0Tqit"
    "IPFqXNDF5UJtBKd0ZbC+mT+SH3FDM6sTb+cVayjFYwu7RLctYRJlwUZLwikNopYGka9Qs5"
    "LCDaiRAFM8r7FC50Lo6CPBBY1FyI8BKdS3WNx8Bvi+QN7w7koCZxaMrFTWj1cRjzs+WFKo"
    "x94plbr8GEoDQazcaMW9IazA+JIXaYK27XKQQJqMMZppgEoSKgnE5f62/sZ1ygAqa1YWWR"
    "Qs4+pkCCAUG2wsgRgKGxm4CUBl30pn38ol624J4D6WPGHn9VeSdm44tFTcfUJL2oW58cNg"
    "tSlwNQPNqGjxvP0xueRVEiSBuGLKrdhuolMwDSwr6rb+tg2fReSyVeFRRIvl2pohjgWFzS"
    "VRHh6l5GpgtSqDdV2k38M50cGYiNIwilCfhFMEaKnZ2rMhJjli3OsrE+EgHFUtHnNKZ6Pr"
    "wvTuEYmf6rNLskbIXHExy3oNVt+oy2sFL+FoitC9e6pBYExps0HntxwuXxE2vQtFeA6Yz4"
    "tzIjd3+XZlxLZlPxapBAcfoeDFI+g3/Q9fb1lNIG9TPPfr7kWlhfTrb/2bi6/9qMLQc/QA"
    "sbmATWIYXrypEMTwIm1jRVEMrCulPvDvrpmtkgBSySoqA2gHSJWnzlWLENwKF02y4mlri+"
    "Mnw9efbC1qfSupBPW3lYTbKZEsYyPjXmefQLWM2Xx7yTKt2GLymE7fPaOgIzaegt4y82kZ"
    "G1flFmMMNfgAKTF57plL/+pqrjVx/AuEuRXiQgND8l5bTi0bhhHTGDE/q+mfznGfZnhvIz"
    "V4kPDq4i2/7vEFY7ctDW6B7ToyzB8us8EjreTyNloW2z2MwUqM7ggkhfF9p7z5RmRYNbLr"
    "N/hRtN3QyJxRG9Ls+iZDbHzQEgAEzwFE0krtpk1SlnJH6Cr98XOr2suPn5n4H8YL6+yYCE"
    "IerS/GmXz5pHufuUXlYxs7ypM4en2iZABVaZw1sa8vHGIJREmxap4zhSo+K5tafoBV16km"
    "bj1AgcO0dz4cfOufat6AO+dLz3OczgETRU2coVV8ofmu0Iwn1PsQPc8DUY0OmUkkZoGd3u"
    "1vjALAvWce6w+9weXg6iOb27IpFe6cj3Spn2oTv3b4nvPtMJzbYNXwMpwEqOKDMvNBVQb6"
    "wAmsykAfOIFVBZSdloEGhMDZXOQCqVmWzXe+9rz52ut6WrM8W4RZE9pUVcWivCQfNLgKvg"
    "5+L2KztlLNEOO30TFAsNYKTwNiC7LKoYAOYuNLDweumV+dhRkj5qc3NaDNoOvS7w6uVAdE"
    "M1iBOh6rlPX2N4Avd9//CH+L54Gn//5ULv39uvR9staM6khCqaiObCUPVmlIwGDLLkn2od"
    "QtshVuSVZn+49F9c5zIuYnUef5Dasp3pIpKJuu5a2ikfZzBsLqzznGShfVZSwoxhAHOqTc"
    "io2tZ+C4S1HKSv56jiDUem6+npPafFXdMQmldMfiOwFiIWFJBDe5EyAWh9ZO3JbeCZBcXH"
    "XvBNhNkGDoKSl0D8T9KZX8A3G3TvXkaRDkM4X5zFHysm/l+VF8PJBvBCmVeOjfewpKaTaZ"
    "eAlPf/jT/KHNwD30ruDCaJmfR72LF68RUSgbbzvAcq+y5LXJoQ3toTJIPcSrcixrIz1Mj6"
    "2O9RBEob0x2uk3wTomVzh+vzg/WhvPG7Ow/NiZvBqqJXF7aWAVqSKzsw1DgleNwpEiOEVh"
    "mSm85zOf9lC2xpFPgB1WNaKOJyoNJ3FgpbR+qACHDcrcJSAV12oD12pmNoqgD+hsaNfWo4"
    "/NBlZkClLRYF0aNDAqM6CKCo1tS+iSmopUDERpUWvWP6twUBIEM+7kmEQGN+3mD0nWLiwH"
    "sWVMOzmV5bzObllpuWhY2eFGPsJkq7HqU0faFbXtEqu5MfUsLa1uUH07Cwsks8uOX7+ukF"
    "9GR+VmmPG+lNt5Pq+DYX/4AWL3xdFRBezSUfmV5lhf6hYx5BDoCDSw/JuKYyCSXFK8dSVg"
    "Y5cS77Xmz6//A10Tq50="
)
