import assert from "node:assert/strict";
import { test } from "node:test";
import { BadList, LIST_LIFE, accept, fromBase64url, isOld, toBase64url } from "../src/core/list";
import type { ListProblem, Signed } from "../src/core/list";
import { Signs, mergePacks } from "../src/core/packs";
import { ORIGIN, pack, payload, signed, signer, store } from "./given";

const refused = (problem: ListProblem) => (error: unknown): boolean => error instanceof BadList && error.problem === problem;

test("a list is taken when the pinned key signed it, and refused when one bit differs", async () => {
  const us = await signer("one");
  const good = await signed(us, payload());
  const { kept, stores, key } = await accept(good, us.key, ORIGIN, null, 5);
  assert.equal(kept.version, 1);
  assert.equal(kept.checked_at, 5);
  assert.deepEqual(stores.map((one) => one.slug), ["books", "lamps"]);
  assert.deepEqual(key, us.key);

  const bytes = fromBase64url(good.payload);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  await assert.rejects(accept({ ...good, payload: toBase64url(bytes) }, us.key, ORIGIN, null, 5), refused("bad-signature"));
  await assert.rejects(accept({ ...good, signature: good.signature.replace(/^./, (c) => (c === "A" ? "B" : "A")) }, us.key, ORIGIN, null, 5),
    refused("bad-signature"));
});

test("another key's list is refused, even under the pinned key's name", async () => {
  const [us, other] = [await signer("one"), await signer("two")];
  await assert.rejects(accept(await signed(other, payload()), us.key, ORIGIN, null, 5), refused("unknown-key"));
  const posing = { ...(await signed(other, payload())), key_id: "one" };
  await assert.rejects(accept(posing, us.key, ORIGIN, null, 5), refused("bad-signature"));
});

test("a new key counts when the one before vouches for it, over several steps, and not by a stranger's word", async () => {
  const [first, second, third, stranger] = [await signer("1"), await signer("2"), await signer("3"), await signer("4")];
  const vouch = async (by: typeof first, whom: typeof first) =>
    ({ ...whom.key, signature_by_previous: await by.sign("kopilka-extension-key-v1\n", fromBase64url(whom.key.public_key)) });
  const list = await signed(third, payload());
  const rotation = [await vouch(second, third), await vouch(first, second)];
  const { key } = await accept({ ...list, rotation }, first.key, ORIGIN, null, 5);
  assert.deepEqual(key, third.key);
  await assert.rejects(accept({ ...list, rotation: [await vouch(stranger, third)] }, first.key, ORIGIN, null, 5), refused("unknown-key"));
  // Vouching covers the bytes of a key and not its name: a key that was vouched for, named as another, changes nothing.
  const renamed = [{ ...(await vouch(first, second)), key_id: "3" }, await vouch(second, third)];
  assert.equal((await accept({ ...list, rotation: renamed }, first.key, ORIGIN, null, 5)).key.public_key, third.key.public_key);
  const still = { ...(await signed(first, payload())), key_id: "whatever" };
  assert.deepEqual((await accept(still, first.key, ORIGIN, null, 5)).key, first.key, "the pinned key, whatever it is called");
  const ring = [await vouch(first, second), await vouch(second, first)];
  await assert.rejects(accept({ ...list, rotation: ring }, first.key, ORIGIN, null, 5), refused("unknown-key"));
  // A signature over a list is none over a key.
  const crossed: Signed = {
    ...list,
    rotation: [{ ...third.key, signature_by_previous: await first.sign("kopilka-extension-list-v1\n", fromBase64url(third.key.public_key)) }],
  };
  await assert.rejects(accept(crossed, first.key, ORIGIN, null, 5), refused("unknown-key"));
});

