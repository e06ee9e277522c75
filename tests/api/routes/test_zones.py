"""Zones over HTTP: kept beside the moment, shown with it, refused when they are none."""

import httpx2

from chaishots.database.connection import Connection
from tests.builders import a_lesson, a_release

KOLKATA, BERLIN = "Asia/Kolkata", "Europe/Berlin"


async def test_over_http_a_zone_goes_in_and_comes_out_and_one_that_is_none_is_refused(
    editor: httpx2.AsyncClient, sql: Connection
) -> None:
    lesson, release = await a_lesson(sql), await a_release(sql)
    at = {"publish_at": "2100-01-01T18:00:00+05:30", "publish_zone": "asia/kolkata"}
    answer = await editor.post(f"/cms/lessons/{lesson}/schedule", json=at)
    assert (answer.status_code, answer.json()["publish_zone"]) == (200, KOLKATA), answer.text
    [planned] = (await editor.get("/cms/schedule")).json()["schedule"]
    assert (planned["publish_at"], planned["publish_zone"]) == ("2100-01-01T12:30:00.000Z", KOLKATA)
    answer = await editor.patch(
        f"/cms/lessons/{lesson}", json={"archive_at": "2101-01-01T00:00:00+01:00", "archive_zone": BERLIN}
    )
    assert answer.json()["archive_zone"] == BERLIN
    answer = await editor.post(f"/cms/releases/{release}/schedule", json=at)
    assert answer.json()["publish_zone"] == KOLKATA

    for zone in ("IST", "Asia/Nowhere", "+05:30"):
        answer = await editor.post(f"/cms/lessons/{lesson}/schedule", json={**at, "publish_zone": zone})
        assert answer.status_code == 422
        [fault] = answer.json()["errors"]
        assert fault["field"] == "publish_zone"
        assert "such as Asia/Kolkata" in fault["message"]
    answer = await editor.patch(f"/cms/lessons/{await a_lesson(sql)}", json={"archive_zone": BERLIN})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "archive_zone")
    answer = await editor.patch(f"/cms/lessons/{lesson}", json={"publish_zone": BERLIN})
    assert "/schedule" in answer.json()["errors"][0]["message"]
