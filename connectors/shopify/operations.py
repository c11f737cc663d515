"""Every GraphQL operation of this connector, each with the access it needs. Nothing else is ever sent to a store.

They keep to the Admin API 2026-07 (``tests/contract`` validates all of them). No mutation can name a title, a
description or a handle: what is asked to change is built from these inputs only, and of them ``price``,
``inventoryItem.cost``, ``inventoryItem.sku`` and quantities.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One document. ``field`` is its only root field, ``access`` the scopes it needs.

    ``cost`` is the price of one record (for a list) or of the request, in points, until the store has told the true one.
    """

    name: str
    field: str
    text: str
    access: str
    cost: float
    writes: bool = False


_PAGE = "pageInfo { hasNextPage endCursor }"
_VARIANT = """
fragment Variant on ProductVariant {
  id
  title
  sku
  barcode
  price
  compareAtPrice
  updatedAt
  requiresComponents
  product { id title status updatedAt }
  inventoryItem {
    id
    tracked
    unitCost { amount currencyCode }
    inventoryLevel(locationId: $location) @include(if: $counts) {
      isActive
      quantities(names: $names) { name quantity }
    }
  }
}
"""

SHOP = Operation(
    "Shop", "shop", "query Shop { shop { id name myshopifyDomain currencyCode ianaTimezone } }", "any scope", 1
)

LOCATIONS = Operation(
    "Locations",
    "locations",
    f"""query Locations($first: Int!, $after: String, $query: String) {{
  locations(first: $first, after: $after, query: $query, sortKey: ID) {{ nodes {{ id name isActive }} {_PAGE} }}
}}""",
    "read_locations",
    1,
)

VARIANTS = Operation(
    "Variants",
    "productVariants",
    f"""query Variants($first: Int!, $after: String, $query: String, $location: ID!, $names: [String!]!,
  $counts: Boolean!) {{
  productVariants(first: $first, after: $after, query: $query, sortKey: ID) {{ nodes {{ ...Variant }} {_PAGE} }}
}}
{_VARIANT}""",
    "read_products, read_inventory",
    6,
)

#: Products without their variants: the parents, and which products changed. One variant tells whether there are options.
PRODUCTS = Operation(
    "Products",
    "products",
    f"""query Products($first: Int!, $after: String, $query: String) {{
  products(first: $first, after: $after, query: $query, sortKey: ID) {{
    nodes {{ id title status updatedAt variants(first: 1) {{ nodes {{ id title }} }} }}
    {_PAGE}
  }}
}}""",
    "read_products",
    4,
)

CUSTOMERS = Operation(
    "Customers",
    "customers",
    f"""query Customers($first: Int!, $after: String, $query: String) {{
  customers(first: $first, after: $after, query: $query, sortKey: ID) {{
    nodes {{
      id displayName firstName lastName updatedAt
      defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }}
    }}
    {_PAGE}
  }}
}}""",
    "read_customers",
    3,
)

_LINES = f"nodes {{ id currentQuantity sku variant {{ id }} }} {_PAGE}"

ORDERS = Operation(
    "Orders",
    "orders",
    f"""query Orders($first: Int!, $after: String, $query: String, $buyers: Boolean!) {{
  orders(first: $first, after: $after, query: $query, sortKey: ID) {{
    nodes {{
      id name createdAt cancelledAt test displayFinancialStatus
      customer @include(if: $buyers) {{
        id displayName firstName lastName
        defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }}
      }}
      lineItems(first: 20) {{ {_LINES} }}
    }}
    {_PAGE}
  }}
}}""",
    "read_orders",
    45,
)

#: Further lines of one order with more than the list above shows.
ORDER_LINES = Operation(
    "OrderLines",
    "orders",
    f"""query OrderLines($query: String!, $lines: Int!, $after: String) {{
  orders(first: 1, query: $query) {{ nodes {{ id lineItems(first: $lines, after: $after) {{ {_LINES} }} }} }}
}}""",
    "read_orders",
    250,
)

UPDATE_VARIANTS = Operation(
    "UpdateVariants",
    "productVariantsBulkUpdate",
    """mutation UpdateVariants($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $product, variants: $variants, allowPartialUpdates: true) {
    productVariants { id price inventoryItem { id sku unitCost { amount currencyCode } } }
    userErrors { field message code }
  }
}""",
    "write_products",
    10,
    writes=True,
)

SET_QUANTITIES = Operation(
    "SetQuantities",
    "inventorySetQuantities",
    """mutation SetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name delta quantityAfterChange item { id } } }
    userErrors { field message code }
  }
}""",
    "write_inventory",
    10,
    writes=True,
)

ALL = (SHOP, LOCATIONS, VARIANTS, PRODUCTS, CUSTOMERS, ORDERS, ORDER_LINES, UPDATE_VARIANTS, SET_QUANTITIES)
