"""The connection test: the session, the version, each object and the fields that are needed; writes nothing."""

from __future__ import annotations

from connectors.salesforce import soql
from connectors.salesforce.api import Api
from connectors.salesforce.meta import ACCOUNT, CONTACT, ENTRY, PRODUCT, Meta
from engine.errors import AuthenticationError, ConnectorError
from engine.ports import CheckItem, CheckReport

#: What the operations write: object -> fields.
WRITES = {
    PRODUCT: ("Name", "ProductCode", "IsActive"),
    ENTRY: ("UnitPrice", "IsActive"),
    CONTACT: ("LastName", "Email"),
    ACCOUNT: (),
}
_NEEDED_FOR_SYNC = frozenset({PRODUCT, ENTRY})


async def check(api: Api, meta: Meta) -> CheckReport:
    """Without a session or a version the rest is not tried."""
    try:
        org, site = await api.org(), await api.site()
        newest = (await api.versions())[-1]
        await api.root()
    except ConnectorError as error:
        session = CheckItem("session", ok=False, message=str(error))
        refused = isinstance(error, AuthenticationError)
        return CheckReport((session,), api.settings.login.base_url, reconnect=refused)
    pinned = api.settings.version
    told = pinned if pinned == newest else f"{pinned}; the org's newest is {newest}"
    items = [CheckItem("session", ok=True, message=site), CheckItem("API version", ok=True, message=told)]
    items += [await _object(api, meta, name) for name in WRITES]
    items += [await _book(meta), await _external_id(api, meta), await _markers(api, meta), await _people(meta)]
    budget = api.pace.budget()
    left = None if budget.limit is None else budget.limit - budget.used
    items.append(
        CheckItem(
            "daily calls",
            left is None or left > 0,
            f"{budget.used} of {budget.limit:g}" if budget.limit else "",
            required=False,
        )
    )
    return CheckReport(tuple(item for item in items if item.name), f"{org or 'an org'} ({site})")


async def _object(api: Api, meta: Meta, entity: str) -> CheckItem:
    needed = entity in _NEEDED_FOR_SYNC
    try:
        described = await meta.of(entity, again=True)
        await api.rows(f"{soql.select(['Id'], entity)} LIMIT 1", entity)
    except ConnectorError as error:
        return CheckItem(entity, ok=False, message=str(error), required=needed)
    fixed = [name for name in WRITES[entity] if described.fields[name].get("updateable") is not True]
    if fixed:
        return CheckItem(entity, ok=False, message=f"read only: {', '.join(fixed)} cannot be written", required=needed)
    return CheckItem(entity, ok=True)


async def _book(meta: Meta) -> CheckItem:
    try:
        book = await meta.book()
    except ConnectorError as error:
        return CheckItem("price book", ok=False, message=str(error))
    return CheckItem("price book", book.active, book.name if book.active else f"{book.name} is inactive: activate it")


async def _external_id(api: Api, meta: Meta) -> CheckItem:
    name = api.settings.external_id
    if not name:
        why = "none: a pushed product is found again by its code (option external_id_field)"
        return CheckItem("external id field", ok=True, message=why, required=False)
    try:
        found = (await meta.of(PRODUCT)).fields.get(name)
    except ConnectorError as error:
        return CheckItem("external id field", ok=False, message=str(error))
    if found is None:
        return CheckItem("external id field", ok=False, message=f"the integration user cannot see Product2.{name}")
    good = found.get("externalId") is True and found.get("unique") is True
    return CheckItem("external id field", good, "" if good else f"Product2.{name} is not a unique External ID field")


async def _markers(api: Api, meta: Meta) -> CheckItem:
    settings, missing = api.settings, []
    try:
        for entity, name in ((PRODUCT, settings.marker), (ACCOUNT, settings.account_marker)):
            found = (await meta.of(entity)).fields.get(name)
            if found is None or found.get("createable") is not True:
                missing.append(f"{entity}.{name}")
    except ConnectorError as error:
        return CheckItem("markers", ok=False, message=str(error), required=False)
    why = f"the integration user cannot write {', '.join(missing)}: nothing can be created safely" if missing else ""
    return CheckItem("markers", not missing, why, required=False)


async def _people(meta: Meta) -> CheckItem:
    try:
        people = await meta.person_accounts()
    except ConnectorError as error:
        return CheckItem("person accounts", ok=False, message=str(error), required=False)
    return CheckItem("person accounts", ok=True, message="enabled" if people else "this org has none", required=False)
