"""Every function of a trigger finds its tables under any search_path; answers that tell a token are kept no longer."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return r"""
do $$
declare
    ours record;
begin
    for ours in
        select pg_proc.oid::regprocedure as signature from pg_proc join pg_language on pg_language.oid = prolang
         where proname like 'chaishots\_%' and pronamespace = current_schema()::regnamespace and lanname = 'plpgsql'
    loop
        execute format('alter function %s set search_path = %I, pg_temp', ours.signature, current_schema());
    end loop;
end $$;

-- Versions before kept the answer to a request that made a token, the token in clear, for a day.
delete from idempotency_key where encode(answer_body, 'escape') ~ '"token": *"';
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    # They stay as they are: it does no harm, and which had it before is not known.
    return "select 1;"


MODELS_STATE = (
    "eJztXWtz2rga/isavjSd4XTS9JKWfiIJ3XI2IZ2EtLvbdDzCFuCNkVxJDmV68t+PJNv4Dt"
    "jhYlJ9aYOkV7afR5bem+RfDXMMbTYmnL1om9y+t/ms0QK/GhhOkPgjr7oJGtB1E5WyjMOB"
    "o0RgvOGAcSoKRPkQOgyJIgsxk9outwmWrS8xAqIfPEKADAERv/jYxqMmsLH4SxRSC1H5Yz"
    "q2zTGwOZhCBqbU5hzhD4CSKQOQinbYmQF0L9pCy0JWEwxmgFN7NEKUvZC3YhFT3IvoeqtX"
    "9bD9w0MGJyMk+qXi2t++i2IbW+gnYvLntwYZ/ItMbtiWFGDoR+O7bOLeGUMbOVaCDlkr6l"
    "SFwWeuKjyxR13MP6rG8kEHhkkcb4JjAu6MjwmeS9iYy9IRwohCjuQ1OPUkO9hznIDIkDD/"
    "EaIm/r3HZCw0hJ4jOZbS/h1EZQ3D6F32jetO3zAaGf5DiRg5QZFJsBw74laZgmAkb+E/74"
    "+OXr06Pjp89fbdm9fHx2/eHb4TbdX9ZquOH/ybieDyu1Kgdf/o9vryhogYoP7IlQUPSgZy"
    "6EspiiL8Ic/CfyYQ5PYE5RPgS6TwtwKRF+EfaTZC7BfRERZEfESv2EJCrn84Z/6vg2emQ8"
    "w7Q94C43DiHjx/9vwRJC3Au9+96Fz32xefZfcTxn44Crt2vyNrjlTpLFV68PZ5kqB5J+Br"
    "t/8JyJ/gn8teR0FMGB9RdcWoXf+fhrwn6HFiYDI1xFsawyksDotE0xjVJic0y3Yf/Sx41e"
    "YCKbIFQFuldz3v2yIqO3/1Eyz2vrSvTj+1rw4u2n89TzB5ftn7I2we0dg7Pb88UW9aAm55"
    "h+XwDiQ04BUAD1YdBVoJ1FNiGvrq0PsLfhL4m5vu2ULgfaEU7J5nWy+k6ArgB4v2HmCvYH"
    "7lrwHx2V09aBLRARoSmjOO/3t92cuHM5JIr822ycH/gGOzjI6012hKKBaP5PSgTcEuO8jM"
    "2kOOchbJYtjnAhr1cqhLk2B4F1NKZcEAmndTSC0jU0OOSFHbbNXkaJIugRiOFJDyieXzxQ"
    "xB1+6TO4QbBXZiWN1cZie6trCLwpZLDcU2uEPCuCLKPju9uG6Cqc3HAApjzEEffEvM5gyM"
    "IRMGGxOtXZ41/Cr3styQKzTays3zj57g12W3JcyEkEFD3snx5syEpXN+sW2m/i+hyYTttQ"
    "pTQYWRr0sW7NMxpB3sTRTgXXGDEJsoA3woW2fgG1+6na+dqxa4t9EU0VvcOev2L8VvZNnC"
    "zLvF7bOLbq8FoDWxcXqWKfBgTOBPw0F4xMfi59sFjIX8pM3fkLgjWZPkQ02khpy18vxDGN"
    "JZ/kuQlEsxMphxxOrDyTpehpNgiZ2/DALSk26vffV3/ttwkrMkn/zd77RT+JsUSXyM8g6i"
    "pGStHEU9Mj3Q7iCfYAcybnisEsVp2TWQvD8a8N4xTdG9mBSr8JyU1CzXmWX007VFdxVYTk"
    "pqluvGcglLOW6joYlLOMLmzBAWIsvRooIePv55hRxY4HqOzOBu1OGfaLa/SlRUGozUhw27"
    "F1LA5TsZsugudDWk2F3V4UCRYIJxwMfQDwCbkFIbWYB4HBBh2gTeA+lLgJhNZciYgxHhTT"
    "AkFEzHRIWGGcIWkzVwJHDM80ls7kLabVF3t0UwHlf1WgTN62w719dp4b9mFczktKQ2lNMM"
    "rGoo+9OXwTjkXs4qW5jIkpFbntJSf1UrSGo5evn6+PW7V29fz3NZ5iWLUljCdJUMuGMELU"
    "Rz0F0Ql8lI6gDNI8JiPpoDYuXM7YvmmZRgxWlmf9DX7jjtjqtkvvt+63IqalxmnYpqfV+v"
    "JWppxlJO4ZsF9yOhyB5hYXNlQjyFlnA8ILyf0GZsYFFM4XRuMyVGlsDAQg7ifkCsfX3aPu"
    "s0HnYWrT9HjJGiWH1Q2VxiPjtRs5Xyue+FvU2AMEwh5baYHGSONQQc0Ulgx8oIu+tAadfK"
    "P1X6qTBsLfVLqngoP2V7XR1rq7juVrE/5AzsTQZ5CUaFZkJGrpKZULd5aN12Ard5Xvi+2O"
    "swF9B+hwp+B3F5jnBRru1qSRPpPupMRONL96xz2fKn61vcvup3T887rXDWTk/tq6RLLBrf"
    "IUPHhekSx+l0CcujyoVvTPI8/Qv206QEn5ATYis7a2LrKDNcmLeYnhDiIIgL1tNIKm0bC7"
    "FtvgH56s9abOLLy/PEFHTSTc8xNxcnnauDl2q8i0Y2LwA5nDQciEeeUBENl9oTSEs5nBf1"
    "UedJqParQQgoM+A9tH10Mry0KYUFvqIl/aS4WdFxt2fkfPteAK5HnVL+z7Tco7yf6wMxpr"
    "bfNp79enjWav0r9NvBbWNDKvtG3KHMGygFsjQrGUFNyxpp4WNhJWExZZTiJCmlCVnne1IQ"
    "FFvNQigMjW17WbYoHPIcq+Dsqv2x3wKq+hZfn37qnN2cd85agJljZHkOsm7x55uT8+71J1"
    "nqegMxjsayVELb/SILITXH9j2yqtgQ71ewId4X2hDv0zZEcH8VYgxJSZ1BVudAw3wUVudZ"
    "Z4TuBdPB1FKB56SkZrnOLIdzL6K03PEOGcFKq+weMbsR21fH5Z/26+W5VkWCk5Ka4JoSfI"
    "8oyz2opdBlHpPYbTDuZXUG1x2Ao8hBkKGSCSxJKX0GSMqdgeikbEZQJKITgpYkBAmostBW"
    "yQfqBz3tJ6rLc4GiMZWfCpQzD6wH2Kuos718/5dCm5z/EuiKWwC9m/PzHWZafaZkROGkkZ"
    "9qFdY2l+RaubF2K2xRMolHGWqpHCgm06H8BBimTrKU51qG0SGZNTURgypv+1G1TlY52jLm"
    "k0z5QgSHxcdc6iSrrSRZ6TSgrRq/8dssAXpKbMfQJyMtzzYWYNkIA4/Jg9D5D2smoWreg8"
    "53iLszxYxfcqtXTERHb3X0tlr0dv/itDqC9+R9kzq68MQJ1tGFJ06wji5UjS5UOvVIOXyy"
    "YJc86uiJOXQfe8BRfBOta5s5+F5APOsT+W8Jr7nsa4u+rI17difEQo6RdZTOH5TKsSem7L"
    "ke53tGfTwJVVzcqROifKADt/Ccp6AuEAtq+ZgSbzSOV/DwgrnuelFuZCB/WOYLvkJDj0Gn"
    "ke8LDmubS3zBNNZuqS/4qzw7Sh4QFeqsVPp1HQtgwoFF1EFRMPDsqi20IHCnN9UG2ekYYX"
    "l0lOBTbpnNP6lqQ9f4/bbj7jrQ11zgFRaqMCvnoYwktEOsgkNsj5Weuu5vlhNMCTzn7XeL"
    "5mF9EKSI01mlI3AjOe0sqbOpZTOx4DoVNuCGUjvegDtfaGu8/1YpcBWPkh6u98Bw7a9Y10"
    "tUwtLecMZJmPBTZGXM04GWWBlRuxUyTuSFLMAQjyWK+AfXjojQ6pVlYIJQlxeKP1cpJBMy"
    "QTj3gzyP7/D3sx/2LdNEf5tni/bEEwlEEtc/My59wNjnTq8FZGW5PaSn7d5p51y1NeWDO0"
    "6dopN6F+mT0xN0DPo3ZlrvL9T7C7XBpTMANME6A6DOGQCBvZ3jBSyXAxCdJLyXC9TWv3Kk"
    "ciby/TZhOsVCp024HW8Vj40LKfdPSg5C3h/Uccj+GbnyI8fzU5Pz3DMlpbUvpu6+GLVBsf"
    "TByikpHXbc/bHK9ZxKddi89ppCwl5NpEetOvkmpfTe+cV752N7epMAV9nlHdtIvJ/YLt3m"
    "nRxcZb+nsUPddl8A37hyqzIqC7TbMNtysXo7b7Va3mOYGwogRQAOiMcDLVVcX+qoPiPqGy"
    "Hyk5oUjcRzAk6ACVmO1rumPrUuXHddWMcltcK2Bwrb9lJOMkrLmrYvPEJrqUOKdZkNDLFH"
    "TW9hiG0ISW5gSKo86S0M8e0Nj97AMFcAFq3gbURtc1ywhAeVy9ZwGDVbtogX07HmJbRwps"
    "ldQXMmmYD72o7X9ZiHxQtm4Rwuk0vKTuL7uWwm00GO3rxZISFEtCpMCVF1qe/HiveqBMJB"
    "8yeI7svDwxXQFa0K0VV1ud8IySK89PMgeZHDHZ2ZsT8fRt5pvuzD/wEozLek"
)
