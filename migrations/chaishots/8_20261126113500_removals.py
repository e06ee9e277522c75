"""What is taken down is told as that: a copy of it in memory is then good for nothing, whatever becomes of Postgres."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- Beside what the history's triggers tell of the same statement. Told once for many rows of a transaction.
create function chaishots_tell_gone() returns trigger language plpgsql set search_path from current as $$
begin
    perform pg_notify('chaishots_content', tg_table_name || ' gone');
    return null;
end $$;

-- What nobody may see any more: a lesson or program that leaves the public, a link or picture that is taken away or
-- replaced, a lesson that is to be paid for. Not every correction of a text.
create trigger tell_gone_update after update on lesson for each row
    when (old.status = 'published'
          and (new.status <> 'published' or (new.is_paid and not old.is_paid) or new.content_urls <> old.content_urls
               or new.subtitle_urls <> old.subtitle_urls or new.thumbnails <> old.thumbnails))
    execute function chaishots_tell_gone();
create trigger tell_gone_delete after delete on lesson for each row
    when (old.status = 'published') execute function chaishots_tell_gone();
create trigger tell_gone_update after update on program for each row
    when (old.status = 'published' and (new.status <> 'published' or new.posters <> old.posters))
    execute function chaishots_tell_gone();
create trigger tell_gone_delete after delete on program for each row
    when (old.status = 'published') execute function chaishots_tell_gone();
create trigger tell_gone_truncate after truncate on lesson
    for each statement execute function chaishots_tell_gone();
create trigger tell_gone_truncate after truncate on program
    for each statement execute function chaishots_tell_gone();
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
drop function chaishots_tell_gone() cascade;
"""


