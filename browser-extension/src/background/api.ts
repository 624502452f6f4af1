// Calls to the service. They carry no cookies and no referrer, and say nothing of the page that somebody is on.
import type { Account } from "./memory";
import { local } from "./memory";

/** Why the service did not do what was asked. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string) {
    super(`the service refused: ${status} ${code}`);
  }
}

export const OFFLINE = "offline";

/** How long the service may take to answer, in milliseconds, where nothing else is given. */
const PATIENCE = 8_000;

type Given = { account?: Account | null; body?: unknown; patience?: number };

/** Calls `path` of the service; gives the JSON of its answer. `account` is named only where it is given. */
export async function call<T>(method: string, path: string, given: Given = {}): Promise<T> {
  const { settings } = await local("settings");
  if (given.account && given.account.origin !== settings.origin) throw new Refused(401, "other-service");
  const headers: Record<string, string> = { accept: "application/json" };
  if (given.account) headers["authorization"] = `Bearer ${given.account.token}`;
  if (given.body !== undefined) headers["content-type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(settings.origin + path, {
      method,
      headers,
      body: given.body === undefined ? null : JSON.stringify(given.body),
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(given.patience ?? PATIENCE),
    });
  } catch {
    throw new Refused(0, OFFLINE);
  }
  const told: unknown = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, String((told as { code?: unknown } | null)?.code ?? "unknown"));
  return told as T;
}
