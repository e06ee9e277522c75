"""Public tools that read /openapi.json."""