MODELS_STATE = (
    "eJztXV1z2jgX/isabprOsJ026TYtvSIJ3bJLSCch7e42HY+wBXhjS1SSQ5m++e+vJNv4G7"
    "ADxKS6aYOkI5vn2NJ5zof42TAn0GYTwtmLtsntO5vPGy3ws4Ghi8Qfed1N0IDTaaJTtnE4"
    "dJQIjA8cMk5Fg2gfQYch0WQhZlJ7ym2C5egLjICYB48RICNAxCc+sfG4CWws/hKN1EJUfp"
    "hNbHMCbA5mkIEZtTlH+D2gZMYApGIcduYA3Ymx0LKQ1QTDOeDUHo8RZS/krVjEFPcipt7p"
    "VT1sf/eQwckYiXmpuPbXb6LZxhb6gZj8+LVBhv8hkxu2JQUY+t74JodMb42RjRwroQ7ZK/"
    "pUh8HnU9V4Yo+7mH9Qg+UXHRomcTwXxwSmcz4heCFhYy5bxwgjCjmS1+DUk9rBnuMEigwV"
    "5n+FaIh/7zEZC42g50gdS2n/DqK2hmH0LwbGVWdgGI2M/kOJmHKCJpNg+eyIW2UKgrG8hd"
    "/eHR4eHR0fvjx68/b318fHv799+VaMVfeb7Tq+928mgsufSoHW/aPbH8gbIuIB9Z9c2XCv"
    "ZCCHvpRSUYQ/5Fn4zwSC3HZRvgJ8iRT+ViDyIvwjrY0Q+2XqCBsifUSv2FKFXH13zvxPB8"
    "9Mh5i3hrwFxqE7PXj+7PkDlLQE70H3vHM1aJ9/ktO7jH13FHbtQUf2HKrWear14M3zpIIW"
    "k4Av3cFHID+Cfy/6HQUxYXxM1RWjcYN/G/KeoMeJgcnMEG9pDKewOWwSQ2OqNjmhWW0P0I"
    "+CV20hkFK2AGin6t3M+7ZMlZ2/Bwkt9j+3L08/ti8Pztt/P09osnfR/yMcHqmxf9q7OFFv"
    "WgJueYfl8A4kNOAVAA92HQVaCdRTYhr66tD7G34S+Ovr7tlS4H2hFOyeZ1svpOga4Aeb9h"
    "5gr2A+8veA+OquvmgS0SEaEZrzHP95ddHPhzOSSO/NtsnB/4Bjs4yNtNdoSiiWP8nphzYF"
    "u5wgs2qPOMrZJIthXwho1MuhLinB6DZmlMqGITRvZ5BaRqaHHJKisdku99BNt0AMxwpI+Y"
    "3l94sRwak9ILcINwp4YtjdXMUTp7bgReHIlUSxDW6RIFdE8bPT86smmNl8AqAgYw567zMx"
    "mzMwgUwQNiZGT3mW+FWeZTWRKyRt5db5By/wm+JtCZoQatCQd3K8PZqwcs0v5mbq/xKWTD"
    "hemzAVTBj5umTBPp1A2sGeqwDvihuE2EQZ4EPZOgPf+NztfOlctsCdjWaI3uDOWXdwIT4j"
    "yxY07wa3z867/RaAlmvj9CpT4MFw4Q/DQXjMJ+LjmyUaC/WTpr+h4g5lT1IfaiE15KqV5x"
    "/CkM7zX4KkXEojwzlHrD462cTLcBJssYuXQUB60u23L//JfxtOcrbkk38GnXYKf5MiiY9R"
    "3kGUlKyVo6hPZgfaHeQr2IGMGx6rpOK07AaUvD8W8N5pmqI7sShW0XNSUmu5blouwaHi1j"
    "typ4QjbM4NwR1Yzv4azPDhr0vkwAKnZESQutGEf6H5/m6vUWvwpN5vmXimgMunn1l0l5LQ"
    "lHbXpaIUCU0wLlgk9EODJqTURhYgHhck0kQBr5QsE2I2k8FEDsaEN8GIUDCbEBU0ZAhbTP"
    "bAscAxj61u70Ka0Nad0AbP47p8NhheZ1ZVXzrrv2YVCFRaUlOotAbWpVD+8mUwDrmXs8sW"
    "pjhk5FYnO9Tf1ArSHQ5fvT5+/fbozetFlsOiZVlyQ5jIkAF3gqCFaA66Szz2GUntun9AwM"
    "RHc0isnLV92TqTEqy4zOwP+tpRox01lei779EsZ6LGZTZpqNb39VphlmaYcgrfLLgfCEX2"
    "GAvOlXH+FzLheKhwP6HNcGDRTOFswZkST5bAwEIO4n6opH112j7rNO4fLY7bQ4yRoihu0N"
    "lcQZ+daNhamb53gm8TIIgppNwWi4PMvoWAI+oGPFbGXqcOlLxW/qkSEwWxtdQnaeKh/GTe"
    "TU2sWXHdWbH/yBnYc4d5qSeFNCEjV4km1G0d2jRP4DbPC+wWex0WAtrvUMHvIC7PES7Kwl"
    "wvnJ6eo86KaHzunnUuWv5yfYPbl4Puaa/TClft9NK+TiB92fMdaui4MJB+nA6kWx5VLnzD"
    "zfP0L6m0SAk+ISfETmouYvsoM6YwbzM9IcRBEBfsp5FUmhsLsV2+Afnmz0Y48cVFL7EEnX"
    "TTa8z1+Unn8uCVet7FIJsXgBwuGg7EY0+YiMaU2i6kpRzOy+ao8yJU+90gBJQZ8A7aPjoZ"
    "vbQphQW+ohXzpHSzpuNuz5Tz9VsBuB51Svk/03IP8n5upYjrpvHs5/2zVus/Yd8ObxpbMt"
    "m34g5l3lAZkKW1khHUatmgWvhEsCQsloxSOklKaYVs8j0pCIqtxxAKQ2O73pYtCkc8hxWc"
    "XbY/DFpAdd/gq9OPnbPrXuesBZg5QZbnIOsGf7o+6XWvPsrWqTcUz9FEtkpou59lI6TmxL"
    "5DVhUO8W4NDvGukEO8S3OI4P4qxBiSkjqDrM6BhsVTWF3POldwLzQdLC0V9JyU1Fqus5bD"
    "tRdRWq7wPyNYaZfdI81uhfvquPzTfr28qVVRwUlJreCaKvgOUZZ7hEehyzwm8bjBuFfVNb"
    "jpABxFDoIMlUxgSUrp0yFS7gxE3bIZQZGITghakRAkoMpCWyUfaBDMtJ+ors4Fip6p/FSg"
    "nHVgM8BeRpPt5fu/Etrk+pdAV9wC6F/3eo+YafWJkjGFbiM/1Srsba7ItZrGxq1RomQSjz"
    "LUUjlQTKZD+QkwTJ1xKE88DKNDMmvKFQ9VXvlRtUnWOfQw5pNM+UKEDosPQNRJVjtJstJp"
    "QDslv/HbLAF6SuyRoU9GWp5tLcCyFQ08JA9C5z9sWAlV8x50vkPcnSlW/JKlXjERHb3V0d"
    "tq0dv9i9PqCN6T903q6MITV7COLjxxBevoQtXoQqVTj5TDJwt2yaOOnphD96EHHMWLaKe2"
    "mYPvOcTzAZH/lvCay7l26MvaumfXJRZyjKyjdPFFqXz2xJK9sON8z6iPJ6FKF7fqhCgf6M"
    "AtvNBT0BeIBb18Qok3nsQ7eHjBXHe9aDcykN+v8gVfopHHoNPI9wWHvc0VvmAaG7fSF/xF"
    "nh0lD4gKbVYq/bqOBTDhwCLqoCgYeHZVCS0I3OlNVSA7myAsj44S+pQls/knVW3pGr9eOe"
    "5jB/qaS7zCwhRm5TyUkYR2iFVwiO2x0VPX+ma5wJTAczH+cdF8WR8EKeJ0Xulw1EhOO0vq"
    "TLVsJjZcp0IBbij1yAW4i422xvW3yoCreMjwaLNHSWt/xaZeohJMe8sZJ2HCTxHLWKQDrW"
    "AZ0bg1Mk7khSzAEI8livgH146JsOoVMzBBaMsLw5+rFBKXuAjn/lTLwyf89fjDvmWa6F9t"
    "2SGfeCKBSDL1z4xLHzD2qdNvAdlZrob0tN0/7fTUWFN+ccepU3RSV5E+OTtBx6B/YU3r+k"
    "JdX6gJl84A0ArWGQB1zgAI+HaOF7BcDkB0kvBeblA7/5UjlTOR77cJ0ymWOm3Ccrx1PDZT"
    "SLl/UnIQ8n6vjkP2z8iVP3+7ODU5zz1TUlr7Yurui1EFiqUPVk5J6bDj4x+rXM+lVIfNa2"
    "8pJPhqIj1q3cU3KaVr55fXzsdqepMAV6nyjhUS7ye2K8u8kw9X2d/TeETbdl8A37pxqzIq"
    "C6zbMNtyuXm7GLVe3mOYGwogRQAOiccDK1VcX9qovkbUb4TIn9SkaCy+J+AEmJDlWL0bml"
    "PbwnW3hXVcUhtse2Cw7S7lJGO0bKh84QFWSx1SrMsUMMS+arqEIVYQkixgSJo86RKGeHnD"
    "gwsYFgZAage//z+AcfD3"
)
