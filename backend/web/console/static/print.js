// The button is hidden where scripts do not run: the browser's own menu prints just as well.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
