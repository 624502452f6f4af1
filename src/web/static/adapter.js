// Tries the text on the last calls as one types: sends the form as its button for trying does, and takes the outcome out of the
// page. Without this the button does it.
const form = document.querySelector("form[data-check]");
let asked = 0;
let waiting;

async function check() {
  const turn = ++asked;
  const fields = new URLSearchParams(new FormData(form));
  fields.set("decision", "check");
  const answer = await fetch(form.action, { method: "POST", body: fields, headers: { accept: "text/html" } });
  if (turn !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(form.dataset.check);
  if (fresh) document.getElementById(form.dataset.check).replaceChildren(...fresh.childNodes);
}

form?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => check().catch(() => {}), 600);
});
