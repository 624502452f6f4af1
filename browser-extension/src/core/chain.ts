// How a tab came to a store, from the main-frame requests it made. Of an address nothing is kept but a hash, and that
// only for pages of listed stores.
import { hash48 } from "./hashes";
import { hostOf } from "./matcher";
import type { Signs } from "./packs";
import type { Store, Time } from "./types";
import { MINUTE } from "./types";

/** How long after our own redirect the store has to be reached for the way to be ours. */
export const OWN_LIFE = MINUTE;

/** How long a network's link counts that did not lead to a listed store at once. */
export const FOREIGN_LIFE = 10 * MINUTE;

/** How much older than the page a request may seem: two clocks of one browser. */
const CLOCK_SLACK = 250;

const LANDINGS = 12;

/** A main-frame request, each hop of a redirect by itself. */
export type Hop = { id: string; url: string; at: Time; initiator: string | null };

export type Landing = { url: number; at: Time };

/** What is known of one tab. */
export type Trail = {
  landings: Landing[];
  own: { slug: string; at: Time } | null;
  foreign: { packs: string[]; at: Time } | null;
  /** Where our own way ended: what its addresses were, so that a reload of them is not taken for somebody else's link. */
  ours: { slug: string; hop: string; urls: number[]; marks: number[] } | null;
};

export const NEW_TRAIL: Trail = { landings: [], own: null, foreign: null, ours: null };

export type Way =
  | { kind: "own"; slug: string }
  | { kind: "landed"; slug: string }
  | { kind: "foreign"; slug: string; packs: string[] }
  | { kind: "visit"; slug: string };

export type Known = {
  signs: Signs;
  storeAt: (host: string) => Store | null;
  storeBySlug: (slug: string) => Store | null;
  service: { origin: string; go_prefix: string };
};

/** A page's address without its fragment, as a number. */
export function addressHash(url: string): number {
  return hash48(url.split("#", 1)[0] ?? "");
}

/** The store whose link this address is, where it is one of ours. */
export function ownLink(url: string, service: Known["service"]): string | null {
  const parsed = new URL(url);
  if (parsed.origin !== service.origin || !parsed.pathname.startsWith(service.go_prefix)) return null;
  const slug = parsed.pathname.slice(service.go_prefix.length);
  return slug === "" || slug.includes("/") ? null : slug;
}

/** Our own redirect answered with a page and leads nowhere: what the tab does next is not our way. */
export const stopped = (trail: Trail, slug: string): Trail => (trail.own?.slug === slug ? { ...trail, own: null } : trail);

/** One more request of a tab: what is known of the tab now, and what that says about stores. */
export function step(trail: Trail, hop: Hop, known: Known): { trail: Trail; ways: Way[] } {
  const host = hostOf(hop.url);
  if (host === null) return { trail, ways: [] };
  const slug = ownLink(hop.url, known.service);
  if (slug !== null) {
    return { trail: { ...trail, own: { slug, at: hop.at }, foreign: null, ours: null }, ways: [{ kind: "own", slug }] };
  }
  const own = trail.own !== null && hop.at - trail.own.at <= OWN_LIFE ? trail.own : null;
  const foreign = trail.foreign !== null && hop.at - trail.foreign.at <= FOREIGN_LIFE ? trail.foreign : null;
  const fresh = { ...trail, own, foreign };
  const store = known.storeAt(host);
  if (store !== null) return atStore(fresh, hop, store, known);
  const network = known.signs.network(host);
  if (network === null) return { trail: fresh, ways: [] };
  return atNetwork(fresh, hop, network, known);
}

function atNetwork(trail: Trail, hop: Hop, network: string, known: Known): { trail: Trail; ways: Way[] } {
  const { own } = trail;
  if (own !== null && known.storeBySlug(own.slug)?.network === network) return { trail, ways: [] };
  const packs = [...new Set([...(trail.foreign?.packs ?? []), network])];
  const ways: Way[] = own === null ? [] : [{ kind: "foreign", slug: own.slug, packs }];
  return { trail: { ...trail, own: null, foreign: { packs, at: hop.at } }, ways };
}

function atStore(trail: Trail, hop: Hop, store: Store, known: Known): { trail: Trail; ways: Way[] } {
  const url = new URL(hop.url);
  const { slug } = store;
  const carried = known.signs.carried(url);
  const address = addressHash(hop.url);
  const marks = [...url.searchParams].map(([name, value]) => hash48(`${name}=${value}`));
  const landings = [...trail.landings, { url: address, at: hop.at }].slice(-LANDINGS);
  const next: Trail = { ...trail, landings, own: null, foreign: null };
  const strange = carried.filter((pack) => pack !== "common" && pack !== store.network);

  if (trail.own?.slug === slug && strange.length === 0) {
    return { trail: { ...next, ours: { slug, hop: hop.id, urls: [address], marks } }, ways: [{ kind: "landed", slug }] };
  }
  const initiator = hop.initiator === null ? null : hostOf(hop.initiator);
  const ours = trail.ours?.slug === slug && trail.foreign === null ? trail.ours : null;
  if (ours !== null && ours.hop === hop.id && strange.length === 0) {
    const more = { ...ours, urls: [...ours.urls, address], marks: [...ours.marks, ...marks] };
    return { trail: { ...next, ours: more }, ways: [{ kind: "visit", slug }] };
  }
  const inside = initiator !== null && known.storeAt(initiator)?.slug === slug;
  const again = ours !== null
    && (ours.urls.includes(address) || (inside && marks.every((mark) => ours.marks.includes(mark))));
  const from = initiator === null ? null : known.signs.network(initiator);
  const packs = [...new Set([...(again ? [] : carried), ...(trail.foreign?.packs ?? []), ...(from === null ? [] : [from])])];
  if (packs.length > 0) return { trail: { ...next, ours: null }, ways: [{ kind: "foreign", slug, packs }] };
  return { trail: next, ways: [{ kind: "visit", slug }] };
}

/**
 * Whether the request that brought this very page is among what was seen. The same address asked for earlier does not
 * count, so the page says when it began.
 */
export function cameBy(trail: Trail | undefined, url: string, began: Time): boolean {
  const address = addressHash(url);
  return trail?.landings.some((landing) => landing.url === address && landing.at >= began - CLOCK_SLACK) ?? false;
}
