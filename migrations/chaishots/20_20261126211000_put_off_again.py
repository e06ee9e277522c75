"""What a user's trigger puts off again is found where it can be told, and not by the commit of all that is due.

A trigger may say `set constraints all deferred` of its own. What a deferred one then refused was met by the commit:
nothing of the batch went out, and nobody was told why.
"""

import runpy
from pathlib import Path

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

_RETRIED = runpy.run_path(str(Path(__file__).with_name("10_20261126143000_refusals_retried.py")))
_REFUSALS = runpy.run_path(str(Path(__file__).with_name("7_20261126105000_refusals.py")))
_IMMEDIATE = "set constraints all immediate;"


def _function(source: str, name: str) -> str:
    begin, rest = f"create or replace function {name}(", "end $$;"
    return begin + source.partition(begin)[2].partition(rest)[0] + rest


_STEP = _function(_RETRIED["_STEPS"], "chaishots_take_step")
_RELEASE = _function(_REFUSALS["_written"](_RETRIED["_RELEASES"]), "chaishots_try_release")


async def upgrade(db: BaseDBAsyncClient) -> str:
    done = "    return coalesce(moved, '{}');"
    refused = "            if is_done is not true then"
    return (
        _STEP.replace(done, f"    {_IMMEDIATE}\n{done}")
        + _RELEASE.replace(refused, f"            {_IMMEDIATE}\n{refused}")
        + _RETRIED["_SEARCH_PATHS"]
    )


async def downgrade(db: BaseDBAsyncClient) -> str:
    return _STEP + _RELEASE + _RETRIED["_SEARCH_PATHS"]


