"""One package per system, all of one shape, over one shared HTTP client.

The shape: ``__init__`` exports ``CONNECTOR`` (options, capabilities, ``open``), ``connector`` holds the class that
implements ``engine.ports.Connector``, ``api`` the vendor's requests and errors, and the other modules one idea each.
May import ``engine.model``, ``engine.ports``, ``engine.crm`` and ``engine.errors`` only, and never a sandbox (import-linter).
"""
