"""Write the rows of the shop that the sandbox starts with, from one seed of randomness.

    python scripts/write_shop.py

The files are kept in the repository; this is how they came about, and how to make them larger.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "src/argosy/sandbox/shop/databases/sample_shop"
AS_OF = 1_767_225_600  # 2026-01-01; the seed moves every time so that this is today
DAY = 86_400
CUSTOMERS = 240

KNOWN = (
    ("ada", "Ada", "GB", True),
    ("kenji", "Kenji", "JP", True),
    ("marta", "Marta", "PL", False),
)
NAMES = ("Alex", "Bo", "Cleo", "Dana", "Eli", "Fran", "Gil", "Hana", "Ines", "Jo", "Kim", "Lou")
COUNTRIES = ("GB", "JP", "PL", "US", "DE", "FR", "BR", "KR")
INTERESTS = ("shoes", "bags", "coats", "hats", "outlet")
PRODUCTS = {
    "shoes": (("trail-runner", 89.0), ("city-boot", 129.0), ("sandal", 39.5)),
    "bags": (("day-pack", 59.0), ("tote", 24.0)),
    "coats": (("rain-shell", 149.0), ("parka", 219.0)),
    "hats": (("cap", 19.0), ("beanie", 17.5)),
}
PAGES = ("/", "/sale", "/help/returns", "/account", *(f"/c/{name}" for name in PRODUCTS))


def customers(chance: random.Random) -> Iterator[dict[str, object]]:
    """Give one customer after the other, the first three always the same."""
    for number in range(1, CUSTOMERS + 1):
        if number <= len(KNOWN):
            mailbox, first_name, country, is_member = KNOWN[number - 1]
        else:
            first_name = chance.choice(NAMES)
            mailbox = f"{first_name.lower()}.{number:04}"
            country = chance.choice(COUNTRIES)
            is_member = chance.random() < 0.4
        yield {
            "time": AS_OF - chance.randrange(30 * DAY, 900 * DAY),
            "customer_id": f"u-{number:04}",
            "td_client_id": f"c-{number:04}",
            "email": f"{mailbox}@example.com",
            "first_name": first_name,
            "country": country,
            "birth_year": chance.randrange(1950, 2006),
            "points": chance.randrange(0, 2000) if is_member else 0,
            "is_member": is_member,
            "interests": sorted(chance.sample(INTERESTS, chance.randrange(0, 4))),
        }


def orders(chance: random.Random, people: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Give the orders of some of the customers; members order more."""
    made = []
    for person in people:
        most = 9 if person["is_member"] else 4
        for _ in range(chance.randrange(0, most)):
            category = chance.choice(tuple(PRODUCTS))
            product, price = chance.choice(PRODUCTS[category])
            quantity = chance.choice((1, 1, 1, 2, 3))
            made.append(
                {
                    "time": AS_OF - chance.randrange(0, 400 * DAY),
                    "customer_id": person["customer_id"],
                    "category": category,
                    "product": product,
                    "quantity": quantity,
                    "amount": round(price * quantity, 2),
                    "status": chance.choice(("paid", "paid", "paid", "paid", "returned")),
                }
            )
    made.sort(key=lambda order: int(str(order["time"])))
    for number, order in enumerate(made, 1):
        yield {"time": order["time"], "order_id": f"o-{number:05}"} | order


def page_views(
    chance: random.Random, people: list[dict[str, object]]
) -> Iterator[dict[str, object]]:
    """Give page views of the customers' browsers, and of some that are nobody's yet."""
    browsers = [str(person["td_client_id"]) for person in people]
    browsers += [f"c-{number:04}" for number in range(CUSTOMERS + 1, CUSTOMERS + 41)]
    views: list[dict[str, object]] = [
        {
            "time": AS_OF - chance.randrange(0, 60 * DAY),
            "td_client_id": chance.choice(browsers),
            "page": chance.choice(PAGES),
            "device": chance.choice(("phone", "phone", "desktop", "tablet")),
            "referrer": chance.choice(("", "search", "mail", "social")),
        }
        for _ in range(2500)
    ]
    yield from sorted(views, key=lambda view: int(str(view["time"])))


def consent(chance: random.Random, people: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Give what each customer last agreed to; some were never asked."""
    for person in people:
        if chance.random() < 0.9:
            yield {
                "time": AS_OF - chance.randrange(0, 300 * DAY),
                "customer_id": person["customer_id"],
                "email_consent": chance.random() < 0.7,
                "ads_consent": chance.random() < 0.4,
            }


def write_csv(name: str, rows: Iterable[dict[str, object]]) -> None:
    """Write rows as a CSV file."""
    listed = [
        {
            key: str(value).lower() if isinstance(value, bool) else value
            for key, value in row.items()
        }
        for row in rows
    ]
    with (FOLDER / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, listed[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)


def main() -> None:
    """Write the files."""
    chance = random.Random("shop")  # noqa: S311 - made-up data
    FOLDER.mkdir(parents=True, exist_ok=True)
    people = list(customers(chance))
    lines = [json.dumps(person, separators=(",", ":")) + "\n" for person in people]
    (FOLDER / "customers.jsonl").write_text("".join(lines), encoding="utf-8")
    write_csv("orders.csv", orders(chance, people))
    write_csv("page_views.csv", page_views(chance, people))
    write_csv("consent.csv", consent(chance, people))


if __name__ == "__main__":
    main()