MODELS_STATE = (
    "eJztXWtz0zgX/iuafKHMdBkoXQrlU9qGJe+2KdOmsLuU8Si2knhrS0GSGzJs//sryXZ8T2"
    "znUqfoC9Syjuw8R5fznHMk/2yZY2izMeHsRdvk9r3NZ61j8LOFoYvEH3m390ELTiaJm7KM"
    "w4GjRGC84oBxKgpE+RA6DIkiCzGT2hNuEyxrX2IERDt4hAAZAiKu+NjGo31gY/GXKKQWov"
    "JiOrbNMbA5mEIGptTmHOH3gJIpA5CKetiZAXQv6kLLQtY+GMwAp/ZohCh7IV/FIqZ4F9H0"
    "Vp/qYfu7hwxORki0S8Wzv34TxTa20A/E5OXXFhn8i0xu2JYUYOh765usMrkzhjZyrIQ65F"
    "1xT90w+GyiCk/sURfzD6qy/KEDwySO5+KYwGTGxwTPJWzMZekIYUQhR/IZnHpSO9hznECR"
    "ocL8nxBV8d89JmOhIfQcqWMp7b9BVNYyjN5l37ju9A2jldF/KBFTTlBkEiz7jnhVpiAYyV"
    "f47d3BwevXRwcvX795+/vh0dHvb1++FXXV+2ZvHT34LxPB5TelQOv+0e315QsR0UH9nisL"
    "HpQM5NCXUiqK8Ic8C/+ZQJDbLspXgC+Rwt8KRF6Ef6S1EWK/SB1hQaSPaIgtVMj1d+fMv9"
    "p7ZjrEvDPkKzAO3cne82fPV1DSArz73YvOdb998Uk27zL23VHYtfsdeedAlc5SpXtvnicV"
    "NG8EfOn2PwJ5Cf657HUUxITxEVVPjOr1/2nJd4IeJwYmU0OM0hhOYXFYJKrGVG1yQrPa7q"
    "MfBUNtLpBStgBoq+pdz3hbpMrOX/2EFnuf21enH9tXexftv54nNHl+2fsjrB6psXd6fnmi"
    "RloCbvmG1fAOJDTgNQAPVh0FWgXUU2Ia+vrQ+wt+Evibm+7ZQuB9oRTsnmdbL6RoCfCDRX"
    "sHsFcwv/bXgPjsrn5oEtEBGhKa04//d33Zy4czkkivzbbJwX/AsVnGRtppNCUUi3tyutOm"
    "YJcNZGbtIUc5i2Qx7HMBjXo11CUlGN7FjFJZMIDm3RRSy8jcIQekqG72lnvgpksghiMFpP"
    "zF8vfFiODE7pM7hFsFPDG8vb+MJ05swYvCmkuJYhvcIUGuiOJnpxfX+2Bq8zGAgow56L3P"
    "xGzOwBgyQdiYqD3hWeJXu5XlRK6QtFWb51ee4NfF2xI0IdSgId/kaHM0YemcX8zN1P8VLJ"
    "mwvjZhapgwcrhkwT4dQ9rBnqsA74oXhNhEGeBD2SYD37rqtM86V8eAImgheos/dztf5PW9"
    "jabyunPW7V+Ka2TZgvbd4vbZRbd3DKDl2jg96xR4NFz4w3AQHvGxuHyzQIOhvtJ0OFTkgb"
    "yT1I+aWA05i+X5izCks/xBkZRLaWgw44g1R0frGBwnwZI7HxwC0pNur331d/7oOMlZok/+"
    "7nfaKfxN0W8EPkZ1h1FSslGOox6Z7mn3kK9gBzJueKyWitOya1Dy7ljEO6dpiu7FpFhHz0"
    "lJreUmaxn9mNiiuRpaTkpqLTdNyxWYc5yzIXdCOMLmzBCMkeVYUUELH/68Qg4scEVHtLgb"
    "Nfgnmu2uERWVBj31YcPuhhRw+U6HLLoLXQ8p7ZZ1QFAkNME44GPoB4RNSKmNLEA8DoigOo"
    "E3QfoWIGZTGULmYET4PhgSCqZjokLFDGGLyTtwJHDM81Fs7kHajdF0N0bQH8t6MYLqTebS"
    "zXVi+MOsBk1OS2qinNZAWaLsT18G45B7OatsYWJLRm55ikvzTa0gyeXg1eHR4dvXbw7nuS"
    "3zkkUpLWH6SgbcsfJh5aC7IE6TkdQBmxXCZD6aA2LlzO2L5pmUYM1pZnfQ1+447Y6rRd99"
    "v3U1EzUus05DtbnDa4lZmmHKKXyz4H4gFNkjLDhXJuRTyITjAeLdhDbDgUUxhdM5Z0r0LI"
    "GBhRzE/QBZ+/q0fdZpPTxa9P4cMUaKYvfBzf0l9NmJqpXK774XfJsAQUwh5baYHGTONQQc"
    "UTfgsTLiPnGg5LXyT5WOKoitpa6kiYfyU7jX1bBmxU1nxX6XM7DnDvISjgppQkauFk1o2j"
    "y0bp7AbZ4Xzi/2OswFtN+hht+Bea4rTP4qgMdEHhny2Mxx23r27La1KRN0E8iLR2Pme+sr"
    "0eG03EpkeFO6+Pnw7Pj4XzHdDTamlI2wY/F4jnBRKnq5nKJ0G02el1qfu2edy2PfernF7a"
    "t+9/S8cxwaMWlLp0z20KLpPtTQUWH20FE6e8jyqOrrhpsX+Fqw3Swl+IR8clvZeBYzK5kx"
    "gXm25QkhDoK4wLyMpNKuIiG2zRGQzwbW4iK6vDxPTEEn3fTEf3Nx0rnae6X6u6hk8wKQw0"
    "nDgXjkCcZkTKhddWFe1EaTJ6HGLtFpQJkB76Hto5PRS5tSWOA6XdJOSjdbX7q3opyv3wrA"
    "9ahTyf5Jy2n7Z432D/MGik9V1kpGUKtljWrhY88dYDFlVGMKCSmtkHWOk4IYcTmGUBgp3v"
    "aybFE45Dms4Oyq/aF/DNTtW3x9+rFzdnPeOTsGzBwjy3OQdYs/3Zycd68/ytKJNxD9aCxL"
    "JbTdz7IQUnNs3yOrDod4V4JDvCvkEO/SHCJ4vxoht6SkTqhsctxt3gvr61knSO+EpoOppY"
    "aek5Jay03Wcjj3IkqrnX6SEay1yu6QZjfCfXWaytMeXt7EqqngpKRWcEMVfI8oyz3HqNBl"
    "HpN43Nj0q/oaXHc8miIHQYYq5nMlpfQROSl3BqJu1QS5SETnxy3JjxNQZaGtkx7XD1raTV"
    "SXp8ZFfSo/My5nHlgPsFdRYzs5/pdCm5z/EuiKVwC9m/PzR0w8/GSb3KOolZ95GN7dX5J6"
    "OInVK7FjL6jub6Tzj+pgwJs4BKrTWj0sj3mVu+iuP7Z/O/j9jUwgnMq6omwm98/x9ypVcG"
    "g7yD/xNTgglomWVLph8IScM2a3/vQ1ZzFKt2qFLMaabtTHPVQ2eQTLYZkzWA6LD2E5fL4k"
    "i3FqWzxnp1mhbTivr7MWc6zEsVgCxjlEqhDOSEDjmZsO4RCvktMnktCpDjXcPfeQ2hDzSv"
    "HFuExDoos7uifPyZk6FmyIdHIdLzqgu0rip3Z3VpuEds0b5mF1yhWzA25WyeGZkm1S3OhX"
    "13GFI3U2zSopGVHotgpYZXB3fxmrjNUrwSpNYfQwdKw2mjFJw/xdRkx9PkR+TCTMOZRb01"
    "xB1fLIYb1GynxPJJbpkoqwC+JW/G0RvZNtKzvZ9F6rrdrY8desAHpKTO+50nuunpTpvcqW"
    "B73VYU0jY9UtDnprQzxzSfT4ioccxUT05KITtdPKKJeovXsp2TpZ90mScu1Z+4UUrBMJn7"
    "iCdSJh3ZBmBedkMn9r9UO+n1juVrWjvRMOWDzKoTIhmpcY9Yn4pxSmgQ/3dN7mTloV+dgm"
    "fd3x0/YmtpnTHS8gnvWJ/LdCPqFsa4v+2I3nvLnEQo6RdfbPfyiV3UqscHOz1+9BPp6Eqq"
    "57p46S94EOEubm3Tq4F4gFd/mYEm80jt/g4QNzExlFuZGB/KFkPCPo7QujGtGIKBPbMKJB"
    "uTzE8WWMMGDEReqr6DIgAUHQDpAfrwm+nW6pQ/bkmfQQyBaRYDtBGEMGLeSc6ue+2QyMCB"
    "YPCg/nE/9L8LJxka0+eYWEuWTnKBs0SUo1IHjy2BnV+wsCJYGm63CYhKQ2cRtk4q4UOc4M"
    "v2zHCE2L8utjLEa8i4NuaVZ4cs4pcRrtqiH5KzT0GHQKFq/w7rJli8bqlViv/KTpuQeOyv"
    "C6YwFMOLCI+ihKfH2AIMiV31eHwU7lomOLFqgt86zzv8qyoWf8ekfPNnnNoUJh1QLFkYQO"
    "gdVJgd1dN0dDs7jVBFMBz3n9x0XzZXMQpIjTWa3PPUZyOjzSNMszdbomJ06N0zVDqUc+XX"
    "O+0Db4cE04hTZnhlxqB7l7OBdinSOtTzRdDrqymmt+q3a43i8Sa87cCM68Zmrnb6Euonbz"
    "DdZLqF1Ur0S2tXyQBRjisSRp37k3IoJKKTpmgpBACbbFVfq0S1yEeV7m9eoN/nqkbdeyrN"
    "X/GaCLaVxYX5O4Ot+zeBr5XmTif5Qq/QWjT53eMZA3q53KedrunXbOVV1T/nDHaVISmD6X"
    "88nZCTrV7xfWtD6x8VGWPp1o+cSHl060fOIK3uEIxC4mWgZ8O8cdWC3VMvpU6U4uUCvmWl"
    "Z33ajU1Hy/TZi1utBpEx5wWOrUNUi5/ynWIPnAP8bM/winTMmaf5Y199S0atLaF9N0X4w6"
    "8rHyl1tTUjrW+/jfbW3mVLo1W19vZG/gXlNtvq1jImlaOnNzZ5b6R0QX5qzWOcx4hazVZm"
    "C7/rzVphCOXQF844xDbY8poBzh1pnFnGNeq1wGcLjRRx2VDAfEC85Pls+XxMHXyHzrCEUj"
    "8TsBJ8CELIeKrKlNTVCaTlB0sFhb0dqK1lb0hp2gK663GUtyTRuEn+AGqKItwrGfmt4kHN"
    "tyndwinLRD05uE4xuIV94iHO0LT5pVD/8H3QK5VA=="
)
