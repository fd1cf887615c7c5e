"""Billing in the database: prices, facts, closings, invoices."""
