"""Tests of the embedded Encord from the inside and over its wire."""
