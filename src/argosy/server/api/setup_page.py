"""The page of the first set-up."""

from __future__ import annotations

from argosy.server.api.page import Page

_BODY = """<h1>Set up Argosy</h1>
<p id="intro">This makes the organization, its first database, and the account that may do
everything. The link works once.</p>
<form id="form">
<label for="organization">Organization</label>
<input id="organization" required maxlength="200" autocomplete="organization">
<label for="database">First database (workspace)</label>
<input id="database" required maxlength="200" value="default">
<label for="email">E-mail address</label>
<input id="email" type="email" required maxlength="254" autocomplete="username">
<label for="password">Password, of at least 12 characters</label>
<input id="password" type="password" required minlength="12" autocomplete="new-password">
<button>Set up</button>
</form>
<p id="said" role="status"></p>
<noscript><p>This page needs its script; or send the same by POST to /v1/setup/.</p></noscript>"""

_SCRIPT = """
const token = new URLSearchParams(location.search).get("token") || "";
history.replaceState(null, "", location.pathname);
const form = document.getElementById("form");
const said = document.getElementById("said");
if (!token) {
  said.textContent = "The address has no token: open the link that the server printed.";
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { token };
  for (const field of form.querySelectorAll("input")) body[field.id] = field.value;
  said.textContent = "One moment.";
  try {
    const answer = await fetch("/v1/setup/", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const found = await answer.json();
    if (answer.ok) {
      form.hidden = true;
      said.textContent = "Done: log in as " + found.account.name + ".";
    } else {
      said.textContent = found.message;
    }
  } catch {
    said.textContent = "The server does not answer.";
  }
});
"""

SETUP_PAGE = Page("Set up Argosy", _BODY, _SCRIPT)
