"""The part of Shopify's Admin GraphQL schema (2026-07) that the sandbox serves, with the vendor's names and types.

A contract test holds every type, field, argument and enum value of it to the vendor's own schema.
"""

from __future__ import annotations

from functools import cache

from graphql import GraphQLSchema, build_schema

VERSION = "2026-07"

_LIST = "after: String, before: String, first: Int, last: Int, query: String, reverse: Boolean = false"


def _connection(name: str) -> str:
    return f"""
type {name}Connection {{ edges: [{name}Edge!]! nodes: [{name}!]! pageInfo: PageInfo! }}
type {name}Edge {{ cursor: String! node: {name}! }}
"""


_SDL = f"""
schema {{ query: QueryRoot mutation: Mutation }}
directive @idempotent(key: String!) on FIELD
scalar DateTime
scalar Decimal
scalar Money
scalar UnsignedInt64

type QueryRoot {{
  customers({_LIST}, sortKey: CustomerSortKeys = ID): CustomerConnection!
  inventoryItem(id: ID!): InventoryItem
  locations({_LIST}, includeInactive: Boolean = false, sortKey: LocationSortKeys = NAME): LocationConnection!
  orders({_LIST}, sortKey: OrderSortKeys = PROCESSED_AT): OrderConnection!
  productVariants({_LIST}, sortKey: ProductVariantSortKeys = ID): ProductVariantConnection!
  products({_LIST}, sortKey: ProductSortKeys = ID): ProductConnection!
  shop: Shop!
}}
type Mutation {{
  inventoryActivate(available: Int, inventoryItemId: ID!, locationId: ID!, onHand: Int): InventoryActivatePayload
  inventoryAdjustQuantities(input: InventoryAdjustQuantitiesInput!): InventoryAdjustQuantitiesPayload
  inventoryItemUpdate(id: ID!, input: InventoryItemInput!): InventoryItemUpdatePayload
  inventorySetQuantities(input: InventorySetQuantitiesInput!): InventorySetQuantitiesPayload
  productVariantsBulkUpdate(
    allowPartialUpdates: Boolean = false, productId: ID!, variants: [ProductVariantsBulkInput!]!
  ): ProductVariantsBulkUpdatePayload
}}

enum CustomerSortKeys {{ CREATED_AT ID UPDATED_AT }}
enum LocationSortKeys {{ ID NAME }}
enum OrderSortKeys {{ CREATED_AT ID PROCESSED_AT UPDATED_AT }}
enum ProductSortKeys {{ ID TITLE UPDATED_AT }}
enum ProductVariantSortKeys {{ ID POSITION SKU TITLE }}
enum CurrencyCode {{ AUD CAD CHF EUR GBP JPY USD }}
enum ProductStatus {{ ACTIVE ARCHIVED DRAFT UNLISTED }}
enum ProductVariantInventoryPolicy {{ CONTINUE DENY }}
enum OrderDisplayFulfillmentStatus {{ FULFILLED PARTIALLY_FULFILLED UNFULFILLED }}
enum OrderDisplayFinancialStatus {{ AUTHORIZED PAID PARTIALLY_PAID PARTIALLY_REFUNDED PENDING REFUNDED VOIDED }}
enum CustomerState {{ DECLINED DISABLED ENABLED INVITED }}
enum ProductVariantsBulkUpdateUserErrorCode {{
  GREATER_THAN_OR_EQUAL_TO INVALID_INPUT INVALID_VALUE NEGATIVE_PRICE_VALUE PRODUCT_DOES_NOT_EXIST
  PRODUCT_VARIANT_DOES_NOT_EXIST PRODUCT_VARIANT_ID_MISSING TOO_LONG
}}
enum InventorySetQuantitiesUserErrorCode {{
  CHANGE_FROM_QUANTITY_STALE IDEMPOTENCY_KEY_PARAMETER_MISMATCH INVALID_INVENTORY_ITEM INVALID_LOCATION INVALID_NAME
  INVALID_QUANTITY_NEGATIVE INVALID_QUANTITY_TOO_HIGH INVALID_REASON INVALID_REFERENCE_DOCUMENT
  ITEM_NOT_STOCKED_AT_LOCATION NON_MUTABLE_INVENTORY_ITEM NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR
}}
enum InventoryAdjustQuantitiesUserErrorCode {{
  CHANGE_FROM_QUANTITY_STALE IDEMPOTENCY_KEY_PARAMETER_MISMATCH INVALID_INVENTORY_ITEM INVALID_LOCATION
  INVALID_QUANTITY_NAME INVALID_REASON INVALID_REFERENCE_DOCUMENT ITEM_NOT_STOCKED_AT_LOCATION NON_MUTABLE_INVENTORY_ITEM
}}

type PageInfo {{ endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }}
type MoneyV2 {{ amount: Decimal! currencyCode: CurrencyCode! }}
type SelectedOption {{ name: String! value: String! }}
type UserError {{ field: [String!] message: String! }}

type Shop {{ currencyCode: CurrencyCode! ianaTimezone: String! id: ID! myshopifyDomain: String! name: String! }}
type Location {{ id: ID! isActive: Boolean! name: String! }}
type Product {{
  handle: String! id: ID! isGiftCard: Boolean! status: ProductStatus! title: String! updatedAt: DateTime!
  variants(
    after: String, before: String, first: Int, last: Int, reverse: Boolean = false,
    sortKey: ProductVariantSortKeys = POSITION
  ): ProductVariantConnection!
}}
type ProductVariant {{
  barcode: String compareAtPrice: Money displayName: String! id: ID! inventoryItem: InventoryItem!
  inventoryPolicy: ProductVariantInventoryPolicy! inventoryQuantity: Int price: Money! product: Product!
  requiresComponents: Boolean! selectedOptions: [SelectedOption!]! sku: String taxable: Boolean! title: String!
  updatedAt: DateTime!
}}
type InventoryItem {{
  duplicateSkuCount: Int! id: ID! requiresShipping: Boolean! sku: String tracked: Boolean! unitCost: MoneyV2
  updatedAt: DateTime!
  inventoryLevel(includeInactive: Boolean = false, locationId: ID!): InventoryLevel
  inventoryLevels({_LIST}, includeInactive: Boolean = false): InventoryLevelConnection!
}}
type InventoryLevel {{
  id: ID! isActive: Boolean! item: InventoryItem! location: Location! updatedAt: DateTime!
  quantities(names: [String!]!): [InventoryQuantity!]!
}}
type InventoryQuantity {{ id: ID! name: String! quantity: Int! updatedAt: DateTime }}
type Customer {{
  createdAt: DateTime! defaultEmailAddress: CustomerEmailAddress defaultPhoneNumber: CustomerPhoneNumber
  displayName: String! firstName: String id: ID! lastName: String note: String numberOfOrders: UnsignedInt64!
  state: CustomerState! tags: [String!]! taxExempt: Boolean! updatedAt: DateTime!
}}
type CustomerEmailAddress {{ emailAddress: String! }}
type CustomerPhoneNumber {{ phoneNumber: String! }}
type Order {{
  cancelledAt: DateTime closedAt: DateTime createdAt: DateTime! customer: Customer
  displayFinancialStatus: OrderDisplayFinancialStatus displayFulfillmentStatus: OrderDisplayFulfillmentStatus! id: ID!
  lineItems(after: String, before: String, first: Int, last: Int, reverse: Boolean = false): LineItemConnection!
  name: String! test: Boolean! updatedAt: DateTime!
}}
type LineItem {{
  currentQuantity: Int! id: ID! quantity: Int! sku: String title: String! variant: ProductVariant
}}
type InventoryAdjustmentGroup {{
  changes(inventoryItemIds: [ID!], locationIds: [ID!], quantityNames: [String!]): [InventoryChange!]!
  createdAt: DateTime! id: ID! reason: String! referenceDocumentUri: String
}}
type InventoryChange {{
  delta: Int! item: InventoryItem location: Location name: String! quantityAfterChange: Int
}}

input ProductVariantsBulkInput {{
  barcode: String compareAtPrice: Money id: ID inventoryItem: InventoryItemInput
  inventoryPolicy: ProductVariantInventoryPolicy price: Money taxable: Boolean
}}
input InventoryItemInput {{ cost: Decimal requiresShipping: Boolean sku: String tracked: Boolean }}
input InventorySetQuantitiesInput {{
  name: String! quantities: [InventoryQuantityInput!]! reason: String! referenceDocumentUri: String
}}
input InventoryQuantityInput {{ changeFromQuantity: Int inventoryItemId: ID! locationId: ID! quantity: Int! }}
input InventoryAdjustQuantitiesInput {{
  changes: [InventoryChangeInput!]! name: String! reason: String! referenceDocumentUri: String
}}
input InventoryChangeInput {{
  changeFromQuantity: Int delta: Int! inventoryItemId: ID! ledgerDocumentUri: String locationId: ID!
}}

type ProductVariantsBulkUpdatePayload {{
  product: Product productVariants: [ProductVariant!] userErrors: [ProductVariantsBulkUpdateUserError!]!
}}
type ProductVariantsBulkUpdateUserError {{
  code: ProductVariantsBulkUpdateUserErrorCode field: [String!] message: String!
}}
type InventorySetQuantitiesPayload {{
  inventoryAdjustmentGroup: InventoryAdjustmentGroup userErrors: [InventorySetQuantitiesUserError!]!
}}
type InventorySetQuantitiesUserError {{
  code: InventorySetQuantitiesUserErrorCode field: [String!] message: String!
}}
type InventoryAdjustQuantitiesPayload {{
  inventoryAdjustmentGroup: InventoryAdjustmentGroup userErrors: [InventoryAdjustQuantitiesUserError!]!
}}
type InventoryAdjustQuantitiesUserError {{
  code: InventoryAdjustQuantitiesUserErrorCode field: [String!] message: String!
}}
type InventoryItemUpdatePayload {{ inventoryItem: InventoryItem userErrors: [UserError!]! }}
type InventoryActivatePayload {{ inventoryLevel: InventoryLevel userErrors: [UserError!]! }}
"""


@cache
def schema() -> GraphQLSchema:
    """The schema, built once."""
    lists = ("Customer", "InventoryLevel", "LineItem", "Location", "Order", "Product", "ProductVariant")
    return build_schema(_SDL + "".join(map(_connection, lists)))
