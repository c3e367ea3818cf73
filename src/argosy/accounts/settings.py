"""How long logins live, and how often a password may be tried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """All times in seconds.

    `jwt` is the life of the token that each request carries; `refresh` that of a refresh token,
    and `session` that of a login however often it is refreshed. A refresh token that is used a
    second time within `reuse_grace` is taken for a client whose answer was lost or who asked
    twice at once; later, for a thief. `setup` is the life of the token of the first start.

    Of an account `tries_at_once` passwords are looked at at a time. It has `free_tries` wrong
    ones; each after them doubles the wait, from one second to `longest_wait`. An address has
    `free_tries_of_address`. After `forget_failures` without a failure all is as before.
    """

    jwt: float = 600.0
    refresh: float = 30 * 86400.0
    session: float = 90 * 86400.0
    reuse_grace: float = 10.0
    setup: float = 86400.0
    tries_at_once: int = 32
    free_tries: int = 5
    free_tries_of_address: int = 20
    longest_wait: float = 900.0
    forget_failures: float = 3600.0
