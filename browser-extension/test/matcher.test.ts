import assert from "node:assert/strict";
import { test } from "node:test";
import { BUCKETS, bucketOf, gate, hash48, holds, sortedHashes } from "../src/core/hashes";
import { HostMap, hostOf, normalHost, suffixes } from "../src/core/matcher";
import { originOf, patternOf } from "../src/core/origin";
import { storePatterns } from "../src/background/scripts";
import { buckets } from "../src/background/shelf";
import { store } from "./given";

test("hosts are lower case, punycode, and without the last dot", () => {
  const table: [string, string | null][] = [
    ["Shop.RU", "shop.ru"], ["shop.ru.", "shop.ru"], ["магазин.рф", "xn--80aairftm.xn--p1ai"], ["МАГАЗИН.рф.", "xn--80aairftm.xn--p1ai"],
    ["bücher.de", "xn--bcher-kva.de"], ["", null], [".", null], ["a b", null], ["a/b", null], ["user@host", null], ["host:80", null],
  ];
  for (const [given, wanted] of table) assert.equal(normalHost(given), wanted, given);
  assert.equal(hostOf("https://Shop.ru.:8443/path"), "shop.ru");
  assert.equal(hostOf("ftp://shop.ru/"), null);
  assert.equal(hostOf("about:blank"), null);
});

test("suffixes end before the last label", () => {
  assert.deepEqual([...suffixes("a.b.shop.ru")], ["a.b.shop.ru", "b.shop.ru", "shop.ru"]);
  assert.deepEqual([...suffixes("localhost")], ["localhost"]);
});

test("a domain counts with its subdomains, and nothing that only looks like it", () => {
  const map = new HostMap([["shop.ru", "shop"], ["books.shop.ru", "books"], ["магазин.рф", "rf"], ["a.myshopify.com", "a"]]);
  const table: [string, string | null][] = [
    ["shop.ru", "shop"], ["www.shop.ru", "shop"], ["SHOP.RU.", "shop"], ["books.shop.ru", "books"], ["m.books.shop.ru", "books"],
    ["notshop.ru", null], ["shop.ru.evil.com", null], ["ru", null], ["xn--80aairftm.xn--p1ai", "rf"], ["a.myshopify.com", "a"],
    ["b.myshopify.com", null], ["myshopify.com", null],
  ];
  for (const [host, wanted] of table) assert.equal(map.find(host), wanted, host);
});

test("five thousand stores in a map, a hundred thousand in sorted hashes", () => {
  const name = (at: number): string => `store-${at}.${["ru", "com", "co.uk"][at % 3]}`;
  const few = new HostMap(Array.from({ length: 5_000 }, (_, at) => [name(at), at] as const));
  assert.equal(few.size, 5_000);
  const all = Array.from({ length: 100_000 }, (_, at) => name(at));
  const hashes = sortedHashes(all);
  assert.equal(hashes.length, 100_000, "no two of a hundred thousand collide");
  for (let at = 0; at < 100_000; at += 997) {
    assert.equal(gate(hashes, `www.${name(at)}`), name(at));
    if (at < 5_000) assert.equal(few.find(`www.${name(at)}`), at);
  }
  let wrong = 0;
  for (let at = 0; at < 20_000; at += 1) if (holds(hashes, hash48(`other-${at}.net`))) wrong += 1;
  assert.equal(wrong, 0, "no host that is not listed is taken for a store");
});

test("hashes are whole numbers of 48 bits that spread over the buckets", () => {
  const used = new Set<number>();
  for (let at = 0; at < 5_000; at += 1) {
    const hash = hash48(`host${at}.com`);
    assert.ok(Number.isSafeInteger(hash) && hash >= 0 && hash < 2 ** 48);
    used.add(bucketOf(hash));
  }
  assert.ok(used.size > BUCKETS * 0.95, `${used.size} buckets used`);
});

test("a long list is laid into buckets in which every store is found by domain and by slug", () => {
  const stores = Array.from({ length: 6_000 }, (_, at) => store(`s${at}`, { domains: [`s${at}.example`, `s${at}.other.example`] }));
  const records = buckets(stores);
  const hashes = records.get("hashes") as Float64Array;
  for (const one of [stores[0], stores[3_456], stores[5_999]]) {
    for (const domain of one?.domains ?? []) {
      assert.equal(gate(hashes, `www.${domain}`), domain);
      assert.ok((records.get(`d${bucketOf(hash48(domain))}`) as unknown[]).includes(one));
    }
    assert.ok((records.get(`s${bucketOf(hash48(one?.slug ?? ""))}`) as unknown[]).includes(one));
  }
});

test("a script is registered for a domain with its subdomains, once, and never for everything", () => {
  assert.deepEqual(storePatterns(["shop.ru", "Shop.RU.", "127.0.0.1", "магазин.рф", "a b"]),
    ["*://*.shop.ru/*", "*://127.0.0.1/*", "*://*.xn--80aairftm.xn--p1ai/*"]);
});

test("a service is reached by https, or on this machine", () => {
  const table: [string, string | null][] = [
    ["cashback.example", "https://cashback.example"], ["https://cashback.example/path?x", "https://cashback.example"],
    ["http://cashback.example", null], ["http://127.0.0.1:8080", "http://127.0.0.1:8080"], ["http://kopilka.test", "http://kopilka.test"],
    ["https://user:pw@cashback.example", null], ["", null], ["javascript:alert(1)", null], ["ftp://cashback.example", null],
  ];
  for (const [given, wanted] of table) assert.equal(originOf(given), wanted, given);
  assert.equal(patternOf("http://127.0.0.1:8080"), "http://127.0.0.1/*");
});
