// Words, rates, money and times for people, in either language.
import en from "../../_locales/en/messages.json";
import ru from "../../_locales/ru/messages.json";
import type { Language, Money, Rate, Score, Store } from "./types";

type Messages = Record<string, { message: string }>;
const ALL: Record<Language, Messages> = { en, ru };

export type Words = {
  language: Language;
  say: (key: string, ...parts: (string | number)[]) => string;
  count: (key: string, count: number, ...parts: (string | number)[]) => string;
};

/** `$1`, `$2` … in a message are replaced by the parts. A message that is missing is shown as its key, marked. */
export function words(language: Language): Words {
  const rules = new Intl.PluralRules(language);
  const say = (key: string, ...parts: (string | number)[]): string => {
    const message = ALL[language][key]?.message;
    if (message === undefined) return `⟦${key}⟧`;
    return message.replace(/\$(\d)/g, (_, at: string) => String(parts[Number(at) - 1] ?? ""));
  };
  const count = (key: string, number: number, ...parts: (string | number)[]): string => {
    const form = `${key}_${rules.select(number)}`;
    return say(ALL[language][form] === undefined ? `${key}_other` : form, number, ...parts);
  };
  return { language, say, count };
}

export const languageOf = (tag: string): Language => (/^(ru|be|uk|kk)\b/i.test(tag) ? "ru" : "en");

/** Exact: the decimal goes to the formatter as text and never becomes a float. */
export function money(value: Money, language: Language): string {
  const bare = value.amount.replace(/\.0+$/, "");
  const digits = bare.split(".")[1]?.length ?? 0;
  try {
    const format = new Intl.NumberFormat(language, {
      style: "currency", currency: value.currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: digits, maximumFractionDigits: digits,
    });
    return format.format(bare as unknown as number);
  } catch {
    return `${value.amount} ${value.currency}`;
  }
}

function decimal(text: string, language: Language): string {
  const bare = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return language === "ru" ? bare.replace(".", ",") : bare;
}

/** "5%", "up to 300 ₽ per order", "50% of the commission". */
export function rate(value: Rate, upTo: boolean, say: Words): string {
  const { language } = say;
  const percent = (text: string): string => `${decimal(text, language)}${language === "ru" ? "\u00a0%" : "%"}`;
  const plain = "percent_of_order" in value
    ? percent(value.percent_of_order)
    : "fixed" in value
      ? money(value.fixed, language)
      : say.say("rate_share", percent(value.share_of_commission));
  return upTo ? say.say("rate_up_to", plain) : plain;
}

export function score(value: Score, say: Words): string {
  return [
    say.count("score_orders", value.orders),
    say.say("score_declined", decimal(value.declined_percent, say.language)),
    say.count("score_days", value.median_days),
  ].join(" · ");
}

export function clock(at: number | string, language: Language): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

export function day(at: number | string, language: Language): string {
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
    .format(new Date(at));
}

/** As many as fit into a reminder are named; the others are counted. */
const NAMED = 3;

export function exclusions(store: Pick<Store, "exclusions">, say: Words): string {
  if (store.exclusions.length === 0) return "";
  const main = store.exclusions.slice(0, NAMED).map((one) => one[say.language]);
  const more = store.exclusions.length - main.length;
  return say.say("card_exclusions", main.join("; ")) + (more > 0 ? ` ${say.count("card_more", more)}` : "");
}

/** "Up to 5% cashback at Books": what a reminder and the popup begin with. */
export function headline(store: Pick<Store, "name" | "rate" | "up_to">, say: Words): string {
  if (store.rate === null) return store.name;
  const line = say.say("card_title", rate(store.rate, store.up_to, say), store.name);
  return line.charAt(0).toLocaleUpperCase(say.language) + line.slice(1);
}
