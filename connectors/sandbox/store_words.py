"""Words of the seeded store worlds. Every maker and product here is invented; people come from ``vocabulary``."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from connectors.sandbox.vocabulary import CITIES, FIRST_NAMES, LAST_NAMES, STREETS, TRADES

__all__ = [
    "CATEGORIES",
    "CITIES",
    "FIRST_NAMES",
    "LABELS",
    "LAST_NAMES",
    "LINES",
    "MAKERS",
    "SERVICES",
    "STREETS",
    "TRADES",
    "plain",
    "short",
]


@dataclass(frozen=True, slots=True)
class Ware:
    """A kind of thing a store sells; prices between ``low`` and ``high`` whole units of money."""

    code: str
    name: str
    category: str
    low: int
    high: int
    about: str


CATEGORIES = ("Kitchen", "Desk", "Garden", "Lighting", "Bags")
LINES = (
    Ware("KET", "Enamel Kettle", "Kitchen", 24, 70, "Holds 1.8 litres, for every kind of stove."),
    Ware("PAN", "Cast Iron Pan", "Kitchen", 30, 95, "Seasoned, 26 cm."),
    Ware("MUG", "Stoneware Mug", "Kitchen", 8, 22, "Glazed by hand; dishwasher safe."),
    Ware("KNF", "Paring Knife", "Kitchen", 12, 48, "Carbon steel, beech handle."),
    Ware("PEN", "Fountain Pen", "Desk", 18, 120, "Steel nib, converter included."),
    Ware("NBK", "Dotted Notebook", "Desk", 7, 19, "192 pages of 100 g paper."),
    Ware("ORG", "Desk Organizer", "Desk", 15, 60, "Oak, four compartments."),
    Ware("TRW", "Hand Trowel", "Garden", 9, 34, "Forged, with an ash handle."),
    Ware("POT", "Terracotta Pot", "Garden", 5, 45, "Frost-proof, with saucer."),
    Ware("HOS", "Soaker Hose", "Garden", 14, 52, "15 m, with couplings."),
    Ware("LMP", "Table Lamp", "Lighting", 35, 160, "Linen shade, E14 socket."),
    Ware("BLB", "Filament Bulb", "Lighting", 4, 14, "4 W, warm white, dimmable."),
    Ware("LAN", "Storm Lantern", "Lighting", 22, 75, "Glass and brass."),
    Ware("TOT", "Canvas Tote", "Bags", 11, 39, "Organic cotton, inner pocket."),
    Ware("RCK", "Roll-top Rucksack", "Bags", 48, 170, "20 litres, waterproof."),
)
MAKERS = ("Merrow", "Halden", "Oak & Ash", "Tarn", "Lumo", "Quillfield", "Ferrier", "Ostby", "Wexcombe", "Brindle")
LABELS = (
    ("Blue", "Green", "Cream"),
    ("S", "M", "L", "XL"),
    ("Small", "Large"),
    ("Black", "Natural"),
)
SERVICES = (("Gift wrapping", Decimal("4.50")), ("Repair (hour)", Decimal("60.00")), ("Shipping", Decimal("6.90")))


def short(label: str) -> str:
    """``Blue`` as ``BLU``."""
    return label[:3].upper()


def plain(name: str) -> str:
    """A name in the letters an address may have."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in folded.lower() if letter.isalnum()) or "x"
