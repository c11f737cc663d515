"""Pairs of made-up catalogues with known true pairs: what the suggestion weights are fitted and checked on.

Seven trades (devices, software, household goods, clothing, parts, books, services). Each entity belongs to a family of
near-twins that differ in one thing (colour, size, version, edition, number). Each side words an entity in its own
style: other order, abbreviations, codes with or without hyphens, missing codes, brands, prices and descriptions.
Nothing here was taken from a public benchmark; names are invented from syllables.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from engine.model import PriceOption, Product

SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ran",
    "tel",
    "vor",
    "dex",
    "sun",
    "bri",
    "cor",
    "max",
    "pri",
    "tan",
    "zel",
    "nor",
    "fi",
    "qua",
    "lum",
    "ster",
    "gra",
    "hex",
    "pol",
    "ri",
    "dan",
    "vel",
    "ox",
    "ten",
    "mar",
    "sol",
]
COLOURS = ["black", "white", "silver", "red", "blue", "green", "gray", "pink", "purple", "brown", "beige", "gold"]
SHORT_COLOURS = {"black": "blk", "white": "wht", "silver": "slv", "gray": "grey", "blue": "blu"}
SUFFIXES = {"black": "BK", "white": "W", "silver": "S", "red": "R", "blue": "BL", "gray": "GY"}
FILLER = [
    "new",
    "series",
    "genuine",
    "original",
    "compact",
    "classic",
    "with",
    "and",
    "for",
    "high",
    "performance",
    "best",
    "quality",
    "great",
    "value",
    "item",
]
NOUNS = {
    "devices": "camera|digital camera;television|lcd tv;speaker|speaker system;router|wireless router;printer|laser printer;"
    "refrigerator|fridge;phone|cordless phone;receiver|av receiver;monitor|display;headphones|headset;camcorder|video camera",
    "software": "photo editor;antivirus|internet security;tax preparation;office suite;typing tutor;video studio|video editing;"
    "language course|learn language;accounting|bookkeeping;design suite|graphics suite;backup|backup software",
    "household": "shampoo;laundry detergent|detergent;ground coffee|coffee;green tea|tea bags;dish soap;paper towels|towels;"
    "cat food;cereal;olive oil;vitamin tablets|supplement tablets",
    "clothing": "t-shirt|tee;running shoes|running shoe;jeans|denim pants;jacket;socks;hoodie|hooded sweatshirt;belt;gloves",
    "parts": "brake pad|brake pads;air filter;spark plug;drill bit|bit;hinge;hose clamp|clamp;ball bearing|bearing;valve;fuse",
    "books": "history of;introduction to|intro to;secrets of|the secrets of;guide to|a guide to;art of|the art of;handbook of",
    "services": "mail security;cloud backup|backup cloud;endpoint protection|antivirus endpoint;hosted exchange;file sync;"
    "managed firewall|firewall service;domain registration;web hosting;remote monitoring|rmm",
}
EDITIONS = [
    ("standard", "std"),
    ("professional", "pro"),
    ("premium", "prem"),
    ("enterprise", "ent"),
    ("home", "home"),
    ("deluxe", "dlx"),
]


@dataclass(frozen=True)
class Entity:
    """What both sides describe. ``marks`` are (slot, value): what tells twins apart."""

    trade: str
    brand: str
    series: str
    noun: tuple[str, ...]
    code: str
    marks: tuple[tuple[str, str], ...]
    price: float
    topic: tuple[str, ...] = ()


@dataclass
class Style:
    """How one side words things: probabilities, drawn once per catalogue."""

    rng: random.Random
    brand: float = 0.0
    brand_field: bool = False
    code: float = 0.0
    code_field: float = 0.0
    hyphen: float = 0.0
    suffix: float = 0.0
    shuffle: float = 0.0
    short: float = 0.0
    drop: float = 0.0
    filler: int = 0
    describe: float = 0.0
    price: float = 0.0
    spread: float = 0.0
    typo: float = 0.0
    unit: int = field(default=0)

    @classmethod
    def draw(cls, rng: random.Random, trade: str) -> Style:
        coded = {"devices": 0.8, "parts": 0.8, "software": 0.15, "services": 0.2}.get(trade, 0.1)
        return cls(
            rng, rng.choice([0.5, 0.9, 1.0]), rng.random() < 0.4, coded * rng.choice([0.5, 1.0, 1.1]),
            rng.choice([0.0, 0.0, 0.5, 0.9]) * min(1.0, coded * 1.5), rng.random(), rng.random() * 0.6, rng.random() * 0.4,
            rng.random() * 0.6, rng.random() * 0.25, rng.randrange(4), rng.choice([0.0, 0.5, 0.95]),
            rng.choice([0.4, 0.9, 1.0]), rng.choice([0.02, 0.15, 0.3]), rng.random() * 0.03, rng.randrange(3),
        )  # fmt: skip


def catalogues(seed: int, trade: str, families: int = 150) -> tuple[list[Product], list[Product], dict[str, str]]:
    """(storefront, back office, true pairs by storefront id)."""
    rng = random.Random(seed)
    brands = [_word(rng).capitalize() for _ in range(max(4, families // 10))]
    entities = [twin for _ in range(families) for twin in _family(rng, trade, brands)]
    left_style, right_style = Style.draw(rng, trade), Style.draw(rng, trade)
    left, right, true = [], [], {}
    shared = rng.choice([0.35, 0.6, 0.85])
    for number, entity in enumerate(entities):
        where = rng.random()
        if where < shared or where < shared + (1 - shared) * 0.3:
            left.append(_render(entity, left_style, f"s{number}"))
        if where < shared or where >= shared + (1 - shared) * 0.3:
            right.append(_render(entity, right_style, f"b{number}"))
        if where < shared:
            true[f"s{number}"] = f"b{number}"
    rng.shuffle(left)
    rng.shuffle(right)
    return left, right, true


def _word(rng: random.Random, least: int = 2) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(least, 3)))


def _code(rng: random.Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTVWX") for _ in range(rng.randint(1, 3)))
    digits = str(rng.randint(10, 9999))
    tail = "".join(rng.choice("ABCDEHKLST") for _ in range(rng.choice([0, 0, 1, 2])))
    return rng.choice(
        [
            f"{letters}-{digits}{tail}",
            f"{letters}{digits}{tail}",
            f"{digits}{letters}",
            f"{letters}-{digits}-{rng.randint(1, 99)}",
        ]
    )


def _family(rng: random.Random, trade: str, brands: list[str]) -> list[Entity]:
    noun = tuple(rng.choice(NOUNS[trade].split(";")).split("|"))
    brand = brands[min(int(rng.expovariate(1.0) * len(brands) / 4), len(brands) - 1)]
    topic = tuple(_word(rng) for _ in range(2)) if trade == "books" else ()
    series = _word(rng).capitalize() if rng.random() < 0.7 else ""
    code = _code(rng) if trade in {"devices", "parts"} or rng.random() < 0.25 else ""
    slots = _marks(rng, trade)
    first = Entity(trade, brand, series, noun, code, slots, round(5 * 10 ** rng.uniform(0, 2), 2), topic)
    twins = [first]
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        twin = _vary(rng, first)
        if all((twin.marks, twin.code) != (known.marks, known.code) for known in twins):
            twins.append(twin)
    return twins


def _marks(rng: random.Random, trade: str) -> tuple[tuple[str, str], ...]:
    kinds: dict[str, list[tuple[str, Callable[[], str]]]] = {
        "devices": [("colour", lambda: rng.choice(COLOURS)), ("inch", lambda: str(rng.randint(5, 60)))],
        "software": [
            ("version", lambda: rng.choice(["2.0", "3", "4.0", "5", "7", "9", "10.5", "2006", "2007", "2008"])),
            ("edition", lambda: str(rng.randrange(len(EDITIONS)))),
            ("platform", lambda: rng.choice(["mac", "windows", "win", ""])),
            ("licence", lambda: rng.choice(["", "", "", "upgrade", "academic", "3 user", "5 user"])),
        ],
        "household": [
            ("flavour", lambda: rng.choice(["lemon", "vanilla", "lavender", "original", "mint", "unscented", "honey"])),
            ("ounce", lambda: str(rng.choice([8, 10, 12, 16, 24, 32, 50]))),
            ("pack", lambda: str(rng.choice([1, 1, 2, 4, 6, 12]))),
        ],
        "clothing": [
            ("gender", lambda: rng.choice(["men", "women", "kids"])),
            ("colour", lambda: rng.choice(COLOURS)),
            ("size", lambda: rng.choice(["small", "medium", "large", "xl"])),
        ],
        "parts": [("mm", lambda: str(rng.randint(3, 90))), ("side", lambda: rng.choice(["", "left", "right", "front", "rear"]))],
        "books": [("format", lambda: rng.choice(["paperback", "hardcover", ""])), ("year", lambda: str(rng.randint(1990, 2022)))],
        "services": [
            ("edition", lambda: str(rng.randrange(len(EDITIONS)))),
            ("period", lambda: rng.choice(["monthly", "annual"])),
            ("seats", lambda: rng.choice(["", "", "5 users", "25 users"])),
        ],
    }  # fmt: skip
    return tuple((slot, make()) for slot, make in kinds[trade] if rng.random() < 0.8)


def _vary(rng: random.Random, first: Entity) -> Entity:
    marks = dict(first.marks)
    fresh = dict(_marks(rng, first.trade))
    for slot in rng.sample(sorted(marks), k=min(len(marks), rng.choice([1, 1, 2]))):
        marks[slot] = fresh.get(slot, marks[slot])
    code = first.code
    if code and (marks == dict(first.marks) or rng.random() < 0.6):
        digits = [at for at, sign in enumerate(code) if sign.isdigit()]
        at = rng.choice(digits)
        code = code[:at] + str((int(code[at]) + rng.randint(1, 9)) % 10) + code[at + 1 :]
    return replace(first, marks=tuple(marks.items()), code=code, price=round(first.price * rng.uniform(0.8, 1.4), 2))


def _render(entity: Entity, style: Style, id: str) -> Product:
    rng = style.rng
    marks = [word for slot, value in entity.marks if (word := _mark(slot, value, style))]
    code = _spell_code(entity, style)
    with_code = bool(code) and rng.random() < style.code
    words = [entity.series] if entity.series else []
    noun = rng.choice(entity.noun)
    body = [noun, *entity.topic]
    kept = [mark for mark in marks if rng.random() >= style.drop]
    extra = rng.sample(FILLER, style.filler) if rng.random() < 0.6 else []
    pieces = [*words, *([code] if with_code and rng.random() < 0.5 else []), *body, *kept, *extra]
    if rng.random() < style.shuffle:
        rng.shuffle(pieces)
    if with_code and code not in pieces:
        pieces.append(code)
    if rng.random() < style.brand:
        pieces.insert(0, entity.brand)
    name = _typos(" ".join(pieces), style)
    description = ""
    if rng.random() < style.describe:
        text = [entity.brand, noun, *marks, *entity.topic, *rng.choices(FILLER, k=rng.randint(3, 15))]
        if rng.random() < 0.3 and code:
            text.append(code)
        rng.shuffle(text)
        description = " ".join(text)
    price = round(entity.price * (1 + rng.gauss(0, style.spread)), 2)
    priced = rng.random() < style.price and price > 0
    return Product(
        id=id, name=name, description=description, brand=entity.brand if style.brand_field else "",
        mpn=code if code and rng.random() < style.code_field else "",
        prices=(PriceOption(Decimal(str(price))),) if priced else (),
    )  # fmt: skip


def _mark(slot: str, value: str, style: Style) -> str:
    rng = style.rng
    short = rng.random() < style.short
    if not value:
        return ""
    if slot == "edition":
        return EDITIONS[int(value)][short]
    if slot == "colour":
        return SHORT_COLOURS.get(value, value) if short else value
    if slot == "version":
        return value.removesuffix(".0") if short else value
    if slot == "pack" and value == "1":
        return ""
    units = {
        "inch": ('{}"', "{} inch", "{}-in"), "mm": ("{}mm", "{} mm", "{} millimeter"),
        "ounce": ("{} oz", "{}-ounce", "{}oz"), "pack": ("pack of {}", "{}-pack", "{} ct"),
    }  # fmt: skip
    return units[slot][style.unit].format(value) if slot in units else value


def _spell_code(entity: Entity, style: Style) -> str:
    rng = style.rng
    code = entity.code
    if code and rng.random() > style.hyphen:
        code = code.replace("-", rng.choice(["", "", " "]))
    colour = dict(entity.marks).get("colour", "")
    if code and rng.random() < style.suffix:
        code += SUFFIXES.get(colour, rng.choice(["", "/B", "NA"]))
    return code


def _typos(name: str, style: Style) -> str:
    return "".join(sign for sign in name if sign == " " or style.rng.random() >= style.typo * 0.3)
