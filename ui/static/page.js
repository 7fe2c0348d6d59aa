// Opens and closes the drawer that holds the list of runs on a narrow screen.
const ftShell = () => document.getElementById("shell")?.classList;
document.addEventListener("click", (event) => {
  const shell = ftShell();
  if (event.target.closest("[data-drawer]")) {
    shell?.toggle("runs-open");
  } else if (shell?.contains("runs-open") && (!event.target.closest("#runs") || event.target.closest("[data-closes]"))) {
    shell.remove("runs-open");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") ftShell()?.remove("runs-open");
});
// In a frame, such as a Space's page on the Hub, the browser may block the login's cookie, so the login opens a new tab.
document.addEventListener("click", (event) => {
  const login = event.target.closest("[data-login]");
  if (login && window.self !== window.top) login.target = "_blank";
});
