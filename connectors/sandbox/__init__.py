"""Simulators of business systems: they speak a vendor's wire protocol on loopback, on seeded, realistic data.

They serve the demo and the tests, and share no code with the connectors they speak to. Start with ``world.World`` (the
data), ``systems.SYSTEMS`` (the simulators), ``server.serve_in_thread`` (in this process), ``process.start_process`` (in
one of its own), ``faults.FaultKind`` (what can be made to go wrong) and ``control`` (looking in from outside).
"""
