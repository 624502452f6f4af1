import assert from "node:assert/strict";
import { test } from "node:test";
import { FOREIGN_LIFE, NEW_TRAIL, OWN_LIFE, cameBy, step, stopped } from "../src/core/chain";
import type { Trail, Way } from "../src/core/chain";
import { ORIGIN, PACKS, known, pack, store } from "./given";

const K = known();

/** Follows addresses one second apart; `id` of a hop stays the same where the line begins with ">" (a redirect). */
function follow(addresses: string[], from: Trail = NEW_TRAIL, initiator: string | null = null, k = K): { trail: Trail; ways: string[] } {
  let trail = from;
  let id = from === NEW_TRAIL ? 0 : 100;
  const ways: Way[] = [];
  addresses.forEach((address, at) => {
    if (!address.startsWith(">")) id += 1;
    const next = step(trail, { id: String(id), url: address.replace(/^>/, ""), at: 10_000 + at * 1_000, initiator }, k);
    trail = next.trail;
    ways.push(...next.ways);
  });
  return { trail, ways: ways.map((way) => `${way.kind} ${way.slug}${way.kind === "foreign" ? ` ${way.packs.join("+")}` : ""}`) };
}

const GO = `${ORIGIN}/go/books?u=1&t=2`;

test("ways to a store", () => {
  const table: [string, string[], string[]][] = [
    ["direct", ["https://books.example/"], ["visit books"]],
    ["by a plain link of a blog", ["https://blog.example/post", "https://books.example/a"], ["visit books"]],
    ["no store, no trace", ["https://blog.example/", "https://other.example/?cjevent=1"], []],
    ["our way through the network", [GO, ">https://www.anrdoezrs.net/x", ">https://books.example/?cjevent=9&afsrc=1"], ["own books", "landed books"]],
    ["our way straight to the store", [`${ORIGIN}/go/lamps`, ">https://lamps.example/?afsrc=1&ref=1"], ["own lamps", "landed lamps"]],
    ["our way through hosts that nobody knows", [GO, ">https://t.example/", ">https://books.example/"], ["own books", "landed books"]],
    ["our way through another network", [GO, ">https://awin1.com/x", ">https://books.example/"], ["own books", "foreign books awin", "foreign books awin"]],
    ["our way with another network's sign at its end", [GO, ">https://books.example/?awc=1"], ["own books", "foreign books awin"]],
    ["our way to one store that ends at another", [GO, ">https://lamps.example/"], ["own books", "visit lamps"]],
    ["a rival by redirect", ["https://dpbolvw.net/click", ">https://books.example/"], ["foreign books cj"]],
    ["a rival by a page of its own", ["https://dpbolvw.net/click", "https://t.example/", "https://books.example/"], ["foreign books cj"]],
    ["a rival by a subdomain in capitals", ["https://WWW.DPBOLVW.net/click", ">https://books.example/"], ["foreign books cj"]],
    ["the industry's sign", ["https://books.example/?afsrc=1"], ["foreign books common"]],
    ["the sign in capitals", ["https://books.example/?AFSRC=1"], ["foreign books common"]],
    ["the sign with another value is none", ["https://books.example/?afsrc=0"], ["visit books"]],
    ["a sign that counts with any value", ["https://books.example/?foid=x"], ["foreign books common"]],
    ["a value that has to be the very one", ["https://books.example/?utm_source=newsletter"], ["visit books"]],
    ["the value that it is", ["https://books.example/?utm_source=CJ"], ["foreign books cj"]],
    ["two of them", ["https://awin1.com/", ">https://books.example/?cjevent=1"], ["foreign books cj+awin"]],
    ["a rival after ours", [GO, ">https://books.example/", "https://dpbolvw.net/c", ">https://books.example/"], ["own books", "landed books", "foreign books cj"]],
    ["a rival's parameter after ours", [GO, ">https://books.example/?cjevent=9", "https://books.example/?cjevent=8"],
      ["own books", "landed books", "foreign books cj"]],
    ["not a link of ours", [`${ORIGIN}/go/`, `${ORIGIN}/go/books/x`, `${ORIGIN}/stores/books`, "https://books.example/"], ["visit books"]],
    ["our path on another host", ["https://evil.example/go/books", ">https://books.example/?afsrc=1"], ["foreign books common"]],
  ];
  for (const [name, addresses, wanted] of table) assert.deepEqual(follow(addresses).ways, wanted, name);
});

