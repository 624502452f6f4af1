// What the extension's own pages share: elements out of words, and questions to the background.
import { patternOf } from "../core/origin";
import type { Words } from "../core/text";
import type { FromOwn } from "../messages";

type Inside = Node | string | null | false;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...inside: Inside[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside.filter((one) => one !== null && one !== false));
  return element;
}

export function button(text: string, work: () => void | Promise<void>, attributes: Record<string, string> = {}): HTMLButtonElement {
  const made = el("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", () => void work());
  return made;
}

export const ask = <T>(message: FromOwn): Promise<T> => chrome.runtime.sendMessage(message) as Promise<T>;

export const byId = (id: string): HTMLElement => document.getElementById(id) ?? document.body;

export function head(say: Words, title: string, ...more: Inside[]): void {
  document.documentElement.lang = say.language;
  document.title = title;
  byId("top").replaceChildren(
    el("img", { src: "icons/48.png", alt: "" }), el(document.body.classList.contains("popup") ? "h1" : "span", {}, "Kopilka"), ...more.filter((one) => one !== null && one !== false));
}

/** Asks the browser for the sites that reminders need. Has to be called right out of a click. */
export const askEverywhere = (): Promise<boolean> => chrome.permissions.request({ origins: ["*://*/*"] });

/**
 * Whether the service may be called and its page of connecting be seen: a browser's user may have taken that away. Firefox also wants
 * to be told that signing in makes known who somebody is. Has to be called right out of a click, too.
 */
export function mayConnect(origin: string): Promise<boolean> {
  const firefox = chrome.runtime.getManifest().browser_specific_settings !== undefined;
  const more = firefox ? ({ data_collection: ["authenticationInfo"] } as unknown as chrome.permissions.Permissions) : {};
  return chrome.permissions.request({ origins: [patternOf(origin)], ...more });
}
