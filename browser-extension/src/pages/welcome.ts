// The first page after installing: what the extension does and sees, and whether it may remind.
import { words } from "../core/text";
import type { Options } from "../messages";
import { ask, askEverywhere, button, byId, el, head, mayConnect } from "./page";

async function begin(): Promise<void> {
  const options = await ask<Options>({ kind: "options" });
  const say = words(options.language);
  const service = new URL(options.origin).host;
  const list = (key: string): HTMLElement => el("ul", {}, ...[1, 2, 3].map((at) => el("li", {}, say.say(`${key}_${at}`, service))));
  const answer = el("p", { role: "status", id: "answer" });
  const told = (on: boolean): void => answer.replaceChildren(say.say(on ? "reminders_are_on" : "reminders_are_off"));

  head(say, say.say("w_title"));
  byId("main").replaceChildren(
    el("h1", {}, say.say("w_title")),
    el("section", { class: "paper" }, el("h2", {}, say.say("w_what")), list("w_what")),
    el("section", { class: "paper" }, el("h2", {}, say.say("w_see")), list("w_see")),
    el("section", { class: "paper" },
      el("h2", {}, say.say("w_reminders")),
      el("p", {}, say.say("reminders_ask")),
      el("div", { class: "pair" },
        button(say.say("reminders_on"), async () => {
          const on = await askEverywhere();
          await ask({ kind: "reminders", on });
          told(on);
        }, { id: "reminders-on" }),
        button(say.say("reminders_off"), async () => {
          await ask({ kind: "reminders", on: false });
          told(false);
        }, { id: "reminders-off" })),
      answer,
      el("p", { class: "quiet small" }, say.say("w_then"))),
    el("section", { class: "paper" },
      el("h2", {}, say.say("w_account")),
      el("p", {}, options.account === null ? say.say("sign_in_why") : say.say("signed_in_as", options.account)),
      options.account === null && button(say.say("sign_in"), async () => {
        if (await mayConnect(options.origin)) await ask({ kind: "connect" });
      }, { id: "sign-in" })));
}

void begin();