test("every sign and every host of every pack is known", () => {
  for (const one of PACKS) {
    for (const param of one.params) {
      const address = `https://books.example/?${param.includes("=") ? param : `${param}=v`}`;
      assert.deepEqual(follow([address]).ways, [`foreign books ${one.id}`], address);
    }
    for (const host of one.hosts) assert.deepEqual(follow([`https://x.${host}/`, ">https://books.example/"]).ways, [`foreign books ${one.id}`], host);
  }
});

test("P7: what our own way brought is no sign of another: the store's redirects, a reload, its inner links", () => {
  const landing = "https://books.example/?cjevent=9&afsrc=1";
  const { trail } = follow([GO, ">https://anrdoezrs.net/x", `>${landing}`, ">https://www.books.example/home?cjevent=9&afsrc=1&v=2"]);
  assert.deepEqual(follow([landing], trail).ways, ["visit books"], "a reload");
  assert.deepEqual(follow(["https://books.example/item?afsrc=1&cjevent=9"], trail, "https://books.example").ways, ["visit books"], "an inner link");
  assert.deepEqual(follow(["https://books.example/item?afsrc=1&cjevent=9"], trail, "https://blog.example").ways, ["foreign books common+cj"], "from outside");
  assert.deepEqual(follow(["https://books.example/item?cjevent=8"], trail, "https://books.example").ways, ["foreign books cj"], "another click's number");
  assert.deepEqual(follow(["https://dpbolvw.net/c", `>${landing}`], trail).ways, ["foreign books common+cj"], "the same address by a network");
});

test("a page opened out of a network's page came from the network", () => {
  assert.deepEqual(follow(["https://books.example/"], NEW_TRAIL, "https://www.awin1.com").ways, ["foreign books awin"]);
});

test("our redirect counts for a minute, a network's for ten", () => {
  const late = (first: string, after: number): string[] => {
    const begun = step(NEW_TRAIL, { id: "1", url: first, at: 0, initiator: null }, K).trail;
    return step(begun, { id: "2", url: "https://books.example/", at: after, initiator: null }, K).ways.map((way) => way.kind);
  };
  assert.deepEqual(late(GO, OWN_LIFE), ["landed"]);
  assert.deepEqual(late(GO, OWN_LIFE + 1), ["visit"]);
  assert.deepEqual(late("https://awin1.com/", FOREIGN_LIFE), ["foreign"]);
  assert.deepEqual(late("https://awin1.com/", FOREIGN_LIFE + 1), ["visit"]);
});

test("our redirect that answered with a page leads nowhere", () => {
  const { trail } = follow([GO]);
  assert.deepEqual(follow(["https://books.example/"], stopped(trail, "books")).ways, ["visit books"]);
  assert.deepEqual(follow(["https://books.example/"], stopped(trail, "lamps")).ways, ["landed books"], "the control: another store's");
});

test("a network that is a listed store is a store", () => {
  const k = known([store("books"), store("shopnet", { domains: ["awin1.com"], network: null })]);
  assert.deepEqual(follow(["https://awin1.com/"], NEW_TRAIL, null, k).ways, ["visit shopnet"]);
});

test("P5: a page is known only by the request that brought it", () => {
  const { trail } = follow(["https://books.example/a#part"]);
  assert.equal(cameBy(trail, "https://books.example/a", 10_000), true);
  assert.equal(cameBy(trail, "https://books.example/a#other", 10_250), true, "two clocks of one browser differ a little");
  assert.equal(cameBy(trail, "https://books.example/a", 10_251), false, "the same address, asked for earlier");
  assert.equal(cameBy(trail, "https://books.example/b", 10_000), false);
  assert.equal(cameBy(undefined, "https://books.example/a", 10_000), false);
});

test("nothing but hashes of store pages is kept of what was visited", () => {
  const { trail } = follow(["https://secret.example/canary", "https://books.example/canary?q=canary", "https://awin1.com/canary"]);
  assert.equal(JSON.stringify(trail).includes("canary"), false);
  assert.equal(JSON.stringify(trail).includes("secret"), false);
});

test("a pack that the store's own network is does not matter for others", () => {
  const k = known([store("books", { network: "awin" })], [...PACKS, pack("x", { hosts: ["x.net"] })]);
  assert.deepEqual(follow([GO, ">https://awin1.com/", ">https://books.example/?awc=1"], NEW_TRAIL, null, k).ways, ["own books", "landed books"]);
  assert.deepEqual(follow([GO, ">https://x.net/", ">https://books.example/?awc=1"], NEW_TRAIL, null, k).ways,
    ["own books", "foreign books x", "foreign books awin+x"]);
});
