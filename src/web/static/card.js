// Gets a token for a card's or wallet's number from the payout provider. The number goes there and nowhere else.
function say(form, words) {
  const problem = form.querySelector("[role=alert][data-refused]");
  problem.textContent = words(problem.dataset);
  problem.hidden = false;
}

async function tokenise(form) {
  const number = form.querySelector(".number").value.replace(/[\s-]/g, "");
  const answer = await fetch(form.dataset.tokens, {
    method: "POST",
    headers: { authorization: `Bearer ${form.dataset.key}`, "content-type": "application/json" },
    body: JSON.stringify({ kind: form.elements.kind.value, number }),
    credentials: "omit",
    referrerPolicy: "no-referrer",
  });
  if (!answer.ok) return say(form, (words) => words.refused);
  const { token, masked } = await answer.json();
  form.elements.token.value = token;
  form.elements.masked.value = masked;
  form.submit();
}

for (const form of document.querySelectorAll("form[data-tokens]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tokenise(form).catch(() => say(form, (words) => words.away));
  });
}
