// The signed list of stores: who may sign it, that it does not go back, and that it is what it says.
import { mergePacks } from "./packs";
import { DAY } from "./types";
import type { Exclusion, Pack, Payload, Rate, Score, Store, Time } from "./types";

const LIST_PREFIX = "kopilka-extension-list-v1\n";
const KEY_PREFIX = "kopilka-extension-key-v1\n";

/** After so long without a list that could be checked, nothing is reminded of. */
export const LIST_LIFE = 14 * DAY;

export type Key = { key_id: string; public_key: string };
export type Rotation = Key & { signature_by_previous: string };
export type Signed = { payload: string; signature: string; key_id: string; rotation?: Rotation[] };

/** The last list that was good, without its stores, with when it was last found to be the newest. */
export type Kept = {
  version: number;
  digest: string;
  issued_at: string;
  service: Payload["service"];
  packs: Pack[];
  stores: number;
  checked_at: Time;
};

export type ListProblem =
  | "malformed"
  | "unknown-key"
  | "bad-signature"
  | "other-service"
  | "goes-back"
  | "changed-without-version";

export class BadList extends Error {
  constructor(readonly problem: ListProblem) {
    super(`the list is refused: ${problem}`);
  }
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(text)) throw new BadList("malformed");
  const binary = atob(text.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

export function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function joined(prefix: string, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(prefix);
  const all = new Uint8Array(head.length + bytes.length);
  all.set(head);
  all.set(bytes, head.length);
  return all;
}

async function signedBy(key: Key, signature: string, message: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey("raw", fromBase64url(key.public_key), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, fromBase64url(signature), message);
  } catch {
    return false;
  }
}

/**
 * The key that signed the list: the pinned one, or one that a chain of vouching leads to from there. Vouching covers the bytes of a key and not
 * its name, so names decide nothing but the word for what is wrong.
 */
async function signerOf(signed: Signed, pinned: Key, message: Uint8Array<ArrayBuffer>): Promise<Key> {
  const left = [...(signed.rotation ?? [])];
  const known = [pinned];
  let named = false;
  for (let key = known.shift(); key !== undefined; key = known.shift()) {
    if (await signedBy(key, signed.signature, message)) return key;
    named ||= key.key_id === signed.key_id;
    for (const offered of left.splice(0)) {
      const vouched = await signedBy(key, offered.signature_by_previous, joined(KEY_PREFIX, fromBase64url(offered.public_key)));
      if (vouched) known.push({ key_id: offered.key_id, public_key: offered.public_key });
      else left.push(offered);
    }
  }
  throw new BadList(named ? "bad-signature" : "unknown-key");
}

/**
 * Checks an answer of the service against the pinned key and the list before. Gives the list to keep from now on and the
 * key to pin from now on; throws [`BadList`], and then everything stays as it was.
 */
export async function accept(
  signed: Signed,
  pinned: Key,
  origin: string,
  before: Kept | null,
  now: Time,
): Promise<{ kept: Kept; stores: Store[]; key: Key }> {
  if (typeof signed?.payload !== "string" || typeof signed.signature !== "string") throw new BadList("malformed");
  const bytes = fromBase64url(signed.payload);
  const key = await signerOf(signed, pinned, joined(LIST_PREFIX, bytes));
  const text = new TextDecoder().decode(bytes);
  const payload = parsed(text);
  if (payload.service.origin !== origin) throw new BadList("other-service");
  const digest = toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  if (before !== null) {
    if (payload.version < before.version) throw new BadList("goes-back");
    if (payload.version === before.version && digest !== before.digest) throw new BadList("changed-without-version");
  }
  const { version, issued_at, service, stores } = payload;
  const packs = mergePacks(before?.packs ?? [], payload.packs);
  return { kept: { version, digest, issued_at, service, packs, stores: stores.length, checked_at: now }, stores, key };
}

/** Old if it was not checked, or not signed anew, for too long: whoever answers for the service may repeat what it once said. */
export function isOld(kept: Kept, now: Time): boolean {
  const issued = Date.parse(kept.issued_at);
  return now - kept.checked_at > LIST_LIFE || !(now - issued <= LIST_LIFE);
}

