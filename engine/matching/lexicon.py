"""Word lists of matching: colours, words that tell variants apart, units, legal forms, free-mail domains.

General retail, software and service vocabulary, written by hand; nothing here was taken from a test catalogue.
"""

from __future__ import annotations


def _groups(text: str) -> dict[str, str]:
    """``canonical synonym synonym`` per line -> synonym -> canonical."""
    return {word: line.split()[0] for line in text.strip().splitlines() for word in line.split()}


#: Colour word -> the colour it means.
COLOURS: dict[str, str] = _groups("""
    black blk blck noir schwarz negro nero jet onyx ebony
    white wht blanc weiss weis blanco bianco ivory pearl
    silver slv slvr argent silber plata
    grey gray gry gris grau graphite charcoal gunmetal slate anthracite
    red rouge rot rojo rosso crimson burgundy maroon scarlet
    blue blu bleu blau azul navy cobalt azure indigo
    green grn vert gruen verde olive lime emerald
    yellow yel ylw jaune gelb amarillo
    orange orng naranja
    pink rose magenta fuchsia rosa
    purple prpl violet lila lavender plum
    brown brn marron braun espresso chocolate
    beige tan khaki cream sand
    gold gld golden champagne
    bronze copper
    cyan
    turquoise teal aqua
    stainless inox
    titanium
    clear transparent
    cherry mahogany
    walnut
    oak
    maple
""")

#: Word -> (group, meaning): two records that mean different things in one group are different variants.
VARIANTS: dict[str, tuple[str, str]] = {
    word: (group, meaning)
    for group, lines in {
        "platform": "mac macintosh macos osx apple\nwindows win windows98 winxp\nlinux unix\nandroid\nios",
        "edition": (
            "standard std\nprofessional pro prof\npremium prem\nenterprise ent\nbasic\nstarter\nultimate\ndeluxe dlx\n"
            "home\nbusiness bus\nessentials\nplus\nlite light\nadvanced\nelite\nexpress"
        ),
        "period": "monthly\nannual annually yearly\ntriennial\nquarterly",
        "size": "small sm\nmedium med\nlarge lg\nxs xsmall\nxl xlarge\nxxl xxlarge 2xl\nxxxl 3xl\nmini\njumbo\nking\nqueen\ntwin",
        "gender": "men mens man male\nwomen womens woman ladies female\nboys boy\ngirls girl\nkids children youth toddler",
        "side": "left lh lefthand\nright rh righthand",
        "place": "front\nrear",
        "link": "wired corded\nwireless cordless wifi",
        "fuel": "gas propane\nelectric",
        "medium": "paperback softcover\nhardcover hardback\nebook kindle\naudiobook",
        "disc": "dvd\nbluray\ncd\nvhs",
        "level": "beginner\nintermediate\nadvanced",
        "language": "english\nspanish espanol\nfrench francais\ngerman deutsch\nitalian\njapanese\nportuguese\nchinese",
    }.items()
    for line in lines.splitlines()
    for word in line.split()
    for meaning in [line.split()[0]]
}

#: Words that make another article of it when only one of two records has them.
MARKED: dict[str, str] = _groups("""
    upgrade upg upgr
    academic student education edu educational teacher
    refurbished refurb renewed reconditioned
    used preowned
    oem
    trial
    renewal renew
    addon
    nfr
    nonprofit charity
    government gov
    replacement
    refill
    case sleeve pouch
    cover
    cable cord
    adapter adaptor
    battery
    charger
    mount bracket
    bag backpack
    bundle
    kit
    lens
    cartridge toner
    stand
    guide manual handbook
    warranty
    support maintenance
    setup onboarding installation
    migration
    backup
    archive archiving
    overage overuse
    decaf
    organic
    unscented
    sugarfree
""")

