"""Words to find programs and lessons by: of their texts in every language, of a program's terms and topics too.

In tables of their own, so that a step of a lesson, as its publish, writes none of them. `content/search_words.py` makes the
same words of what is looked for.
"""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_TABLES = """
        CREATE TABLE IF NOT EXISTS "lesson_words" (
    "words" TSVECTOR NOT NULL,
    "lesson_id" UUID NOT NULL PRIMARY KEY REFERENCES "lesson" ("id") ON DELETE CASCADE
);
COMMENT ON TABLE "lesson_words" IS 'The words that a lesson is found by; rows are written by triggers alone.';
        CREATE TABLE IF NOT EXISTS "program_words" (
    "words" TSVECTOR NOT NULL,
    "program_id" UUID NOT NULL PRIMARY KEY REFERENCES "program" ("id") ON DELETE CASCADE
);
COMMENT ON TABLE "program_words" IS 'The words that a program is found by; rows are written by triggers alone.';
"""
_IGNORED = r"\u0300-\u036f\u093c''\u2019\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff"
_BETWEEN = (
    r"\u0001-/:-@[-`{-\u00bf\u00d7\u00f7\u0964\u0965\u0970\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u303f"
    r"\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\U0001f000-\U0001faff"
)
_WORDS = rf"""
create function chaishots_words(texts text) returns tsvector language sql immutable strict parallel safe
return array_to_tsvector(array(
    select distinct left(word, 40)
      from regexp_split_to_table(
               lower(regexp_replace(normalize(texts, nfkd), '[{_IGNORED}]', '', 'g')), '[{_BETWEEN}]+') as word
     where word <> ''));

create function chaishots_translated(translations jsonb) returns text language sql immutable parallel safe
return (select string_agg(said #>> '{{}}', ' ') from jsonb_path_query(translations, '$.*.*') as said);

create function chaishots_words_of(shown lesson) returns tsvector language sql immutable parallel safe
return chaishots_words(concat_ws(' ', (shown).title, (shown).summary, chaishots_translated((shown).translations)));

create function chaishots_words_of(shown program) returns tsvector language sql stable parallel safe
return chaishots_words(concat_ws(' ', (shown).title, (shown).description, chaishots_translated((shown).translations),
    (select string_agg(concat_ws(' ', term.title, chaishots_translated(term.translations)), ' ')
       from term where term.program_id = (shown).id),
    (select string_agg(concat_ws(' ', topic.name, chaishots_translated(topic.translations)), ' ')
       from program_topic join topic on topic.id = program_topic.topic_id where program_topic.program_id = (shown).id)));

-- Their rows are had first: what others write meanwhile of the same programs is read then.
create function chaishots_find_programs(programs uuid[]) returns void language plpgsql as $$
begin
    perform from program_words where program_id = any (programs) order by program_id for update;
    insert into program_words (program_id, words)
    select program.id, chaishots_words_of(program) from program where id = any (programs) order by id
        on conflict (program_id) do update set words = excluded.words where program_words.words <> excluded.words;
end $$;

create function chaishots_find_lessons() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into lesson_words (lesson_id, words) select id, chaishots_words_of(new_rows::lesson) from new_rows;
    else
        insert into lesson_words (lesson_id, words) values (new.id, chaishots_words_of(new))
            on conflict (lesson_id) do update set words = excluded.words where lesson_words.words <> excluded.words;
    end if;
    return null;
end $$;
create function chaishots_find_program() returns trigger language plpgsql as $$
begin
    perform chaishots_find_programs(array[new.id]);
    return null;
end $$;
create function chaishots_find_programs_of() returns trigger language plpgsql as $$
begin
    perform chaishots_find_programs(array(select distinct program_id from rows));
    return null;
end $$;
create function chaishots_find_programs_of_term() returns trigger language plpgsql as $$
begin
    perform chaishots_find_programs(array[old.program_id, new.program_id]);
    return null;
end $$;
create function chaishots_find_programs_of_topic() returns trigger language plpgsql as $$
begin
    perform chaishots_find_programs(array(select program_id from program_topic where topic_id = new.id));
    return null;
end $$;
"""
_TRIGGERS = """
create trigger find_insert after insert on lesson referencing new table as new_rows
    for each statement execute function chaishots_find_lessons();
create trigger find_update after update of title, summary, translations on lesson for each row
    when ((new.title, new.summary, new.translations) is distinct from (old.title, old.summary, old.translations))
    execute function chaishots_find_lessons();
create trigger find_insert after insert on program for each row execute function chaishots_find_program();
create trigger find_update after update of title, description, translations on program for each row
    when ((new.title, new.description, new.translations) is distinct from (old.title, old.description, old.translations))
    execute function chaishots_find_program();
create trigger find_insert after insert on term referencing new table as rows
    for each statement execute function chaishots_find_programs_of();
create trigger find_delete after delete on term referencing old table as rows
    for each statement execute function chaishots_find_programs_of();
create trigger find_update after update of title, translations, program_id on term for each row
    when ((new.title, new.translations, new.program_id) is distinct from (old.title, old.translations, old.program_id))
    execute function chaishots_find_programs_of_term();
create trigger find_insert after insert on program_topic referencing new table as rows
    for each statement execute function chaishots_find_programs_of();
create trigger find_delete after delete on program_topic referencing old table as rows
    for each statement execute function chaishots_find_programs_of();
create trigger find_update after update of name, translations on topic for each row
    when ((new.name, new.translations) is distinct from (old.name, old.translations))
    execute function chaishots_find_programs_of_topic();

insert into program_words (program_id, words) select id, chaishots_words_of(program) from program;
insert into lesson_words (lesson_id, words) select id, chaishots_words_of(lesson) from lesson;
create index program_words_found on program_words using gin (words) with (gin_pending_list_limit = 256);
create index lesson_words_found on lesson_words using gin (words) with (gin_pending_list_limit = 256);

do $$
declare
    ours record;
begin
    for ours in
        select pg_proc.oid::regprocedure as signature from pg_proc join pg_language on pg_language.oid = prolang
         where proname like 'chaishots\\_find\\_%' and pronamespace = current_schema()::regnamespace and lanname = 'plpgsql'
    loop
        execute format('alter function %s set search_path = %I, pg_temp', ours.signature, current_schema());
    end loop;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return _TABLES + _WORDS + _TRIGGERS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop function chaishots_find_lessons() cascade;
drop function chaishots_find_program() cascade;
drop function chaishots_find_programs_of() cascade;
drop function chaishots_find_programs_of_term() cascade;
drop function chaishots_find_programs_of_topic() cascade;
drop function chaishots_find_programs(uuid[]);
drop function chaishots_words_of(lesson);
drop function chaishots_words_of(program);
drop function chaishots_translated(jsonb);
drop function chaishots_words(text);
drop table lesson_words, program_words;
"""


