// A short day of an app and of an editor, with the types that openapi-typescript makes of /openapi.json: `tsc` holds
// that they fit, and the assertions that nothing is lost on the way.
import createClient from "openapi-fetch";
import assert from "node:assert/strict";
import type { components, paths } from "./api";

const [address, token] = process.argv.slice(2) as [string, string];
const app = createClient<paths>({ baseUrl: address });
const editor = createClient<paths>({ baseUrl: address, headers: { Authorization: `Bearer ${token}` } });
const posters = {
  te: { portrait: "https://cdn.example.com/te/p.jpg", landscape: "https://cdn.example.com/te/l.jpg" },
  "zh-Hant": { square: "https://cdn.example.com/zh/s.jpg" },
};
const urls = { te: "https://cdn.example.com/te.mp4", en: "https://cdn.example.com/en.mp4" };

const list = await app.GET("/catalog/programs");
assert.ok(list.data);
const etag = list.response.headers.get("etag");
assert.ok(etag);
const again = await app.GET("/catalog/programs", { params: { header: { "If-None-Match": etag } } });
assert.equal(again.response.status, 304);
assert.equal(again.response.headers.get("api-version"), "1");

const program = await editor.POST("/cms/programs", {
  body: { title: "Chai", language_primary: "te", languages_available: ["te", "zh-Hant"], posters },
});
assert.ok(program.data);
assert.deepEqual(program.data.posters, posters);
const portrait: string | undefined = program.data.posters["te"]?.["portrait"];
assert.equal(portrait, posters.te.portrait);

const term = await editor.POST("/cms/programs/{program_id}/terms", {
  params: { path: { program_id: program.data.id } },
  body: { term_number: 1 },
});
assert.ok(term.data);
const term_id = term.data.id;

async function lesson(lesson_number: number): Promise<components["schemas"]["Lesson"]> {
  const made = await editor.POST("/cms/terms/{term_id}/lessons", {
    params: { path: { term_id } },
    body: {
      lesson_number,
      title: `Lesson ${lesson_number}`,
      content_type: "video",
      duration_ms: 5_000_000_000,
      content_language_primary: "te",
      content_languages_available: ["te", "en"],
      content_urls: urls,
      thumbnails: { te: posters.te },
    },
  });
  assert.ok(made.data, JSON.stringify(made.error));
  assert.deepEqual(made.data.content_urls, urls);
  assert.equal(made.data.duration_ms, 5_000_000_000);
  return made.data;
}
const [first, second] = [await lesson(1), await lesson(2)];

const planned = await editor.POST("/cms/lessons/{lesson_id}/schedule", {
  params: { path: { lesson_id: second.id }, header: { "If-Match": `"${second.version}"` } },
  body: { publish_at: "2030-02-01T09:00:00+05:30" },
});
assert.equal(planned.data?.status, "scheduled");
const stale = await editor.POST("/cms/lessons/{lesson_id}/schedule", {
  params: { path: { lesson_id: second.id }, header: { "If-Match": `"${second.version}"` } },
  body: { publish_at: "2030-02-01T09:00:00+05:30" },
});
assert.equal(stale.error?.code, "version_conflict");
assert.equal(stale.error?.current_version, second.version + 1);

const now = await editor.GET("/cms/terms/{term_id}", { params: { path: { term_id } } });
const reordered = await editor.PUT("/cms/terms/{term_id}/lessons/order", {
  params: { path: { term_id }, header: { "If-Match": now.response.headers.get("etag") ?? "" } },
  body: { order: [second.id, first.id] },
});
assert.equal(reordered.response.status, 204);

const patched = await editor.PATCH("/cms/programs/{program_id}", {
  params: { path: { program_id: program.data.id } },
  body: { posters: { "zh-Hant": null, hi: { square: "https://cdn.example.com/hi/s.jpg" } } },
});
assert.deepEqual(Object.keys(patched.data?.posters ?? {}).sort(), ["hi", "te"]);

const published = await editor.POST("/cms/lessons/{lesson_id}/publish", { params: { path: { lesson_id: first.id } } });
assert.equal(published.data?.status, "published");
const shown = await app.GET("/catalog/lessons/{lesson_id}", { params: { path: { lesson_id: first.id } } });
assert.deepEqual(shown.data?.content_urls_by_language, urls);
assert.deepEqual(shown.data?.assets.thumbnails, { te: posters.te });

const refused = await app.GET("/catalog/programs", { params: { query: { limit: 0 } } });
assert.equal(refused.error?.code, "invalid_request");
assert.equal(refused.error?.errors?.[0]?.field, "limit");
console.log("a day has passed");
