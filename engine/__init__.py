"""The domain: mappings, statuses, plans and runs. Knows no screen, no HTTP and no connector."""
