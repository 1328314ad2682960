"""The demonstration: a local Slack, the real bot on it, and a night that plays itself."""
