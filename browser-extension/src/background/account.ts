// Signing in on the service's own page, and what the popup shows of the account. No password is ever typed here.
import { toBase64url } from "../core/list";
import type { Summary } from "../messages";
import { Refused, call } from "./api";
import { keep, local, session } from "./memory";
import { shelf } from "./shelf";

const random = (): string => toBase64url(crypto.getRandomValues(new Uint8Array(32)));

/** Opens the service's page that asks whether this browser may be connected. */
export async function connect(): Promise<void> {
  const { settings } = await local("settings");
  const state = random();
  const verifier = random();
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  await session((all) => void (all.connecting = { state, verifier, origin: settings.origin }));
  const query = new URLSearchParams({ state, challenge: toBase64url(new Uint8Array(hash)) });
  await chrome.tabs.create({ url: `${settings.origin}/extension/connect?${query}` });
}

/** The service's page has shown a code: taken if we asked for it there, and changed for a token. */
export async function connected(origin: string, code: string, state: string): Promise<boolean> {
  const asked = await session((all) => {
    const { connecting } = all;
    if (connecting === null || connecting.state !== state || connecting.origin !== origin) return null;
    all.connecting = null;
    return connecting;
  });
  if (asked === null || (await local("settings")).settings.origin !== origin) return false;
  try {
    const given = await call<{ token: string; shopper: { email_masked: string } }>("POST", "/api/v1/extension/token", {
      body: { code, verifier: asked.verifier },
    });
    await keep({ account: { token: given.token, email: given.shopper.email_masked, origin } });
    return true;
  } catch {
    return false;
  }
}

/** Ends the token here and, if it can be reached, at the service. */
export async function disconnect(): Promise<void> {
  const { account } = await local("account");
  await keep({ account: null });
  if (account !== null) await call("DELETE", "/api/v1/extension/token", { account }).catch(() => undefined);
}

/** Balances and the last orders; a word about what is wrong where there are none. */
export async function summary(): Promise<Summary | { problem: "signed-out" | "offline" }> {
  const { account } = await local("account");
  if (account === null) return { problem: "signed-out" };
  try {
    const found = await call<Summary>("GET", "/api/v1/extension/summary", { account });
    const opened = await shelf([], found.orders.map((order) => order.store));
    const name = (slug: string | null): string | null => (slug === null ? null : (opened?.known.storeBySlug(slug)?.name ?? slug));
    return { ...found, orders: found.orders.map((order) => ({ ...order, store: name(order.store) })) };
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) return { problem: "offline" };
    await keep({ account: null });
    return { problem: "signed-out" };
  }
}
