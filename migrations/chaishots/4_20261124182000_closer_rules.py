"""Closer rules: what stands in brackets in a URL has the form of IPv6; a term that moves takes what is public along."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

# As in the rules' migration, but for the host in brackets.
_SHAPES = r"""
create or replace function chaishots_are_urls(urls jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(urls) = 'object'
   and not jsonb_path_exists(urls, 'strict $.keyvalue() ? (
         !(@.key like_regex "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")
      || @.value.type() != "string"
      || !(@.value like_regex "^https?://([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|HOST_IN_BRACKETS)(:[0-9]{1,5})?([/?#][^\\u0001-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000<>\"\\\\]*)?$"))');

create or replace function chaishots_are_assets(assets jsonb) returns boolean language sql immutable parallel safe
return jsonb_typeof(assets) = 'object'
   and not jsonb_path_exists(assets, 'strict $.keyvalue() ? (
         !(@.key like_regex "^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$") || @.value.type() != "object")')
   and not jsonb_path_exists(assets, 'strict $.*.keyvalue() ? (
         !(@.key like_regex "^(portrait|landscape|square|banner)$")
      || @.value.type() != "string"
      || !(@.value like_regex "^https?://([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|HOST_IN_BRACKETS)(:[0-9]{1,5})?([/?#][^\\u0001-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000<>\"\\\\]*)?$"))');
"""
_BEFORE = r"\\[[0-9A-Fa-f:.]+\\]"
_FROM_NOW_ON = r"\\[[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,7}\\]"

# A draft program is published by the first public lesson that comes to it, whether the lesson is published there
# (chaishots_publish_programs), moves there, or comes with its term.
_TERMS = r"""
create function chaishots_publish_programs_of_terms() returns trigger language plpgsql as $$
begin
    update program
       set status = 'published', published_at = coalesce(program.published_at, first.published_at)
      from (select later.program_id, min(lesson.published_at) as published_at
              from new_rows later join old_rows earlier on earlier.id = later.id
              join lesson on lesson.term_id = later.id and lesson.status = 'published'
             where later.program_id <> earlier.program_id group by later.program_id) as first
     where program.id = first.program_id and program.status = 'draft';
    return null;
end $$;
create trigger zz_publish_programs after update on term referencing old table as old_rows new table as new_rows
    for each statement execute function chaishots_publish_programs_of_terms();
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _SHAPES.replace("HOST_IN_BRACKETS", _FROM_NOW_ON) + _TERMS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _SHAPES.replace("HOST_IN_BRACKETS", _BEFORE) + """
drop trigger zz_publish_programs on term;
drop function chaishots_publish_programs_of_terms();
"""


MODELS_STATE = (
    "eJztXVtz2jgb/isebprO5Ou0Sdu09AoC3fItgU5C2t1tOh5hK+CNLbmSHMp0899Xkm3wEb"
    "A5xM7qpg2SXtk8j/zqPVn8ahhTYNEpZvRFy2DWvcXmjab2q4GAA/kfWd3HWgO4bqxTtDEw"
    "tqUIiA4cU0Z4A2+/BTaFvMmE1CCWyyyMxOghghqfB02ghm81zD+xqYUmx5qF+F+8kZiQiA"
    "+zqWVMNYtpM0C1GbEYg+iDRvCMaoDwcciea/CejwWmCc1jbTzXGLEmE0joC3ErJjb4vfCp"
    "D3pVD1k/PKgzPIF8XsKv/e07b7aQCX9CKj5+a+Dx39BgumUKAQp/NL6LIe6dfmtB24zRIX"
    "p5n+zQ2dyVjW1r0kPsoxwsvuhYN7DtOSgi4M7ZFKOFhIWYaJ1ABAlgUFyDEU+wgzzbDogM"
    "CfO/wnKIf+8RGRPeAs8WHAtp/w6WbQ1dHwxH+lV3pOuNFP+hRIScoMnASKwdfqtUQjARt/"
    "C/9ycnp6dnJy9P37578/rs7M27l+/4WHm/6a6zB/9mlnD5U0nQer/1BiNxQ5gvUH/lioYH"
    "KQMY8KUkRUv8AUvD3+EIMsuB2QT4Egn8zUDkRfhHko0Q+1V0hA1LPpaP2EpCrn7YHf/T0T"
    "PDxsadLm6BMuC4R8+fPd+CpBV4j3oX3atR6+KzmN6h9IctsWuNuqLnRLbOE61Hb5/HCVpM"
    "on3tjT5p4qP213DQlRBjyiZEXnE5bvRXQ9wT8BjWEZ7p/CmN4BQ2h018aIRqg2GSZnsEf+"
    "Y8aguBBNkcoIPSu5vnbRWV3T9GMRYHX1qX559al0cXrT+ex5jsDwe/hcOXNA7O+8O2fNJi"
    "cIs7LIZ3IKEALwF4sOtI0AqgnhBT0JeH3t/w48BfX/c6K4H3hRKwe55lvhCiG4AfbNo1wF"
    "7CfOrvAVHtLr9oHNExvMUkYx3//2o4yIZzKZHcmy2Daf9otkVTNlKt0RRQrF7JyUWbgF1M"
    "kNLatwxmbJL5sC8EFOrFUBcuwe1dxCgVDWNg3M0AMfVUDz7BeWPTXc6Jk2wBCEwkkOIbi+"
    "8XcQRda4TvIGrk+Ilh9/E6P9G1uF8UjlzrKLa0O8idKyz9s/OLq2NtZrGpBrgzZsMPvidm"
    "MapNAeUOG+WjXZZ2/ErPst6Ry3Xaiun5rRX8rvy2mJsQMqiLOznbn5uwVufn+2by/wKWTD"
    "hemTAlTBjxuKTBPp8C0kWeIwHv8RsEyIAp4EPZKgPf+NLrfu1eNrV7C84guUHdTm805J+h"
    "aXE37wa1Ohe9QVMDpmOhpJbJiWA44KduQzRhU/7x7QrGQn6S7m9I3InoifMhFakutFZWfA"
    "gBMs9+COJyCUbGcwZpdTjZxcPQDrbYxcPAIW33Bq3LP7OfhnbGltz+c9RtJfA3CBT46MUD"
    "RHHJSgWKBnh2pMJBPsE2oEz3aCmKk7I7ILk+FnDtmCbwnivFMjzHJRXLVWO5gA8Vtd6h42"
    "IGkTHXue9AM/bXYIaPv19CG+QEJZcOUm854e9wXt/tddkarNSHPTueCeCy3c80uiud0AS7"
    "m7qiBHImKONeJPBTgwYgxIKmhj3GnUgDBn6l8DIBojORTGTaBLNj7RYTbTbFMmlIITKp6A"
    "ETjmOWt7q/CymHtuoObbAeN/Vng+FV9qqq6876j1kJByopqVyoJAObulC++tIpA8zL2GVz"
    "SxxScuuLHapvagXlDievXp+9fnf69vWiymHRsqq4ISxkSIE7hcCEJAPdFRH7lKQK3W+RMP"
    "HRHGMzQ7ev0jMJwZJqpj7oq0CNCtSUct/9iGYxEzUqs0tDtbqP1xqzNOUpJ/BNg/sRE2hN"
    "EPe5UsH/XE84miqsJ7QpH5g3EzBb+EyxlcUxMKENmZ8qaV2dtzrdxsOj5XH7kFKcl8UNOo"
    "/XuM/2cthGlb733N/GGndMAWEWVw6i+hZoDBIn8GNF7tW1gfBrxZ+yMJE7tqb8JEw8mF3M"
    "u6uJlVdcda/YX3I68pxxVulJrpuQkivlJlRND+3aT2AWy0rs5kcdFgIq7lAi7sAvzyDKq8"
    "LcLJ2enKPKRDS+9DrdYdNX1zeodTnqnfe7zVBrJ1X7Jon0Ves7ZOgsN5F+lkykmx6RIXzd"
    "yYr0r3jTIiH4hIIQB3nnIrKPUt0FWZtpG2MbApSzny6lkr4xFzvkE5Bt/uzEJx4O+zEV1O"
    "4ldcz1Rbt7efRKrnc+yGI5IIdKwwZo4nETUXeJ5QBSKOC8ao4qK6HK7wYhoFQH98Dy0Unx"
    "0iIE5MSK1syT4GbDwF3NyPn2PQdcj9iF4p9Jua2in3t5ieum8ezXw7Nm829u345vGnsy2f"
    "cSDqXeWBqQhVlJCSpadkgLm3IvCXGVUYiTuJQiZJfPSU5SbDMPITc1duht2STglmV4BZ3L"
    "1sdRU5PdN+jq/FO3c93vdpoaNabQ9Gxo3qDP1+1+7+qTaHW9MV9HU9EqoO19EY2AGFPrHp"
    "plfIj3G/gQ73N9iPdJHyK4vxI5hrikqiCrcqJhsQrL86xqBWvBdKBaSvAcl1QsV5nlUPdC"
    "Qoq9+J8SLLXL1ojZvfi+Ki//tB8vzzVLEhyXVARXlOB7SGjmER65IfOIxOMm416VZ3DXCT"
    "gCbQgoLFjAEpdSp0MkwhmQOEUrgpYiqiBoTUEQhyoNbZl6oFEwUz1RXV8LtFxT2aVAGXpg"
    "N8BeLier5fO/Ftq4/ouhy29BG1z3+49YafWZ4AkBTiO71CrsPV5Ta+VGxm3wipKBPUJhU9"
    "ZAUVEO5RfAUHnGoTjxMMwOiaophy+qrNePyk2yyaGHkZhkIhbCOcw/AFEVWR2kyEqVAR3U"
    "+Y3eZgHQE2KPDH080/JsbwmWvTCwTR2Eqn/YMQll6x5UvUM0nMk1fsFXvSIiKnursrflsr"
    "f1y9OqDN6Tj02q7MITJ1hlF544wSq7UDa7UOrUIxnwSYNd8KijJxbQ3faAo+hLtK5lZOB7"
    "AdB8hMW/BaLmYq4DxrL2Htl1sAltPR0oXXxRItYeV9kLO86PjPp4YiK5uJMnRPlAB2HhBU"
    "9BXyAW9LIpwd5kGu1g4QUzw/W8XU9B/rAuFhyG4rNjwZFA/cpYcCQ7sEksWFzI1ChkkRCu"
    "f6TUBEPq2+mGFsZrjzXAZHDXwQ5EmYcobz+hetG26jFgdZ7yAUNfTyREgF3/NIfkq/+fu4"
    "OmJjqLVXeftwbn3b4ca4gvbttVihuo+u4n7XGo6NB/jGlV+asqf1XoRsXmFMEqNlfl2Fzg"
    "b28dnVue8VXLDerg54/LaGZ23CYMdK4M2oSFsptEbFxAmH+GWRCM+iAPKvNPrxI/TLU4zy"
    "wrPFNQWsViqh6LkaXDhY88S0ipA88e/8CzaqrSg9n6ylLYxZqNJy42Vb5xKfVWy+q3WiLV"
    "9tu/fxEp8a8ntmtfwIgvrqIn3T6ibVsXwPdu3MpcZ451G+ZBV5u3i1Fr7duvIlMYZm01QK"
    "AGxthjgZXKry9sVJ8ReXqv+LEbAif8e4qfbjUAzbB6dzSnsoWrbgurvKQy2GpgsBUI7eys"
    "rChWCLN1YdEWVkvdSosiXzVZXBQp1YqXFsVNnmRxUbTwaOvSooUBsPJ32SGxjGnOFh50rt"
    "vDwXLYuk08n44db6G5miZzB81QMgH3lV2vu3EP8zfMXB0uikuKKvF6bpvxcpCTN282KAjh"
    "o3JLQmRf4ped+HNVAOFg+BNE99XLlxugy0floiv7Mk/vTSO89uDerMzhI73NVp+fLDuc8Z"
    "Kxqz38C6ArJkE="
)
