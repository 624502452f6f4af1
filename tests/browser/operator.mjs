// An operator's way through the site: node operator.mjs CHROMIUM SITE EMAIL PASSWORD
// Begun by scripts/test-browser, after the shoppers' walk through the same demonstration.
import { Visitor, open } from "./browser.mjs";

const [program, base, email, password] = process.argv.slice(2);
const wrong = [];
const words = {
  en: { home: "How things stand", found: "olga@demo.example", booked: "The balance is corrected", story: "The whole story",
    differs: "What is different", would: "Nothing is changed yet", tried: "On the last calls", clean: "All holds",
    paused: "The store is paused", open: "The store is open again" },
  ru: { home: "Как идут дела", found: "olga@demo.example", booked: "Баланс исправлен", story: "Вся история",
    differs: "Что отличается", would: "Пока ничего не изменено", tried: "На последних вызовах", clean: "Всё сходится",
    paused: "Магазин приостановлен", open: "Магазин снова открыт" },
};

// Sign in, see how things stand, find a shopper and correct the balance after a look at what is booked.
async function correct(visitor) {
  const { page } = visitor;
  const said = words[visitor.language];
  await visitor.go(`/operator/sign-in?lang=${visitor.language}`);
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", password);
  await visitor.press("main button[type=submit]");
  await visitor.shows(said.home);
  await visitor.go("/operator/inbox");
  await visitor.go("/operator/search");
  await page.fill("#q", "olga");
  await visitor.press(".search button");
  await visitor.shows(said.found);
  await visitor.press(".lines a");
  await visitor.press("a[href^='/operator/adjustments/new']");
  await page.fill("[name=amount]", "1");
  await page.fill("[name=currency]", "RUB");
  await page.fill("[name=reason]", "thanks for waiting");
  await visitor.press("main button[type=submit]");
  await visitor.press("[name=confirmed]");
  await visitor.shows(said.booked);
}

// One order with its story, one call, one click.
async function follow(visitor) {
  await visitor.go("/operator/orders");
  await visitor.press(".lines a");
  await visitor.shows(words[visitor.language].story);
  const back = visitor.page.url();
  await visitor.press("a[href^='/operator/clicks/']");
  await visitor.page.goto(back);
  await visitor.press(".story a[href^='/operator/calls/']");
}

// Terms, pausing, an import and an adapter, each looked at before it counts.
async function keep(visitor) {
  const { page } = visitor;
  const said = words[visitor.language];
  await visitor.go("/operator/stores?search=lampada");
  await visitor.press(".lines a");
  await visitor.press("[name=status]");
  await visitor.shows(said.paused);
  await visitor.press("[name=status]");
  await visitor.shows(said.open);
  await visitor.press("a[href$='/terms']");
  await page.fill("[name=hold_days]", "33");
  await visitor.press("main button[type=submit]");
  await visitor.shows(said.differs);
  await visitor.go("/operator/stores/lampada/edit");
  await visitor.go("/operator/new-store");
  await visitor.go("/operator/import-stores");
  await page.fill("#f-csv", "slug,partner,name,home_url,domains,landing_url,rate\n"
    + "walk,admitad,Walk,https://walk.example/,walk.example,https://n.example/?subid={click},5%\nBAD,admitad,x,x,x,x,5%");
  await visitor.press("main button[type=submit]");
  await visitor.shows(said.would);
  await visitor.go("/operator/adapters");
  await visitor.go("/operator/adapters/admitad");
  await visitor.press("[value=check]");
  await visitor.shows(said.tried);
}

// The pages that are looked at and not used.
async function look(visitor) {
  const pages = ["more", "shoppers", "claims?all=true", "payouts", "calls?all=true", "adjustments?all=true", "jobs",
    "operators", "audit", "account"];
  for (const path of pages) await visitor.go(`/operator/${path}`);
  await visitor.go("/operator/ledger");
  await visitor.press("main button[type=submit]");
  await visitor.shows(words[visitor.language].clean);
}

const browser = await open(program);
const visitors = [
  { language: "ru", screen: "phone", dark: true },
  { language: "en", screen: "desktop" },
];
let steps = 0;
for (const settings of visitors) {
  const visitor = await Visitor.of(browser, { base, ...settings }, wrong);
  for (const walk of [correct, follow, keep, look]) {
    try {
      await walk(visitor);
      steps += 1;
    } catch (error) {
      visitor.told(`${walk.name} at ${visitor.page.url()}: ${error.message.split("\n")[0]}`);
    }
  }
  await visitor.context.close();
}
await browser.close();
for (const line of wrong) console.error(line);
console.log(`${steps} of ${visitors.length * 4} operators' walks as they should be, ${wrong.length} things wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
