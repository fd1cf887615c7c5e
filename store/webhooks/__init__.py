"""Webhooks: endpoints, what they are told, and what became of it."""
