import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIVATION_LIFE, decide, fresh, isCart, keptOf, restored, settled, silentBeyond, silentUntil, transition, underneath } from "../src/core/decision";
import type { Event, Phase, Question, Reason, State } from "../src/core/decision";
import { noted } from "../src/core/log";
import { outcome } from "../src/core/outcome";
import { Signs } from "../src/core/packs";
import type { Silence } from "../src/core/packs";
import { words } from "../src/core/text";
import { MINUTE } from "../src/core/types";
import { pack, store } from "./given";

const SILENCE: Silence = { packs: ["awin"], min_minutes: 90, idle_minutes: 60, whole_session: false };
const WHOLE: Silence = { ...SILENCE, packs: ["cj"], whole_session: true };
const CLICK = { id: "c", at: "2026-11-26T14:02:00Z" };

const EVENTS: Record<string, Event> = {
  visit: { kind: "visit" },
  foreign: { kind: "foreign", silence: SILENCE },
  activate: { kind: "activate", id: "a", tab: 1 },
  own: { kind: "own", tab: 1 },
  landed: { kind: "landed", tab: 1 },
  failed: { kind: "failed", problem: { kind: "blocked", host: "x" } },
  recorded: { kind: "recorded", click: CLICK },
  shown: { kind: "shown" },
  dismissed: { kind: "dismissed" },
};

const NOWHERE: Event = { kind: "failed", problem: { kind: "blocked", host: null } };
const run = (...names: string[]): State => names.reduce((state, name) => transition(state, name === "nowhere" ? NOWHERE : (EVENTS[name] as Event), 0), fresh(0));

const PHASES: Record<Phase, State> = {
  offer: run(), standdown: run("foreign"), activating: run("activate"), activated: run("activate", "landed"), lost: run("activate", "landed", "foreign"),
};

test("the table of states: every event in every phase", () => {
  const table: Record<Phase, Record<string, Phase>> = {
    offer: { visit: "offer", foreign: "standdown", activate: "activating", own: "activating", landed: "activated", failed: "offer", recorded: "offer", shown: "offer", dismissed: "offer" },
    standdown: { visit: "standdown", foreign: "standdown", activate: "activating", own: "activating", landed: "activated", failed: "standdown", recorded: "standdown", shown: "standdown", dismissed: "standdown" },
    activating: { visit: "activating", foreign: "lost", activate: "activating", own: "activating", landed: "activated", failed: "offer", recorded: "activating", shown: "activating", dismissed: "activating" },
    activated: { visit: "activated", foreign: "lost", activate: "activating", own: "activating", landed: "activated", failed: "activated", recorded: "activated", shown: "activated", dismissed: "activated" },
    lost: { visit: "lost", foreign: "lost", activate: "activating", own: "activating", landed: "activated", failed: "lost", recorded: "lost", shown: "lost", dismissed: "lost" },
  };
  for (const [phase, line] of Object.entries(table)) {
    assert.deepEqual(Object.keys(line).sort(), Object.keys(EVENTS).sort(), "every event has a line");
    for (const [name, wanted] of Object.entries(line)) {
      assert.equal(transition(PHASES[phase as Phase], EVENTS[name] as Event, 0).phase, wanted, `${name} in ${phase}`);
    }
  }
});

test("P8: silence lasts until both 90 minutes since the link and 60 minutes without a page of the store", () => {
  const table: [string, number[], number][] = [
    ["no page since", [], 90], ["a page after 20", [20], 90], ["a page after 40", [40], 100], ["pages all the time", [30, 60, 90, 120], 180],
  ];
  for (const [name, visits, end] of table) {
    const state = visits.reduce((before, at) => transition(before, { kind: "visit" }, at * MINUTE), run("foreign"));
    assert.equal(silentUntil(state), end * MINUTE, name);
    assert.equal(settled(state, end * MINUTE - 1).phase, "standdown", name);
    assert.equal(settled(state, end * MINUTE).phase, "offer", name);
  }
});

test("P8: a network that asks for the session gets the session, also when another comes on top", () => {
  const state = transition(fresh(0), { kind: "foreign", silence: WHOLE }, 0);
  const later = transition(state, { kind: "foreign", silence: SILENCE }, 10 * MINUTE);
  for (const one of [state, later]) {
    assert.equal(silentUntil(one), null);
    assert.equal(settled(one, 10_000 * MINUTE).phase, "standdown");
  }
});

test("P8: a second link begins the silence anew, and the longer one of both holds", () => {
  const longer = { ...SILENCE, min_minutes: 240 };
  const state = transition(transition(fresh(0), { kind: "foreign", silence: longer }, 0), { kind: "foreign", silence: SILENCE }, 60 * MINUTE);
  assert.equal(silentUntil(state), 300 * MINUTE);
});

