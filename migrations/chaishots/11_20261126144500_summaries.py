"""A lesson says in a few sentences what it is about."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
alter table lesson
    add column summary text not null default '',
    add constraint lesson_summary check (char_length(summary) <= 2000);

create or replace function chaishots_normalise() returns trigger language plpgsql as $$
begin
    if tg_table_name in ('topic', 'release') then
        new.name := normalize(new.name, nfc);
        return new;
    end if;
    new.title := normalize(new.title, nfc);
    if tg_table_name = 'program' then
        new.description := normalize(new.description, nfc);
    elsif tg_table_name = 'lesson' then
        new.summary := normalize(new.summary, nfc);
    end if;
    return new;
end $$;
do $$ begin
    execute format('alter function chaishots_normalise() set search_path = %I, pg_temp', current_schema());
end $$;
drop trigger normalise on lesson;
create trigger normalise before insert or update of title, summary on lesson for each row
    when (new.title is not nfc normalized or new.summary is not nfc normalized) execute function chaishots_normalise();
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop trigger normalise on lesson;
create or replace function chaishots_normalise() returns trigger language plpgsql as $$
begin
    if tg_table_name in ('topic', 'release') then
        new.name := normalize(new.name, nfc);
        return new;
    end if;
    new.title := normalize(new.title, nfc);
    if tg_table_name = 'program' then
        new.description := normalize(new.description, nfc);
    end if;
    return new;
end $$;
do $$ begin
    execute format('alter function chaishots_normalise() set search_path = %I, pg_temp', current_schema());
end $$;
create trigger normalise before insert or update of title on lesson for each row
    when (new.title is not nfc normalized) execute function chaishots_normalise();
alter table lesson drop column summary;
"""


