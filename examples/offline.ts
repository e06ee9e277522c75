// A catalog that also works without a network, with the types of `npx openapi-typescript ADDRESS/openapi.json -o api.d.ts`.
import type { components } from "./api";

type Programs = components["schemas"]["CatalogPrograms"];
type Problem = components["schemas"]["Problem"];
type Copy = { etag: string | null; body: unknown };
export type Store = { get(url: string): Copy | undefined; set(url: string, copy: Copy): void; delete(url: string): void };

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** What is at the address, or what was there when it was last reached. */
export async function read<Body>(url: string, store: Store, token?: string): Promise<Body> {
  const copy = store.get(url);
  const headers = new Headers();
  if (copy?.etag) headers.set("If-None-Match", copy.etag);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const answer = await fetch(url, { headers }).catch((error: unknown) => {
    if (!copy) throw error;
  });
  if (copy && (!answer || [304, 429, 503].includes(answer.status))) return copy.body as Body;
  if (!answer!.ok) {
    if ([404, 410].includes(answer!.status)) store.delete(url); // it was taken down: nobody shall see it any more
    throw new Refused((await answer!.json()) as Problem);
  }
  const body: unknown = await answer!.json();
  store.set(url, { etag: answer!.headers.get("ETag"), body });
  return body as Body;
}

/** All public programs, newest first. Read from the oldest on: what is new changes the last page alone. */
export async function programs(address: string, store: Store, token?: string): Promise<Programs["programs"]> {
  const found: Programs["programs"] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const next: string = cursor && `&cursor=${cursor}`;
    const page: Programs = await read<Programs>(`${address}/catalog/programs?limit=100&sort=oldest${next}`, store, token);
    found.push(...page.programs);
    cursor = page.next_cursor;
  }
  return found.reverse();
}
