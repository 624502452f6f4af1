// The popup: this page's store, the account, and why there was no reminder.
import { phaseReason } from "../core/decision";
import { problemText } from "../core/outcome";
import { clock, day, exclusions, headline, money, rate, score, words } from "../core/text";
import type { Words } from "../core/text";
import type { Store } from "../core/types";
import { BALANCES } from "../messages";
import type { Activated, Popup, Summary } from "../messages";
import { ask, askEverywhere, button, byId, el, head, mayConnect } from "./page";

let say: Words;
let tab: number;

async function begin(): Promise<void> {
  const [current] = await chrome.tabs.query({ active: true, currentWindow: true });
  tab = current?.id ?? -1;
  const popup = await ask<Popup>({ kind: "popup", tab, url: current?.url ?? "" });
  say = words(popup.language);
  head(say, "Kopilka", el("a", { href: "options.html", target: "_blank" }, say.say("settings")));
  byId("main").replaceChildren(here(popup), search(popup), account(popup), ...reminders(popup));
}

function here(popup: Popup): HTMLElement {
  const { store } = popup;
  if (store === null) return el("section", { class: "paper", id: "here" }, el("p", { class: "quiet" }, say.say(popup.list === "none" ? "r_no-list" : "store_none")));
  const outcome = el("div", { role: "status", id: "outcome" });
  const refused = store.rate === null ? "no_rate" : popup.never ? "never_activate" : !store.flags.ext ? "not_allowed" : null;
  return el("section", { class: "paper", id: "here" },
    el("p", { class: "quiet small" }, `${say.say("store_here")} ${store.name}`),
    store.rate !== null && el("p", { class: "rate" }, headline(store, say)),
    el("p", {}, exclusions(store, say)),
    el("p", { class: "quiet small" }, store.score === null ? say.say("score_none") : score(store.score, say)),
    standing(popup),
    refused === null
      ? button(say.say("activate"), () => activate(store, outcome), { class: "main", id: "activate" })
      : el("p", { class: "warn" }, say.say(refused)),
    refused === "not_allowed" && el("p", {}, link(popup, `/stores/${store.slug}`, say.say("on_site"))),
    outcome,
    el("p", { class: "quiet small" }, say.say("card_disclosure", popup.service)),
    silence(popup));
}

async function activate(store: Store, outcome: HTMLElement): Promise<void> {
  const answer = await ask<Activated>({ kind: "popup-activate", tab, slug: store.slug });
  if (answer.ok) {
    close();
    return;
  }
  outcome.replaceChildren(el("p", { class: "bad" }, answer.text));
}

/** What became of the last activation here. */
function standing({ state, granted }: Popup): HTMLElement | null {
  if (state === null) return null;
  const { problem, activation, phase } = state;
  if (problem !== null) {
    const blind = problem.kind === "not-seen" && !granted;
    return el("p", { class: blind ? "warn" : "bad", id: "standing" }, blind ? say.say("problem_not_seen_blind") : problemText(problem, say));
  }
  if (phase !== "activated" || activation === null) return null;
  const text = activation.click !== null ? say.say("activated_at", clock(activation.click.at, say.language))
    : activation.id === null ? say.say("came_by_site") : null;
  return text === null ? null : el("p", { class: "good", id: "standing" }, text);
}

function silence(popup: Popup): HTMLElement | null {
  const phase = popup.state?.phase ?? "offer";
  const reason = popup.state !== null && phase !== "offer" ? phaseReason(popup.state) : popup.muted ? "muted" : (popup.reason ?? "none");
  if (reason === "offer") return null;
  const quiet = phase === "standdown" || phase === "lost";
  const until = popup.until === null ? say.say("silent_session") : say.say("silent_until", day(popup.until, say.language));
  return el("details", { id: "why" }, el("summary", {}, say.say("why")),
    el("p", {}, say.say(popup.reminders && popup.granted ? `r_${reason}` : "r_reminders-off"), quiet && ` ${until}`));
}

