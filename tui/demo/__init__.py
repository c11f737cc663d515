"""The demo: simulated systems, a prepared workspace, and (headless) the whole job with proof from the systems themselves.

Everything in the workspace is done through ``Workspace``; everything in the systems outside through their vendors' API
or, where somebody else's hand is played, through the sandbox's control endpoint.
"""
