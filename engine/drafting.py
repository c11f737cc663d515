"""Drafts of records to be created: products for the back office, customers for the storefront; and what they lack."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal

from engine.draft_fields import completed, names_of
from engine.errors import UnknownId, UsageError
from engine.fields import parse, read
from engine.first_quantity import with_orders
from engine.integrations import Integration
from engine.lookalikes import lookalikes
from engine.mappings import Mappings
from engine.model import Customer, Field, Kind, Product, Side, Sku
from engine.ports import Capabilities, Draft, RecordCache
from engine.suggestions import Suggestions
from engine.views import CustomerReadiness, DraftProblem

#: What a storefront customer needs; CloudBlue SimpleAPI ``POST /customers`` demands name, address, contact and language.
PROFILE = ("name", "email", "first_name", "last_name", "phone", "street", "city", "postal_code", "country")
LABELS = {
    "country": "country (setting customers.country)",
    "first_name": "first name",
    "last_name": "last name",
    "postal_code": "postal code",
    "email": "e-mail",
}
TEXT_FIELDS = ("name", "description", "upc", "category")
TEMPLATE_FIELDS = (*TEXT_FIELDS, "price", "cost", "sku", "vendor", "taxable", "maintain_stock")


class Drafting:
    """Builds drafts from what was last read; contacts no system."""

    def __init__(self, cache: RecordCache, mappings: Mappings, suggestions: Suggestions) -> None:
        self._cache, self._mappings, self._suggestions = cache, mappings, suggestions

    def products(
        self, integration: Integration, ids: Collection[str], template: Mapping[str, str], target: Capabilities
    ) -> tuple[tuple[Draft, ...], tuple[DraftProblem, ...]]:
        """One draft per storefront product; ``template`` sets fields of all of them (``{name}`` stands for the product's).

        Problems name the product, the field and what is wrong; a product that exists already by name, SKU or UPC is one.
        """
        if Kind.PRODUCTS not in target.creates:
            raise UsageError(f"{integration.backoffice} cannot create products; nothing was drafted")
        known = (*TEMPLATE_FIELDS, *names_of(target))
        if unknown := set(template) - set(known):
            raise UsageError(f"a product has no {', '.join(sorted(unknown))}; it has: {', '.join(known)}")
        found = self._cache.get(integration.storefront, Kind.PRODUCTS, ids)
        mapped = self._mappings.mapped(integration.name, Kind.PRODUCTS)
        by_name: dict[str, str] = {}
        by_code: dict[str, str] = {}
        for record in self._cache.records(integration.backoffice, Kind.PRODUCTS):
            assert isinstance(record, Product)
            told = record.id if record.active else f"{record.id}, which is inactive (make it active there, then map it)"
            by_name.setdefault(record.name.casefold(), told)
            for code in (record.upc, *(sku.value for sku in record.skus)):
                if code:
                    by_code.setdefault(code.casefold(), told)
        drafts, problems = [], []
        unposted = self._cache.load_unposted(integration.name)
        for product_id in dict.fromkeys(ids):
            product = found.get(product_id)
            if not isinstance(product, Product):
                raise UnknownId(f"product of {integration.storefront}", product_id, "pull, then try again")
            draft, wrong = self._draft(integration, product, template)
            stock = read(product, Field.QUANTITY, Side.STOREFRONT, integration.settings).text
            counted = None if stock is None else Decimal(stock)
            draft, more = completed(draft, template, target, counted)
            if not template.get("quantity", "").strip():
                draft = with_orders(draft, counted, unposted.get(product_id, ()), integration.settings.orders.policy)
            wrong += more
            if product_id in mapped:
                wrong.append(("", f"is mapped to {mapped[product_id].backoffice_id} already"))
            if twin := by_name.get(draft.name.casefold()):
                wrong.append(("name", f"{integration.backoffice} has a product of this name: {twin}"))
            for field, code in (("sku", draft.sku.value if draft.sku else ""), ("upc", draft.upc)):
                if code and (twin := by_code.get(code.casefold())):
                    wrong.append((field, f"{integration.backoffice} has a product with {field} {code}: {twin}"))
            if product.is_base:
                wrong.append(("", "is the parent of variants and never sold itself: add its variants"))
            if not wrong:  # one that is not created stands in nobody's way
                by_name.setdefault(draft.name.casefold(), f"the draft of {product_id}")
                for code in filter(None, (draft.sku.value if draft.sku else "", draft.upc)):
                    by_code.setdefault(code.casefold(), f"the draft of {product_id}")
            drafts.append(draft)
            problems += [DraftProblem(product_id, field, message) for field, message in wrong]
        return tuple(drafts), tuple(problems)

    def readiness(self, integration: Integration, ids: Collection[str] | None) -> list[CustomerReadiness]:
        """Active back-office customers nothing is mapped to, each with the labels of missing profile fields, and with
        the storefront customers it seems to be already.
        """
        mapped = self._mappings.mapped(integration.name, Kind.CUSTOMERS)
        taken = {m.backoffice_id for m in mapped.values()}
        defaults = integration.settings.customers
        wanted = []
        for record in self._cache.records(integration.backoffice, Kind.CUSTOMERS):
            if not isinstance(record, Customer) or record.id in taken or not record.active:
                continue
            if ids is None or record.id in ids:
                wanted.append(record)
        there = (r for r in self._cache.records(integration.storefront, Kind.CUSTOMERS) if isinstance(r, Customer))
        suggested = self._suggestions.all(integration.name, Kind.CUSTOMERS)
        likely = {row: guesses for row, guesses in suggested.items() if row not in mapped}
        twins = lookalikes(there, wanted, likely, self._mappings.rejected(integration.name, Kind.CUSTOMERS))
        found = []
        for record in wanted:
            country, language = record.country or defaults.country, record.language or defaults.language
            customer = replace(record, country=country, language=language)
            missing = tuple(LABELS.get(f, f) for f in PROFILE if not getattr(customer, f).strip())
            found.append(CustomerReadiness(customer, missing, twins.get(record.id, ())))
        return found

    def customers(
        self, integration: Integration, ids: Collection[str], duplicates: Collection[str] = ()
    ) -> list[Draft]:
        """Drafts of complete customers. Raises ``UsageError`` naming the missing fields of the first incomplete one, or
        whom the first one looks like that is not among ``duplicates``.
        """
        ready = {r.customer.id: r for r in self.readiness(integration, set(ids))}
        drafts = []
        for customer_id in dict.fromkeys(ids):
            if customer_id not in ready:
                raise UnknownId(
                    "customer to import", customer_id, "it is mapped, inactive or unknown; nothing was created"
                )
            item = ready[customer_id]
            if item.missing:
                raise UsageError(
                    f"{item.customer.name} ({customer_id}) lacks {', '.join(item.missing)}: complete the profile in "
                    f"{integration.backoffice}, pull, then import; nothing was created"
                )
            if item.twins and customer_id not in duplicates:
                raise UsageError(
                    f"{item.customer.name} ({customer_id}) seems to be in {integration.storefront} already, as "
                    f"{'; '.join(item.twins)}. Map it, or say that a duplicate is wanted; nothing was created"
                )
            key = uuid.uuid4().hex
            drafts.append(
                Draft(key, Kind.CUSTOMERS, customer_id, item.customer.name, marker=customer_id,
                      external_id=customer_id, customer=item.customer)
            )  # fmt: skip
        return drafts

    def _draft(
        self, integration: Integration, product: Product, template: Mapping[str, str]
    ) -> tuple[Draft, list[tuple[str, str]]]:
        settings = integration.settings
        wrong: list[tuple[str, str]] = []
        amounts: dict[Field, Decimal | None] = {}
        for field in (Field.PRICE, Field.COST):
            value = read(product, field, Side.STOREFRONT, settings)
            text = value.text
            if template.get(field.value):
                text = self._typed(field, template[field.value], wrong)
            elif value.problem:
                wrong.append((field.value, value.problem))
            amounts[field] = None if text is None else Decimal(text)
        if amounts[Field.PRICE] is None and not any(field == "price" for field, _ in wrong):
            wrong.append(("price", "the storefront has none; give one"))
        code = template.get("sku") or read(product, Field.SKU, Side.STOREFRONT, settings).text
        vendor = template.get("vendor") or settings.sku.backoffice_vendor
        upc_holds_sku = settings.sku.backoffice == "upc"
        texts = {name: template.get(name, "").replace("{name}", product.name) for name in TEXT_FIELDS}
        switches = {"taxable": True, "maintain_stock": False}
        for name in switches:
            if name in template:
                given = template[name].strip().lower()
                if given not in {"true", "false", "yes", "no", "1", "0"}:
                    wrong.append((name, f"{template[name]!r} is neither yes nor no"))
                switches[name] = given in {"true", "yes", "1"}
        key = uuid.uuid4().hex
        draft = Draft(
            key=key,
            kind=Kind.PRODUCTS,
            source_id=product.id,
            name=texts["name"] or product.name,
            description=texts["description"] or product.description or product.name,
            price=amounts[Field.PRICE],
            cost=amounts[Field.COST],
            currency=settings.currency,
            sku=Sku(code, vendor) if code and not upc_holds_sku else None,
            upc=texts["upc"] or (code or "" if upc_holds_sku else product.upc),
            category=texts["category"],
            taxable=switches["taxable"],
            maintain_stock=switches["maintain_stock"],
            marker=f"crosswalk:{key}",
        )
        if not draft.name.strip():
            wrong.append(("name", "is empty"))
        return draft, wrong

    @staticmethod
    def _typed(field: Field, text: str, wrong: list[tuple[str, str]]) -> str | None:
        try:
            return parse(field, text)
        except UsageError as error:
            wrong.append((field.value, str(error).partition(";")[0]))
            return None
