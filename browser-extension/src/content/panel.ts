// The reminder itself, and the line that tells what came of an activation. Only real clicks and keys do anything, and
// nothing ever takes the focus.
import { isCart } from "../core/decision";
import type { Activated, Card, FromPage, Status } from "../messages";
import { CORNER, CSS } from "./look";
import { logo, make, root } from "./shadow";
import { Sight } from "./sight";

const ask = <T>(message: FromPage): Promise<T | null> =>
  (chrome.runtime.sendMessage(message) as Promise<T | null>).catch(() => null);

let open: { host: HTMLElement; slug: string | null; sight: Sight; end: () => void } | null = null;

export const shown = (): string | null => open?.slug ?? null;

/** Takes away what is shown: all, or only a reminder of this store. */
export function close(slug?: string): void {
  if (open === null || (slug !== undefined && open.slug !== slug)) return;
  open.end();
  open.sight.end();
  open.host.remove();
  open = null;
}

function place(slug: string | null, card: HTMLElement, end: () => void): void {
  close();
  const { host, shadow } = root(CORNER, CSS);
  shadow.append(card);
  document.documentElement.append(host);
  open = { host, slug, sight: new Sight(host), end };
}

const brand = (name: string): HTMLElement => make("div", { class: "brand" }, logo(), name);

/** Only what is shown has buttons, so this is called after it was placed. */
function pressed(button: HTMLElement, work: () => void): void {
  const sight = open?.sight;
  sight?.watch(button);
  button.addEventListener("click", (event) => {
    if (event.isTrusted && sight?.allows(button)) work();
  });
}

/** Shows the reminder. `leave` also runs when Escape is pressed. */
export function remind(card: Card): void {
  const activate = make("button", { type: "button" }, card.activate);
  const later = make("button", { type: "button" }, card.later);
  const never = make("button", { type: "button" }, card.never);
  const outcome = make("div", { role: "status" });
  const lines = [...card.lines, card.exclusions].filter((line) => line !== "").map((line) => make("p", {}, line));
  const box = make("div", { class: "card", role: "region", "aria-label": card.label, lang: card.language },
    brand(card.service),
    make("h2", {}, card.title),
    ...lines,
    make("p", { class: "quiet" }, card.score),
    make("div", { class: "buttons" }, activate, later, never),
    outcome,
    make("p", { class: "quiet" }, card.disclosure));

  const leave = (): void => {
    void ask({ kind: "later", slug: card.slug });
    close(card.slug);
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.isTrusted && event.key === "Escape") leave();
  };
  const cart = card.leaves_cart ? setInterval(() => isCart(card, location.pathname) && close(card.slug), 500) : undefined;
  place(card.slug, box, () => {
    document.removeEventListener("keydown", escape, true);
    clearInterval(cart);
  });
  document.addEventListener("keydown", escape, true);
  pressed(later, leave);
  pressed(never, () => {
    void ask({ kind: "never", slug: card.slug });
    close(card.slug);
  });
  pressed(activate, () => {
    activate.setAttribute("disabled", "");
    void ask<Activated>({ kind: "activate", slug: card.slug }).then((answer) => {
      if (answer === null || answer.ok) return;
      activate.removeAttribute("disabled");
      outcome.replaceChildren(make("p", { class: "bad" }, answer.text));
      if (answer.sign_in === null) return;
      const enter = make("button", { type: "button", class: "one" }, answer.sign_in);
      pressed(enter, () => void ask({ kind: "sign-in" }));
      outcome.append(enter);
    });
  });
}

/** Tells what came of an activation; what is good goes away by itself. */
export function tell(status: Status): void {
  const line = make("p", { class: status.good ? "good" : "bad", role: "status" });
  const box = make("div", { class: "card" }, brand(status.service), line);
  const escape = (event: KeyboardEvent): void => {
    if (event.isTrusted && event.key === "Escape") close();
  };
  const timer = setTimeout(() => close(), status.good ? 12_000 : 60_000);
  place(null, box, () => {
    document.removeEventListener("keydown", escape, true);
    clearTimeout(timer);
  });
  document.addEventListener("keydown", escape, true);
  // A region that is there before its text is read aloud.
  requestAnimationFrame(() => line.append(status.text));
}
