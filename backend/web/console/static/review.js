// A record's page: photos open in a dialog, A approves, R returns. Works without this file, too.
const dialog = document.getElementById("photo");
for (const link of document.querySelectorAll("[data-photo]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.querySelector("img").src = link.href;
    dialog.querySelector("img").alt = link.querySelector("img").alt;
    dialog.querySelector("#photo-original").href = link.dataset.original;
    dialog.showModal();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.target.closest("textarea, input, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  document.querySelector(`#decide [data-key="${event.key.toLowerCase()}"]`)?.focus();
});