test("a silence outlasts the session for as long as its floor", () => {
  const state = restored(90 * MINUTE, null, 0);
  assert.ok(state !== null);
  assert.equal(settled(state, 90 * MINUTE - 1).phase, "standdown");
  assert.equal(settled(state, 90 * MINUTE).phase, "offer");
  assert.equal(restored(90 * MINUTE, null, 90 * MINUTE), null);
  assert.equal(restored(null, null, 0), null);
});

test("P8: a silence of the whole session ends no sooner by a new session than any other", () => {
  const whole = { ...WHOLE, min_minutes: 240, idle_minutes: 120 };
  const state = transition(transition(fresh(0), { kind: "foreign", silence: whole }, 0), { kind: "visit" }, 200 * MINUTE);
  assert.equal(silentUntil(state), null);
  assert.equal(silentBeyond(state), 320 * MINUTE);
});

test("P8: what lasts as long as the session also does when the extension is renewed", () => {
  const quiet = transition(fresh(0), { kind: "foreign", silence: WHOLE }, 0);
  assert.deepEqual(keptOf(quiet), { whole: true, shown: 0, dismissed: false });
  assert.deepEqual(keptOf(transition(quiet, EVENTS["activate"] as Event, 1)), { whole: true, shown: 0, dismissed: false }, "while activating");
  for (const now of [MINUTE, 5_000 * MINUTE]) {
    const again = restored(90 * MINUTE, keptOf(quiet), now);
    assert.ok(again !== null);
    assert.equal(settled(again, 9_000 * MINUTE).phase, "standdown");
  }
  const seen = restored(null, keptOf(run("shown", "shown", "dismissed")), 5);
  assert.deepEqual([seen?.phase, seen?.shown, seen?.dismissed], ["offer", 2, true]);
  assert.equal(keptOf(run("visit")), null);
});

test("an activation whose way is not seen to its end within a minute did not happen", () => {
  const state = run("activate");
  assert.equal(settled(state, ACTIVATION_LIFE).phase, "activating");
  const late = settled(state, ACTIVATION_LIFE + 1);
  assert.equal(late.phase, "offer");
  assert.deepEqual(late.problem, { kind: "not-seen" });
});

test("an activation that comes to nothing gives back the silence that it interrupted", () => {
  for (const [quiet, phase] of [[PHASES.standdown, "standdown"], [PHASES.lost, "lost"]] as const) {
    const at = 10 * MINUTE;
    for (const begin of ["activate", "own"] as const) {
      const going = transition(quiet, EVENTS[begin] as Event, at);
      assert.equal(going.phase, "activating");
      assert.equal(silentUntil(underneath(going)), 90 * MINUTE, "kept beyond the session while it is under way");
      const twice = transition(going, { kind: "own", tab: 2 }, at + 1);
      for (const one of [going, twice]) {
        const failed = transition(one, EVENTS["failed"] as Event, at + 2);
        const late = settled(one, at + 2 + ACTIVATION_LIFE);
        for (const after of [failed, late]) {
          assert.equal(after.phase, phase, begin);
          assert.equal(silentUntil(after), 90 * MINUTE, "neither longer nor shorter");
          assert.ok(after.problem !== null, "and what went wrong is told");
          assert.equal(settled(after, 90 * MINUTE).phase, "offer");
        }
      }
    }
  }
  const untold = transition(transition(PHASES.standdown, EVENTS["own"] as Event, 1), { kind: "failed", problem: null }, 2);
  assert.deepEqual([untold.phase, outcome(untold, words("en"))], ["standdown", null], "nothing to tell of a way that nobody pressed for here");
  // The controls: what landed clears it, and without a silence there is none to go back to.
  const landed = transition(transition(PHASES.standdown, EVENTS["activate"] as Event, 1), EVENTS["landed"] as Event, 2);
  assert.deepEqual([landed.phase, landed.resume, landed.silence], ["activated", null, null]);
  assert.equal(run("activate", "failed").phase, "offer");
});

test("a rival during an activation adds to the silence that it interrupted", () => {
  const whole = transition(fresh(0), { kind: "foreign", silence: WHOLE }, 0);
  const state = transition(transition(whole, EVENTS["activate"] as Event, 1), EVENTS["foreign"] as Event, 2);
  assert.deepEqual([state.phase, state.silence?.whole_session, state.resume], ["lost", true, null]);
});

test("activated is said only when the way was seen and the service has the click", () => {
  const say = words("en");
  const table: [string[], string | null][] = [
    [["activate"], null], [["activate", "landed"], null], [["activate", "recorded"], null], [["landed"], null],
    [["activate", "landed", "recorded"], "Activated, tracked at"], [["activate", "landed", "recorded", "foreign"], null],
    [["activate", "failed"], "x could not be reached"], [["activate", "nowhere"], "a site on the way could not be reached"],
  ];
  for (const [names, wanted] of table) {
    const text = outcome(run(...names), say)?.text ?? null;
    assert.ok(wanted === null ? text === null : text?.includes(wanted), `${names.join(", ")}: ${text}`);
  }
});

