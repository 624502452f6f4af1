// Finds as one types: asks for the same page that the form would, and takes the list out of it. Without this the form works
// by its button.
const form = document.querySelector("form[data-live]");
let asked = 0;
let waiting;

async function find() {
  const turn = ++asked;
  const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  if (!answer.ok || turn !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const id = form.dataset.live;
  const fresh = page.getElementById(id);
  if (fresh && turn === asked) {
    document.getElementById(id).replaceChildren(...fresh.childNodes);
    history.replaceState(null, "", address);
  }
}

form?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => find().catch(() => {}), 150);
});
