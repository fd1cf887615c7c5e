"""The life of a few tenants, played over HTTP against a stack of its own."""
