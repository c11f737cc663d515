"""Words of the seeded worlds. Every company, brand and person here is invented."""

from __future__ import annotations

from dataclasses import dataclass

BRAND_STARTS = (
    "Meri", "Vault", "Palis", "Hexa", "Tide", "Ring", "Corva", "Lumen", "Quill", "Ostra", "Brim", "Cald",
    "Dorn", "Elva", "Fenn", "Glimm", "Harrow", "Isen", "Jun", "Kestr", "Loam", "Mosk", "Nimb", "Orrin",
)  # fmt: skip
BRAND_ENDS = (
    "dian", "mere", "ade", "guard", "watch", "well", "ix", "ora", "stack", "line", "wick", "forge",
    "spire", "lane", "berg", "path", "tec", "nova", "held", "loft", "drift", "span", "crest", "yard",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """A line of products. ``name`` is a pattern of {brand} {edition} {size}; prices in USD a month."""

    code: str
    category: str
    name: str
    unit: str
    editions: tuple[str, ...]
    sizes: tuple[str, ...] = ("",)
    low: float = 2.0
    high: float = 40.0
    service: str = ""


FAMILIES = (
    Family("365", "Cloud Seats", "{brand} 365 {edition}", "seat",
           ("Business Basic", "Business Standard", "Business Premium", "Apps for Business", "Enterprise E1",
            "Enterprise E3", "Enterprise E5", "Frontline F1", "Frontline F3", "Extra File Storage",
            "Audio Conferencing", "Phone System"), ("", "(NCE)"), 1.2, 60, "O365"),
    Family("MBX", "Cloud Seats", "{brand} Hosted Mailbox {edition} {size}", "mailbox",
           ("Lite", "Standard", "Archive"), ("10 GB", "50 GB", "100 GB"), 1.5, 9, "HostedMail"),
    Family("BKP", "Backup", "{brand} Cloud Backup {edition} {size}", "device",
           ("Workstation", "Server", "Virtual Machine", "NAS", "SaaS Seat"), ("100 GB", "250 GB", "500 GB", "1 TB", "5 TB"),
           4, 180, "CloudBackup"),
    Family("FW", "Network Security", "{brand} Firewall {size} {edition}", "appliance",
           ("UTM Bundle", "Advanced Threat License", "24x7 Support", "High Availability License", "Web Filter License"),
           ("FW-40", "FW-60", "FW-80", "FW-100", "FW-200E"), 15, 420, "Firewall"),
    Family("EPP", "Endpoint Security", "{brand} Endpoint {edition} for {size}", "endpoint",
           ("Antivirus", "Protect Plus", "EDR", "MDR Complete"), ("Workstation", "Server", "Mobile"), 1.1, 18, "Endpoint"),
    Family("RMM", "Monitoring", "{brand} Monitor {edition} {size}", "agent",
           ("Agent", "Network Probe", "Server Agent", "Log Collector"), ("Essentials", "Pro"), 0.9, 12, "Monitoring"),
    Family("VOX", "VoIP", "{brand} Voice {edition} {size}", "line",
           ("Seat", "SIP Trunk", "Toll-Free Number", "Fax Line", "Call Recording"), ("Basic", "Pro"), 2, 32, "VoIP"),
    Family("MSEC", "E-mail Security", "{brand} Mail Shield {edition}", "mailbox",
           ("Spam Filter", "Advanced", "Encryption", "Continuity", "Phishing Training"), ("",), 0.8, 7, "MailShield"),
    Family("IDM", "Identity", "{brand} Identity {edition}", "user",
           ("MFA", "Single Sign-On", "Password Manager", "Privileged Access"), ("", "Plus"), 1, 12, "Identity"),
    Family("VPS", "Infrastructure", "{brand} Virtual Server {edition} {size}", "server",
           ("S", "M", "L", "XL"), ("2 vCPU 4 GB", "4 vCPU 8 GB", "8 vCPU 32 GB"), 9, 320, "IaaS"),
    Family("DNS", "Network Security", "{brand} DNS Filter {edition}", "user", ("Home", "Business", "Guest Wi-Fi"), ("",),
           0.6, 4, "DnsFilter"),
    Family("SSL", "Infrastructure", "{brand} SSL Certificate {edition}", "certificate",
           ("Single Domain", "Wildcard", "Multi-Domain"), ("DV", "OV"), 4, 40, "SSL"),
)  # fmt: skip

CATEGORIES = (
    "Cloud Seats", "Backup", "Network Security", "Endpoint Security", "Monitoring", "VoIP", "E-mail Security",
    "Identity", "Infrastructure", "Hardware", "Labor", "Fees",
)  # fmt: skip

#: How back offices shorten a vendor's words.
SHORT = {
    "Business": "Bus", "Standard": "Std", "Premium": "Prem", "Workstation": "WS", "Server": "Srv", "License": "Lic",
    "Enterprise": "Ent", "Virtual Machine": "VM", "High Availability": "HA", "Advanced": "Adv", "Certificate": "Cert",
    "Mailbox": "Mbx", "Firewall": "FW", "Monitor": "Mon", "Antivirus": "AV", "Support": "Supp", "Essentials": "Ess",
}  # fmt: skip

OWN_PRODUCTS = (
    ("Labor - Onsite Technician (hour)", "Labor", 135.0, 60.0), ("Labor - Remote Support (hour)", "Labor", 110.0, 45.0),
    ("Labor - After Hours (hour)", "Labor", 195.0, 90.0), ("Project Management (hour)", "Labor", 150.0, 70.0),
    ("Cat6 Patch Cable 3 m blue", "Hardware", 9.5, 2.1), ("USB-C Dock dual display", "Hardware", 189.0, 121.0),
    ("24in Monitor refurbished", "Hardware", 119.0, 64.0), ("Rack Shelf 1U", "Hardware", 49.0, 22.0),
    ("Wireless Access Point ceiling", "Hardware", 179.0, 99.0), ("UPS 1500 VA", "Hardware", 269.0, 181.0),
)  # fmt: skip

FEE_PRODUCTS = (
    ("Cancellation Fee", 50.0), ("Early Termination Fee", 250.0), ("Setup Fee", 75.0), ("Onboarding Fee per seat", 15.0),
    ("License Upgrade Fee", 20.0), ("Storage Overage per GB", 0.25), ("Late Payment Fee", 35.0),
)  # fmt: skip

COMPANY_FIRST = (
    "Bramble", "Oster", "Pell", "Quarry", "Thistle", "Umber", "Wend", "Yarrow", "Alder", "Birch", "Cobble", "Dapple",
    "Ember", "Fallow", "Grist", "Hollow", "Ivy", "Juniper", "Knot", "Larch", "Maple", "Nettle", "Otter", "Pebble",
    "Quince", "Rook", "Sorrel", "Tansy", "Vesper", "Willow",
)  # fmt: skip
COMPANY_SECOND = (
    "wick", "fold", "ham", "stone", "down", "gate", "brook", "field", "moor", "ridge", "shaw", "ton", "vale", "wold",
    "bury", "cliff", "dale", "ford", "grove", "hurst",
)  # fmt: skip
TRADES = (
    "Dental", "Logistics", "Legal", "Accounting", "Plumbing", "Architects", "Bakery", "Clinic", "Motors", "Printing",
    "Insurance", "Realty", "Foods", "Engineering", "Veterinary", "Schools", "Roofing", "Media", "Farms", "Optics",
    "& Sons", "& Daughters", "Brothers", "Partners", "Machine Works",
)  # fmt: skip
LEGAL = (", Inc.", " Inc", " LLC", ", LLC", " Ltd", " Ltd.", " Corp.", " Co.", " GmbH", "")
FIRST_NAMES = (
    "Ada", "Bram", "Cleo", "Dario", "Esme", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kaia", "Lars", "Mira", "Nils",
    "Odile", "Pavel", "Quinn", "Rosa", "Sven", "Tilda", "Ugo", "Vera", "Wim", "Xenia", "Yann", "Zélie",
)  # fmt: skip
LAST_NAMES = (
    "Ashdown", "Bellweather", "Crumb", "Dovecote", "Eastlake", "Fothergill", "Gooseberry", "Hathersage", "Inkpen",
    "Jessop", "Kettle", "Lovelace", "Møller", "Nightingale", "Oakapple", "Pumphrey", "Quibell", "Ramsbottom", "Sparrow",
    "Tuppence", "Underhill", "Vasquez", "Winterbourne", "Yelland", "Zabriskie",
)  # fmt: skip
STREETS = ("Main Street", "Mill Lane", "Harbor Road", "Foundry Avenue", "Orchard Way", "Station Square", "Elm Court")
CITIES = (
    ("Springvale", "CA", "92612"), ("Riverton", "NY", "10453"), ("Oakmere", "TX", "75201"), ("Fairhaven", "WA", "98101"),
    ("Millbrook", "IL", "60601"), ("Stonebridge", "OH", "44101"), ("Lakewood Falls", "FL", "33101"),
)  # fmt: skip
