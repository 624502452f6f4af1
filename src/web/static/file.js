// Lets a file be chosen instead of pasting its text. Without this the text is pasted.
for (const place of document.querySelectorAll("[data-file]")) {
  const text = document.getElementById(place.dataset.file);
  place.hidden = false;
  place.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) text.value = await file.text();
  });
}
