"""The way from instance secrets to credentials per binding, per zone."""
