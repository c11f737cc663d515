"""What every real store has that fits no rule: listings a client must not sync, must not match, or must ask about."""

from __future__ import annotations

from dataclasses import dataclass

#: A parent whose components have the stock, and a thing without SKU, cost and stock.
BUNDLE, GIFT = 9_890_001, 9_890_011
NAMELESS, COSTLESS, RETIRED, DRAFT, TWINS = 9_890_021, 9_890_031, 9_890_041, 9_890_051, 9_890_061


@dataclass(frozen=True, slots=True)
class Oddity:
    """A product whose id is one more than its first variant's. ``units``: None where the main location has none.

    ``labels``: its variants, which all have the same SKU.
    """

    variant: int
    name: str
    sku: str
    price: str
    cost: str | None
    units: int | None
    labels: tuple[str, ...] = ()
    status: str = "ACTIVE"
    tracked: bool = True
    bundle: bool = False
    gift_card: bool = False


ODDITIES = (
    Oddity(BUNDLE, "Starter bundle", "BUNDLE-1", "199.00", None, 4, bundle=True),
    Oddity(GIFT, "Gift card", "", "25.00", None, None, tracked=False, gift_card=True),
    Oddity(NAMELESS, "Clearance cable", "", "4.99", "2.10", 12),
    Oddity(COSTLESS, "Sample lamp", "SAMPLE-1", "39.00", None, 3),
    # accounting has it too, not active any more
    Oddity(RETIRED, "Discontinued lamp", "OLD-0001", "5.00", "3.33", 0, status="ARCHIVED"),
    Oddity(DRAFT, "Kettle (coming soon)", "KET-NEW", "0.00", None, 0, status="DRAFT"),
    Oddity(TWINS, "Shop T-shirt", "TEE-1", "18.00", "7.25", 9, labels=("S", "M")),
)
