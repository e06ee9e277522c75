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
  for (const time of root.querySelectorAll("time[data-local]")) {
    const form = new Intl.DateTimeFormat(time.dataset.local, { dateStyle: "medium", timeStyle: "short" });
    time.textContent = form.format(new Date(time.dateTime));
  }
};
localise(document);

// Where the page hears of something new: by events, of which one window that is seen has the stream and tells the others
// (a browser has six connections to a host). Without a stream it asks now and again.
const EVENTS = ["program", "lesson"].flatMap((kind) => [`${kind}.published`, `${kind}.changed`, `${kind}.removed`]);
function hear(url, last, changed) {
  let etag, timer, others, source, over, isTold;
  let asking = 0;

  const isDeaf = () => source && source.readyState !== EventSource.OPEN;
  const plan = (after = isDeaf() ? 10000 : 60000) => {
    clearTimeout(timer);
    if (over) timer = setTimeout(ask, after);
  };
  const ask = async () => {
    if (asking++) return;
    if (isDeaf()) {
      others.postMessage(last);
      if (source.readyState === EventSource.CLOSED) listen();
    }
    let isOld = false;
    try {
      const answer = await fetch(url, { cache: "no-store", headers: etag ? { "If-None-Match": etag } : {} });
      isOld = /renewed/.test(answer.headers.get("Cache-Status"));
      if (answer.status === 200) {
        etag = answer.headers.get("ETag");
        changed(await answer.json());
      }
    } catch { /* away: asked again in a while */ }
    const isSoon = isOld || asking > 1;
    // A cache between us and the server may have the answer of before for 10 s.
    plan(isSoon ? 250 : isTold ? 11000 : undefined);
    isTold &&= isSoon;
    asking = 0;
  };
  const hearOf = (id) => {
    isTold = true;
    ask(last = id);
  };
  const listen = () => {
    source = new EventSource(`/catalog/events?cursor=${last}`);
    for (const name of [...EVENTS, "reset"]) {
      source.addEventListener(name, ({ lastEventId: id }) => hearOf(id, others.postMessage(id)));
    }
    source.onopen = source.onerror = () => plan();
    plan();
  };
  const look = () => {
    const isSeen = document.visibilityState === "visible";
    if (isSeen === !!over) return;
    if (isSeen) {
      const { signal } = over = new AbortController();
      others = new BroadcastChannel("chaishots");
      others.onmessage = ({ data }) => hearOf(data);
      plan(250);  // unless it gets the stream, which tells from the page's own time on
      const hold = () => new Promise((release) => signal.aborted ? release() : listen(signal.onabort = release));
      // Over plain HTTP from another host there are no locks: each window that is seen has a stream of its own.
      if (navigator.locks) navigator.locks.request("chaishots", { signal }, hold).catch(() => {});
      else hold();
    } else {
      over.abort();
      clearTimeout(timer);
      source?.close();
      others.close();
      over = source = null;
    }
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", look);
  look();
}

const live = document.getElementById("live");
const policy = window.trustedTypes ? trustedTypes.createPolicy("chaishots", { createHTML: (html) => html }) : null;

// Only for pages of our own, which escape what people wrote.
const parsed = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");

async function show(button) {
  button.disabled = true;
  const seen = live.dataset.seen;
  // Under an address of its own, which no cache between us and the server has kept from before.
  const url = new URL(location);
  url.searchParams.set("live", live.dataset.cursor);
  const answer = await fetch(url, { cache: "no-cache" });
  if (answer.status >= 500) throw new Error(answer.status);
  if (!answer.ok) return location.reload();
  const page = parsed(await answer.text());
  for (const part of document.querySelectorAll("[data-part]")) {
    const later = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (later) part.replaceWith(document.adoptNode(later));
    if (later) localise(later);
  }
  const { seen: newest, cursor } = page.getElementById("live").dataset;
  Object.assign(live.dataset, { seen: newest, cursor });
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
  // Away, or no line: what is there stays, and the button too.
  button.onclick = () => show(button).catch(() => { button.disabled = false; });
  return live.replaceChildren(button);
}

if (live && live.dataset.url) {
  hear(live.dataset.url, live.dataset.cursor, (told) => {
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
    if (!answer.ok) throw new Error(answer.status);
    const page = parsed(await answer.text());
    const results = page.querySelector("[data-part=results]");
    form.querySelector("[role=status]").textContent = results.dataset.said;
    if (location.pathname === new URL(url).pathname) {
      for (const part of ["main", ".languages"]) document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
      document.title = page.title;
      panel.replaceChildren();
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
  const missed = ({ name }) => {
    if (name !== "AbortError") form.querySelector("[role=status]").textContent = panel.textContent = form.dataset.away;
  };
  const open = () => { panel.hidden = !panel.firstChild || !form.contains(document.activeElement); };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => find().catch(missed).then(open), PAUSE_MS);
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