function parsed(text: string): Payload {
  try {
    return payloadOf(JSON.parse(text));
  } catch {
    throw new BadList("malformed");
  }
}

type Json = Record<string, unknown>;

function need<T>(value: unknown, is: (value: unknown) => value is T): T {
  if (!is(value)) throw new BadList("malformed");
  return value;
}
const isText = (value: unknown): value is string => typeof value === "string" && value.length <= 4_096;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const isArray = (value: unknown): value is unknown[] => Array.isArray(value);
const texts = (value: unknown): string[] => need(value, isArray).map((one) => need(one, isText));
const orNull = <T>(value: unknown, of: (value: unknown) => T): T | null =>
  value === null || value === undefined ? null : of(value);

function payloadOf(value: unknown): Payload {
  const all = need(value, isObject);
  const service = need(all["service"], isObject);
  if (all["format"] !== 1) throw new BadList("malformed");
  return {
    format: 1,
    version: need(all["version"], isCount),
    issued_at: need(all["issued_at"], isText),
    service: {
      name: need(service["name"], isText),
      origin: need(service["origin"], isText),
      go_prefix: need(service["go_prefix"], isText),
    },
    stores: need(all["stores"], isArray).map(storeOf),
    packs: need(all["packs"], isArray).map(packOf),
  };
}

function storeOf(value: unknown): Store {
  const store = need(value, isObject);
  const flags = need(store["flags"], isObject);
  return {
    slug: need(store["slug"], isText),
    name: need(store["name"], isText),
    domains: texts(store["domains"]),
    rate: orNull(store["rate"], rateOf),
    up_to: store["up_to"] === true,
    exclusions: need(store["exclusions"] ?? [], isArray).map(exclusionOf),
    score: orNull(store["score"], scoreOf),
    flags: {
      ext: need(flags["ext"], isFlag),
      cart: need(flags["cart"], isFlag),
      serp: need(flags["serp"], isFlag),
      max_prompts: need(flags["max_prompts"], isCount),
    },
    network: orNull(store["network"], (one) => need(one, isText)),
    cart_paths: texts(store["cart_paths"] ?? []),
  };
}

function rateOf(value: unknown): Rate {
  const rate = need(value, isObject);
  const decimal = (one: unknown): string => {
    const text = typeof one === "number" ? String(one) : need(one, isText);
    return /^\d{1,12}(\.\d{1,12})?$/.test(text) ? text : need(null, isText);
  };
  if ("percent_of_order" in rate) return { percent_of_order: decimal(rate["percent_of_order"]) };
  if ("share_of_commission" in rate) return { share_of_commission: decimal(rate["share_of_commission"]) };
  const fixed = need(rate["fixed"], isObject);
  return { fixed: { amount: decimal(fixed["amount"]), currency: need(fixed["currency"], isText) } };
}

function exclusionOf(value: unknown): Exclusion {
  const one = need(value, isObject);
  return { code: need(one["code"], isText), en: need(one["en"], isText), ru: need(one["ru"], isText) };
}

function scoreOf(value: unknown): Score {
  const one = need(value, isObject);
  return {
    orders: need(one["orders"], isCount),
    declined_percent: String(one["declined_percent"]),
    median_days: need(one["median_days"], isCount),
  };
}

function packOf(value: unknown): Pack {
  const pack = need(value, isObject);
  return {
    id: need(pack["id"], isText),
    dated: need(pack["dated"], isText),
    source: need(pack["source"], isText),
    params: texts(pack["params"]),
    hosts: texts(pack["hosts"]),
    min_minutes: need(pack["min_minutes"], isCount),
    idle_minutes: need(pack["idle_minutes"], isCount),
    whole_session: need(pack["whole_session"], isFlag),
    never_activate: need(pack["never_activate"], isFlag),
    max_prompts: orNull(pack["max_prompts"], (one) => need(one, isCount)),
  };
}