MODELS_STATE = (
    "eJztXWtz2rga/isavjSd4XTS9JKWfiIJ3XI2IZ2EtLvbdDzCFuCNLVFJDmV68t+PJNv4Dt"
    "jhYlJ9aYOkV7afx5Lem+RfDXMMbTYmnL1om9y+t/ms0QK/Ghi6SPyRV90EDTiZJCplGYcD"
    "R4nAeMMB41QUiPIhdBgSRRZiJrUn3CZYtr7ECIh+8AgBMgRE/OJjG4+awMbiL1FILUTlj+"
    "nYNsfA5mAKGZhSm3OEPwBKpgxAKtphZwbQvWgLLQtZTTCYAU7t0QhR9kLeikVMcS+i661e"
    "1cP2Dw8ZnIyQ6JeKa3/7LoptbKGfiMmf3xpk8C8yuWFbUoChH43vssnkzhjayLESdMhaUa"
    "cqDD6bqMITe9TF/KNqLB90YJjE8VwcE5jM+JjguYSNuSwdIYwo5Eheg1NPsoM9xwmIDAnz"
    "HyFq4t97TMZCQ+g5kmMp7d9BVNYwjN5l37ju9A2jkeE/lIiRExSZBMt3R9wqUxCM5C385/"
    "3R0atXx0eHr96+e/P6+PjNu8N3oq2632zV8YN/MxFcflcKtO4f3V5f3hARL6j/5sqCByUD"
    "OfSlFEUR/pBn4T8TCHLbRfkE+BIp/K1A5EX4R5qNEPtFdIQFER/REFtIyPUP58z/dfDMdI"
    "h5Z8hbYBy6k4Pnz54/gqQFePe7F53rfvvis+zeZeyHo7Br9zuy5kiVzlKlB2+fJwmadwK+"
    "dvufgPwJ/rnsdRTEhPERVVeM2vX/ach7gh4nBiZTQ4zSGE5hcVgkmsaoNjmhWbb76GfBUJ"
    "sLpMgWAG2V3vWMt0VUdv7qJ1jsfWlfnX5qXx1ctP96nmDy/LL3R9g8orF3en55okZaAm55"
    "h+XwDiQ04BUAD1YdBVoJ1FNiGvrq0PsLfhL4m5vu2ULgfaEU7J5nWy+k6ArgB4v2HmCvYH"
    "7lrwHx2V09aBLRARoSmvMe//f6spcPZySRXpttk4P/AcdmGR1pr9GUUCx+k9MvbQp22UFm"
    "1h5ylLNIFsM+F9Col0NdmgTDu5hSKgsG0LybQmoZmRpyRIraZqvcIzddAjEcKSDlE8vnix"
    "mCE7tP7hBuFNiJYXVzmZ04sYVdFLZcaii2wR0SxhVR9tnpxXUTTG0+BlAYYw764FtiNmdg"
    "DJkw2JhoPeFZw69yL8sNuUKjrdw8/+gJfl12W8JMCBk05J0cb85MWDrnF9tm6v8SmkzYXq"
    "swFVQYOVyyYJ+OIe1gz1WAd8UNQmyiDPChbJ2Bb3zpdr52rlrg3kZTRG9x56zbvxS/kWUL"
    "M+8Wt88uur0WgJZr4/QsU+DBcOFPw0F4xMfi59sFjIX8pM3fkLgjWZPkQ02khpy18vxDGN"
    "JZ/iBIyqUYGcw4YvXhZB2D4SRYYueDQUB60u21r/7OHw0nOUvyyd/9TjuFv0mRxMco7yBK"
    "StbKUdQj0wPtDvIJdiDjhscqUZyWXQPJ+6MB7x3TFN2LSbEKz0lJzXKdWUY/J7borgLLSU"
    "nNct1YLmEpx2005E4IR9icGcJCZDlaVNDDxz+vkAMLXM+RGdyNOvwTzfZXiYpKgzf1YcPu"
    "hRRw+U6GLLoLXQ0pdld1OFAkmGAc8DH0A8AmpNRGFiAeB0SYNoH3QPoSIGZTGTLmYER4Ew"
    "wJBdMxUaFhhrDFZA0cCRzzfBKbu5B2W9TdbRG8j6t6LYLmdbad6+u08IdZBTM5LakN5TQD"
    "qxrK/vRlMA65l7PKFiayZOSWp7TUX9UKklqOXr4+fv3u1dvX81yWecmiFJYwXSUD7hhBC9"
    "EcdBfEZTKSOkDziLCYj+aAWDlz+6J5JiVYcZrZH/S1O0674yqZ777fupyKGpdZp6Ja3+G1"
    "RC3NWMopfLPgfiQU2SMsbK5MiKfQEo4HhPcT2owNLIopnM5tpsSbJTCwkIO4HxBrX5+2zz"
    "qNh51F688RY6QoVh9UNpeYz07UbKV87nthbxMgDFNIuS0mB5ljDQFH1A3sWBlhnzhQ2rXy"
    "T5V+KgxbS/2SKh7KT9leV8faKq67Vey/cgb23EFeglGhmZCRq2Qm1G0eWredwG2eF74v9j"
    "rMBbTfoYLfgXmuK1T+MoDHRHYMeWzmuG08e3bb2JQKugnkxeU5wkVZzqulq6T7qPMQaHzp"
    "nnUuW/5CeYvbV/3u6XmnFa6X6UV1lUSVRTNLyNBxYaLKcTpRxfKoCp4Ybl6MZcFOppTgE3"
    "L/bGVPU0yDYcYE5qkxJ4Q4COICTSaSSnslhNg2R0C+4rkWb8Tl5XliCjrppueYm4uTztXB"
    "S/W+i0Y2LwA5nDQciEeeUM6NCbXLrgGL+qjzJFT71SAElBnwHto+Ohle2pTCAi/dkn5S3K"
    "zoMt0zcr59LwDXo04pz3Na7lF+502pPb8enrVa/wrLYrAx/WcjjmjmDZTqXpqVjKCmZY20"
    "8LGwT7GYMkpxkpTShKxznBSEI1ezEAqDktteli0KhzzHKji7an/st4CqvsXXp586Zzfnnb"
    "MWYOYYWZ6DrFv8+ebkvHv9SZZOvIF4j8ayVELb/SILITXH9j2yqtgQ71ewId4X2hDv0zZE"
    "cH8VojtJSZ27V+cQz/wtrM6zzsXdC6aDqaUCz0lJzXKdWQ7nXkRpuYM1MoKVVtk9YnYjtq"
    "/OiHjaw8ubWBUJTkpqgmtK8D2iLPeInEKXeUxit2HQl9UZXHfokyIHQYZKpg4lpfTpKyl3"
    "BqJu2VysSESnYi1JxRJQZaGtkonVD3raT1SXZ2FF71R+ElbOPLAeYK+izvZy/C+FNjn/Jd"
    "AVtwB6N+fnO8xx+0zJiEK3kZ/kFtY2l2S5TWLtVtgcZhKPMtRS2WdMJqL5qUdMnSEqTxQN"
    "o0MyX80VL1Xexq9qnaxyqGjMJ5nyhQgOiw8Y1eltW0lv0wlYWzV+47dZAvSUmE7Eqs7AY/"
    "IgdP7Dmkmomveg8x3i7kwx45fcZBcT0dFbHb2tFr3dvzitjuA9ed+kji48cYJ1dOGJE6yj"
    "C1WjC5XOm1IOnyzYJQ+ZemIO3cceLRXfvjyxzRx8LyCe9Yn8t4TXXPa1RV/Wxj27LrGQY2"
    "QdpfMHpfLdE1P2XI/zPaM+noQqLu7U2Vw+0IFbeM5TUBeIBbV8TIk3GscreHjBXHe9KDcy"
    "kD8s8wVfoaHHoNPI9wWHtc0lvmAaa7fUF/xVntolj+YKdVYq/bqOBTDhwCLqiC4YeHbV5m"
    "UQuNObamvydIywPLRL8Ck3K+efEbaha/x+G6F3HehrLvAKC1WYlfNQRhLaIVbBIbbHSk9d"
    "d5bLCaYEnvP2u0XzsD4IUsTprNLhw5GcdpbU2dSymVhwnQobcEOpHW/AnS+0Nd5/C6fQ5s"
    "yQS+0gN81jIdY50nrT83LQldZc8eT04XrPx9dOonXNXCXcGxtO8wmzrIpMu3kO1hLTLmq3"
    "QpqPvJAFGOKx7Bz/nOYREaaUMsdMEBpQwtriKm/HJS7Cud+fenyHv5/Rtm/pPfpTVNs8Xe"
    "lpRH/JxD8iMX2e3udOrwVkZbmNu6ft3mnnXLU15YM7Tp1Cwnrr7pPTE3Tg/zdmWm/q1Js6"
    "tcGl0y40wTrtos5pF4G9neMOLJd4ER2cvZcL1NY/6qUSVfL9NmEOy0KnTbgHchWPzQRS7h"
    "8MHuQZfFCnf/tHQstves8PCc9zz5SU1r6Yuvti1K7Q0ueIp6R0rHf3p4jXcyrVuQq11xQS"
    "9moiJ23VyTcppQ8sWHxgQWwjdRLgKlvrY7u39xPbpXvrky9X2c/H7FC33RfAN67cqjTWAu"
    "02THFdrN7OW62WbBom5AJIEYAD4vFASxXXlzqqz4j6JI78gixFI/GcgBNgQpaj9a6pT60L"
    "110X1nFJrbDtgcK2vZSTjNKypj0jj9Ba6pDXXmbXSOxR0/tGYrtwkrtGkipPet9IfE/Jo3"
    "eNzBWARSt4G1HbHBcs4UHlsjUcRs2WLeLFdKx5CS2caXJX0JxJJuC+tu/reszD4gWzcA6X"
    "ySVlJ/H9XDaT6SBHb96skBAiWhWmhKi6VLKuGFclEA6aP0F0Xx4eroCuaFWIrqrL/TBLFu"
    "Gl32TJixzu6KCS/fkO+E7zZR/+D24Zp0s="
)