test("after somebody else's link came upon ours, nothing is shown until the shopper acts", () => {
  const state = PHASES.lost;
  assert.equal(decide({ ...QUESTION, state }), "lost");
  assert.equal(transition(state, { kind: "visit" }, 1).phase, "lost");
});

const QUESTION: Question = {
  reminders: true, list: "good", store: store("books"), never: false, max_prompts: 1, muted: false, came: true, state: fresh(0), path: "/", again: false,
};

test("why not: each reason by itself, beside the case where all is well", () => {
  assert.equal(decide(QUESTION), "offer");
  const flags = { ext: true, cart: false, serp: true, max_prompts: 1 };
  const table: [Partial<Question>, Reason][] = [
    [{ reminders: false }, "reminders-off"], [{ list: "none" }, "no-list"], [{ list: "old" }, "list-old"], [{ store: null }, "not-a-store"],
    [{ store: store("x", { flags: { ...flags, ext: false } }) }, "not-allowed"], [{ store: store("x", { rate: null }) }, "no-rate"],
    [{ never: true }, "never-activate"], [{ muted: true }, "muted"], [{ came: false }, "unknown-way"],
    [{ state: PHASES.standdown }, "standdown"], [{ state: PHASES.activating }, "activating"], [{ state: PHASES.activated }, "unconfirmed"],
    [{ state: run("activate", "landed", "recorded") }, "activated"],
    [{ state: PHASES.lost }, "lost"], [{ state: run("dismissed") }, "not-now"], [{ state: run("shown") }, "enough"],
    [{ path: "/cart" }, "cart"], [{ max_prompts: 0 }, "enough"],
  ];
  for (const [change, wanted] of table) assert.equal(decide({ ...QUESTION, ...change }), wanted, wanted);
});

test("P10: carts are silent unless the store allows them; as often as the network allows, and Amazon never", () => {
  const cart = store("x", { flags: { ext: true, cart: true, serp: true, max_prompts: 5 }, cart_paths: ["/mine"] });
  assert.equal(decide({ ...QUESTION, store: cart, path: "/mine/1" }), "offer");
  assert.equal(decide({ ...QUESTION, store: { ...cart, flags: { ...cart.flags, cart: false } }, path: "/mine/1" }), "cart");
  const signs = new Signs([pack("ebay", { max_prompts: 2 }), pack("amazon", { never_activate: true })]);
  const many = { ext: true, cart: false, serp: false, max_prompts: 5 };
  const ebay = store("ebay", { network: "ebay", flags: many });
  assert.equal(signs.maxPrompts(ebay), 2);
  assert.equal(decide({ ...QUESTION, store: ebay, max_prompts: 2, state: run("shown") }), "offer");
  assert.equal(decide({ ...QUESTION, store: ebay, max_prompts: 2, state: run("shown", "shown") }), "enough");
  assert.equal(decide({ ...QUESTION, store: ebay, max_prompts: 2, state: run("shown", "shown"), again: true }), "offer", "the same page again");
  assert.equal(signs.neverActivate(store("a", { network: "amazon" })), true);
  assert.equal(signs.neverActivate(ebay), false);
});

test("which paths are a cart", () => {
  const listed = { cart_paths: ["/kasse", "/my/bag/"] };
  for (const path of ["/cart", "/en/Cart/", "/checkout/pay", "/korzina", "/basket.html", "/kasse", "/kasse/2", "/KASSE.php", "/my/bag"]) {
    assert.equal(isCart(listed, path), true, path);
  }
  for (const path of ["/", "/cartoons", "/kassel", "/shopping-cart-toys", "/my/bags"]) assert.equal(isCart(listed, path), false, path);
});

test("P9: a decision has no place for an account", () => {
  assert.deepEqual(Object.keys(QUESTION).sort(),
    ["again", "came", "list", "max_prompts", "muted", "never", "path", "reminders", "state", "store"]);
  assert.deepEqual(Object.keys(fresh(0)).sort(), ["activation", "dismissed", "phase", "problem", "resume", "seen", "shown", "silence", "since"]);
});

test("the log keeps the newest first and no more than a hundred", () => {
  let log = noted([], { at: 0, slug: "a", store: "A", reason: "offer" });
  log = noted(log, { at: 1_000, slug: "a", store: "A", reason: "offer" });
  assert.equal(log.length, 1, "the same twice in a minute is one entry");
  for (let at = 0; at < 200; at += 1) log = noted(log, { at: at * 100_000, slug: `s${at}`, store: "S", reason: "enough" });
  assert.equal(log.length, 100);
  assert.equal(log[0]?.slug, "s199");
});