const link = (popup: Popup, path: string, text: string): HTMLElement =>
  el("a", { href: new URL(path, popup.origin).href, target: "_blank", rel: "noreferrer" }, text);

function search(popup: Popup): HTMLElement {
  const found = el("ul", { class: "lines found", id: "found" });
  const input = el("input", { type: "search", id: "search", placeholder: say.say("search"), "aria-label": say.say("search"), autocomplete: "off" });
  input.addEventListener("input", async () => {
    const typed = input.value;
    const stores = await ask<Store[]>({ kind: "search", words: typed });
    if (typed !== input.value) return;
    const lines = stores.map((store) => el("li", {}, link(popup, `/stores/${store.slug}`, store.name),
      el("span", { class: "money" }, store.rate === null ? "" : rate(store.rate, store.up_to, say))));
    found.replaceChildren(...(lines.length === 0 && typed.trim() !== "" ? [el("li", { class: "quiet" }, say.say("search_none"))] : lines));
  });
  return el("section", { class: "paper" }, input, found);
}

function account(popup: Popup): HTMLElement {
  const section = el("section", { class: "paper", id: "account" });
  if (popup.account === null) {
    section.append(
      el("p", { class: "small quiet" }, say.say(popup.connecting ? "connecting" : "sign_in_why")),
      button(say.say("sign_in"), () => signIn(popup.origin), { id: "sign-in", class: popup.store === null ? "main" : "" }));
    return section;
  }
  section.append(el("h2", {}, say.say("balance")));
  void ask<Summary | { problem: string }>({ kind: "summary" }).then((summary) => {
    if ("problem" in summary) {
      section.append(el("p", { class: "bad" }, say.say(summary.problem === "offline" ? "problem_offline" : "problem_signed_out")));
      if (summary.problem !== "offline") section.append(button(say.say("sign_in"), () => signIn(popup.origin), { id: "sign-in" }));
      return;
    }
    section.append(...balances(summary), el("h2", {}, say.say("orders")), orders(popup, summary));
  });
  return section;
}

async function signIn(origin: string): Promise<void> {
  if (!(await mayConnect(origin))) return;
  await ask({ kind: "connect" });
  close();
}

function balances(summary: Summary): HTMLElement[] {
  if (summary.balances.length === 0) return [el("p", { class: "quiet" }, say.say("no_balance"))];
  return summary.balances.map((balance) => {
    const list = el("dl", { class: "states" });
    for (const state of BALANCES) {
      const amount = balance[state];
      if (/^[0.]*$/.test(amount.amount) && state !== "available" && state !== "pending") continue;
      list.append(el("div", {}, el("dt", {}, say.say(`b_${state}`)),
        el("dd", { class: "money" }, money(amount, say.language))));
    }
    return list;
  });
}

function orders(popup: Popup, summary: Summary): HTMLElement {
  if (summary.orders.length === 0) return el("p", { class: "quiet" }, say.say("orders_none"));
  return el("ul", { class: "lines", id: "orders" }, ...summary.orders.map((order) => {
    const state = say.say(`state_${order.state}`);
    return el("li", {},
      el("span", {}, link(popup, order.url, order.store ?? "—"), el("span", { class: "quiet small" }, ` ${state.startsWith("⟦") ? order.state : state}`)),
      el("span", { class: "money" }, order.cashback === null ? "" : money(order.cashback, say.language)));
  }));
}

function reminders(popup: Popup): HTMLElement[] {
  if (popup.granted && popup.reminders) return [];
  return [el("section", { class: "paper", id: "reminders" },
    el("h2", {}, say.say("reminders_ask_title")),
    el("p", { class: "small" }, say.say("reminders_ask")),
    button(say.say("reminders_on"), async () => {
      if (await askEverywhere()) await ask({ kind: "reminders", on: true });
      await begin();
    }, { id: "reminders-on" }))];
}

void begin();
