// A stand-in for the service that keeps to the agreement of docs/EXTENSION.md, for what a real one cannot be brought to do:
// lists that go back, keys that change, clicks that are never recorded.
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const flags = (more = {}) => ({ ext: true, cart: false, serp: true, max_prompts: 1, ...more });

export const store = (slug, more = {}) => ({
  slug, name: slug[0].toUpperCase() + slug.slice(1), domains: [`${slug}.test`], rate: { percent_of_order: "5" }, up_to: true,
  exclusions: [{ code: "gift_cards", en: "gift cards", ru: "подарочные карты" }, { code: "other_promo_codes", en: "other promo codes", ru: "чужие промокоды" }],
  score: { orders: 120, declined_percent: "3.1", median_days: 12 }, network: "cj", cart_paths: ["/cart"], ...more, flags: flags(more.flags),
});

const pack = (id, more) => ({
  id, dated: "2026-11-22", source: "tests", params: [], hosts: [], min_minutes: 90, idle_minutes: 60, whole_session: false, never_activate: false, max_prompts: null, ...more,
});

export const PACKS = [
  pack("cj", { params: ["cjevent", "cjdata", "utm_source=cj"], hosts: ["anrdoezrs.net", "dpbolvw.net"], whole_session: true }),
  pack("awin", { params: ["awc", "utm_source=aw"], hosts: ["awin1.com"] }),
  pack("ebay", { params: ["mkcid"], hosts: ["rover.ebay.com"], max_prompts: 2 }),
  pack("amazon", { params: ["tag"], never_activate: true }),
];

export class Service {
  version = 1;
  stores = [
    store("books"), store("lamps", { network: null, rate: { fixed: { amount: "300.00", currency: "RUB" } }, up_to: false, score: null }),
    store("noext", { flags: { ext: false } }), store("norate", { rate: null }), store("cartok", { flags: { cart: true, max_prompts: 9 } }),
    store("often", { network: "ebay", flags: { max_prompts: 5 } }), store("amazonish", { network: "amazon" }), store("noserp", { flags: { serp: false } }),
  ];
  packs = PACKS;
  activations = new Map();
  record = true;
  paused = false;
  issued = new Date().toISOString();
  codes = new Map();
  tokens = new Set();
  orders = [];

  constructor(origin = "http://kopilka.test") {
    this.origin = origin;
    this.key = generateKeyPairSync("ed25519");
  }

  publicKey() {
    return b64(this.key.publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  }

  signed() {
    const list = {
      format: 1, version: this.version, issued_at: this.issued, service: { name: "Kopilka", origin: this.origin, go_prefix: "/go/" },
      stores: this.stores, packs: this.packs,
    };
    const payload = Buffer.from(JSON.stringify(list));
    const signature = sign(null, Buffer.concat([Buffer.from("kopilka-extension-list-v1\n"), payload]), this.key.privateKey);
    return { payload: b64(payload), signature: b64(signature), key_id: "k1" };
  }

  handle = (request, response, url, body) => {
    const json = (status, value) => response.writeHead(status, { "content-type": "application/json", "access-control-allow-origin": "*" }).end(JSON.stringify(value));
    const path = url.pathname;
    if (request.method === "OPTIONS") {
      return response.writeHead(204, { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization, content-type", "access-control-allow-methods": "*" }).end();
    }
    if (path === "/api/v1/extension/list") return json(200, this.signed());
    if (path === "/api/v1/extension/key") return json(200, { keys: [{ key_id: "k1", public_key: this.publicKey() }] });
    if (path === "/extension/connect") return this.allow(response, url);
    if (path === "/extension/connected") return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>connected</title><h1>connected</h1>");
    if (path === "/api/v1/extension/token" && request.method === "POST") return this.token(json, JSON.parse(body));
    if (path.startsWith("/go/") && url.searchParams.has("s") && !this.activations.has(url.searchParams.get("a"))) {
      return response.writeHead(403, { "content-type": "text/html" }).end("<!doctype html><title>notice</title><h1>this link is not ours</h1>");
    }
    if (path.startsWith("/go/")) return this.go(response, path.slice(4), url.searchParams.get("a"));
    if (!path.startsWith("/api/")) return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>service</title><h1>service</h1>");
    const token = (request.headers.authorization ?? "").replace("Bearer ", "");
    if (!this.tokens.has(token)) return json(401, { code: "unauthorized" });
    if (path === "/api/v1/extension/token") {
      this.tokens.delete(token);
      return response.writeHead(204).end();
    }
    if (path === "/api/v1/extension/activations") return this.activation(json, JSON.parse(body));
    if (path.startsWith("/api/v1/extension/activations/")) return this.state(json, path.split("/").pop());
    if (path === "/api/v1/extension/summary") return json(200, this.summary());
    return json(404, { code: "not_found" });
  };

  allow(response, url) {
    const code = b64(randomBytes(16));
    this.codes.set(code, url.searchParams.get("challenge"));
    const next = `/extension/connected#code=${code}&state=${encodeURIComponent(url.searchParams.get("state"))}`;
    response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>allow</title><a id="allow" href="${next}">Allow</a>`);
  }

  token(json, { code, verifier }) {
    const challenge = this.codes.get(code);
    this.codes.delete(code);
    if (challenge !== createHash("sha256").update(verifier).digest("base64url")) return json(400, { code: "bad_code" });
    const token = b64(randomBytes(16));
    this.tokens.add(token);
    return json(201, { token, shopper: { email_masked: "a…a@example.org" }, expires_at: null });
  }

  activation(json, { store: slug, ...more }) {
    if (Object.keys(more).length > 0) return json(400, { code: "too_much" });
    if (this.paused) return json(404, { code: "not_found" });
    const id = b64(randomBytes(8));
    this.activations.set(id, { slug, click: null });
    return json(201, { activation: id, url: `${this.origin}/go/${slug}?a=${id}`, expires_at: "2026-11-26T23:00:00Z" });
  }

  state(json, id) {
    const click = this.activations.get(id)?.click ?? null;
    return json(200, { state: click === null ? "waiting" : "recorded", click });
  }

  go(response, slug, id) {
    const one = this.activations.get(id);
    if (one && this.record) one.click = { id: `click-${id}`, at: new Date().toISOString() };
    const shop = this.stores.find((candidate) => candidate.slug === slug);
    const landing = `http://${shop.domains[0]}/landing?afsrc=1&cjevent=ours${id ?? ""}`;
    const to = shop.network === "cj" ? `http://www.anrdoezrs.net/t?u=${encodeURIComponent(landing)}` : landing.replace("&cjevent", "&ref");
    response.writeHead(302, { location: to, "referrer-policy": "no-referrer" }).end();
  }

  summary() {
    const rub = (amount) => ({ amount, currency: "RUB" });
    return {
      balances: [{ currency: "RUB", pending: rub("120.50"), confirmed: rub("0.00"), available: rub("1034.00"), in_payout: rub("0.00"), debt: rub("0.00") }],
      orders: this.orders,
    };
  }
}
