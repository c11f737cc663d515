"""Shopify, Admin GraphQL API 2026-07: products with their variants, customers and orders of a store.

A quantity is written with what it is changed from (compare-and-set) and an idempotency key, so that neither a sale in
between nor a lost answer can make it wrong. A price, cost or SKU is read right before it is written.
"""
