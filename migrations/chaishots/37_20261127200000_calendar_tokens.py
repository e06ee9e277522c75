"""Tokens of the role calendar, which read the schedule as a calendar and nothing else: they stand in addresses."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_ROLES = "('calendar', 'reader', 'viewer', 'editor', 'admin')"
_ROLES_BEFORE = "('reader', 'viewer', 'editor', 'admin')"



def _allow(roles: str, *, length: int) -> str:
    # The trigger that writes the history looks at the column, and Postgres alters none that one does.
    return f"""
do $$ declare
    made text;
begin
    select pg_get_triggerdef(oid) from pg_trigger
     where tgrelid = 'api_token'::regclass and tgname = 'record_update' into made;
    drop trigger record_update on api_token;
    alter table api_token alter column role type varchar({length}), drop constraint api_token_role,
        add constraint api_token_role check (role in {roles});
    execute made;
end $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    comment = "CALENDAR: calendar\\nREADER: reader\\nVIEWER: viewer\\nEDITOR: editor\\nADMIN: admin"
    return _allow(_ROLES, length=8) + f"""COMMENT ON COLUMN "api_token"."role" IS '{comment}';"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    comment = "READER: reader\\nVIEWER: viewer\\nEDITOR: editor\\nADMIN: admin"
    return (
        "delete from api_token where role = 'calendar';"
        + _allow(_ROLES_BEFORE, length=6)
        + f"""COMMENT ON COLUMN "api_token"."role" IS '{comment}';"""
    )


MODELS_STATE = (
    "eJztPdly2zi2v8LSS9JVnpTjLHacJ9lWEt32krKVZGbiFBsiYYltilCDkNW6ffPvFwB3Eq"
    "S4SQIVvCQWiQNK54BnX/7pGVNguVNE3Bd9g1hPFln1TrV/eg6YQfqH6PaB1gPzeeImu0bA"
    "2OYgIL5w7BJML9DrD8B2Ib1kQtfA1pxYyGGrbxyo0X2cCdTQg4boJzK1nMmBZjn0L3oRmx"
    "CzD8upZUw1i2hL4GpLbBECnfcaRktXA5iuc+yVBp/oWmCa0DzQxiuNYGsygdh9wb6KiQz6"
    "XejWW33qwrH+WkCdoAmk+2L67O8/6GXLMeHf0GUfv/fQ+E9oEN0yGYAL/+r9YEvmj/qDBW"
    "0zQQ52l97jN3SymvOLZ9Zk6JAPfDH7oWPdQPZi5sQA5isyRU4IYTmEXZ1AB2JAIHsGwQtG"
    "HWdh2z4hA4J5PyFa4n33GIwJH8DCZjRm0N43iK71dP36ZqTfDUa63svQP4CIEce/ZCCHnR"
    "36VV2Oggn7Cv96d3T06tXx0eGrtydvXh8fvzk5PKFr+ffN3jr+6X2ZCF3eVhxpw4/D6xH7"
    "QogeUO/ksgs/OQwgwIPiJIrwD0gW/RcUg8SaQTEBPIgU/k0f5EXwR5oaAe6LyBFciOgRvW"
    "KFBLn7y77wPj1/ZtjIeNTZV3AJmM2f//bstwZEKsD3aHg1uBv1rz6z7Weu+5fNcdcfDdid"
    "I351lbr6/O1vSQKFm2jfhqNPGvuo/ffmesBRjFwywfyJ0brRf3vsO4EFQbqDljp9S2N4Ci"
    "4Hl+jSGKkNgnCW2iP4d86rFgKkiE0RtFXytvO+FZFy8O9RgorXX/u355/6t8+v+v/+LUHJ"
    "y5vrj8HyiIzX55c3Z/xNS6CbfcNq+PYhFMJrINyXOhxpFbCeAlOor496T+AnEf/ly/CiEP"
    "EeUArti4VlvmCgJZDvC+0O4J6j+ZUnA+Lcnf/QJEbH8AFhwTn+n7ubazE6I4i0bLYMov2f"
    "ZltuRkfqNDYZKopPcvrQptDONshw7QcCBUIyH+0hgMJ6fawbAGMLmjpaEH28qsK9s5C1GH"
    "h38N8a/2Ym2cNjzChgF8bAeFwCbOqZO+gI5a3N3podzdJXgAMmHJHsF7PfFzPE59YIPUKn"
    "l2OnB7cP1tnpc4vapcHKtYZ6X3uE1LhF3D4+v7o70JYWmWqAGsM2fO9ZwhZxtSlwqcHs0t"
    "VzkjW8a++y3pDONZqrydnGArYtuzlhpgUU1Nk3Od6cmbZW5ubbxvz/CrwoWK9UyBoqJHtd"
    "ssg+nwI8cBYzjvAh/YLAMWAG8QGszIjvnfcvB9cX/dtTzQA2dEyA753bQf9iQK9gCExIP3"
    "8dDr6xz08WXLLPg4vh6IZ+hqZFTfF7p39xNbw+1YA5s5w0J8rxMs3A3zp93IRM6ceTAqoG"
    "NDxJC3H/xhG7k6QZZ7Y642wiH54D8Er8oiThUlQbrwh05aFbGy/Mma8GhS8MRenZ8Lp/+x"
    "/xG3MmUJvO/jMa9NNqEz03FD96dSdeElIqZ941Wj5XLjuPwDZwib5wa5E4DdsCkTukJXeN"
    "0hg+UaZYh85JSEVlmakM/55bdLsaVE5CKirLRuUK1nTcjoOzOSLQMVY6tSJdgRbl7/Dh91"
    "tog5zwQGQqD6MNf4er7ipR0VX/pP7csAsihTixIyKL3UJ3RIq6ZZ0SGFJKuEQjU+AF6X0X"
    "l4YWREPU/PE9DMzfABx3ycL6RJsgcqA9IKwtp4iH711qYrjsDphQPIr8Fpt7kHJtyO7a8M"
    "9jWc+Gv1xm+1pex4b3mtUwk9OQylBOU6CsoeyxL90lgCwEUjY32SgDtz7tSH5Vy088Onr5"
    "+vj1yau3r8N8o/BKUZpRkFKUQe6U+7AE2C2InWUgVRCtQejSw+YYmQLeXsRnUoA12Ux3sK"
    "/cccodV8t89/zW1VTUOEybiqq8r9catTRjKafwm0XuB4ShNXGozZUJA+VawvGgcTdRm7GB"
    "6WUMlqHNlDhZFAcmtCHxgmb9u/P+xaD3c2cR/Uvouigvnu/fPFhjPtvRslI590/U3kYaNU"
    "wBJhZlDiwPHmgE4plvx7Io/NwGzK5lf/IUYWrYmvwTU/GgOK2+rY2VVSy7VewdOd1ZzMai"
    "JLBcMyEDV8tMkI0PtW0nEIuIQvz5XocQQPkdavgd3MVsRlX+KgiPgewY5THOcd979uy+ty"
    "kVdBOYp492XM9bX8kcTsM1MoY3RYt/fj47Pf2TsrvxxoiymRRT5BDo5JUHlMszSu8hM1/q"
    "fR1eDG5OPe3l3unfjobnl4PTQIlJazplsoeK2H1AoePc7KHjdPaQucD8rOszUeCroAQwBb"
    "hHPrmtFAPG1EpXnwORbnmGkA2Bk6NeRlBpVxEF2+YbILYGWnER3dxcJljQ2TDN+L9cnQ1u"
    "n7/k550uskgOkgOmYQNnsqAWkz7HVlXBXLSHzExIWhGdRqirgydgedjJ0KWPMchxna7ZJ0"
    "WbrYvurRDn+48c5C6wXUn/ScMp/adF/cddjLk9VZkqGUBFlhbJQqaL2dihLKOapZCAUgRp"
    "8z3JiRGXsxByI8XbFssmBg9EYBVc3PY/jE41fvveuTv/NLj4cjm4ONVcYwrNhQ3Ne+fzl7"
    "PL4d0ndnW+GNNzNGVXGWqHX9lFgI2p9QTNOjbEuxI2xLtcG+Jd2obwv1+NkFsSUiVUyhx3"
    "C2j1v8ip5EBMw6nS0OqacsgB6r9jKjm9E2+Zz9Zr0DkJqajcBSpX5aVpOMVLa/NSHWJcrR"
    "NTBlBhv4bPR6Vn7TdrW8zNmgROQioCS0rgJ4hdYU+13FBRDGK3ORkv61Ow7TwMDG0IXFgx"
    "jzEJpdp1pdx4EM+qJoZGICovdE1eKEVVFrV10kJH/k7dxOr6lNDoTIkzQgV8oB3E3kabdf"
    "L9X4vaJP9LYJd+Be36y+Vlawm3EY2WCJsFZcE3Dhwh+k+p4mAv7/ZbsON+kOln3eRkDw9F"
    "GcohpkqkKeshodYnK4+mUOPLvcpboHlbsOZgD2jhmNp4FWvI7bfojvfh1oBNjfBssnKbGz"
    "dIVvYxUk0aJoAkSF3etTQ80PLTlHOYwujuK2Qdm8UIDoH2Pl/k7uvgfHRzy60MFy2wAVPM"
    "ge71YMX2XlJpN+X7+hdcisXoNzXrlJh+L7J0C5h4eWEbVVB08W1YK2oTvKBEZUvTapXPlk"
    "EWGOYIg+DuOkEwj60r0ebBX+6xaq+/m6st5jYCfOwCZdcQ89YLd5/6/zp685ZVnSzZWnpt"
    "xZoukPe8vuTBsqHH0P1JD/zwstX+EwTDIrb+9JZLX1gsvkLpS00Wt9vpEImo+dvXJcLmb1"
    "/nxs3ZrTUyxTKJoD1BrmMlXK9KXQQulimXKBXQGQEofApzaG0qyKtETCKIvdd3NhEreQLY"
    "Ag6plJQWh5EkJa2jjRxsAeso6KJhC6MWKguwCQlcnWp4y2rjW2IwKj6r4rMqfJeOzzq8Ha"
    "1r+fZtpQhtClamJKNfncaN/CPtWvIYTTCY9XIsef/uwTpLPrauhCVvUEXThae8I4TLTF/P"
    "f+Hy2YtsEmNQHMR6SMyoeSwyyOttUmYYYywlPZWOSY3l/MGMquXEVny5qinCVnWM+NesgP"
    "QUmGqOoJoj7JW549qLSZX3IViveFCNN+AB4RlrKkpxKHgDCoqN04C7ri4WnH1Cj8z3Hxvl"
    "SJly4yaF9aqgvqVD3bSQXhXQx+sEKLuu2Eo3BqIkY4uSkd63xNpibiwnDrJHvWlaC+YwJ6"
    "lL8TWjD9VdJMJtYf8ZIbzqRLO+E80vVdrevSJ2VWK7l95RFeL4hQisStD2nMCqBK2uClgh"
    "SpR0TDUfi+YHfu58r1U3rcds6UO6AK05ovasPKra1LhEyNCZCPwXtcpu/MN3Hu7ZSfWr+P"
    "S1Wabk42v/65Ticy/mliHA3xVwViPE/q1Q4cj2qvMOy1oaMEMmtPVsND/8oZidKqo5heaU"
    "d4A8fCLM3/RHPtTRQ7RfWBByAf+eD+bfJVOMFpNp/AYJHigsSaDX9QzKf5ZMWPCZQ2HaQs"
    "RAyiQv6BEPW5/D8G0KHc1FM0imlEgs4wBo/j4aGyOteZuZfNwFmw4JNLYjPI1qzBDmqQte"
    "QYHlahPk0AcFYzLo/wx52cSHrT65QRVC8nCUzYpIQkmQHSFzVZtP6Tq2cQJSmU4SmU4tlc"
    "7FMrKa1s7FksC6+NKtLZ5L8pxtVM/FjKtCARaYX6XEV5BhUCYBj6312L8NAat+RpEU8UYy"
    "eZFzlkfnUhlj2AsTmuJSaBAUQ7McvD/8Tf7Iq7je8rMbCDBxhkd+IV27GR4SldKdHJZw3p"
    "8c5nrv2a1iQSabriCHRVRDWyjoCJMrEOr0LmkgEuTAbftCYQdJ20UNOdI+gVIipElLjsAG"
    "ab8nR5OdlQGza5ZUxPdVW45OtuVQtoW8tsUtfFi4wM6RCsHddQIBx9aV8IV5XS7CrBHMan"
    "NsU3MQ0UzE1PmE7wlofmewAz7ydckcWhZh3Js1xphQbIq8Xht5xq83YFZmcYApwapVmUQQ"
    "ey8MNtKzoLuheUkzNTmDqYDPcP1usXkoDwYxJHhVw6Udh1MpfbJ5tVMzNAmya8zQDKB2nL"
    "kcClqJE5fBEljE1ZmoHQs71hbiWgCtssXXI32CWDGOLRwTUojvJKBC9XpUcwOlVugzCalC"
    "nxIJCXm6YgS9ufOs6LBz9xorOlpXIijHHmRqLiSxZhaeD5TxB8/yNbTAVqWGLeFtLmZoBh"
    "0iirQ13/DXs4+71g2D/59BdL7FHKxX9nINe3lPysHQHDpZrPduPg+uTzV2s9qY0/P+9fng"
    "kq812A+3bZlqxNSg073TE9SgUznYoarC/NXeMjWGcRfvmaqB3fPXS9XA7jmBOxxo62INrO"
    "/rEHhhqxV3lp4aI6eAKq5A9GpAmiPpLrAP965ec8NOxjTixM5GAXoLnY7Vqti8AjCCtDEM"
    "C8fQQzwhn1eKIRzk1vCMTM9DyCrKWAMo7QriCdQ+A2JMtee3H86141fv3v6Wk8Sz0ccpf6"
    "Xs/ko0/hMaxENZBt/l/GipLWT2ZPY+3958vO1fnQYH/N4ZDW6vvKbV987l4I4e6FMtmnNW"
    "1WdWJEADy+M412d2nPaZ+ait9i4kgFQZRtpJwvhUFp0FfQkDAEm6EnZ0Isx8btdJI4rDKZ"
    "+UzDaV8vyqQFhD5IehLYHkFkfA+p8/Xw55M0TKJyyJo1+VPbXKQ9vkfQhOiD6u1Ew7DSfP"
    "mISYMQFYLdbmjImNEMR/PWsqAJYKS3VCBVCBkT0nsAqM7DmBVWCknZoZnmha0W+ThGrguO"
    "mOhKvfPiOWy5vEb532GbEE4k6idm3Zc/JoJcqe6VfQrr9cXu6wfQbv2SqOtgTtXAtDLCRY"
    "VCKpew4wSYQ43vMWR9RGHkPMgiHs09wGhrBXUkVoFf6QPfzBjo7uka+CzEtBqcpbUeXtds"
    "dCysmYt2Zfq5mEEsY8lDLdBiORre+TvJxFNaOTtYuQLHlxXUH4plO9vM7rOSZH0CS92OYI"
    "V5XL6gpauvMeeWCMFsQ3HejzmeHgUSRsEo7hhP5OlpllULstJ3Wr+Z7KQJHdQFH1pEqLVl"
    "q00qI3nKvfUN5mNMmWRsHsYTvKvGEwsZ+aHgcTG66THAaT1EPT42Dio2IaD4OJJgAVqFUf"
    "IDQHDsGrHNUqur9OvXqAXtZOKZeu3484ylIPBql4HTUO2J0lcHlDDd6z0h9vzDy5TF9i2A"
    "4HtQjdvu0/4dfTvHZt/hZpWY/0x2SRWi57LoCVWeMS5L1Ll+ueP6f8zJpsblS5XMfbF/vv"
    "jo5evTo+Onz19uTN6+PjNyeHofzP3iqiw9nwI9MFEjTIutgsV/cYmQD3a3oARnA7bpO2ef"
    "7SYru0vZwUpfLhhCnxhu5avtyowNZSkPsUYtwCc9ue5VNGJf4I5gUKMbtbRh3WJ/7CtSrx"
    "pcUmNVHVk6miU4sNHVh5GusSYshbtDOdE2orSLxW7PRwuVAbwyk9GezezF/JQ9zQzOrEm3"
    "lEA6X4wcIu0W1L2Ouz4EVLwikNopIGka9Qs8mXNaiRAFM8r7ZC50LoCEsfipAfA1Ko77C4"
    "uQL4sUDe8NulBM4sWFlq+hQfdht3fLDepR57p1Q64GEoDQS5cuMV94awObhLPksE2rbLQQ"
    "Jp8oDRTANUklBJIJ5KtfEnNplWpaxZWWRRcIzLkyGAUGywtgRiKKxl4CYAlX0rnX0rl6y7"
    "I4D7WPKEnXe/lLRzw6Vrxd0ntKS3MDd+GKw2Ba5moBkVLZ63PyaXvIFXJBBXTLkV2010C6"
    "aBZUXdxp/Wciwil60KQxEdlmsNUxwL5u9Kojz8kpKrhtWqDNamSH+Ec6KDByIqwyhCfRJO"
    "EaCjZmvfhpjkiHHv3joRDsJV5fIxp3Q3ei5Mb9x9PKrvUsk6RuaKi1l212BjOA74SMslHE"
    "8RenRPNQiMKb1s0P0th8tXhE1v7j2vAfN5cU7m5jafrozYrryPRSrB3mcoePkI+u3gw5c7"
    "1rzHeyle+OOhogkY+s3Xwe3Fl0HUBugFeoLYXMA6OQwv35ZIYniZtrGiLAZ2K6U+8O9dsV"
    "olAaSKVVQF0BaQKs84lg4huBMummQris7OcE6mrz/bWNb6ZhpeVW90Jd/rlCiWsZHxqLOv"
    "QLWM2XyD/ce68IrJYzp984yCnth4Cu6uM5+WsXUlDCiWuQGfICUmrz1z6V8HmmtNmEnDo2"
    "7MCnGhgSF5ry2nlg3DjGmMmJ/V9KNz3KeJ8IzZLg5dhJDIYtr04369ZOyulcEtsF1FhvnL"
    "ZTZ4pJVc3ouWxXYfY7ASozsCSWF81yVvvhEZDjc78C/4WbQHoZE5ozakeeCbDLH1wZUAIP"
    "gcQCSt1IO0ScpK7gg9pd9/bFR7+f4jk//DeGGVNyaCkEfri3EmXz7p3tfsWPNTT+Lo1YmS"
    "AVStcRpiX184xBKIkmLVPGcL1YxWNrV8D3uiU03ceoICh2n/fDT8OjjVvAX3zue+5zidAy"
    "aK6jhDy/hC812hGU+o90X0PA9EOTpkNpGYBfb6d7/zXvTuI/NYf+gPL4fXH9nelk2pcO98"
    "pEf9VJv4gw52XG+H4dwGq1o5WilQxQdl5oOqKfeeE1g15d5zAqsOKFudVgoIgbO5yAVSsS"
    "2b73zte/t11/XUsD1bhFkT2lRVxaK6JB/0xoEjRP+pgt+L2K6dVDPE+K0VBgjOWmE0IHYg"
    "ywQFdBBbvzY4cMP86izNGDE/vcnGhULXpd/bS03mpTcGa1DHc5Wy3v4a8Ovd99/D3+J54O"
    "m/P5RLf7cufZ+sFbM6klAqqyPbyYN1GhIw2DV9PAKoHXfxEDOVNpDYYvcOFdv/ZVTvPCdi"
    "fhF1nt+wnOItmYLS/mAclY207hXZRAyE9Z9zjJUu6stY0IwhDrRPtRWtnWfguEtRyUr+eY"
    "4g1Hmuf56T2nxZ3TEJpXTH4pkAsZSwJILrzASI5aF1E7drZwIkD1fVmQDbSRIMPSWF7oG4"
    "P6WUfyDu1ilfPA2CeqawnjkqXvatPD+LjyfyjSGlEk/9e09BKc0mE6/g6Q9/mz+0GXiE3g"
    "gujJb5ddTbeHCDjELZeNsetnuVpa5NDm1oB51BqiFetWNpjPSwPLY81kMQhfbaaKffCVYx"
    "ucL1u8X5YWM8t2Zh+bkzeT1U1+TtpYFVporMzjYMCV7VSkeK4BSFZabwjmM+3aFshZBPgB"
    "3WNaKKJyoNJ3FipbR+qACHNdrcJSAV1+oC16pnNoqg9yg2tG3r0cdmDSsyBalo0JQGNYzK"
    "DKiiQm3bErqkoiIVA1FaVMP+ZyUCJUEy41bCJDK4adsPkjRuLAexZUx7OZ3lvJsH61rLRc"
    "vWBTfyESZbj1WfOtKeqE23WM3NqWdlaVWT6rvZWCBZXXb05k2J+jK6KrfCjN9LuZ3n8yoY"
    "9pfvIXZfHh6WwC5dld9pjt1LTRFDDoGOQAPLn1QcA5FkSPHGlYDWhhLvtOfPz/8Hfdy7ww"
    "=="
)
