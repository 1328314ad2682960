"""The rules of a crisis, pure: no Slack, no database, no clock, no network."""
