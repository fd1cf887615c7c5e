"""Webhooks: signed, sent, and tried again."""
