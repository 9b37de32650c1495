"""Addresses of cart, checkout, orders, paying and the counter."""
