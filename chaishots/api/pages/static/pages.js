// What the pages do beyond HTML: a picture that does not load gives way to the drawing behind it, a video that may not
// be read with its subtitles plays without them, what is published while a page is open is announced, and what is looked
// for is found as one types.
"use strict";

const drop = (image) => {
  const frame = image.closest(".frame");
  if (!frame) return;
  frame.querySelector(".drawn > rect")?.remove();  // the colour of what does not come
  image.remove();
};
document.addEventListener("error", (event) => event.target instanceof HTMLImageElement && drop(event.target), true);
// Those that failed before this ran; one that is not asked for yet waits here, and fails above.
for (const image of document.images) if (image.complete && !image.naturalWidth) image.decode().catch(() => drop(image));

// A move from page to page that the browser breaks off is no error: the page is there, without the movement.
for (const moment of ["pageswap", "pagereveal"]) {
  addEventListener(moment, ({ viewTransition: move }) => {
    if (move) for (const promise of [move.ready, move.finished, move.updateCallbackDone]) promise.catch(() => {});
  });
}

// Subtitles of another host ask for CORS, and then the video does too. Better a video without subtitles than none.
for (const video of document.querySelectorAll("video[crossorigin]")) {
  video.querySelector("source").addEventListener("error", () => {
    video.removeAttribute("crossorigin");
    for (const track of video.querySelectorAll("track")) track.remove();
    video.load();
  }, { once: true });
}

// Moments as the reader's clock has them.
const localise = (root) => {
  const form = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[data-local]")) time.textContent = form.format(new Date(time.dateTime));
};
localise(document);

// Where the page hears of something new: one function that calls back, to be replaced by events.
const EVERY_MS = 10000;
function hear(url, changed) {
  let etag = null;
  let timer = 0;
  const ask = async () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(url, { cache: "no-store", headers: etag ? { "If-None-Match": etag } : {} });
        if (answer.status === 200) {
          etag = answer.headers.get("ETag");
          changed(await answer.json());
        }
      } catch { /* away: asked again in a while */ }
      timer = setTimeout(ask, EVERY_MS);
    }
  };
  document.addEventListener("visibilitychange", ask);
  addEventListener("pageshow", (event) => event.persisted && ask());
  timer = setTimeout(ask, EVERY_MS);
}

const live = document.getElementById("live");
const policy = window.trustedTypes ? trustedTypes.createPolicy("chaishots", { createHTML: (html) => html }) : null;

// Only for pages of our own, which escape what people wrote.
const parsed = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");

async function show(button) {
  button.disabled = true;
  const seen = live.dataset.seen;
  const answer = await fetch(location.href, { cache: "no-cache" });
  if (!answer.ok) return location.reload();
  const page = parsed(await answer.text());
  for (const part of document.querySelectorAll("[data-part]")) {
    const later = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (later) part.replaceWith(document.adoptNode(later));
    if (later) localise(later);
  }
  live.dataset.seen = page.getElementById("live").dataset.seen;
  live.replaceChildren();
  const fresh = [...document.querySelectorAll("[data-at]")].filter((item) => item.dataset.at > seen);
  for (const item of fresh) item.classList.add("fresh");
  const first = fresh[0];
  if (first) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    (first.matches("a") ? first : first.querySelector("a")).focus({ preventScroll: true });
    first.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  }
}

function announce(number) {
  if (!number) return live.replaceChildren();
  const shown = new Intl.NumberFormat(document.documentElement.lang).format(number);
  const words = number === 1 ? live.dataset.one : live.dataset.many.replace("{n}", shown);
  const button = live.querySelector("button") || document.createElement("button");
  const said = `${words} · ${live.dataset.show}`;
  if (button.textContent === said) return undefined;
  button.type = "button";
  button.textContent = said;
  button.onclick = () => show(button).catch(() => location.reload());
  return live.replaceChildren(button);
}

if (live && live.dataset.url) {
  hear(live.dataset.url, (told) => {
    const lessons = (told.programs || [told]).flatMap((program) => program.terms).flatMap((term) => term.lessons);
    announce(lessons.filter((lesson) => lesson.published_at > live.dataset.seen).length);
  });
}

// The search page shows its own results anew; on others they are in a panel below the box.
const PAUSE_MS = 200;
function search(form) {
  const box = form.elements.q;
  const panel = form.querySelector(".found");
  let timer = 0;
  let asking = new AbortController();
  const find = async () => {
    asking.abort();
    const asked = box.value.trim();
    if (!asked) return panel.replaceChildren();
    asking = new AbortController();
    const url = `${form.action}?${new URLSearchParams({ q: asked })}`;
    const answer = await fetch(url, { signal: asking.signal });
    if (!answer.ok) return undefined;
    const page = parsed(await answer.text());
    const results = page.querySelector("[data-part=results]");
    form.querySelector("[role=status]").textContent = results.dataset.said;
    if (location.pathname === new URL(url).pathname) {
      for (const part of ["main", ".languages"]) document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
      document.title = page.title;
      return history.replaceState(null, "", url);
    }
    const all = document.createElement("a");
    all.href = url;
    all.className = "button quiet";
    all.textContent = form.dataset.all;
    panel.replaceChildren(document.adoptNode(results), all);
    panel.scrollTop = 0;
    return undefined;
  };
  const open = () => { panel.hidden = !panel.firstChild || !form.contains(document.activeElement); };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => find().then(open, () => {}), PAUSE_MS);
  });
  box.addEventListener("focus", open);
  form.addEventListener("focusout", ({ relatedTarget: next }) => { if (!form.contains(next)) panel.hidden = true; });
  form.addEventListener("keydown", (event) => {
    const stops = [box, ...panel.querySelectorAll("a")];
    const to = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (panel.hidden || !(to || event.key === "Escape")) return;
    event.preventDefault();
    const next = to ? stops[stops.indexOf(document.activeElement) + to] : box;
    if (next) next.focus();
    if (!to) panel.hidden = true;
  });
}

for (const form of document.querySelectorAll("form.search")) search(form);
