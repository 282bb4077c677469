"""The published JSON Schemas: request, decision, receipt and message (draft 2020-12)."""
