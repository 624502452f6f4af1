import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import en from "../_locales/en/messages.json";
import ru from "../_locales/ru/messages.json";
import { decide } from "../src/core/decision";
import { serial } from "../src/core/serial";
import { exclusions, languageOf, money, rate, score, words } from "../src/core/text";

const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ");

test("both languages have the same messages, with the same parts", () => {
  const base = (key: string): string => key.replace(/_(one|few|many|other)$/, "");
  const [english, russian] = [en, ru] as Record<string, { message: string }>[];
  assert.deepEqual([...new Set(Object.keys(english ?? {}).map(base))].sort(), [...new Set(Object.keys(russian ?? {}).map(base))].sort());
  const parts = (text: string | undefined): string[] => [...new Set(text?.match(/\$\d/g) ?? [])].sort();
  for (const [key, { message }] of Object.entries(english ?? {})) {
    assert.deepEqual(parts(message), parts(russian?.[key]?.message), key);
    assert.ok(/[а-яё]/i.test(russian?.[key]?.message ?? ""), `${key} is not in Russian`);
  }
});

test("every reason has its words", () => {
  const source = readFileSync(`${process.cwd()}/src/core/decision.ts`, "utf8");
  const reasons = [...(source.match(/export type Reason =([^;]*);/)?.[1] ?? "").matchAll(/"([a-z-]+)"/g)].map((hit) => hit[1]);
  assert.ok(reasons.length > 10 && typeof decide === "function");
  for (const reason of reasons) {
    for (const language of ["en", "ru"] as const) assert.ok(!words(language).say(`r_${reason}`).includes("⟦"), `${reason} ${language}`);
  }
});

test("rates, money and counts in both languages", () => {
  const [e, r] = [words("en"), words("ru")];
  const table: [string, string][] = [
    [rate({ percent_of_order: "5" }, false, e), "5%"], [rate({ percent_of_order: "7.50" }, true, r), "до 7,5 %"],
    [rate({ fixed: { amount: "300.00", currency: "RUB" } }, true, r), "до 300 ₽"], [rate({ share_of_commission: "50" }, false, e), "50% of the commission"],
    [money({ amount: "1234.50", currency: "RUB" }, "ru"), "1 234,50 ₽"], [money({ amount: "9007199254740993.01", currency: "USD" }, "en"), "$9,007,199,254,740,993.01"],
    [score({ orders: 21, declined_percent: "3.1", median_days: 2 }, r), "Пока 21 заказ · отклонено 3,1 % · половина подтверждена за 2 дня"],
    [score({ orders: 5, declined_percent: "0.0", median_days: 11 }, r), "Пока 5 заказов · отклонено 0 % · половина подтверждена за 11 дней"],
    [score({ orders: 1, declined_percent: "0", median_days: 1 }, e), "1 order so far · 0% declined · half were confirmed within 1 day"],
  ];
  for (const [given, wanted] of table) assert.equal(plain(given), wanted);
});

test("three exclusions are named and the rest is counted", () => {
  const one = (at: number) => ({ code: `c${at}`, en: `thing ${at}`, ru: `вещь ${at}` });
  assert.equal(exclusions({ exclusions: [] }, words("en")), "");
  assert.equal(exclusions({ exclusions: [1, 2, 3, 4, 5].map(one) }, words("en")), "No cashback: thing 1; thing 2; thing 3. And 2 more exclusions.");
  assert.equal(exclusions({ exclusions: [1, 2, 3, 4].map(one) }, words("ru")), "Без кешбэка: вещь 1; вещь 2; вещь 3. И ещё 1 исключение.");
});

test("the browser's language is taken where there are words for it", () => {
  assert.deepEqual(["ru", "ru-RU", "uk", "en-GB", "de", "russian"].map(languageOf), ["ru", "ru", "ru", "en", "en", "en"]);
});

test("P15: the listing's description says that there is a commission", () => {
  for (const messages of [en, ru]) {
    assert.match(messages.description.message, /commission|комисси/);
    assert.ok(messages.description.message.length <= 132, "Chrome's limit");
    const listing = readFileSync(`${process.cwd()}/../docs/extension-listing.md`, "utf8");
    assert.ok(listing.includes(messages.description.message) && listing.includes(messages.name.message));
  }
});

test("what reads and writes is not interrupted", async () => {
  const inTurn = serial();
  const seen: string[] = [];
  const work = (name: string, wait: number) => inTurn(async () => {
    seen.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, wait));
    seen.push(`${name} ends`);
  });
  await Promise.all([work("a", 20), inTurn(() => Promise.reject(new Error("no"))).catch(() => undefined), work("b", 1)]);
  assert.deepEqual(seen, ["a begins", "a ends", "b begins", "b ends"]);
});