MODELS_STATE = (
    "eJztXW132rgS/is+fGl7Tm5Pm76kzX4iCW25m4SeQNvdbXq8whbgjbGoJIdy9ua/X73Y+N"
    "3YxoAh+tIGSSPDjDwzz2hG+rdlTIBFJoiS522DWvcWXbROtX9bDphC9kda95HWArNZpJO3"
    "UTC0BQkIDxwSilkDax8Bm0DWZEJiYGtGLeTw0T0HamweZww1NNIQ+0QnljM+0iyH/cUasQ"
    "kx/zCfWMZEs6g2B0SbY4tS6PymYTQnGsBsnGMvNHjPxgLThOaRNlxoFFvjMcTkOf8qJjLY"
    "d2FTb/WprmP9dKFO0RiyeTF79vcfrNlyTPgLEv7xewsN/4EG1S2TExD4s/WDD5nd6SML2m"
    "ZEHLyX9YkOnS5movHMGncd+kEM5j90qBvIdqdOiGC2oBPkLCksh/LWMXQgBhTyZ1Dscuk4"
    "rm17gvQFJn9CMER+9xCNCUfAtbmMObX8BkFbS9evewO93xnoeishf58iJByvyUAOXzvsqx"
    "LBgjH/Cv95f3z86tXJ8YtXb9+9eX1y8ubdi3dsrPi+ya6TB/llAnbJqQTTuh+71wP+hRBb"
    "oHLl8oYHQQMokFRCRAH/AU2y/4JxkFpTmC4ASRHjv+mRPPf/iEvD532eOPyGQB7BK5YrkP"
    "5P+0J+evrEsJFxp/OvQCiYzp4+e/JsDSHl8HvQver0B+2rz3z6KSE/bcG79qDDe45F6yLW"
    "+vTts6iAlpNo37qDTxr/qP3Vu+4IFiNCx1g8MRg3+KvFvxNwKdIdNNfZWxrik9/sN7GhIV"
    "EbFOGktAfwV8artiSICZsxaKvired9yxNl549BRIrXX9s355/aN0+v2n88i0jysnf90R8e"
    "iPH6/LJ3Jt60CLv5NyzHb49CMbwCwz2rI5hWgusxMsX66qyXBj/K+C9fuhe5jJdEMba7rm"
    "U+56QFmO8Z7T3gvWDzK2kDwtpd/NAoR4dwhHDKOv5vv3edzs6AIm6bLYNq/9NsiyR8pL3m"
    "JmdF/kqOL9oY2/kECa09ojDFSGazfUmguF6O6xwSjO5CTilvGALjbg6wqSd60DHKGpvsmh"
    "5P4y3AAWPBSP6L+e8LAcGZNUB30Gll4ES/+2gVTpxZDBf5I1cCxbZ2Bxm4QgKfnV/1j7S5"
    "RScaYGDMhr9JJGZRok0AYYCNsNEzmgR+lWdZDeQyQVs5Pb+2gq8Lt0Vggi9BnX+Tk83BhJ"
    "U6Pxubif9LeDL+eOXCVHBh+OuSZPb5BOCO404Fw7vsCwLHgAnG+7RNZnzrptO+6NycahgC"
    "E+Jb52u3841/vrfgnH/uXHQHPfYZmhaDfbdO++Kqe32qAXNqOXGtkxHRmIJfug2dMZ2wj2"
    "9zJOjLKw6HfUEe856ofIRi1bkWS4sXOQAv0l+KKF1MQsMFhaQ5Mqrj5TjzTO7y5WAsPete"
    "t2/+TH87zlJM9Nmfg047xn+DrRvGH718wChK2ajA0TWaP1XhISlgGxCqu6SSiOO0NQh5fz"
    "zivZM0hvdMKVaRc5RSSbnJUoa/ZhabroKUo5RKyk2TcgnkHMZscDpDFDrGQmeIkaR4Ud4M"
    "H36/gTbICEUHsLgbTPg7XOyvExW0eiv1YcPhhg8Qmh2H4qx96aD/aEXAYcRGFo01zDAaYz"
    "DVENZsSAji28KA8ojAzB3alnHEe+aAHGmslccS2Eq1ODnfT+YBBLYkIKHeJnNaHGIDT3h8"
    "MYrdx6Cz4xF37MdUhcg+baMh8ueb3seb9tWpv5RvnctOv99jKFgu6CowOG/L3ofBJ5kw+C"
    "QOg/13Jg0EZydNhKlWZ040fnlvM3UipFGILhVZCu8RsiFwMnRLmC4egGCEzXkBaok/9HqX"
    "EefprBuPvn25OuvcPH0pFj0bZNEMhktDUCnkEKFsVMhBubAlXdgteGMfwSzHF+O9RTwxfe"
    "wNXOmNXVoOJNzr4V7QxCIU4YV0luYQQ81Bwj9ify0ga5pA7kkhArUhnLD1xvum3kh3OmT/"
    "m0l3bDOPWMMfG1mYUN1mX6uc6YrSKeNVU96fiNiVl0aErB5h7FiT7saXIBA6+nBRjvkhIs"
    "X6Uqxvlrm5Avgux96I7kIGZ+qPXGlxBswK8Hc3grl5lrhU7yJT3MsbkC0875t7UQY8ZeaB"
    "A3Zo20SQ+NZkhNFUA8ySMEuQNEBbeeIa9kgBqcbYIn8ZFxeDT6HUYGULxFlYCVtFCBW0Ut"
    "Aq19b1KRDwPsvYyf5C1o4sh640d5/QnHVhAX44Lc9+0ww0ZaZFBppDdumIWRQBeGQzd27T"
    "cRObgntgSVO38afVHAbPVKupUfA9tmvHL1+fvH736u3rpSZdtuQp0NUWqynOw6O0XBVQqw"
    "Ks6zKdpw3rGcnxeayP0ikB7ClsjW32p9vzZEZArlGPZSQU3cjGkK0CQgMzaQCMLWZ1kUsZ"
    "WjSghyu5SQUOmfOyZ6qNET3SRnwDeoJEeTOBjkl4DxgzyabtZ2/uQY9vW3vfUu+99Vg089"
    "4b3uTN7eYm3svXrEJqd5xSJXfHJVA0uVuqL4Gw3JTMsEzrnqCrZOAblh5YD3hIMHci6i5S"
    "uJtTW5igVEWGa5R2Sm4OkZm675KtZ2KEFdXM/nBflZCoEpJKKeey1qqcixqmqdNRbe7rtc"
    "ItTYC+GH+TzP2AMLTGDsNciRzMzOztcFHzfrI2kbfNmjGYLzFTZGUxHpjQhjLT7LzdP29f"
    "dFoPO4PTlzKdNB1GXy5zTXPhc5CSWuxMsnuGtxFPwQaYWkw58LAz0CjEUw/H8lj1zAYc1/"
    "I/xRFKIlrNP4nge/qxY3VNrFBx01GxXHK63K8vARMSdIcUB6wNJ1CLppWgZ0cdlgQq7lAh"
    "7kDc6RTgUmGeEMmOWR7SHLetJ09uW5tyQTfBefZoh8gKs1JwOE63FhjelCz+fXhyevoPU3"
    "fDjQllI+iYPZ5CJ+v4tGJFPvE5mqyXWl+7F53eqfRebp32zaB7ftk59Z2YuKezg1If08Vi"
    "revTtGLNnD23GOEBxeR2UPED0nzLlfU+INXH3Ha1TzoaaFqVj6c0bOCMXYaY9Bm2yhrmvD"
    "marIQaa6LjDCU6uAeW5E5CLm2MQUbodMU8Mdls3XRvRTjff2Qw18V2Kf8nTqf8nxr9H+IO"
    "BZ4qLZUEoRJLjWKhE3c6dJjKKIcUIlRKIHW+Jxl7xMUQQuZO8bbNsonBiKaggoub9ofBqS"
    "a6b53++afOxZfLzsWpRowJNF0bmrfO5y9nl93+J94qCrvJhLdy1na/8kaAjYl1L4/mKIsh"
    "3hfAEO8zMcT7xHEB8vtV2HKLUqpDgJq877ZchdXlrA712gtJe6qlgpyjlErKTZayr3shxu"
    "Vu7EgQVrKyeyTZjWBflaZy2K+XOzMrCjhKqQTcUAHfQ0xSq7MyQ+Yhit3uTb+sLsG696Mx"
    "tCEgsGQ+V5RKXesSC2dAPC2bIBeQqPy4FflxjFVJ1lZJjxt4M+0nV1enxgVrKj0zLkUP1M"
    "PYm2CyvXz/V7I2qv8i3GVfQbv+cnlZW+JhIKM5wmbOkb49Bw4Q+6fQwb4y//CbP+NhiOmh"
    "apKm5ENepuaSUwXSNfWloIqd2SOGywpE4J+qaxFthFzH1IaL0MWt3lWu4ftaNWAjJyVps8"
    "6J10ja9DhSzhpGiBqQwrlra3ikZadrZiiFQf8r5Dd7pjN4SXTw++b9r53zQe9GoAyCXGzA"
    "mHJgc42s0NxzZu0mYl6vgZ/XEfym9cq14+9FUm6+Ei9ubINM8n18G1aa2oguKJDhv27W/m"
    "fLoC6GGcbA711lCGahcUXObZfDpaqWdzMRzZ3ZCIjruZm6hvLkmf6n9n+O37zl2ffy+LQJ"
    "XPDic/qbyLMfWTaUCt27EVwsXj7ae0LKpeJbf3rNJQB8T7JECUBFFbfbk26id269LrB9+P"
    "Z19q1br5+tsimWSVPKtDMDK8vxKuU/JcQyERalBDsDAsXP1FxCmxnyMjsmAcXB+zub2Cu5"
    "B9gCDi2VnBOmaUhqzp4WtNspqiPnNAE7dddCZUOtUzWh9grLKaF920pyHXGtIbE8rFVqtz"
    "BG26Ski8cu47Wwer2oUt411MpAlV7v0SpUGRpXAFUazOkh8FRUaYtrIiSWJkccn/Ejt/2E"
    "fV7XPWVQLQ0cVptkNcb7Hk4TjaWnMeD2Q5WB7zauqAqVt+pjh79mCabHyFTBsipYPijXm9"
    "juuMz74I9XOqjCGzBCeMoP+mM8THkDcgoA44S7rvhLWfuULZnvPzaqkRIlgOsUu6oi15oW"
    "9brFraqoNXqfDi15vGWIRFlGVaIXF0axEr39K8ZTZVoHGVFSYeFHJGBVQnLgAlYlJFX340"
    "tE1qNgPid/+cPvhTKXvWB530P6++lxJ1OX4wUk6zPqwMobHipmzctr4rO5WSpt3lt858s5"
    "99L9yl99dZYZePw6/DqD8PndM8tI4d8VcBYDxP8tUaHE59riJtXGU3unyIS2ntwBXf5QzF"
    "cV85yWcEouIMlPhMWbficup5KM9hKDl1rA6/PIvF46wcgdT8Id1H9gakoxa9cTLH8ouMnr"
    "KYfcrd5AgRTZ8NUDHbZ63/fbBDoaQVNIJ0xIfJcWaN488jpKOZkpju3mt1wBjc8IT4MaEY"
    "TFdq9MCLaINkYOe5B/3Df7nzMvuVm81Sevcyt0ZHEU3UmOUjVgR7nJVSmepKtg4wilgk4N"
    "gk41lb6EsljWrX0JJc7s40u3svglqnO2Uf0SAle5BsyHX4XMl78rWyRpiY+V6t+GgFcvos"
    "CKyKsl5G4jzz0izMYYtmtCM72UEfjFjDxv6W9vkr+zKia3/Ow1DFj6rnh2IUy9u+INKoV5"
    "96JA8P7di8zoPe9acQl0w3yFZiCiCt5CzokOmQahytkDa5iEZvC2fqOwg0TXvIL6eEygkA"
    "lZp6TexyD119SvM7MCMLtWSXl6X5XV72VZvcIWzcUWN3DkEmBnWAW/d5VBwKFxBWJhskp9"
    "mTWCeT2DbWoOopqJxBXu4dgT0LyTfY7E1XVzHtCyKNfevLA9/Q75DT3j8V2U12RzgJnAym"
    "XmBxQHbww2UnO8v1vzDS2bFwqmBD+X43fLzRfN4SCGFC8qhLTDdCqlr2lR7dhdYBTZFe4C"
    "86l2fBfY0tA2+CowMAcWJTo3tcPUEydzeZ1Cre5fW830MeIFDDz2UJLfUULF6tWsFgCl0t"
    "ZnlFJtfTbISDTnJAH/bN0sFL08eXcFig7GFdiU4w8yNQJp6AAAGQPl+kEiX0PzsSoDtlQc"
    "DTBFU+jQtJ229Sd8fPh4304QEP8nGJ2NmP3xCi9Xuej8MMrB0Aw6Sa63ep8716ca7yx3Xd"
    "t5+/q8cynGGvyH23aTasTUhW0H5yeoSsBHLGl1lddOTJ+qwzzw10vVYR64gPd4s2cf6zA9"
    "vJ0SCSxXYFj45oFmGqg1KwzLh25EQWZ63Mav1cwN2vg3XxW6UQBgEVtZ5qjJI/oZEhxCzP"
    "PV+KeZDYzUROiS1CoW0/RYjLgLTIqvhJaNUalt9bRt9e2ek9lMVbo1X18d0tjAo6iU+1aH"
    "ImlaUndzNYuqNGlqinBTAMe+MHzjiEOccpABOfwTEPIxx3JUsWRr/7wGUQADhsj17gbjz+"
    "fAQUpkeQIAhmP2O3mhpQFIChSpaU4FUJoOUNRmsfKilRetvOgNB0HXtLcJT7Kmc54OsNYs"
    "66Sn0E+Nn/UUOjkretJT1A+Nn/UUPgdq7ZOeguO9ctyqNsSWMcnwq7zOVY4VCIat8qyyxV"
    "GzX5OpaVLdmhQl48m+seu1Hsye7cVk6vDsszmylfh++jLRxKnjN28KpE6xUZnJU6IvVkHA"
    "3qsSHPaGHyB3X74ocv4JG5XJXdEXv17VodApdelkiKQhLuH+3PW508zyh/8DE2FF8Q=="
)
