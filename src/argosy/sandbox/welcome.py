"""What a sandbox says when it is there: its address, its keys, and how to point clients at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argosy.sandbox.settings import Settings


def welcome(url: str, settings: Settings) -> str:
    """Tell where a sandbox is, with which keys, and how clients are pointed at it."""
    kept = f"in {settings.data}" if settings.data else "in memory"
    return f"""\
The sandbox answers at {url}, its data is {kept}.

  master key      {settings.master_key}
  write-only key  {settings.write_key}
  control routes  {url}/_sandbox/
{_regions(url, settings)}
From another terminal:

  export ARGOSY_API_KEY={settings.master_key}
  argosy call CAPABILITY --endpoint {url} --set KEY=VALUE

Other clients, each with the master key:

  td-client   tdclient.Client(apikey, endpoint="{url}")
  tdworkflow  tdworkflow.client.Client({_parts(url)}, apikey=…)
  td-js-sdk   new Treasure({{endpoint: "{url}/", …}})
  curl        curl -H "Authorization: TD1 {settings.master_key}" {url}/v3/database/list
{_trust(url, settings)}
Ctrl-C ends it."""


def _regions(url: str, settings: Settings) -> str:
    """Tell how each region is reached, where there is more than one."""
    if len(settings.regions) == 1:
        return ""
    lines = [f"  region {name:<8} {url}/{name}" for name in settings.regions]
    return "\n".join(["", *lines, "", "  Requests that name no region are the first one's.", ""])


def _trust(url: str, settings: Settings) -> str:
    """Tell where the certificate to trust is, where there is one."""
    if not settings.tls:
        return ""
    return f"\nThe authority to trust: curl -k {url}/_sandbox/ca.pem > ca.pem\n"


def _parts(url: str) -> str:
    """Write an address as the client takes it that wants scheme and host apart."""
    scheme, _, address = url.partition("://")
    return f'endpoint="{address}", scheme="{scheme}"'