#: Unit -> (dimension, factor to the dimension's base, unit shown).
UNITS: dict[str, tuple[str, float, str]] = {
    spelling: (dimension, factor, shown)
    for dimension, factor, shown, spellings in (
        ("inch", 1.0, "in", "in inch inches ' '' \" ”"),
        ("inch", 1 / 2.54, "in", "cm"),
        ("mm", 1.0, "mm", "mm millimeter millimetre"),
        ("length", 1.0, "ft", "ft feet foot"),
        ("length", 3.28084, "ft", "m meter meters metre metres"),
        ("length", 3.0, "ft", "yd yard yards"),
        ("storage", 1e-3, "GB", "mb megabyte"),
        ("storage", 1.0, "GB", "gb gig gigabyte gigabytes"),
        ("storage", 1e3, "GB", "tb terabyte terabytes"),
        ("frequency", 1.0, "MHz", "mhz"),
        ("frequency", 1e3, "MHz", "ghz"),
        ("speed", 1.0, "Mbps", "mbps mbit"),
        ("speed", 1e3, "Mbps", "gbps gbit"),
        ("power", 1.0, "W", "w watt watts"),
        ("power", 1e3, "W", "kw"),
        ("volt", 1.0, "V", "v volt volts"),
        ("charge", 1.0, "mAh", "mah"),
        ("charge", 1e3, "mAh", "ah"),
        ("weight", 1.0, "g", "g gr gram grams"),
        ("weight", 1e3, "g", "kg kgs kilo"),
        ("weight", 28.3495, "g", "oz ounce ounces"),
        ("weight", 453.592, "g", "lb lbs pound pounds"),
        ("volume", 1.0, "ml", "ml"),
        ("volume", 10.0, "ml", "cl"),
        ("volume", 1e3, "ml", "l lt ltr liter liters litre litres"),
        ("volume", 29.5735, "ml", "floz"),
        ("volume", 946.353, "ml", "qt quart quarts"),
        ("volume", 3785.41, "ml", "gal gallon gallons"),
        ("capacity", 1.0, "cu ft", "cuft"),
        ("pack", 1.0, "pack", "pack packs pk pkg ct count piece pieces pcs"),
        ("sheets", 1.0, "sheets", "sheet sheets"),
        ("pages", 1.0, "pages", "page pages"),
        ("users", 1.0, "users", "user users seat seats license licenses licence licences lic mailbox mailboxes"),
        ("devices", 1.0, "devices", "device devices computer computers endpoint endpoints server servers"),
        ("months", 12.0, "months", "year years yr yrs y"),
        ("months", 1.0, "months", "month months mo mos"),
        ("ports", 1.0, "ports", "port ports"),
        ("channels", 1.0, "channels", "channel channels ch"),
        ("megapixels", 1.0, "MP", "mp megapixel megapixels mpix"),
        ("lines", 1.0, "p", "p"),
        ("zoom", 1.0, "x", "x"),
        ("rpm", 1.0, "rpm", "rpm"),
        ("btu", 1.0, "BTU", "btu btus"),
        ("percent", 1.0, "%", "%"),
        ("discs", 1.0, "discs", "disc discs disk disks"),
        ("cores", 1.0, "cores", "core cores"),
    )
    for spelling in spellings.split()
}

#: Units that are believed only right behind the number (``12v``, not ``12 v``).
TIGHT = frozenset({"m", "w", "v", "g", "l", "y", "p", "x", "ch", "mo", "gr"})

#: Codes that mean "none".
PLACEHOLDERS = frozenset(
    {
        "na",
        "none",
        "null",
        "nil",
        "unknown",
        "tbd",
        "tba",
        "various",
        "default",
        "test",
        "sku",
        "mpn",
        "upc",
        "notapplicable",
    }
)

#: Legal forms and words that say nothing about which company it is.
LEGAL_FORMS = frozenset(
    [
        "inc",
        "incorporated",
        "llc",
        "llp",
        "lp",
        "ltd",
        "limited",
        "co",
        "corp",
        "corporation",
        "company",
        "plc",
        "pllc",
        "pc",
        "pa",
        "gmbh",
        "ag",
        "kg",
        "ohg",
        "mbh",
        "ug",
        "se",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "bv",
        "nv",
        "oy",
        "ab",
        "as",
        "aps",
        "kft",
        "sro",
        "pty",
        "pte",
        "sl",
        "slu",
        "lda",
        "ltda",
        "cv",
        "the",
        "and",
        "of",
    ]
)

FREE_MAIL = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "ymail.com",
        "rocketmail.com",
        "hotmail.com",
        "outlook.com",
        "live.com",
        "msn.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "aim.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "t-online.de",
        "freenet.de",
        "mail.com",
        "mail.ru",
        "yandex.ru",
        "yandex.com",
        "proton.me",
        "protonmail.com",
        "zoho.com",
        "comcast.net",
        "verizon.net",
        "att.net",
        "sbcglobal.net",
        "bellsouth.net",
        "cox.net",
        "charter.net",
        "earthlink.net",
        "juno.com",
        "optonline.net",
        "btinternet.com",
        "sky.com",
        "virginmedia.com",
        "talktalk.net",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "laposte.net",
        "libero.it",
        "alice.it",
        "tiscali.it",
        "hotmail.co.uk",
        "yahoo.co.uk",
        "hotmail.fr",
        "yahoo.fr",
        "yahoo.de",
        "live.co.uk",
        "fastmail.com",
        "hey.com",
        "tutanota.com",
        "qq.com",
        "163.com",
        "126.com",
        "naver.com",
        "rediffmail.com",
        "bigpond.com",
        "shaw.ca",
        "rogers.com",
        "telus.net",
    ]
)
