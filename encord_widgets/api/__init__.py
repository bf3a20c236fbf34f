"""Encord's public v2 wire: credentials, a signed asynchronous HTTP client, endpoints, folder listing."""
