"""Invoices on paper: HTML and PDF of an InvoiceDocument, the same bytes for the same document."""
