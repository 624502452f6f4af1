import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetSession, local, newSession, putState, session, stateOf } from "../src/background/memory";
import { fresh, transition } from "../src/core/decision";
import type { Event, State } from "../src/core/decision";
import { MINUTE } from "../src/core/types";

/** One of the browser's two memories, as far as it is used. */
function area() {
  let all: Record<string, unknown> = {};
  return {
    get: (keys: string[] | null) => Promise.resolve(structuredClone(keys === null ? all : Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key))))),
    set: (values: Record<string, unknown>) => Promise.resolve(void Object.assign(all, structuredClone(values))),
    clear: () => Promise.resolve(void (all = {})),
  };
}

const renewed = area();
Object.assign(globalThis, { chrome: { storage: { local: area(), session: renewed }, i18n: { getUILanguage: () => "en" } } });

const FOREIGN: Event = { kind: "foreign", silence: { packs: [], min_minutes: 90, idle_minutes: 60, whole_session: false } };
const WHOLE: Event = { kind: "foreign", silence: { packs: [], min_minutes: 90, idle_minutes: 60, whole_session: true } };
const after = (now: number, ...events: Event[]): State => events.reduce((state, event) => transition(state, event, now), fresh(now));
const put = (slug: string, state: State, now: number) => session((all) => putState(all, slug, state, now));
const phase = (slug: string, now: number) => session(async (all) => (await stateOf(all, slug, now))?.phase ?? null);

test("what lasts a session is there after the extension was renewed, and gone after a start; silences outlast both", async () => {
  const now = Date.now();
  await put("quiet", after(now, FOREIGN), now);
  await put("whole", after(now, WHOLE), now);
  await put("busy", after(now, FOREIGN, { kind: "activate", id: "a", tab: 1 }), now);
  await put("shown", after(now, { kind: "shown" }), now);
  await renewed.clear();
  assert.equal(await session(async (all) => (await stateOf(all, "shown", now))?.shown), 1);
  for (const slug of ["quiet", "whole", "busy"]) assert.equal(await phase(slug, now + 89 * MINUTE), "standdown", slug);
  assert.equal(await phase("whole", now + 900 * MINUTE), "standdown");
  assert.equal(await phase("quiet", now + 90 * MINUTE), null);
  await newSession();
  assert.equal(await phase("whole", now + 89 * MINUTE), "standdown", "no shorter than another's");
  assert.equal(await phase("whole", now + 90 * MINUTE), null);
  assert.equal(await phase("shown", now), null);
});

test("forgetting leaves silences and nothing else of the session", async () => {
  const now = Date.now();
  await put("quiet", after(now, FOREIGN), now);
  await put("whole", after(now, WHOLE, { kind: "shown" }), now);
  await put("shown", after(now, { kind: "shown" }, { kind: "dismissed" }), now);
  await session((all) => {
    all.cards[1] = "shown";
    all.told = ["a good"];
    all.connecting = { state: "s", verifier: "v", origin: "o" };
  });
  await forgetSession();
  const left = await session((all) => all);
  assert.deepEqual(left, { states: {}, trails: {}, cards: {}, told: [], log: [], connecting: null });
  const { floor, kept } = await local("floor", "kept");
  assert.ok("quiet" in floor && "whole" in floor && !("shown" in floor));
  assert.deepEqual(kept, { whole: { whole: true, shown: 0, dismissed: false } });
  assert.equal(await phase("quiet", now + 1), "standdown");
});