test("a version does not go back and does not change under the same number", async () => {
  const us = await signer("one");
  const { kept } = await accept(await signed(us, payload({ version: 7 })), us.key, ORIGIN, null, 5);
  await assert.rejects(accept(await signed(us, payload({ version: 6 })), us.key, ORIGIN, kept, 6), refused("goes-back"));
  await assert.rejects(accept(await signed(us, payload({ version: 7, stores: [] })), us.key, ORIGIN, kept, 6), refused("changed-without-version"));
  assert.equal((await accept(await signed(us, payload({ version: 7 })), us.key, ORIGIN, kept, 6)).kept.checked_at, 6);
  assert.equal((await accept(await signed(us, payload({ version: 8, stores: [] })), us.key, ORIGIN, kept, 6)).stores.length, 0);
});

test("the list of another service is refused, and so is what is no list", async () => {
  const us = await signer("one");
  await assert.rejects(accept(await signed(us, payload()), us.key, "https://else.example", null, 5), refused("other-service"));
  const broken: unknown[] = [
    { ...payload(), format: 2 }, { ...payload(), version: -1 }, { ...payload(), stores: [{ slug: "x" }] },
    { ...payload(), packs: [{ ...pack("x"), min_minutes: "90" }] }, { ...payload(), stores: [store("x", { rate: { percent_of_order: "5; x" } })] },
    null, [], "text",
  ];
  for (const one of broken) await assert.rejects(accept(await signed(us, one as never), us.key, ORIGIN, null, 5), refused("malformed"));
  await assert.rejects(accept({ payload: "***", signature: "", key_id: "one" }, us.key, ORIGIN, null, 5), refused("malformed"));
});

test("a list is old when it was not found to be the newest for fourteen days", async () => {
  const us = await signer("one");
  const now = Date.parse(payload().issued_at);
  const { kept } = await accept(await signed(us, payload()), us.key, ORIGIN, null, now);
  assert.equal(isOld(kept, now + LIST_LIFE), false);
  assert.equal(isOld(kept, now + 1 + LIST_LIFE), true);
  // Somebody who answers for the service may repeat an old list for ever.
  assert.equal(isOld({ ...kept, checked_at: now + LIST_LIFE }, now + LIST_LIFE), false);
  assert.equal(isOld({ ...kept, checked_at: now + LIST_LIFE }, now + 1 + LIST_LIFE), true);
  assert.equal(isOld({ ...kept, issued_at: "some day" }, now), true, "a time that cannot be read");
});

test("P8: an update may only lengthen or broaden what the networks ask for", async () => {
  const us = await signer("one");
  const before = payload({ packs: [
    pack("cj", { params: ["cjevent"], hosts: ["a.net"], min_minutes: 120, idle_minutes: 90, whole_session: true, never_activate: true, max_prompts: 1 }),
    pack("gone", { params: ["gone"] }),
  ] });
  const { kept } = await accept(await signed(us, before), us.key, ORIGIN, null, 5);
  const after = payload({ version: 2, packs: [pack("cj", { params: ["cjdata"], hosts: ["b.net"], min_minutes: 10, idle_minutes: 5, max_prompts: 9 })] });
  const { packs } = (await accept(await signed(us, after), us.key, ORIGIN, kept, 6)).kept;
  const cj = packs.find((one) => one.id === "cj");
  assert.deepEqual(cj, pack("cj", {
    params: ["cjevent", "cjdata"], hosts: ["a.net", "b.net"], min_minutes: 120, idle_minutes: 90, whole_session: true, never_activate: true, max_prompts: 1,
  }));
  assert.ok(packs.some((one) => one.id === "gone"), "a pack that is left out stays");
  assert.equal(mergePacks([pack("x", { max_prompts: null })], [pack("x", { max_prompts: 2 })])[0]?.max_prompts, 2);
});

test("P8: no list can make a silence shorter than 90 and 60 minutes", () => {
  const signs = new Signs([pack("hasty", { min_minutes: 1, idle_minutes: 1, params: ["h"] })]);
  assert.deepEqual(signs.silence(["hasty"]), { packs: ["hasty"], min_minutes: 90, idle_minutes: 60, whole_session: false });
});
