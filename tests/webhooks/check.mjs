// Holds messages against the JavaScript library of Standard Webhooks: node check.mjs MESSAGES
import { readFileSync } from "node:fs";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

let believed = 0;
let refused = 0;
for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean)) {
  const message = JSON.parse(line);
  const headers = {
    "webhook-id": message.id,
    "webhook-timestamp": message.timestamp,
    "webhook-signature": message.signature,
  };
  let good = true;
  try {
    new Webhook(message.secret).verify(message.body, headers);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    good = false;
  }
  if (good !== message.good) {
    console.error(`javascript: believed is ${good}: ${line}`);
    process.exit(1);
  }
  if (good) believed += 1;
  else refused += 1;
}
console.log(`javascript: ${believed} believed, ${refused} refused`);
