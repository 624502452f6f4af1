"""Holds messages against the Python library of Standard Webhooks: python3 check.py MESSAGES"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

believed = refused = 0
for line in open(sys.argv[1], encoding="utf-8"):
    message = json.loads(line)
    headers = {f"webhook-{name}": message[name] for name in ("id", "timestamp", "signature")}
    try:
        Webhook(message["secret"]).verify(message["body"], headers)
        good = True
    except WebhookVerificationError:
        good = False
    if good != message["good"]:
        sys.exit(f"python: believed is {good}: {line}")
    believed += good
    refused += not good
print(f"python: {believed} believed, {refused} refused")
