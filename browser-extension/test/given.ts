// Stores, packs and signed lists for the tests.
import { Signs } from "../src/core/packs";
import { HostMap } from "../src/core/matcher";
import { toBase64url } from "../src/core/list";
import type { Key, Signed } from "../src/core/list";
import type { Known } from "../src/core/chain";
import type { Pack, Payload, Store } from "../src/core/types";

export const ORIGIN = "https://cashback.example";

export const store = (slug: string, more: Partial<Store> = {}): Store => ({
  slug,
  name: slug.toUpperCase(),
  domains: [`${slug}.example`],
  rate: { percent_of_order: "5" },
  up_to: false,
  exclusions: [],
  score: null,
  flags: { ext: true, cart: false, serp: true, max_prompts: 1 },
  network: "cj",
  cart_paths: [],
  ...more,
});

export const pack = (id: string, more: Partial<Pack> = {}): Pack => ({
  id,
  dated: "2026-11-22",
  source: "test",
  params: [],
  hosts: [],
  min_minutes: 90,
  idle_minutes: 60,
  whole_session: false,
  never_activate: false,
  max_prompts: null,
  ...more,
});

export const PACKS = [
  pack("cj", { params: ["cjevent", "cjdata", "utm_source=cj"], hosts: ["anrdoezrs.net", "dpbolvw.net"], whole_session: true }),
  pack("awin", { params: ["awc", "source=aw"], hosts: ["awin1.com"] }),
];

export const payload = (more: Partial<Payload> = {}): Payload => ({
  format: 1,
  version: 1,
  issued_at: "2026-11-26T10:00:00Z",
  service: { name: "Kopilka", origin: ORIGIN, go_prefix: "/go/" },
  stores: [store("books"), store("lamps", { network: null })],
  packs: PACKS,
  ...more,
});

export function known(stores: Store[] = payload().stores, packs: Pack[] = PACKS): Known {
  const map = new HostMap(stores.flatMap((one) => one.domains.map((domain) => [domain, one] as const)));
  return {
    signs: new Signs(packs),
    service: payload().service,
    storeAt: (host) => map.find(host),
    storeBySlug: (slug) => stores.find((one) => one.slug === slug) ?? null,
  };
}

export type Signer = { key: Key; sign: (prefix: string, bytes: Uint8Array) => Promise<string> };

export async function signer(id: string): Promise<Signer> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const sign = async (prefix: string, bytes: Uint8Array): Promise<string> => {
    const message = Buffer.concat([Buffer.from(prefix), bytes]);
    return toBase64url(new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message)));
  };
  return { key: { key_id: id, public_key: toBase64url(raw) }, sign };
}

export async function signed(by: Signer, list: Payload): Promise<Signed> {
  const bytes = new TextEncoder().encode(JSON.stringify(list));
  return { payload: toBase64url(bytes), signature: await by.sign("kopilka-extension-list-v1\n", bytes), key_id: by.key.key_id };
}
