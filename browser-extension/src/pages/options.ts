// The settings: which service, which language, what may be reminded of, and all that is kept here.
import { originOf, patternOf } from "../core/origin";
import { clock, day, words } from "../core/text";
import type { Words } from "../core/text";
import type { Language } from "../core/types";
import type { Options } from "../messages";
import { ask, askEverywhere, button, byId, el, head, mayConnect } from "./page";

let say: Words;

async function begin(note?: { at: string; text: string; good: boolean }): Promise<void> {
  const options = await ask<Options>({ kind: "options" });
  say = words(options.language);
  head(say, say.say("o_title"));
  byId("main").replaceChildren(el("h1", {}, say.say("o_title")),
    service(options), reminders(options), marks(options), account(options), language(options), muted(options), log(options), data());
  if (note) byId(note.at).replaceChildren(el("p", { class: note.good ? "good" : "bad" }, note.text));
}

const section = (title: string, ...inside: (Node | string | null | false)[]): HTMLElement =>
  el("section", { class: "paper" }, el("h2", {}, say.say(title)), ...inside);

type Refreshed = { ok: boolean; why?: string };

function refreshed(answer: Refreshed, good: string): Promise<void> {
  const bad = answer.why === "address" ? "o_address_bad" : `e_${answer.why}`;
  return begin({ at: "service-note", text: say.say(answer.ok ? good : bad), good: answer.ok });
}

function service(options: Options): HTMLElement {
  const input = el("input", { type: "url", id: "origin", value: options.origin, spellcheck: "false" });
  const use = async (): Promise<void> => {
    const origin = originOf(input.value);
    if (origin === null) return begin({ at: "service-note", text: say.say("o_address_bad"), good: false });
    // Asked for first, right out of the click: browsers allow it nowhere else.
    if (!(await chrome.permissions.request({ origins: [patternOf(origin)] }))) {
      return begin({ at: "service-note", text: say.say("o_denied"), good: false });
    }
    return refreshed(await ask<Refreshed>({ kind: "origin", origin }), "o_used");
  };
  const list = options.list === null ? say.say("o_list_none")
    : say.say("o_list", options.list.version, options.list.stores, day(options.list.checked_at, say.language));
  return section("o_service",
    el("p", { class: "quiet" }, say.say("o_service_why")),
    el("label", { for: "origin" }, say.say("o_address")), input,
    el("div", { class: "pair" },
      button(say.say("o_use"), use, { id: "use" }),
      button(say.say("o_refresh"), async () => refreshed(await ask<Refreshed>({ kind: "refresh" }), "o_refreshed"), { id: "refresh" })),
    el("div", { id: "service-note", role: "status" }),
    el("p", { id: "list" }, list),
    options.fingerprint !== null && el("p", { class: "quiet" }, say.say("o_fingerprint")),
    options.fingerprint !== null && el("pre", { id: "fingerprint" }, options.fingerprint));
}

function reminders(options: Options): HTMLElement {
  const on = options.reminders && options.granted;
  return section("o_reminders",
    el("p", {}, say.say("reminders_ask")),
    el("p", { class: on ? "good" : "quiet", id: "reminders" }, say.say(on ? "reminders_are_on" : "reminders_are_off")),
    on
      ? button(say.say("o_turn_off"), async () => {
          await chrome.permissions.remove({ origins: ["*://*/*"] }).catch(() => false);
          await ask({ kind: "reminders", on: false });
          await begin();
        }, { id: "reminders-off" })
      : button(say.say("reminders_on"), async () => {
          if (await askEverywhere()) await ask({ kind: "reminders", on: true });
          await begin();
        }, { id: "reminders-on" }));
}

function marks(options: Options): HTMLElement {
  const on = options.marks && options.granted;
  return section("o_marks", el("p", {}, say.say("o_marks_why")),
    button(say.say(on ? "o_marks_off" : "o_marks_on"), async () => {
      if (on || (await askEverywhere())) await ask({ kind: "marks-on", on: !on });
      await begin();
    }, { id: "marks" }));
}

function account(options: Options): HTMLElement {
  return section("o_account",
    el("p", {}, options.account === null ? say.say("o_signed_out") : say.say("signed_in_as", options.account)),
    options.account === null && el("p", { class: "quiet" }, say.say("sign_in_why")),
    options.account === null
      ? button(say.say("sign_in"), async () => {
          if (await mayConnect(options.origin)) await ask({ kind: "connect" });
        }, { id: "sign-in" })
      : button(say.say("sign_out"), async () => {
          await ask({ kind: "disconnect" });
          await begin();
        }, { id: "sign-out" }));
}

function language(options: Options): HTMLElement {
  const select = el("select", { id: "language", "aria-label": say.say("o_language") },
    el("option", { value: "en", lang: "en" }, "English"), el("option", { value: "ru", lang: "ru" }, "Русский"));
  select.value = options.language;
  select.addEventListener("change", async () => {
    await ask({ kind: "language", language: select.value as Language });
    await begin();
    byId("language").focus();
  });
  return section("o_language", select);
}

function muted(options: Options): HTMLElement {
  const stores = Object.entries(options.muted);
  return section("o_muted", stores.length === 0
    ? el("p", { class: "quiet" }, say.say("o_muted_none"))
    : el("ul", { class: "lines", id: "muted" }, ...stores.map(([slug, name]) => el("li", {}, el("span", {}, name),
      button(say.say("o_unmute"), async () => {
        await ask({ kind: "mute", slug, on: false });
        await begin();
      }, { class: "small", "aria-label": `${say.say("o_unmute")}: ${name}` })))));
}

function log(options: Options): HTMLElement {
  return section("o_log", el("p", { class: "quiet" }, say.say("o_log_why")), options.log.length === 0
    ? el("p", { class: "quiet" }, say.say("o_log_none"))
    : el("ul", { class: "lines", id: "log" }, ...options.log.map((entry) => el("li", {},
      el("span", {}, el("b", {}, entry.store), ` ${say.say(`r_${entry.reason}`)}`), el("span", { class: "quiet money" }, clock(entry.at, say.language))))));
}

function data(): HTMLElement {
  const shown = el("pre", { id: "data", hidden: "" });
  return section("o_data", el("p", {}, say.say("o_data_why")),
    el("div", { class: "pair" },
      button(say.say("o_data_show"), async () => {
        const { stores, account: kept, ...rest } = await chrome.storage.local.get(null);
        const token = kept === null || kept === undefined ? null : { ...(kept as object), token: "…" };
        shown.textContent = JSON.stringify({ ...rest, account: token, stores: Array.isArray(stores) ? stores.length : null }, null, 2);
        shown.hidden = false;
      }, { id: "show" }),
      button(say.say("o_wipe"), async () => {
        await ask({ kind: "wipe" });
        await begin({ at: "data-note", text: say.say("o_wiped"), good: true });
      }, { id: "wipe" })),
    el("div", { id: "data-note", role: "status" }), shown);
}

void begin();
