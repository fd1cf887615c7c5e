"""Looks at what tenants have, page by page, and at what belongs to no tenant."""
